"""What goes wrong between the program and Telegram, and updates that are no requests.

Whatever happens, nothing is lost, nothing is shown twice, and somebody who waits reads a Korean sentence.
The program, its model and the client are real; Telegram is the local one, which notes every rule that the
program breaks: each test ends with none.
"""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from bot import texts
from tests.telegram.bot import png
from tests.telegram.faults import (
    CUT_AFTER,
    CUT_BEFORE,
    DOWNLOAD,
    HALF,
    Fault,
    error,
    html,
    limited,
)
from tests.telegram.people import Person
from tests.telegram.program import LIMIT_S, Bot, is_done, job_of, judge, living
from tests.telegram.things import Message

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow, pytest.mark.timeout(600)]

APPLE = "빨간 사과 품질:빠르게"
LONG = "파란 고양이 스텝:60"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    """A program that runs for all tests of this file."""
    folder = tmp_path_factory.mktemp("telegram")
    async with living(folder, TEXT__KEYWORDS='["frequency"]') as bot:  # loads in no time
        yield bot


@pytest.fixture(autouse=True)
def rules_are_kept(bot: Bot) -> Iterator[None]:
    """Nothing that the program sent in a test was against Telegram's rules."""
    yield
    bot.server.faults.clear()
    judge(bot.server)


async def only_picture(bot: Bot, person: Person) -> Message:
    """Wait until a picture is shown to somebody, and then for another answer: it came once."""
    card = await bot.next(person.chat, 0, is_done)
    await bot.ask(person, "/대기열")
    assert [card] == [one for one in bot.ours(person.chat) if is_done(one)]
    assert 1 == sum(one.last.is_media for one in bot.ours(person.chat))
    return card


# On the way to Telegram.


FAULTS = (html(502), error(500, "Internal Server Error"), CUT_BEFORE, CUT_AFTER, HALF)


@pytest.mark.parametrize("method", ["sendMessage", "editMessageMedia"])
async def test_a_card_survives_what_the_network_does(bot: Bot, method: str) -> None:
    """Pages of proxies, cut connections, half answers and mistakes of Telegram: the picture comes once."""
    server = bot.server
    people = [server.person() for _ in FAULTS]
    rules = [
        server.faults.add(fault, method=method, text=f'"chat_id": {person.id}')
        for fault, person in zip(FAULTS, people, strict=True)
    ]
    for person in people:
        person.write(APPLE)

    for person in people:
        await only_picture(bot, person)

    assert [1] * len(FAULTS) == [rule.num_hit for rule in rules]


async def test_progress_that_is_lost_is_no_matter(bot: Bot) -> None:
    """Whatever becomes of edits on the way, the picture comes, once."""
    person = bot.server.person()
    for fault in FAULTS:
        told = f'"chat_id": {person.id}'
        bot.server.faults.add(fault, method="editMessageText", text=told)

    person.write(LONG)

    await only_picture(bot, person)


@pytest.mark.parametrize("method", ["sendMessage", "editMessageMedia"])
async def test_what_telegram_asks_to_wait_for_is_waited_for(bot: Bot, method: str) -> None:
    """Nothing is sent meanwhile, and the picture comes afterwards, once."""
    person = bot.server.person()
    bot.server.faults.add(limited(3), method=method, text=f'"chat_id": {person.id}')

    person.write(APPLE)

    await only_picture(bot, person)
    assert [] == bot.server.log.early


async def test_a_picture_that_telegram_refuses_as_a_photo_is_a_file(bot: Bot) -> None:
    """What is too much for a photo comes as it is."""
    person = bot.server.person()
    bot.server.faults.add(
        error(400, "Bad Request: PHOTO_INVALID_DIMENSIONS"),
        method="editMessageMedia",
        text=f'"chat_id": {person.id}',
    )

    person.write(APPLE)

    card = await only_picture(bot, person)
    assert card.document is not None
    assert await bot.kept(card) == card.document.data


async def test_what_is_there_already_is_no_mistake(bot: Bot) -> None:
    """An edit that changes nothing, because the answer to it was lost, counts as done."""
    person = bot.server.person()
    said = "Bad Request: message is not modified: specified new message content"
    bot.server.faults.add(
        error(400, said), method="editMessageText", text=f'"chat_id": {person.id}', count=None
    )

    person.write(LONG)

    card = await only_picture(bot, person)
    assert 2 == len(card.versions)


async def test_an_album_whose_answer_is_lost_comes_once(bot: Bot) -> None:
    """What may have arrived is not sent again."""
    person = bot.server.person()
    bot.server.faults.add(CUT_AFTER, method="sendMediaGroup", text=f'"chat_id": {person.id}')

    await bot.draw(person, f"{APPLE} 장수:2")
    await bot.ask(person, "/대기열")

    assert 2 == sum(one.last.is_media for one in bot.ours(person.chat))


