"""The program dies at every boundary between two durable facts, comes back, and keeps its promise."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.adapters.port import Action, CardState
from bot.failpoints import NAMES, VARIABLE
from tests.kill.judge import Verdict, judge
from tests.kill.loop import drain
from tests.kill.role import Form, Role
from tests.platform.log import Shown
from tests.platform.server import Platform

pytestmark = pytest.mark.slow

LIMIT_S = 200.0
UNDER_WAY = (CardState.WAITING, CardState.DRAWING)


@dataclass(slots=True)
class Stage:
    """A platform, and a program that dies at a failpoint."""

    platform: Platform
    role: Role
    folder: Path

    async def card(self, *states: CardState) -> Shown:
        """Wait for a card that shows one of these states, and give it."""
        await self.until(lambda: any(self.platform.log.newest(state) for state in states))
        return next(shown for state in states for shown in self.platform.log.newest(state))

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for the platform, with a limit."""
        await asyncio.wait_for(self.platform.until(is_so), LIMIT_S)


async def ask(stage: Stage) -> None:
    """Ask for a picture."""
    stage.platform.say("고래 그려줘")


async def ask_and_cancel(stage: Stage) -> None:
    """Ask for a picture and change one's mind."""
    await ask(stage)
    shown = await stage.card(*UNDER_WAY)
    stage.platform.press(Action.CANCEL, shown.last.job_id or "")


async def ask_and_remove(stage: Stage) -> None:
    """Ask for a picture and remove the card that tells of it."""
    await ask(stage)
    shown = await stage.card(*UNDER_WAY)
    stage.platform.remove_message(shown.id)


async def ask_and_erase(stage: Stage) -> None:
    """Get a picture, and then have everything erased that is kept of oneself."""
    await ask(stage)
    await stage.card(CardState.DONE)
    stage.platform.say("/내데이터삭제")
    await stage.until(lambda: bool(erasers(stage.platform)))
    stage.platform.press(Action.ERASE, "")


def erasers(platform: Platform) -> list[Shown]:
    """Give the cards that can be pressed to have everything erased."""
    return [
        shown for shown in platform.log.messages.values() if shown.last.has_button(Action.ERASE)
    ]


# What leads to a boundary; everything else is reached by asking.
WAYS: dict[str, Callable[[Stage], Awaitable[None]]] = {
    "after_cancel_before_deliver": ask_and_cancel,
    "after_sending_before_send": ask_and_remove,
    "after_send_before_sent": ask_and_remove,
    "after_sent_before_close": ask_and_remove,
    "after_erase_rows_before_files": ask_and_erase,
}
ERASING = "after_erase_rows_before_files"


@asynccontextmanager
async def stage(folder: Path, *, window_s: float) -> AsyncIterator[Stage]:
    """Set up a platform and one process over both roles; what still runs is stopped."""
    async with Platform(nonce_window_s=window_s) as platform:
        form = Form(folder=folder, platform_url=platform.url, repeat_s=window_s, work_s=0.5)
        (role,) = form.roles("run")
        try:
            yield Stage(platform, role, folder)
        finally:
            await role.stop()


async def die_at(name: str, on: Stage) -> None:
    """Have the program killed at a failpoint, and start it again without."""
    await on.role.start(**{VARIABLE: f"{name}:kill"})
    await WAYS.get(name, ask)(on)
    assert -signal.SIGKILL == await asyncio.wait_for(on.role.end(), LIMIT_S), (
        on.role.log.read_text()
    )
    await on.role.start()
    await on.role.up()


async def judged(on: Stage) -> Verdict:
    """Let everything end, and judge; one more start shows whether anything is done twice."""
    await drain(on.platform, limit_s=LIMIT_S)
    await on.role.kill()
    await on.role.start()
    await on.role.up()
    on.platform.say(
        "바다 그려줘", person="ben"
    )  # whoever comes last is served after all that was left
    await drain(on.platform, limit_s=LIMIT_S)
    return judge(on.platform.log)


@pytest.mark.parametrize("name", [name for name in NAMES if name != ERASING])
async def test_a_death_at_any_boundary_loses_and_doubles_nothing(name: str, tmp_path: Path) -> None:
    """Where a platform knows nonces, a death costs nothing but time."""
    async with stage(tmp_path, window_s=180.0) as on:
        await die_at(name, on)
        verdict = await judged(on)

    assert verdict.is_good, verdict.table()
    assert 2 == verdict.counts["drawn"] + verdict.counts["cancelled"], verdict.table()


@pytest.mark.parametrize(
    ("name", "num_drawn"),
    [
        ("after_ack_before_kept", 2),
        ("after_sending_before_send", 1),  # it may have been shown: the person is asked to fetch it
        ("after_send_before_sent", 2),
        ("after_sent_before_close", 2),
    ],
)
async def test_without_nonces_a_death_doubles_no_picture(
    name: str, num_drawn: int, tmp_path: Path
) -> None:
    """Where a platform knows none, a picture that may have been shown is never sent blindly."""
    async with stage(tmp_path, window_s=0.0) as on:
        await die_at(name, on)
        verdict = await judged(on)

    assert verdict.is_good, verdict.table()
    assert num_drawn == verdict.counts["drawn"], verdict.table()
    assert 2 - num_drawn == verdict.counts["unclear"], verdict.table()


async def test_a_death_while_erasing_leaves_nothing(tmp_path: Path) -> None:
    """Erasing goes on after a death: no picture is left, and nothing is said of it any more."""
    async with stage(tmp_path, window_s=180.0) as on:
        await die_at(ERASING, on)
        await on.until(lambda: not on.platform.num_unconfirmed)
        verdict = judge(on.platform.log, erased=["ann"])

    assert verdict.is_good, verdict.table()
    assert [] == list((tmp_path / "var").rglob("*.png*"))
