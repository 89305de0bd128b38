"""A session remembers the conversation in bounds, and tells each tab the newest once."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from bot.adapters.port import Past, Place
from bot.adapters.web import session as module
from bot.adapters.web.outbox import News
from bot.adapters.web.session import (
    Session,
    Sessions,
    is_cookie,
    new_cookie,
    place_of,
)
from tests.bot.adapters.web.script import done, drawing, note, past

PLACE = Place(platform="web", id="abc")


def read_of(*pasts: Past) -> Callable[[Place], Awaitable[tuple[Past, ...]]]:
    """Give the same past of every place."""

    async def read(place: Place) -> tuple[Past, ...]:
        return pasts

    return read


@pytest.fixture
def session() -> Session:
    """An empty session."""
    return Session(PLACE)


async def test_a_new_tab_is_told_the_whole_conversation(session: Session) -> None:
    """What was said before comes first, in order."""
    session.show_message("m1", "고양이", has_photo=False)
    session.show_card("c1", note("네"))

    with session.open_tab() as outbox:
        assert [(News.ITEM, "m1"), (News.ITEM, "c1")] == await outbox.take()


async def test_a_slow_tab_skips_what_was_replaced(session: Session) -> None:
    """However many steps pass, one piece of news about a card waits."""
    with session.open_tab() as outbox:
        for step in range(100):
            session.show_card("c1", drawing(step))
        news = await outbox.take()

    assert [(News.ITEM, "c1")] == news
    assert json.loads(session.frame(*news[0]))["progress"]["step"] == 99


def test_an_answer_stands_below_its_message(session: Session) -> None:
    """Answers that cross still stand with what they answer, earlier answers first."""
    session.show_message("m1", "고양이", has_photo=False)
    session.show_message("m2", "개", has_photo=False)
    session.show_card("c2", note("개"), reply_to="m2")
    session.show_card("c1", note("고양이"), reply_to="m1")
    session.show_card("d1", note("또 고양이"), reply_to="m1")
    session.show_card("free", note("알림"))

    assert ["m1", "c1", "d1", "m2", "c2", "free"] == session.ids
    above = [json.loads(session.frame(News.ITEM, id_))["after"] for id_ in session.ids]
    assert [None, "m1", "c1", None, "m2", None] == above


def test_what_is_no_answer_stands_below_all_that_a_page_has(session: Session) -> None:
    """After a restart a page shows more than is remembered: new things do not come in between."""
    session.show_card("running", drawing(1))
    session.show_card("new", note("알림"), reply_to="a press that has no item")
    session.show_card("newer", note("또 알림"), reply_to="a press that has no item")

    above = [json.loads(session.frame(News.ITEM, id_))["after"] for id_ in session.ids]
    assert [None, None, "new"] == above


async def test_the_past_comes_back_above_what_came_since(session: Session) -> None:
    """In its old order, with the words above their cards; a card that went on stays as it is now."""
    session.show_card("b", drawing(7))
    session.show_card("new", note("알림"))

    await session.restore(
        read_of(
            past("a", done(), event_id="m1", words="고양이"),
            past("b", drawing(1), event_id="m2", words="개"),
            past("c", done(), event_id="a press"),
        )
    )

    assert ["m1", "a", "m2", "b", "c", "new"] == session.ids
    frames = [json.loads(session.frame(News.ITEM, id_)) for id_ in session.ids]
    assert [None, "m1", None, "m2", None, None] == [frame["after"] for frame in frames]
    assert 7 == frames[3]["progress"]["step"]


async def test_what_was_answered_in_the_past_is_not_asked_again(session: Session) -> None:
    """A page that missed the acknowledgement of the last server gets it from this one."""
    await session.restore(read_of(past("a", done(), event_id="m1", words="고양이")))

    with session.open_tab() as outbox:
        assert session.is_repeat("m1")
        assert (News.ACK, "m1") in await outbox.take()
    assert ["m1", "a"] == session.ids


async def test_the_past_is_read_once(session: Session) -> None:
    """The tabs that come meanwhile wait for it, and what was erased since stays away."""
    may_read, reads = asyncio.Event(), 0

    async def read(place: Place) -> tuple[Past, ...]:
        nonlocal reads
        reads += 1
        await may_read.wait()
        return (past("a", done(), event_id="m1"),)

    tabs = [asyncio.create_task(session.restore(read)) for _ in range(3)]
    may_read.set()
    await asyncio.gather(*tabs)
    assert ["a"] == session.ids

    session.empty()
    await session.restore(read)
    assert ([], 1) == (session.ids, reads)


async def test_emptying_comes_after_what_was_and_before_what_comes(session: Session) -> None:
    """A tab that is slow is never told to let go of what was shown after the emptying."""
    session.show_card("c1", note("네"))
    session.begin("e1")
    with session.open_tab() as outbox:
        session.acknowledge("e1")
        session.empty()
        session.show_card("c1", note("다시"))
        news = await outbox.take()

    assert [(News.ACK, "e1"), (News.EMPTIED, ""), (News.ITEM, "c1")] == news
    assert {"type": "emptied"} == json.loads(session.frame(News.EMPTIED, ""))
    assert session.is_repeat("e1")


def test_every_change_has_its_own_version(session: Session) -> None:
    """A page can tell by the version whether it has seen an item."""
    session.show_card("c1", drawing(1))
    first = json.loads(session.frame(News.ITEM, "c1"))["version"]
    session.show_card("c1", drawing(2))

    assert json.loads(session.frame(News.ITEM, "c1"))["version"] > first


async def test_the_oldest_is_forgotten(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """The history is bounded, and tabs are told what is gone."""
    monkeypatch.setattr(module, "MAX_ITEMS", 2)
    with session.open_tab() as outbox:
        for name in ("m1", "m2", "m3"):
            session.show_message(name, name, has_photo=False)
        news = await outbox.take()

    assert ["m2", "m3"] == session.ids
    assert (News.ITEM, "m1") in news
    assert json.loads(session.frame(News.ITEM, "m1")) == {"type": "gone", "id": "m1"}


def test_a_repeat_is_known_before_and_after_its_answer(session: Session) -> None:
    """An event counts once, whether it waits or was answered."""
    assert not session.is_repeat("e1")

    session.begin("e1")
    assert session.is_repeat("e1")
    assert session.num_unanswered == 1

    session.acknowledge("e1")
    assert session.is_repeat("e1")
    assert session.num_unanswered == 0


async def test_a_repeat_of_an_answered_event_is_acknowledged_again(session: Session) -> None:
    """The page that missed the acknowledgement gets it the second time."""
    session.begin("e1")
    session.acknowledge("e1")

    with session.open_tab() as outbox:
        session.is_repeat("e1")

        assert [(News.ACK, "e1")] == await outbox.take()


def test_every_picture_of_a_card_is_served(session: Session) -> None:
    """Each has an address of its own, and a new version of the card keeps those that stayed."""
    session.show_card("c1", done("a.png", others=("b.png",)))
    first, second = (one["src"] for one in json.loads(session.frame(News.ITEM, "c1"))["pictures"])
    session.show_card("c1", done("c.png", others=("b.png",)))
    _, kept = (one["src"] for one in json.loads(session.frame(News.ITEM, "c1"))["pictures"])

    served = session.file(second.removeprefix("/pictures/").removesuffix(".png"))
    assert served is not None
    assert "b.png" == served.key
    assert first != second == kept


def test_a_picture_keeps_its_address_until_it_is_another(session: Session) -> None:
    """An edit that keeps the picture keeps what browsers have cached."""
    session.show_card("c1", done("a.png"))
    first = json.loads(session.frame(News.ITEM, "c1"))["pictures"][0]["src"]
    session.show_card("c1", done("a.png"))
    same = json.loads(session.frame(News.ITEM, "c1"))["pictures"][0]["src"]
    session.show_card("c1", done("b.png"))
    other = json.loads(session.frame(News.ITEM, "c1"))["pictures"][0]["src"]

    assert first == same != other


def test_a_place_does_not_show_its_cookie() -> None:
    """Jobs and logs hold the place; it opens nothing."""
    cookie = new_cookie()

    assert is_cookie(cookie)
    assert cookie not in place_of(cookie).id
    assert place_of(cookie) == place_of(cookie) != place_of(new_cookie())


@pytest.mark.parametrize("value", ["", "a", "a" * 44, "a" * 42 + "\n", "가" * 43])
def test_other_cookies_are_not_ours(value: str) -> None:
    """Only what we could have made opens a session."""
    assert not is_cookie(value)


def test_idle_sessions_are_forgotten_and_open_ones_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of sessions is bounded; one that somebody looks at is not dropped."""
    monkeypatch.setattr(module, "MAX_SESSIONS", 2)
    sessions = Sessions()
    open_, idle = (sessions.of_place(Place(platform="web", id=name)) for name in ("open", "idle"))
    with open_.open_tab():
        sessions.of_place(Place(platform="web", id="new"))

        assert sessions.of_place(open_.place) is open_
        assert sessions.of_place(idle.place) is not idle
