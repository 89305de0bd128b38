"""People are erased from a program that runs: nothing of them is left on its disk, nor comes back."""

import asyncio
import io
import random
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
from PIL import Image
from sqlalchemy import Connection, select

from bot import texts
from bot.adapters.port import Action, CardState, Person
from bot.backup import back_up
from bot.job import job_id_of
from bot.jobs import parts_of
from bot.sealing import Sealer, load_or_create
from bot.settings import Settings
from bot.store import Store, tables
from bot.strikes import Penalties
from pipeline import Rule, SourceType, enlarged, marks_in, preview_png
from tests.doubles import PIXELS
from tests.kill.judge import judge
from tests.kill.people import People
from tests.kill.role import Form, Role
from tests.kill.traces import files_in, spellings, traces, windows
from tests.platform.faults import QUIET, Plan
from tests.platform.log import PLATFORM
from tests.platform.server import Platform
from tests.postgres import postgres_database as postgres_database
from tests.postgres import postgres_url as postgres_url

pytestmark = pytest.mark.slow

LIMIT_S = 30.0
FOR_EVER_S = 3_600.0
CANARY = "canary-4711"
WORDS = "하늘을 나는 카나리아"
APPEAL = "새장 밖을 그리려고 했어요"
PHOTO_RGB = random.Random(CANARY).randbytes(32 * 32 * 3)


@dataclass(slots=True)
class Stage:
    """A platform, and a program that keeps what people ask for."""

    platform: Platform
    role: Role
    slow_role: Role  # over the same folder, which finishes nothing
    folder: Path
    database_url: str | None = None

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

    async def begin(self, person: str, *, num: int) -> set[str]:
        """Ask for several pictures, and wait until one is being drawn; gives the ids of their jobs."""
        events = [self.platform.say(f"{WORDS} 그려줘", person=person) for _ in range(num)]
        ids = {event.id for event in events}

        def is_begun() -> bool:
            answers = [
                shown for shown in self.platform.log.messages.values() if shown.reply_to in ids
            ]
            states = [shown.last.state for shown in answers]
            return len(states) == num and CardState.DRAWING in states

        await self.until(is_begun)
        return {job_id_of(PLATFORM, one) for one in ids}

    async def report(self, job_id: str, *, person: str) -> None:
        """Report a picture, and wait for the answer."""
        event = self.platform.press(Action.REPORT, job_id, person=person)
        await self.until(
            lambda: any(one.reply_to == event.id for one in self.platform.log.messages.values())
        )

    async def draw(self, person: str, *, photo: bytes = b"") -> str:
        """Have a picture drawn; gives the id of its job."""
        event = self.platform.say(f"{WORDS} 그려줘", person=person, photo=photo)
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

    @asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        """Open what the program keeps; it must not run."""
        url = self.database_url or f"sqlite:///{self.data_dir}/app.db"
        store = await Store.open(url, sealer=self.sealer)
        try:
            yield store
        finally:
            await store.close()

    async def num_kept(self, person: str) -> int:
        """Count the rows that there are of a person; the program must not run."""
        async with self.store() as store:
            name = self.sealer.name_of(f"{PLATFORM}:{person}")
            rows = (
                *await store.jobs_of(name),
                *await store.charges_of(name),
                *await store.notices_of(name),
            )
            return len(rows)

    def files(self) -> dict[Path, bytes]:
        """Read everything that the program wrote, its log too, and all rows of a server."""
        dump = {Path("database"): dumped(self.database_url)} if self.database_url else {}
        return files_in(self.folder) | dump

    def traces(self, needles: Collection[bytes]) -> list[str]:
        """Name everything in which something stands that is looked for."""
        return traces(needles, self.files())

    async def until_only_the_log_names(self, job_ids: Collection[str]) -> None:
        """Wait until jobs are found nowhere but in the log, which leads back to nobody."""
        needles = [job_id.encode() for job_id in job_ids]
        async with asyncio.timeout(LIMIT_S):
            while True:
                if all("run.log" in one for one in self.traces(needles)):
                    return
                await asyncio.sleep(0.5)

    async def tables_naming(self, name: str) -> set[str]:
        """Say in which tables a keyed name stands; the program must not run."""
        async with self.store() as store:
            return await store._database.read(lambda found: _tables_naming(found, name))

    async def appeals(self) -> list[bytes | None]:
        """Give the words of all appeals, sealed; the program must not run."""
        async with self.store() as store:
            query = select(tables.suspensions.c.appeal)
            return list(await store._database.read(lambda found: found.scalars(query).all()))


def _tables_naming(connection: Connection, name: str) -> set[str]:
    return {
        table.name
        for table in tables.metadata.sorted_tables
        for row in connection.execute(select(table))
        if name in map(str, row)
    }


