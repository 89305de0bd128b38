"""Hundreds of jobs through the real program: what it holds after many is what it held after some.

Compressed: text and drawing take no time to speak of, everything else is real. `make soak` is longer.
"""

import asyncio
import io
import os
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest
from PIL import Image

from bot.adapters.port import CardState
from tests.kill.role import Form, Role
from tests.platform.server import Platform

_ROUNDS, _PEOPLE, _EACH = 12, 10, 2
_WARM_ROUNDS = 5  # pools, caches and statements fill meanwhile
_LIMIT_S = 240.0  # for all of it; on an idle machine it takes a tenth
_UNDER_WAY = (CardState.WAITING, CardState.DRAWING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a process holds between two rounds."""

    rss_mb: float
    descriptors: int
    threads: int
    temporary: int  # files, also half-written ones
    database_mb: float


def held_by(role: Role, folder: Path) -> Held:
    """Look at a running process from outside."""
    process = Path(f"/proc/{role.pid}")
    status = dict(
        line.partition(":")[::2] for line in (process / "status").read_text().splitlines()
    )
    # Unlike a glob, a walk is not broken off by what is removed meanwhile.
    files = [Path(at) / name for at, _, names in os.walk(folder / "var") for name in names]
    data = [path for path in files if ".db" in path.name]
    parts = [path for path in files if path.suffix == ".part"]
    return Held(
        rss_mb=int(status["VmRSS"].split()[0]) / 1024,
        descriptors=len(list((process / "fd").iterdir())),
        threads=int(status["Threads"]),
        temporary=len(parts) + len(list((folder / "tmp").iterdir())),
        database_mb=sum(path.stat().st_size for path in data) / 2**20,
    )


def slope(values: list[float]) -> float:
    """Say by how much values rise a round: the median of all pairs, which single leaps do not move."""
    return median(
        (later - earlier) / (j - i)
        for i, earlier in enumerate(values)
        for j, later in enumerate(values)
        if j > i
    )


def photo() -> bytes:
    """A small picture, for which a decoder is started."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(file, "PNG")
    return file.getvalue()


async def play_round(platform: Platform, number: int) -> None:
    """Let everybody ask, one of them with a photo, and wait until all are answered."""
    before = len(platform.log.events)
    for person in range(_PEOPLE):
        for turn in range(_EACH):
            is_first = person == turn == 0
            platform.say(
                "고래 그려줘",
                person=f"person-{number}-{person}",
                place=f"place-{person}",
                photo=photo() if is_first else b"",
            )
    asked = {event.id for event in platform.log.events[before:]}

    def is_answered() -> bool:
        done = {
            one.reply_to
            for one in platform.log.messages.values()
            if one.last.state not in _UNDER_WAY
        }
        return asked <= done

    await platform.until(is_answered)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> list[Held]:
    """What a program held after each round."""
    return asyncio.run(_play(tmp_path_factory.mktemp("soak")))


async def _play(folder: Path) -> list[Held]:
    (folder / "tmp").mkdir()
    async with Platform() as platform, asyncio.timeout(_LIMIT_S):
        (role,) = Form(folder=folder, platform_url=platform.url, work_s=0.01).roles("run")
        await role.start(TMPDIR=str(folder / "tmp"))
        try:
            await role.up()
            found = []
            for number in range(_ROUNDS):
                await play_round(platform, number)
                found.append(held_by(role, folder))
        finally:
            await role.stop()
        drawn = platform.log.newest(CardState.DONE)
        assert len(drawn) >= _ROUNDS * _PEOPLE * _EACH * 0.9
    return found


pytestmark = [pytest.mark.slow, pytest.mark.fault(60), pytest.mark.timeout(300)]


def test_memory_does_not_grow_with_jobs(history: list[Held]) -> None:
    """A job leaves less than half a megabyte behind."""
    grown_mb = slope([one.rss_mb for one in history[_WARM_ROUNDS:]])

    assert grown_mb < 0.5 * _PEOPLE * _EACH


@pytest.mark.parametrize("name", ["descriptors", "threads", "temporary"])
def test_nothing_stays_open(history: list[Held], name: str) -> None:
    """Files, sockets, threads and half-written files of a job end with it."""
    values = [float(getattr(one, name)) for one in history[_WARM_ROUNDS:]]

    assert slope(values) < 1
    assert values[-1] <= median(values) + 10


def test_the_database_grows_by_what_is_kept(history: list[Held]) -> None:
    """Until it is forgotten a job costs a few pages, and no more with every further one."""
    values = [one.database_mb for one in history[_WARM_ROUNDS:]]

    assert slope(values) < 0.1 * _PEOPLE * _EACH


def test_a_leak_is_found() -> None:
    """What grows by a little in every round has a slope, whatever single rounds do."""
    rising = [100 + 12 * number + (50 if number == 3 else 0) for number in range(7)]

    assert 12 == pytest.approx(slope([float(one) for one in rising]), abs=3)
    assert 0 == slope([100.0, 100.0, 160.0, 100.0, 100.0, 40.0, 100.0])
