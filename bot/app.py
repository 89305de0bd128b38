"""The composition root: settings → roles → a running program, and its orderly end.

The platforms are opened at once; the model and the language data load beside them, and a request that
comes meanwhile is accepted and waits. An end finishes what can be finished in a few seconds and leaves
the rest where it is written down; a second start carries on.
"""

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from enum import StrEnum

import structlog

from bot import durable, shell_texts
from bot.access import keep_to_owner, mask_new_files
from bot.backup import APP_FILE
from bot.chat_role import ChatRole
from bot.disk import Disk
from bot.durable import Durable
from bot.files import Files, check_folders
from bot.jobs import CHAT_QUEUES, RENDER_QUEUES, Jobs
from bot.keeping import FOLDERS
from bot.life import Lag, leave_by, leave_when_lost
from bot.locks import AlreadyRunning, Lock, LocksUnreachable, lock_for
from bot.marking import Marking, marking_of
from bot.metrics import Metrics
from bot.parts import NUM_HELD, NUM_HELD_BESIDE_OTHERS
from bot.platforms import MakeAdapter, adapters_of
from bot.sealing import KeyForeign, Sealer, load_or_create
from bot.settings import Settings, revealed
from bot.store import Store, holds_nothing
from bot.worker_role import WorkerRole

log = structlog.get_logger()

_EMBEDDED, _APART = "all-0", "chat-0"
_TALKING = "people"  # the lock of whoever talks to them
_LOCK_TRIES, _LOCK_PAUSE_S = 10, 0.1
_FINISH_S = 10.0  # for what is being drawn at the end
_FLUSH_S = 4.0  # for answers that are on their way
_SWITCH_S = 0.001  # with Python's own 0.005 a crowd waited up to twice as long for its answers
_LEAVE_S = 24.0  # after the wish to end, whatever hangs


class Role(StrEnum):
    """What a process does."""

    RUN = "run"  # both
    CHAT = "chat"
    WORKER = "worker"


