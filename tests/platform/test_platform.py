"""The stand-in platform keeps its contract, and its adapter tells every fault apart."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.port import (
    Action,
    Button,
    Card,
    CardState,
    ChatPort,
    Listener,
    Message,
    MessageGone,
    Past,
    PictureFile,
    Place,
    PlaceGone,
    PlatformDown,
    PortClosed,
    Press,
    Unclear,
)
from tests.platform.adapter import LineOptions, LinePort
from tests.platform.faults import QUIET, Fault, Plan
from tests.platform.log import PLATFORM
from tests.platform.server import Platform

PLACE = Place(platform=PLATFORM, id="lobby")
CARD = Card(
    job_id="job",
    state=CardState.WAITING,
    text="기다려요",
    buttons=(Button(action=Action.CANCEL, label="취소"),),
)
LIMIT_S = 60.0


class Recorder(Listener):
    """Remembers what it is told; fails as often as a test says."""

    def __init__(self) -> None:
        self.told: list[Message | Press] = []
        self.num_failures = 0

    async def on_message(self, message: Message, port: ChatPort) -> None:
        """Remember a message."""
        self._take(message)

    async def on_press(self, press: Press, port: ChatPort) -> None:
        """Remember a press."""
        self._take(press)

    def suggest(self, option: str, typed: str) -> tuple[str, ...]:
        """Know no values: no adapter here asks."""
        return ()

    async def is_hidden(self, key: str) -> bool:
        """Hide nothing."""
        return False

    async def inspect(self, data: bytes) -> Card:
        """Never asked here: only the web chat has a page for it."""
        raise AssertionError

    async def history(self, place: Place) -> tuple[Past, ...]:
        """Know of none: no adapter here asks."""
        return ()

    def _take(self, event: Message | Press) -> None:
        self.told.append(event)
        if self.num_failures:
            self.num_failures -= 1
            raise OSError("the disk is full")


class Slow(Recorder):
    """Returns from no message before it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.both, self.go = asyncio.Event(), asyncio.Event()

    async def on_message(self, message: Message, port: ChatPort) -> None:
        """Remember a message, and stay with it."""
        self._take(message)
        if len(self.told) == 2:
            self.both.set()
        await self.go.wait()


@dataclass(frozen=True, slots=True)
class Only(Plan):
    """One fault, for sending and editing only."""

    fault: Fault = Fault.DELAY

    def fault_of(self, call: int) -> Fault | None:
        """Give that fault to every call."""
        return self.fault


async def nothing(key: str, *, max_bytes: int | None = None) -> bytes | None:
    """Keep no file."""
    return None


@asynccontextmanager
async def line(platform: Platform, listener: Listener | None = None) -> AsyncIterator[LinePort]:
    """An adapter on a running platform."""
    options = LineOptions(url=platform.url, repeat_s=platform.nonce_window_s, timeout_s=0.5)
    port = LinePort(options, listener or Recorder(), nothing)
    await port.start()
    try:
        yield port
    finally:
        await port.close()


async def until(platform: Platform, is_so: Callable[[], bool]) -> None:
    """Wait with a limit."""
    await asyncio.wait_for(platform.until(is_so), LIMIT_S)


async def test_an_event_is_handed_out_until_it_is_confirmed() -> None:
    """A listener that fails is told again; one that returns is not."""
    recorder = Recorder()
    recorder.num_failures = 2
    async with Platform() as platform, line(platform, recorder):
        said = platform.say("고래")
        pressed = platform.press(Action.CANCEL, "job")
        await until(platform, lambda: not platform.num_unconfirmed)

    assert {said.id: 2, pressed.id: 2} == Counter(event.event_id for event in recorder.told)


async def test_events_are_handed_over_without_waiting_for_each_other() -> None:
    """One that takes long holds up none that come after it, but stays unconfirmed with them."""
    slow = Slow()
    async with Platform() as platform, line(platform, slow):
        platform.say("고래")
        platform.say("바다")
        await asyncio.wait_for(slow.both.wait(), LIMIT_S)
        assert 2 == platform.num_unconfirmed

        slow.go.set()
        await until(platform, lambda: not platform.num_unconfirmed)


async def test_a_repeated_nonce_shows_nothing_twice() -> None:
    """Within the window the same nonce gives the first message, which shows what it showed."""
    async with Platform() as platform, line(platform) as port:
        first = await port.send(PLACE, CARD, nonce="n")
        second = await port.send(PLACE, CARD, nonce="n")
        found = await port.find(PLACE, "n")

    assert first == second == found
    assert 1 == len(platform.log.messages)