def dumped(url: str) -> bytes:
    """Give all rows of all tables of a server's database, as its own tool for copies writes them."""
    of_all = (
        "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables "
        "WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
    )
    dump = bytearray()
    with psycopg.connect(url) as connection:
        for (table,) in connection.execute(of_all).fetchall():
            with connection.cursor().copy(f"COPY {table} TO STDOUT".encode()) as rows:
                for row in rows:
                    dump += row
    return bytes(dump)


def photo() -> bytes:
    """A photo that nobody else has."""
    file = io.BytesIO()
    Image.frombytes("RGB", (32, 32), PHOTO_RGB).save(file, "PNG")
    return file.getvalue()


@asynccontextmanager
async def stage(
    folder: Path, plan: Plan = QUIET, *, database_url: str | None = None
) -> AsyncIterator[Stage]:
    """Set up a platform and one process over both roles; what still runs is stopped."""
    async with Platform(plan) as platform:
        form = Form(folder=folder, platform_url=platform.url, database_url=database_url)
        (role,) = form.roles("run")
        (slow_role,) = replace(form, work_s=FOR_EVER_S).roles("run")
        on = Stage(platform, role, slow_role, folder, database_url)
        try:
            await on.start()
            yield on
        finally:
            await on.role.stop()


@pytest.mark.fault(51)
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
async def test_nothing_of_a_person_is_left_on_the_disk(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Neither words nor ids nor pictures are found in any file, whatever was under way.

    Drawn, being drawn and waiting, over a photo, copied, shown again, linked, reported, told, struck and
    appealed. Of the keyed name the tombstone is left, and the strikes.
    """
    is_file = database == "sqlite"
    url = None if is_file else str(request.getfixturevalue("postgres_database"))
    async with stage(tmp_path, database_url=url) as on:
        other_id = await on.draw("ben")
        job_id = await on.draw(CANARY, photo=photo())
        secrets = await live_through(on, job_id)
        job_ids = {job_id, *await on.begin(CANARY, num=10)}
        before = on.traces(spellings(job_id))
        await on.erase(CANARY)
        await on.until_only_the_log_names(job_ids)
        after = on.traces(secrets)
        await on.role.stop()
        stopped = on.traces(secrets)
        keyed_name = on.sealer.name_of(f"{PLATFORM}:{CANARY}")
        named = on.traces(spellings(keyed_name))

        assert (0, True) == (await on.num_kept(CANARY), await on.num_kept("ben") > 0)
        assert {"tombstones", "strikes", "suspensions"} == await on.tables_naming(keyed_name)
        assert [] == [one for one in await on.appeals() if one is not None]
    theirs = [shown for shown in on.platform.log.messages.values() if shown.last.job_id in job_ids]

    assert [] == after + stopped
    assert before, "what is looked for must be there first"
    assert {"data.erased", "app.db" if is_file else "database"} == {
        one.partition(":")[0].rpartition("/")[2] for one in named
    }
    assert {CardState.NOTE, CardState.DONE} >= {shown.last.state for shown in theirs}
    assert {job_id} >= {shown.last.job_id for shown in theirs if shown.last.pictures}
    files = on.files()
    assert {other_id} == {path.name.partition("-")[0] for path in files if ".png" in path.name}
    assert [] == [path for path in files if "exports" in path.parts or "photos" in path.parts]


async def live_through(on: Stage, job_id: str) -> frozenset[bytes]:
    """Let a person leave whatever can be left behind; gives all that must not be found afterwards."""
    await on.ask("/내데이터", "모두 담았어요", person=CANARY)
    await on.ask("/내그림", "그림이에요", person=CANARY)
    code = await on.ask("/연결", r"[2-9A-Z]{4}-[2-9A-Z]{4}", person=CANARY)
    await on.report(job_id, person=CANARY)
    await on.role.stop()
    async with on.store() as store:
        me = Person(platform=PLATFORM, id=CANARY)
        await store.strike(me, Rule.SEXUAL, text=WORDS, event="event", penalties=Penalties())
        await store.suspend(store.person_name(me))
        await store.keep_appeal(store.person_name(me), APPEAL)
        await store.lift(store.person_name(me))
    on.role = on.slow_role  # what is asked for from now on stays under way
    await on.start()
    (mine,) = on.platform.log.newest(CardState.DONE, person=CANARY)
    (other,) = on.platform.log.newest(CardState.DONE, person="ben")
    picture = mine.last.pictures[0]
    receipt = marks_in(picture).receipt
    assert receipt is not None
    texts_left = (CANARY, WORDS, APPEAL, code, code.replace("-", ""), receipt.english)
    preview = preview_png(enlarged(PIXELS, least_px=256), source_type=SourceType.DRAWN)
    return frozenset().union(
        *(spellings(text) for text in texts_left),
        windows(picture, apart_from=other.last.pictures[0]),
        windows(preview, apart_from=other.last.pictures[0]),
        windows(photo()),
        windows(PHOTO_RGB),
    )


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


@pytest.mark.fault(52)
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
