"""How updates wait in the local Telegram: polled, pushed, confirmed and forgotten."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from tests.telegram.bot import call
from tests.telegram.server import TelegramServer

ORIGIN = "https://bot.example.org"
SECRET = "a-secret_1"


async def poll(server: TelegramServer, **params: Any) -> list[int]:
    """Ask for updates; gives their ids."""
    status, body = await call(server, "getUpdates", **params)
    assert status == 200, body
    return [one["update_id"] for one in body["result"]]


async def test_an_update_waits_until_it_is_confirmed(server: TelegramServer) -> None:
    """Without an offset everything comes again; an offset confirms what lies below it."""
    minji = server.person()
    minji.write("하나")
    minji.write("둘")

    first, second = await poll(server)

    assert await poll(server) == [first, second]
    assert await poll(server, offset=second) == [second]
    assert [first] == [one.id for one in server.updates.confirmed]
    assert await poll(server, offset=second + 1) == []
    assert server.updates.pending == ()


async def test_a_negative_offset_forgets_the_rest(server: TelegramServer) -> None:
    """Only the last ones stay."""
    minji = server.person()
    for number in range(5):
        minji.write(str(number))
    every = await poll(server)

    assert await poll(server, offset=-2) == every[-2:]


async def test_a_limit_is_kept(server: TelegramServer) -> None:
    """A hundred at most."""
    minji = server.person()
    for number in range(500):
        minji.write(str(number))

    assert len(await poll(server, limit=3)) == 3
    assert len(await poll(server, limit=1000)) == 100


async def test_the_same_offset_at_once_gives_one_update(server: TelegramServer) -> None:
    """Whoever asks again without a pause gets little."""
    minji = server.person()
    minji.write("하나")
    minji.write("둘")
    server.updates._last_poll = (1, server.clock.now_s() + 60)  # never too long ago

    assert len(await poll(server, offset=1)) == 1
    server.clock.shift(120)
    assert len(await poll(server, offset=1)) == 2


async def test_a_long_poll_ends_when_something_happens(server: TelegramServer) -> None:
    """It does not wait for its time to be over."""
    minji = server.person()
    polling = asyncio.create_task(poll(server, timeout=50))
    await server.wait_for(lambda: server.updates.is_polled)

    minji.write("하나")

    assert len(await asyncio.wait_for(polling, 30)) == 1


async def test_a_second_poll_ends_the_first(server: TelegramServer) -> None:
    """The one that waited gets 409."""
    first = asyncio.create_task(call(server, "getUpdates", timeout=50))
    await server.ready()
    await call(server, "getUpdates")

    status, body = await asyncio.wait_for(first, 30)

    assert status == 409
    assert "terminated by other getUpdates request" in body["description"]
    assert server.updates.num_conflicts == 1


async def test_a_webhook_ends_a_poll(server: TelegramServer) -> None:
    """And says so."""
    polling = asyncio.create_task(call(server, "getUpdates", timeout=50))
    await server.ready()
    await call(server, "setWebhook", url=f"{ORIGIN}/hook")

    status, body = await asyncio.wait_for(polling, 30)

    assert (status, body["description"]) == (409, "Conflict: terminated by setWebhook request")


async def test_a_poller_that_went_away_is_no_conflict(server: TelegramServer) -> None:
    """A killed bot starts again without being told of itself."""
    gone = asyncio.create_task(call(server, "getUpdates", timeout=50))
    await server.wait_for(lambda: server.updates.is_polled)
    gone.cancel()
    await server.wait_for(lambda: not server.updates.is_polled)

    assert await poll(server) == []
    assert server.updates.num_conflicts == 0


@pytest.mark.parametrize(("age_s", "kinds"), [(100, 2), (200, 1), (90_000, 0)])
async def test_updates_grow_old(server: TelegramServer, age_s: float, kinds: int) -> None:
    """A press lives shorter than a message."""
    minji = server.person()
    keyboard = {"inline_keyboard": [[{"text": "네", "callback_data": "1"}]]}
    minji.chat.has_started = True
    await call(server, "sendMessage", chat_id=minji.id, text="?", reply_markup=keyboard)
    minji.press(minji.chat.shown[0], "네")
    minji.write("하나")

    server.clock.shift(age_s)

    assert len(server.updates.pending) == kinds
    assert len(server.updates.expired) == 2 - kinds


async def test_only_kinds_that_are_wanted_come(server: TelegramServer) -> None:
    """The wish stays until it is changed; reactions have to be wished for."""
    minji = server.person()
    message = minji.write("하나")
    minji.react(message, "👍")
    await poll(server, allowed_updates=["message_reaction"])
    minji.write("둘")
    minji.react(message, "🔥")

    assert ["message", "message_reaction"] == [one.kind for one in server.updates.pending]


async def test_an_update_of_an_unknown_kind_can_be_sent(server: TelegramServer) -> None:
    """A bot meets those when Telegram learns something."""
    server.updates.add_any("telepathy", {"thought": "고래"})

    _, body = await call(server, "getUpdates")

    assert body["result"][0]["telepathy"] == {"thought": "고래"}


async def test_forgetting_what_people_wrote_is_a_problem(server: TelegramServer) -> None:
    """A bot may, but ours must not."""
    server.person().write("하나")
    await call(server, "deleteWebhook", drop_pending_updates=True)

    assert server.updates.pending == ()
    assert server.problems == ["deleteWebhook: forgets what people wrote"]


Answering = Callable[[web.Request], web.Response]


@asynccontextmanager
async def hook(server: TelegramServer, answer: Answering) -> AsyncIterator[list[dict[str, Any]]]:
    """Listen for pushes behind the public address; gives what was pushed."""
    pushed: list[dict[str, Any]] = []

    async def listen(request: web.Request) -> web.Response:
        pushed.append(await request.json())
        return answer(request)

    app = web.Application()
    app.router.add_post("/hook", listen)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    server.updates.proxies[ORIGIN] = f"http://{host}:{port}"
    try:
        yield pushed
    finally:
        await runner.cleanup()


async def test_a_webhook_gets_updates_with_its_secret(server: TelegramServer) -> None:
    """What waited before comes too, and polling is refused meanwhile."""
    minji, secrets = server.person(), list[str]()

    def answer(request: web.Request) -> web.Response:
        secrets.append(request.headers["X-Telegram-Bot-Api-Secret-Token"])
        return web.Response()

    async with hook(server, answer) as pushed:
        minji.write("하나")
        await call(server, "setWebhook", url=f"{ORIGIN}/hook", secret_token=SECRET)
        minji.write("둘")
        await server.wait_for(lambda: len(server.updates.confirmed) == 2)
        status, _ = await call(server, "getUpdates")
        await call(server, "deleteWebhook")

    assert {"하나", "둘"} == {one["message"]["text"] for one in pushed}
    assert secrets == [SECRET, SECRET]
    assert status == 409
    assert await poll(server) == []


async def test_a_push_that_is_not_taken_is_repeated(server: TelegramServer) -> None:
    """Until the answer is 2xx."""
    minji, statuses = server.person(), [500, 503, 200]

    async with hook(server, lambda _: web.Response(status=statuses.pop(0))) as pushed:
        server.updates.first_retry_s = 0.01
        await call(server, "setWebhook", url=f"{ORIGIN}/hook")
        minji.write("하나")
        await server.wait_for(lambda: server.updates.confirmed)
        _, info = await call(server, "getWebhookInfo")

    assert [500, 503, 200] == [one.status for one in server.updates.pushes]
    assert len({one["update_id"] for one in pushed}) == 1
    assert info["result"]["last_error_message"] == "Wrong response: 503"


async def test_a_push_may_come_twice(server: TelegramServer) -> None:
    """As where the answer was lost on its way."""
    server.updates.num_pushes = 2
    async with hook(server, lambda _: web.Response()) as pushed:
        await call(server, "setWebhook", url=f"{ORIGIN}/hook")
        server.person().write("하나")
        await server.wait_for(lambda: server.updates.confirmed)

    assert pushed[0] == pushed[1]


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("http://bot.example.org/hook", SECRET),
        ("https://bot.example.org:8080/hook", SECRET),
        (f"{ORIGIN}/hook", "not a secret"),
        (f"{ORIGIN}/hook", "a" * 257),
    ],
)
async def test_a_webhook_has_to_be_safe(server: TelegramServer, url: str, secret: str) -> None:
    """Only https, four ports and plain secrets are taken."""
    status, _ = await call(server, "setWebhook", url=url, secret_token=secret)

    assert status == 400
    assert server.updates.webhook is None