async def test_a_platform_may_know_no_nonce() -> None:
    """Without a window everything that is sent is shown, and cannot be found."""
    async with Platform(nonce_window_s=0.0) as platform, line(platform) as port:
        first = await port.send(PLACE, CARD, nonce="n")
        second = await port.send(PLACE, CARD, nonce="n")
        with pytest.raises(Unclear):
            await port.find(PLACE, "n")

    assert first != second


async def test_the_log_has_every_version_and_every_picture() -> None:
    """What was shown can be judged afterwards, bytes included."""
    picture = PictureFile(key="k", alt="", file_name="k.png", width_px=1, height_px=1)
    done = Card(job_id="job", state=CardState.DONE, text="다 그렸어요", pictures=(picture,))

    async def files(key: str, *, max_bytes: int | None = None) -> bytes | None:
        return key.encode()

    async with Platform() as platform:
        port = LinePort(LineOptions(url=platform.url), Recorder(), files)
        await port.start()
        ref = await port.send(PLACE, CARD, reply_to="event-0")
        await port.edit(ref, done)
        await port.close()
    (shown,) = platform.log.messages.values()

    assert [CardState.WAITING, CardState.DONE] == [version.state for version in shown.versions]
    assert (b"k",) == shown.last.pictures
    assert ("event-0", "job") == (shown.reply_to, shown.last.job_id)
    assert shown.versions[0].has_button(Action.CANCEL)


@pytest.mark.parametrize(
    ("fault", "error", "num_shown"),
    [
        (Fault.DELAY, None, 1),
        (Fault.SLOW_BODY, None, 1),
        (Fault.MESSAGE_GONE, None, 1),
        (Fault.UNAVAILABLE, PlatformDown, 0),
        (Fault.TOO_MANY, PlatformDown, 0),
        (Fault.OUTAGE, PlatformDown, 0),
        (Fault.DENIED, PortClosed, 0),
        (Fault.PLACE_GONE, PlaceGone, 0),
        (Fault.RESET_BEFORE, Unclear, 0),
        (Fault.RESET_AFTER, Unclear, 1),
        (Fault.LOST_REPLY, Unclear, 1),
        (Fault.BROKEN, Unclear, 1),
        (Fault.BAD_JSON, Unclear, 1),
    ],
)
async def test_every_fault_of_sending_has_its_error(
    fault: Fault, error: type[Exception] | None, num_shown: int
) -> None:
    """The adapter says no more than it knows: what may have been done is unclear."""
    async with Platform(Only(seed=0, fault=fault)) as platform, line(platform) as port:
        if error is None:
            await port.send(PLACE, CARD)
        else:
            with pytest.raises(error):
                await port.send(PLACE, CARD)

    assert num_shown == len(platform.log.messages)


async def test_every_fault_is_planned_for() -> None:
    """The table above leaves none out."""
    (mark,) = test_every_fault_of_sending_has_its_error.pytestmark  # type: ignore[attr-defined]

    assert set(Fault) == {case[0] for case in mark.args[1]}


async def test_a_message_that_is_gone_cannot_be_edited() -> None:
    """The adapter tells a message that is gone from a place that is gone."""
    async with Platform() as platform, line(platform) as port:
        ref = await port.send(PLACE, CARD)
        platform.remove_message(ref.id)
        with pytest.raises(MessageGone):
            await port.edit(ref, CARD)
        platform.remove_place(PLACE.id)
        with pytest.raises(PlaceGone):
            await port.edit(ref, CARD)


async def test_what_the_platform_asks_for_is_passed_on() -> None:
    """A call that came too early says when to come again; a server that is not there says nothing."""
    async with Platform(Only(seed=0, fault=Fault.TOO_MANY)) as platform, line(platform) as port:
        with pytest.raises(PlatformDown) as too_many:
            await port.send(PLACE, CARD)
    async with Platform() as platform:
        absent = LinePort(LineOptions(url=platform.url), Recorder(), nothing)
    await absent.start()
    with pytest.raises(PlatformDown) as unreachable:
        await absent.send(PLACE, CARD)
    await absent.close()

    assert (0.2, None) == (too_many.value.retry_after_s, unreachable.value.retry_after_s)


@given(seed=st.integers(0, 2**32), call=st.integers(0, 10**6))
def test_a_seed_plans_the_same_faults_again(seed: int, call: int) -> None:
    """What failed under a seed fails under it again; nothing fails in a quiet plan."""
    plan, same = Plan(seed=seed, share=0.5), Plan(seed=seed, share=0.5)

    assert plan.fault_of(call) == same.fault_of(call)
    assert plan.is_doubled(call) == same.is_doubled(call)
    assert QUIET.fault_of(call) is None
    assert not QUIET.is_doubled(call)