@pytest.mark.parametrize(
    "fault", [html(), CUT_BEFORE, CUT_AFTER, HALF], ids=["html", "before", "after", "half"]
)
async def test_asking_for_updates_goes_on(bot: Bot, fault: Fault) -> None:
    """Whatever becomes of a question, what people wrote comes with the next, and is done once."""
    person = bot.server.person()
    rule = bot.server.faults.add(fault, method="getUpdates")
    await bot.ask(person, "/상태")  # by a question that was under way

    person.write(APPLE)

    await only_picture(bot, person)
    assert 1 == rule.num_hit
    assert 3 == len(bot.ours(person.chat))


async def test_another_who_asks_is_survived(bot: Bot) -> None:
    """A question that another one ended, as in a change of machines, is asked again."""
    person = bot.server.person()
    said = "Conflict: terminated by other getUpdates request"
    rule = bot.server.faults.add(error(409, said), method="getUpdates")
    await bot.ask(person, "/상태")
    await bot.server.wait_for(lambda: rule.num_hit, LIMIT_S)

    assert "준비되어 있어요" in await bot.ask(person, "/상태")


# What is not there any more.


async def test_a_card_that_was_deleted_is_shown_anew(bot: Bot) -> None:
    """Who deletes the card of a picture that is on its way does not stop it: it comes once."""
    person = bot.server.person()
    card = await bot.answer(person.write(LONG))

    person.delete(card)

    assert card is not await only_picture(bot, person)


async def test_who_blocks_the_bot_in_the_middle_finds_the_picture_later(bot: Bot) -> None:
    """What cannot be brought waits for whoever asked."""
    person = bot.server.person()
    card = await bot.answer(person.write(LONG))

    person.block()
    await bot.noted("closing=held", job_of(card))
    person.unblock()

    assert (await bot.answer(person.write("/내그림"))).photo is not None


# What people send.


@pytest.mark.parametrize(
    ("fault", "method"),
    [
        pytest.param(
            error(400, "Bad Request: file is temporarily unavailable"), "getFile", id="getFile"
        ),
        pytest.param(html(502), "getFile", id="proxy"),
        pytest.param(error(404, "Not Found"), DOWNLOAD, id="expired"),
        pytest.param(HALF, DOWNLOAD, id="half"),
    ],
)
async def test_a_photo_that_cannot_be_had_is_told(bot: Bot, fault: Fault, method: str) -> None:
    """Whoever sent it reads that it could not be read, and nothing is drawn."""
    person = bot.server.person()
    bot.server.faults.add(fault, method=method, count=None)

    answer = await bot.answer(person.photo(png(), "빨간 사과"))

    await bot.says(answer, "사진")
    assert not is_done(answer)


async def test_what_nobody_knows_yet_is_passed_over(bot: Bot) -> None:
    """Updates of kinds that are still to come, or that make no sense, keep nobody from being heard."""
    updates, person = bot.server.updates, bot.server.person()
    updates.add_any("telepathy", {"thought": "고래"})
    updates.add_any("message", {"nonsense": True})
    updates.add_any("callback_query", {"id": "1"})
    updates.add_any(
        "message", {"message_id": 1, "date": 0, "chat": {"id": person.id, "type": "private"}}
    )

    assert "준비되어 있어요" in await bot.ask(person, "/상태")
    await bot.server.wait_for(lambda: not updates.pending, LIMIT_S)


async def test_more_at_once_than_one_may_have_is_told(bot: Bot) -> None:
    """Each request beyond is refused with a sentence."""
    person = bot.server.person()
    cards = [await bot.answer(person.write(f"{LONG} 품질:정밀")) for _ in range(3)]

    refused = await bot.ask(person, APPLE)
    for card in cards:
        person.press(card, texts.CANCEL)
        await bot.says(card, texts.CANCELLED)

    assert "한 번에 3건까지" in refused


async def test_five_hundred_at_once_are_all_answered(bot: Bot) -> None:
    """Each of as many people has one answer, and none waits for another's."""
    people = [bot.server.person(f"손님 {number}") for number in range(500)]
    for number, person in enumerate(people):
        person.write(APPLE if number % 100 == 0 else "/대기열")
    drawn = people[::100]

    await bot.server.wait_for(lambda: all(bot.ours(one.chat) for one in people), LIMIT_S)
    for person in drawn:
        await bot.next(person.chat, 0, is_done)

    assert {1} == {len(bot.ours(one.chat)) for one in people}
    await bot.server.wait_for(lambda: not bot.server.updates.pending, LIMIT_S)
