"""What becomes of a call: done, refused, certainly not done, or unclear."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.adapters.discord import routes
from bot.adapters.discord.layout import Upload
from bot.adapters.discord.rest import Refused, Request, Rest
from bot.adapters.port import PlatformDown, PortClosed, PortError, Unclear
from tests.discord.faults import (
    CUT_AFTER,
    CUT_BEFORE,
    Fault,
    banned,
    error,
    held_after,
    html,
    limited,
)
from tests.discord.server import DiscordServer

FIELDS = {
    "content": "고래",
    "nonce": "nonce",
    "enforce_nonce": True,
    "allowed_mentions": {"parse": []},
}


@pytest.fixture
async def rest(server: DiscordServer) -> AsyncIterator[Rest]:
    """Calls of it."""
    rest = Rest(api_base=server.url, token=server.token)
    rest.open()
    yield rest
    await rest.close()


def post(server: DiscordServer) -> Request:
    """A call that must not be made twice."""
    return routes.post(str(server.channel.id), FIELDS, ())


def read(server: DiscordServer) -> Request:
    """A call that may be."""
    return routes.channel(str(server.channel.id))


async def test_an_answer_is_given(server: DiscordServer, rest: Rest) -> None:
    """What Discord answers comes back, and what is posted is there."""
    message = await rest.call(post(server))

    assert "고래" == server.world.messages[int(message["id"])].content
    assert [] == server.problems


async def test_files_go_along(server: DiscordServer, rest: Rest) -> None:
    """A file of several megabytes arrives as it is, under its name."""
    data = bytes(range(256)) * 16_384
    fields = {**FIELDS, "attachments": [{"id": 0, "filename": "picture.png"}]}
    upload = Upload(file_name="picture.png", data=data)

    message = await rest.call(routes.post(str(server.channel.id), fields, (upload,)))

    (file,) = server.world.messages[int(message["id"])].files
    assert ("picture.png", data) == (file.filename, file.data)
    assert [] == server.problems


@pytest.mark.parametrize(
    ("fault", "of_a_post", "of_a_read"),
    [
        (CUT_BEFORE, Unclear, PlatformDown),
        (CUT_AFTER, Unclear, PlatformDown),
        (html(500), Unclear, PlatformDown),
        (html(502), Unclear, PlatformDown),
        (html(503), Unclear, PlatformDown),
        (html(520), Unclear, PlatformDown),
        (html(524), Unclear, PlatformDown),
        (error(130000, status=503), PlatformDown, PlatformDown),
        (html(403), PlatformDown, PlatformDown),
        (limited(60.0), PlatformDown, PlatformDown),
        (banned(60.0), PlatformDown, PlatformDown),
        (error(0, status=401), PortClosed, PortClosed),
    ],
)
async def test_a_failure_says_whether_it_was_done(
    server: DiscordServer,
    rest: Rest,
    fault: Fault,
    of_a_post: type[PortError],
    of_a_read: type[PortError],
) -> None:
    """What may have been done is not called undone, and what may be repeated is not called unclear."""
    server.faults.add(fault)
    with pytest.raises(of_a_post) as post_error:
        await rest.call(post(server))
    server.faults.clear()
    other = Rest(api_base=server.url, token=server.token)
    other.open()
    server.faults.add(fault, count=None)  # a lost GET is repeated once by the library
    with pytest.raises(of_a_read) as read_error:
        await other.call(routes.application())
    await other.close()

    assert (of_a_post, of_a_read) == (post_error.type, read_error.type)


async def test_nobody_listens(rest: Rest, server: DiscordServer) -> None:
    """Without a connection certainly nothing was done."""
    await server.close()

    with pytest.raises(PlatformDown):
        await rest.call(post(server))


async def test_time_is_limited(server: DiscordServer, rest: Rest) -> None:
    """An answer that does not come is unclear after the call's own limit."""
    server.faults.add(held_after(), path="/messages")

    with pytest.raises(Unclear):
        await rest.call(replace(post(server), limit_s=0.5))


async def test_a_refusal_names_the_fields(server: DiscordServer, rest: Rest) -> None:
    """A form that is wrong says where."""
    fields = {**FIELDS, "content": "고래" * 2_000}

    with pytest.raises(Refused) as refused:
        await rest.call(routes.post(str(server.channel.id), fields, ()))

    assert (400, 50035, ("content",)) == (
        refused.value.status,
        refused.value.code,
        refused.value.fields,
    )


async def test_nothing_is_asked_while_it_is_too_much(server: DiscordServer, rest: Rest) -> None:
    """A limit is obeyed: the next call of the bucket says how long it lasts, and asks nobody."""
    server.faults.add(limited(60.0), path="/messages")
    with pytest.raises(PlatformDown) as first:
        await rest.call(post(server))
    num_asked = len(server.log.requests)

    with pytest.raises(PlatformDown) as second:
        await rest.call(post(server))
    await rest.call(read(server))  # another bucket

    assert 60.0 == first.value.retry_after_s
    assert second.value.retry_after_s is not None
    assert 0 < second.value.retry_after_s <= 60.0
    assert num_asked + 1 == len(server.log.requests)


@pytest.mark.parametrize("fault", [limited(60.0, scope="global"), banned(60.0)])
async def test_a_limit_of_everything_holds_for_everything(
    server: DiscordServer, rest: Rest, fault: Fault
) -> None:
    """What limits the whole bot, or its address, stops all calls."""
    server.faults.add(fault, path="/messages")
    with pytest.raises(PlatformDown):
        await rest.call(post(server))

    with pytest.raises(PlatformDown):
        await rest.call(read(server))
    assert 1 == len(server.log.requests)


async def test_a_short_limit_is_waited_for(server: DiscordServer, rest: Rest) -> None:
    """Seven posts, where five fit into a bucket, all arrive, and none was sent in vain."""
    for number in range(7):
        fields = {**FIELDS, "nonce": f"nonce {number}"}
        await rest.call(routes.post(str(server.channel.id), fields, ()))

    assert [200] * 7 == [one.status for one in server.log.requests]
    assert [] == server.problems


async def test_a_dead_token_is_not_tried_again_and_again(server: DiscordServer, rest: Rest) -> None:
    """After Discord refused the token nothing is sent with it for a while."""
    server.faults.add(error(0, status=401))
    with pytest.raises(PortClosed):
        await rest.call(read(server))

    with pytest.raises(PortClosed):
        await rest.call(read(server))
    assert 1 == len(server.log.requests)


async def test_an_address_is_not_logged(server: DiscordServer) -> None:
    """What is printed of a call names no path, where a token may stand."""
    assert "channels" not in repr(read(server))


@pytest.mark.parametrize(
    ("ahead_s", "least_s", "most_s"),
    [(0.0, 0.0, 0.0), (900.0, 800.0, 900.0), (-900.0, -901.0, -800.0)],
    ids=["right", "ahead", "behind"],
)
async def test_a_wrong_clock_is_noticed(
    server: DiscordServer, ahead_s: float, least_s: float, most_s: float
) -> None:
    """How old an interaction is, is judged by Discord's time; a clock that is right stays so."""
    rest = Rest(api_base=server.url, token=server.token, wall_clock=lambda: time.time() + ahead_s)
    rest.open()
    await rest.call(read(server))
    await rest.close()

    assert least_s <= rest.skew_s <= most_s
