"""DBOS from its launch to its end: which database, which queues, what lies in it, and what is left over.

Everything that DBOS writes down is sealed. The application's version is fixed, because jobs of the
program before an update are this program's jobs too. A launch takes up at once what an earlier process
of the same name left; that no other process has the name is seen to by a lock (`locks.py`).
"""

import asyncio
import base64
import json
import logging
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, Serializer

from bot.jobs import CHAT_QUEUES, RENDER_QUEUES
from bot.sealing import Sealer
from bot.store import Overwriting, prepare_file, refuse_planted, scrub_file

_VERSION = "jobs-1"  # changes only with workflows that cannot go on with rows of the one before
_POLL_S = 0.3  # a third of what it cost at 0.1 s: five queues are asked, of which most are empty
_IDS_AT_ONCE = 1_000  # in one statement
_SQLITE = "sqlite:///"
_OURS = "sealed_json"
_KNOWN = (_OURS, "portable_json")  # what DBOS writes on its own is JSON, too
_NUM_TEXTS = 4  # read at once; with 16, who wrote in a crowd waited ten times as long for an answer


class State(StrEnum):
    """How a workflow is, as far as somebody must do something about it."""

    MISSING = "missing"
    ALIVE = "alive"
    DONE = "done"
    BROKEN = "broken"  # it raised, was cancelled, or was begun too often


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """One part of a job, as far as it may be forgotten."""

    id: str
    is_running: bool  # it would write something down behind its removal
    ended_s: float | None  # Unix time

    @property
    def job_id(self) -> str:
        """The job that it is a part of."""
        return self.id.partition(":")[0]


class _SealedJson(Serializer):
    """Writes JSON, sealed: no pickles, and nothing that can be read without the key."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def serialize(self, data: Any) -> str:
        if isinstance(data, BaseException):
            data = {"__error__": type(data).__name__}  # its text may quote somebody
        return base64.b64encode(self._sealer.seal(json.dumps(data).encode())).decode("ascii")

    def deserialize(self, serialized_data: str) -> Any:
        data = json.loads(self._sealer.open(base64.b64decode(serialized_data)))
        if isinstance(data, dict) and set(data) == {"__error__"}:
            return RuntimeError(data["__error__"])
        return data

    def name(self) -> str:
        return _OURS


class Durable:
    """The launched DBOS of this process; there is one at a time."""

    def __init__(self, url: str, *, executor: str, sealer: Sealer, queues: Sequence[str]) -> None:
        is_file = url.startswith(_SQLITE)
        self._url = url
        self._file = Path(url.removeprefix(_SQLITE)) if is_file else None
        config: DBOSConfig = {
            "name": "geuryeojwo",
            "system_database_url": url,
            "application_version": _VERSION,
            "executor_id": executor,
            "serializer": _SealedJson(sealer),
            "log_level": "WARNING",
            "db_engine_kwargs": {
                "hide_parameters": True,
                **({"connect_args": {"factory": Overwriting}} if is_file else {}),
            },
            "enable_otlp": False,  # nothing of what people wrote goes anywhere else
            "notification_listener_polling_interval_sec": 1.0,
        }
        if is_file:
            # A file has one writer at a time. Who waits for a connection is served in turn; who waits
            # for SQLite's lock sleeps longer and longer, and is overtaken by whoever comes meanwhile.
            config["sys_db_pool_size"] = 1
        logging.getLogger("dbos").addFilter(_is_news)
        DBOS(config=config)
        DBOS.listen_queues(list(queues))

    async def launch(self, *, num_held: int) -> None:
        """Take up what was left, and begin to take work; `num_held` jobs of a lane at once.

        Raises StoreError where its database cannot be used, or holds what it must not.
        """
        if self._file:  # five threads look into it while others write
            await asyncio.to_thread(prepare_file, self._file)
        await asyncio.to_thread(refuse_planted, self._url, known=_KNOWN)
        DBOS.launch()
        for name in CHAT_QUEUES:
            most = _NUM_TEXTS if name == CHAT_QUEUES[0] else None
            await DBOS.register_queue_async(
                name,
                worker_concurrency=most,
                polling_interval_sec=_POLL_S,
                on_conflict="always_update",
            )
        for name in RENDER_QUEUES:
            await DBOS.register_queue_async(
                name,
                worker_concurrency=num_held,
                polling_interval_sec=_POLL_S,
                on_conflict="always_update",
            )

    async def close(self) -> None:
        """Take nothing more and let go; what still runs is left as it is, for the next launch.

        Nobody may call DBOS any more.
        """
        # It lends its threads to the event loop, and they end with it.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)

    async def states(self, workflow_ids: Sequence[str]) -> dict[str, State]:
        """Say how workflows are."""
        found = dict.fromkeys(workflow_ids, State.MISSING)
        if workflow_ids:
            for status in await DBOS.list_workflows_async(
                workflow_ids=list(workflow_ids), load_input=False, load_output=False
            ):
                found[status.workflow_id] = _STATES.get(status.status, State.BROKEN)
        return found

    async def take_over(self, executor: str) -> None:
        """Put back into their queues what a process left that is surely gone."""
        await asyncio.to_thread(DBOS._recover_pending_workflows, [executor])

    async def workflows(self, ids: Collection[str] | None = None) -> tuple[Workflow, ...]:
        """Give what is written down, of everything or of some."""
        found = await DBOS.list_workflows_async(
            workflow_ids=None if ids is None else list(ids), load_input=False, load_output=False
        )
        return tuple(
            Workflow(
                id=one.workflow_id,
                is_running=one.status == "PENDING",
                ended_s=None if one.completed_at is None else one.completed_at / 1000,
            )
            for one in found
        )

    async def forget(self, workflow_ids: Sequence[str]) -> None:
        """Remove workflows, none of which runs, and everything that was written down of them."""
        for start in range(0, len(workflow_ids), _IDS_AT_ONCE):
            await DBOS.delete_workflows_async(list(workflow_ids[start : start + _IDS_AT_ONCE]))
        if workflow_ids and self._file:
            await asyncio.to_thread(scrub_file, self._file)


def _is_news(record: logging.LogRecord) -> bool:
    """Leave out that something under way was broken off: whoever ends the program knows."""
    return not record.getMessage().startswith("Asyncio task cancelled")


_STATES = {
    "PENDING": State.ALIVE,
    "ENQUEUED": State.ALIVE,
    "DELAYED": State.ALIVE,
    "SUCCESS": State.DONE,
}


def database_url(url: str | None, data_dir: Path) -> str:
    """Say where DBOS keeps its tables: the operator's database, or a file beside ours."""
    return url or f"{_SQLITE}{(data_dir / 'jobs.db').resolve()}"
