"""People are erased from a program that runs: nothing of them is left on its disk, nor comes back."""

import asyncio
import json
import random
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import texts
from bot.adapters.port import Action, CardState
from bot.backup import back_up
from bot.job import job_id_of
from bot.jobs import parts_of
from bot.sealing import Sealer, load_or_create
from bot.settings import Settings
from bot.store import Store
from tests.kill.judge import judge
from tests.kill.people import People
from tests.kill.role import Form, Role
from tests.platform.faults import QUIET, Plan
from tests.platform.log import PLATFORM
from tests.platform.server import Platform

pytestmark = pytest.mark.slow

LIMIT_S = 200.0
CANARY = "canary-4711"
WORDS = "하늘을 나는 카나리아"


@dataclass(slots=True)
class Stage:
    """A platform, and a program that keeps what people ask for."""

    platform: Platform
    role: Role
    folder: Path

    @property
    def data_dir(self) -> Path:
        """Where it keeps that."""
        return self.folder / "var"

    @property
    def sealer(self) -> Sealer:
        """What opens it."""
        return load_or_create(self.folder / "data.key", may_create=False)

    async def start(self) -> None:
        """Start the program."""
        await self.role.start(GEURYEOJWO_LOG_LEVEL="info")
        await self.role.up()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for the platform, with a limit."""
        await asyncio.wait_for(self.platform.until(is_so), LIMIT_S)

    async def draw(self, person: str) -> str:
        """Have a picture drawn; gives the id of its job."""
        event = self.platform.say(f"{WORDS} 그려줘", person=person)
        await self.until(lambda: bool(self.platform.log.newest(CardState.DONE, person=person)))
        return job_id_of(PLATFORM, event.id)

    async def ask(self, text: str, wanted: str, *, person: str) -> str:
        """Say something, and give what matches in the answer."""
        event = self.platform.say(text, person=person)
        found: list[str] = []

        def is_answered() -> bool:
            for shown in self.platform.log.messages.values():
                if shown.reply_to == event.id:
                    found.extend(re.findall(wanted, shown.last.card["text"]))
            return bool(found)

        await self.until(is_answered)
        return found[0]

    async def erase(self, person: str) -> None:
        """Have everything erased that is kept of a person."""
        event = self.platform.press(Action.ERASE, "", person=person)
        await self.until(
            lambda: (
                any(
                    shown.reply_to == event.id and shown.last.card["text"].startswith(texts.ERASED)
                    for shown in self.platform.log.messages.values()
                )
                and not self.platform.num_unconfirmed
            )  # or it would be done again by the next start
        )

    async def num_kept(self, person: str) -> int:
        """Count the rows that there are of a person; the program must not run."""
        store = await Store.open(f"sqlite:///{self.data_dir}/app.db", sealer=self.sealer)
        try:
            name = self.sealer.name_of(f"{PLATFORM}:{person}")
            return len(await store.jobs_of(name)) + len(await store.charges_of(name))
        finally:
            await store.close()

    def files(self) -> dict[Path, bytes]:
        """Read everything that the program wrote, its log too."""
        paths = [path for path in self.folder.rglob("*") if path.is_file()]
        return {path.relative_to(self.folder): path.read_bytes() for path in paths}


@asynccontextmanager
async def stage(folder: Path, plan: Plan = QUIET) -> AsyncIterator[Stage]:
    """Set up a platform and one process over both roles; what still runs is stopped."""
    async with Platform(plan) as platform:
        form = Form(folder=folder, platform_url=platform.url, work_s=0.3)
        (role,) = form.roles("run")
        on = Stage(platform, role, folder)
        try:
            await on.start()
            yield on
        finally:
            await role.stop()


async def test_nothing_of_a_person_is_left_on_the_disk(tmp_path: Path) -> None:
    """Neither words nor names nor ids are found in any file; of the keyed name, the tombstone only."""
    async with stage(tmp_path) as on:
        other_id = await on.draw("ben")
        job_id = await on.draw(CANARY)
        on.platform.say("/내데이터", person=CANARY)
        await on.until(
            lambda: any(one.last.card["files"] for one in on.platform.log.messages.values())
        )
        before = on.files()
        await on.erase(CANARY)
        after = on.files()
        await on.role.stop()
        stopped = on.files()
        keyed_name = on.sealer.name_of(f"{PLATFORM}:{CANARY}")

        assert (0, True) == (await on.num_kept(CANARY), await on.num_kept("ben") > 0)

    def found(needle: str, files: dict[Path, bytes]) -> set[str]:
        return {path.name for path, data in files.items() if needle.encode() in data}

    for secret in (CANARY, WORDS, json.dumps(WORDS)[1:-1]):
        assert set() == found(secret, after) | found(secret, stopped), secret
    assert {"app.db-wal", "jobs.db-wal", "run.log"} <= found(job_id, before)
    # The log says that there was a job, and the database that somebody was erased: neither leads back.
    assert {"run.log"} == found(job_id, after) == found(job_id, stopped)
    assert found(keyed_name, stopped) <= {"data.erased", "app.db"}
    assert {other_id} == {path.name.partition("-")[0] for path in after if ".png" in path.name}
    assert not any("exports" in path.parts for path in after)
    assert set() == {*parts_of(job_id)} & set(_workflows(on.data_dir))


async def test_nothing_of_any_account_is_left_on_the_disk(tmp_path: Path) -> None:
    """Who has joined accounts is erased with both, and nobody finds out that they were joined."""
    mate = f"mate-of-{CANARY}"
    async with stage(tmp_path) as on:
        job_ids = [await on.draw(person) for person in (CANARY, mate)]
        code = await on.ask("/연결", r"[2-9A-Z]{4}-[2-9A-Z]{4}", person=CANARY)
        await on.ask(f"/연결 {code}", r"연결했어요", person=mate)
        before = await on.num_kept(CANARY), await on.num_kept(mate)
        await on.erase(mate)
        after = on.files()
        await on.role.stop()

        assert 0 < before[0] == before[1]
        assert [0, 0] == [await on.num_kept(person) for person in (CANARY, mate)]
        names = [on.sealer.name_of(f"{PLATFORM}:{person}") for person in (CANARY, mate)]

    for needle in (CANARY, WORDS, code.replace("-", "")):
        assert [] == [path.name for path, data in after.items() if needle.encode() in data]
    kept = {path.name for path in on.files() if any(one in path.name for one in job_ids)}
    assert set() == kept
    tombstones = (tmp_path / "data.erased").read_text(encoding="ascii")
    assert [1, 1] == [tombstones.count(name) for name in names]


async def test_a_backup_brings_nobody_back(tmp_path: Path) -> None:
    """Who was erased after it was made is erased again by the next start, pictures too."""
    copies = tmp_path / "copies"
    (tmp_path / "bot").mkdir()
    async with stage(tmp_path / "bot") as on:
        await on.draw("ben")
        job_id = await on.draw(CANARY)
        await back_up(Settings(data_dir=on.data_dir, key_file=on.folder / "data.key"), copies)
        shutil.copytree(on.data_dir / "pictures", copies / "pictures")
        await on.erase(CANARY)
        await on.role.stop()
        for path in on.data_dir.glob("*.db*"):
            path.unlink()
        shutil.copytree(copies, on.data_dir, dirs_exist_ok=True)
        assert await on.num_kept(CANARY)
        num_messages = len(on.platform.log.messages)

        await on.start()
        await on.draw("cho")
        await on.role.stop()

        assert (0, True) == (await on.num_kept(CANARY), await on.num_kept("ben") > 0)
        assert [] == list(on.data_dir.rglob(f"*{job_id}*"))
        assert set() == {*parts_of(job_id)} & set(_workflows(on.data_dir))
        assert 1 == len(on.platform.log.messages) - num_messages


@pytest.mark.parametrize("seed", range(3))
async def test_erasures_under_load_leave_nothing_and_take_nothing_else(
    seed: int, tmp_path: Path
) -> None:
    """Whatever is under way, and though the program dies: nothing of ann, and everybody else is served."""
    chance = random.Random(f"{seed} erasures")
    async with stage(tmp_path, Plan(seed=seed, share=0.02)) as on:
        people = People(on.platform, seed=seed, rate_per_s=6.0)
        living = asyncio.create_task(people.live())
        for _ in range(4):
            await asyncio.sleep(chance.uniform(0.3, 2.0))
            on.platform.say(f"{WORDS} 그려줘", person="ann", place="ann")
            await asyncio.sleep(chance.uniform(0.0, 0.5))
            on.platform.press(Action.ERASE, "", person="ann", place="ann")
            if chance.random() < 0.5:
                await asyncio.sleep(chance.uniform(0.0, 0.3))
                await on.role.kill()
                await on.start()
        living.cancel()
        on.platform.plan = QUIET
        # What she asked for since the last time is served, or it would not be known when it is over.
        await on.until(lambda: not on.platform.num_unconfirmed)
        on.platform.press(Action.ERASE, "", person="ann", place="ann")
        await on.until(
            lambda: (
                not on.platform.num_unconfirmed and judge(on.platform.log, erased=["ann"]).is_good
            )
        )
        ids = {job_id_of(PLATFORM, one.id) for one in on.platform.log.events if one.person == "ann"}
        await asyncio.wait_for(_until_forgotten(on.data_dir, ids), LIMIT_S)
        await on.role.stop()
        verdict = judge(on.platform.log, erased=["ann"])

        assert verdict.is_good, verdict.table()
        assert 0 == await on.num_kept("ann")
        files = {path.name for path in on.data_dir.rglob("*") if path.is_file()}
        assert set() == {name for name in files if name.partition("-")[0] in ids}


async def _until_forgotten(data_dir: Path, job_ids: set[str]) -> None:
    """Wait until the queues know nothing of jobs: parts that ran are forgotten some time after they end."""
    while True:
        if not {one.partition(":")[0] for one in _workflows(data_dir)} & job_ids:
            return
        await asyncio.sleep(0.5)


def _workflows(data_dir: Path) -> list[str]:
    """Name everything that the queues know."""
    with closing(sqlite3.connect(data_dir / "jobs.db")) as queues:
        rows = queues.execute("SELECT workflow_uuid FROM workflow_status").fetchall()
        rows += queues.execute("SELECT workflow_uuid FROM operation_outputs").fetchall()
    return [row[0] for row in rows]