class App:
    """The program that `python -m bot run`, `chat` and `worker` are."""

    def __init__(
        self,
        settings: Settings,
        *,
        role: Role | str = Role.RUN,
        adapters: Sequence[MakeAdapter] = (),
    ) -> None:
        self._settings, self._role = settings, Role(role)
        self._adapters = (*adapters_of(settings), *adapters)
        self._url = revealed(settings.database.url)

    @property
    def _executor(self) -> str:
        """The name under which this process works: what it leaves is taken up under it again."""
        names = {Role.RUN: _EMBEDDED, Role.CHAT: _APART, Role.WORKER: self._settings.worker.name}
        return names[self._role]

    async def run(self, stop: asyncio.Event, announce: Callable[[str], None]) -> None:
        """Serve until `stop` is set, then end everything that was started.

        Raises AlreadyRunning, CannotListen, ModelNotLoaded, a SealingError or a StoreError.
        """
        settings = self._settings
        # Threads compute here all the time; the event loop waits so long for each that it meets.
        sys.setswitchinterval(_SWITCH_S)
        async with AsyncExitStack() as stack:
            stack.callback(os.umask, mask_new_files())
            keep_to_owner(settings.data_dir)
            locks = await self._take_names(stack)
            sealer = await self._sealer()
            store = await Store.open(self._app_url(), sealer=sealer)
            stack.push_async_callback(store.close)
            if not await store.can_open():
                raise KeyForeign(path=settings.key_file)
            place = settings.storage.url or str(settings.data_dir)
            await asyncio.to_thread(check_folders, place, FOLDERS)
            files = Files(place, sealer)
            await files.sweep()
            disk = Disk(settings.data_dir)
            metrics = Metrics()
            lag = Lag()
            metrics.watch_lag(lag.p99_s)
            await stack.enter_async_context(metrics.serving(settings.metrics.port))
            for watching in (lag.watch(), leave_when_lost(locks)):
                stack.push_async_callback(_cancel, asyncio.create_task(watching))
            marking = await asyncio.to_thread(marking_of, settings)
            chat, worker = self._roles(store, files, sealer, metrics, disk, marking)
            queues = (*(CHAT_QUEUES if chat else ()), *(RENDER_QUEUES if worker else ()))
            dbos = Durable(
                durable.database_url(self._url, settings.data_dir),
                executor=self._executor,
                sealer=sealer,
                queues=queues,
            )
            jobs = Jobs(chat=chat.chat if chat else None, worker=worker.worker if worker else None)
            try:
                await self._serve(chat, worker, dbos, jobs, stop, announce)
            finally:
                announce(shell_texts.STOPPING)
                deadline = leave_by(_LEAVE_S, code=0)
                try:
                    await self._end(chat, worker, dbos, jobs)
                finally:
                    deadline.cancel()

    async def _serve(
        self,
        chat: ChatRole | None,
        worker: WorkerRole | None,
        dbos: Durable,
        jobs: Jobs,
        stop: asyncio.Event,
        announce: Callable[[str], None],
    ) -> None:
        if chat is not None:
            chat.connect(dbos, jobs, self._adapters)
        # Before the platforms, which hand over at once what people wrote meanwhile.
        await dbos.launch(num_held=NUM_HELD if self._role is Role.RUN else NUM_HELD_BESIDE_OTHERS)
        if chat is not None:
            await chat.start()
            announce(chat.announcement)
        if worker is not None:
            await worker.start()
        jobs.open()
        if chat is not None:
            for executor in {_EMBEDDED, _APART} - {self._executor}:  # the role was changed
                await chat.fleet.take_over(executor)
            await chat.take_up()
        await _until(stop, self._load(chat, worker, announce))

    async def _load(
        self, chat: ChatRole | None, worker: WorkerRole | None, announce: Callable[[str], None]
    ) -> None:
        if worker is not None:
            await worker.load()
        # Not beside the engine: transformers builds models on a device that it sets for all threads.
        if chat is not None:
            await chat.load()
        # What was loaded stays: looking through it for garbage stopped everything for 0.4 s now and then.
        gc.collect()
        gc.freeze()
        announce(shell_texts.READY if worker is not None else shell_texts.READY_TO_READ)

    async def _end(
        self, chat: ChatRole | None, worker: WorkerRole | None, dbos: Durable, jobs: Jobs
    ) -> None:
        if chat is not None:
            chat.stop_listening()
        if worker is not None:
            await worker.stop(limit_s=_FINISH_S)
        if chat is not None:
            await chat.flush(limit_s=_FLUSH_S)
        await jobs.close()
        if worker is not None:
            await worker.close()
        if chat is not None:
            await chat.close()
        await dbos.close()
        await jobs.let_go()

    def _roles(
        self,
        store: Store,
        files: Files,
        sealer: Sealer,
        metrics: Metrics,
        disk: Disk,
        marking: Marking,
    ) -> tuple[ChatRole | None, WorkerRole | None]:
        chat = worker = None
        if self._role is not Role.WORKER:
            chat = ChatRole(
                self._settings,
                store=store,
                files=files,
                sealer=sealer,
                metrics=metrics,
                disk=disk,
                marking=marking,
                gone=self._gone,
            )
        if self._role is not Role.CHAT:
            worker = WorkerRole(
                self._settings,
                name=self._executor,
                store=store,
                files=files,
                metrics=metrics,
                marking=marking,
            )
        return chat, worker

    def _names(self) -> tuple[str, ...]:
        """The names that nobody else may have now: one program talks to people, whatever its role.

        A bot of Telegram has one program, too: what two ask for, each gets a part of.
        """
        if self._role is Role.WORKER:
            return (self._executor,)
        bot_id = revealed(self._settings.telegram.token).partition(":")[0]
        return (self._executor, _TALKING, *((f"telegram-{bot_id}",) if bot_id else ()))

    async def _take_names(self, stack: AsyncExitStack) -> tuple[Lock, ...]:
        """Take the names of this process, and keep them as long as the stack. Raises AlreadyRunning.

        Tried for a moment: whoever takes over for a process keeps it from starting meanwhile.
        """
        locks = tuple(self._lock(name) for name in self._names())
        for lock in locks:
            stack.callback(lock.release)
            for _ in range(_LOCK_TRIES):
                if await asyncio.to_thread(lock.try_take):
                    break
                await asyncio.sleep(_LOCK_PAUSE_S)
            else:
                raise AlreadyRunning(lock.name)
        return locks

    @asynccontextmanager
    async def _gone(self, executor: str) -> AsyncIterator[bool]:
        """Say whether a process of this name is surely gone, and let none start inside."""
        lock = self._lock(executor)
        is_gone = False
        try:
            if executor != self._executor:
                with suppress(LocksUnreachable, OSError):
                    is_gone = await asyncio.to_thread(lock.try_take)
            yield is_gone
        finally:
            lock.release()

    def _lock(self, name: str) -> Lock:
        return lock_for(name, folder=self._settings.data_dir / "locks", url=self._url)

    def _app_url(self) -> str:
        return self._url or f"sqlite:///{(self._settings.data_dir / APP_FILE).resolve()}"

    async def _sealer(self) -> Sealer:
        """Read the key; a new one is made only where nothing is sealed yet, and by one process."""
        if self._url:
            is_first = self._role is not Role.WORKER
            may_create = is_first and await asyncio.to_thread(holds_nothing, self._url)
        else:
            may_create = not (self._settings.data_dir / APP_FILE).exists()
        return load_or_create(self._settings.key_file, may_create=may_create)


async def _until(stop: asyncio.Event, loading: Coroutine[None, None, None]) -> None:
    """Wait for the stop, while something loads. Raises what the loading raised."""
    stopped: asyncio.Task[object] = asyncio.create_task(stop.wait())
    loaded: asyncio.Task[object] = asyncio.create_task(loading)
    try:
        await asyncio.wait((stopped, loaded), return_when=asyncio.FIRST_COMPLETED)
        if loaded.done():
            loaded.result()
            await stopped
    finally:
        await _cancel(loaded)
        await _cancel(stopped)


async def _cancel(task: asyncio.Task[object]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
