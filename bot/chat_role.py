"""The chat role: everything between people and the queues; what it is made of, how it starts and ends.

What it knows of the workers lies in the store and in the queues, also where both are one process.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from functools import partial
from pathlib import Path

import structlog

from bot import cards, texts
from bot.adapters.port import Card
from bot.aftercare import Aftercare
from bot.album import Album
from bot.appeals import Appeals
from bot.chat import Chat
from bot.conversation import Conversation
from bot.delivery import Delivery
from bot.desk import Desk
from bot.disk import Disk
from bot.durable import Durable
from bot.erasure import Erasure
from bot.fairness import Limits
from bot.files import Files
from bot.fleet import Fleet
from bot.follower import Follower
from bot.gatekeeper import Gatekeeper
from bot.intake import Intake
from bot.job import Phase, Record
from bot.jobs import Jobs
from bot.keeping import Keeper
from bot.linking import Linking
from bot.marking import Marking
from bot.metrics import Metrics
from bot.notices import PriorNotice
from bot.operators import Operators
from bot.options import model_options
from bot.overdue import Overdue
from bot.parts import make_preparer, make_text_gate
from bot.personal import Personal
from bot.pictures import reader_of
from bot.places import Places
from bot.platforms import MakeAdapter, Platforms
from bot.recall import Recall
from bot.reports import Reports
from bot.review import Review
from bot.sealing import Sealer
from bot.settings import Settings
from bot.store import Store
from bot.strikes import Penalties
from bot.suggestions import suggest
from bot.sweeper import Sweeper
from bot.tombstones import Tombstones
from bot.wish import cost_of
from bot.wishes import Wishes
from pipeline import ModelVocabulary

log = structlog.get_logger()

_FLUSH_LOOK_S = 0.1


class ChatRole:
    """Everything between people and the queues."""

    def __init__(
        self,
        settings: Settings,
        *,
        store: Store,
        files: Files,
        sealer: Sealer,
        metrics: Metrics,
        disk: Disk,
        marking: Marking,
        gone: Callable[[str], AbstractAsyncContextManager[bool]],
    ) -> None:
        self._settings, self._store, self._files = settings, store, files
        self._metrics, self._disk, self._marking = metrics, disk, marking
        self._notice = PriorNotice(store, operator=settings.operator, keep=settings.keep)
        model = model_options(settings)
        self.preparer = make_preparer(settings, sealer)
        vocabulary = ModelVocabulary.load(Path(model.path))
        self._is_loaded = asyncio.Event()

        def unlearned(record: Record) -> tuple[str, ...]:
            english = record.preparation and record.preparation.english
            return vocabulary.unlearned(english) if english else ()

        def card_of(record: Record) -> Card:
            port = self._platforms.ports.get(record.job.place.platform)
            has_originals = port is not None and port.recompresses_pictures
            return cards.ending(record, unlearned(record), has_originals=has_originals)

        self._card_of = card_of
        self.fleet = Fleet(store, gone=gone, take_over=self._take_over, metrics=metrics)
        self._follower = Follower(
            store=store,
            port_of=lambda platform: self._delivery.port_of(platform),
            unlearned=unlearned,
            is_ready=lambda: self.fleet.is_ready,
            capacity=self.fleet.capacity,
            metrics=metrics,
        )
        self._delivery = Delivery(
            store=store, files=files, card_of=card_of, hold=self._follower.hold, metrics=metrics
        )
        safety = settings.safety
        self._text_gate = make_text_gate(settings)
        self._gatekeeper = Gatekeeper(
            store=store,
            gate=self._text_gate,
            penalties=Penalties(
                to_cool_down=safety.strikes_to_cool_down,
                cool_down_s=safety.cool_down_s,
                to_suspend=safety.strikes_to_suspend,
            ),
            metrics=metrics,
        )
        self.chat = Chat(
            store=store,
            preparer=self.preparer,
            ready=self._ready,
            is_ready=lambda: self.fleet.is_ready,
            delivery=self._delivery,
            told=self._notice.told,
            strike=self._gatekeeper.strike,
            metrics=metrics,
        )
        self._platforms = Platforms()
        self._durable: Durable | None = None
        self._stack = AsyncExitStack()

    def connect(self, durable: Durable, jobs: Jobs, adapters: Sequence[MakeAdapter]) -> None:
        """Tie the role to the queues and to the platforms."""
        self._durable = durable
        queue, operator_ids = self._settings.queue, self._settings.operator.ids
        places = Places(self._store, gate=self._text_gate, has_adults=self._settings.safety.adults)
        desk = Desk(store=self._store, places=places, operator_ids=operator_ids)
        reports = Reports(store=self._store, desk=desk, port_of=self._delivery.port_of)
        self._overdue = Overdue(store=self._store, reports=reports, metrics=self._metrics)
        intake = Intake(
            store=self._store,
            files=self._files,
            enqueue=jobs.enqueue_prepare,
            limits=Limits(
                max_per_person=queue.max_per_person,
                max_per_place=queue.max_per_place,
                daily_per_person=queue.daily_per_person,
                daily_per_place=queue.daily_per_place,
                max_wait_s=queue.max_wait_s,
                cool_down_s=queue.cool_down_s,
            ),
            role_weights=queue.role_weights,
            terms_of=self._settings.text.terms_of,
            check_place=places.check,
            check_wish=self._gatekeeper.admit,
            cost_of=lambda wish: cost_of(wish.command, self.fleet.facts),
            capacity=self.fleet.capacity,
            check_room=self._disk.check,
            notice_of=self._notice.due,
            metrics=self._metrics,
        )
        self._keeper = Keeper(
            store=self._store,
            files=self._files,
            durable=durable,
            disk=self._disk,
            preparer=self.preparer,
            keep=self._settings.keep,
        )
        self._erasure = Erasure(
            store=self._store,
            durable=durable,
            keeper=self._keeper,
            tombstones=Tombstones(self._settings.key_file.with_suffix(".erased")),
            forget_text=self.preparer.forget,
            hold=self._follower.hold,
            ports=lambda: self._platforms.ports,
        )
        self._conversation = Conversation(
            store=self._store,
            jobs=jobs,
            intake=intake,
            chat=self.chat,
            wishes=Wishes(self._files, self.preparer.revise),
            aftercare=Aftercare(
                store=self._store,
                files=self._files,
                card_of=self._card_of,
                hold=self._follower.hold,
                port_of=self._delivery.port_of,
            ),
            card_of=self._card_of,
            status=Status(self, model=self._settings.model.source),
            personal=Personal(
                store=self._store,
                files=self._files,
                erasure=self._erasure,
                album=Album(store=self._store, files=self._files, card_of=self._card_of),
                linking=Linking(self._store),
                capacity=self.fleet.capacity,
                keep=self._settings.keep,
                operator=self._settings.operator,
                providers=self._readers,
            ),
            places=places,
            recall=Recall(store=self._store, files=self._files, read=self._marking.marks_in),
            reports=reports,
            review=Review(
                store=self._store, desk=desk, places=places, port_of=self._delivery.port_of
            ),
            desk=desk,
            operators=Operators(store=self._store, ids=operator_ids),
            appeals=Appeals(
                store=self._store, operator_ids=operator_ids, ports=lambda: self._platforms.ports
            ),
            suggest=partial(suggest, lambda: self.fleet.facts),
            metrics=self._metrics,
        )
        read = reader_of(self._files, self._marking)
        self._platforms = Platforms([make(self._conversation, read) for make in adapters])
        self._sweeper = Sweeper(store=self._store, durable=durable, jobs=jobs)

    async def start(self) -> None:
        """Open the platforms, then take up what was left. Raises CannotListen or OSError."""
        await self._erasure.finish()
        if self._settings.lacks_operator:
            log.warning(
                "nobody learns who runs the bot", settings="operator.name, operator.contact"
            )
        self._stack.push_async_callback(self._delivery.close)
        await self._platforms.open(self._stack)
        self._delivery.start(self._platforms.open_ports)
        for part in (self.fleet, self._follower, self._overdue):
            await part.start()
            self._stack.push_async_callback(part.close)

    async def take_up(self) -> None:
        """Queue again what is in no queue; the queues must be open."""
        for part in (self._sweeper, self._keeper):
            await part.start()
            self._stack.push_async_callback(part.close)

    async def load(self) -> None:
        """Load what the texts need. Raises ModelNotLoaded."""
        await self.preparer.load_language()
        await self.preparer.warm_up()
        self._is_loaded.set()

    def stop_listening(self) -> None:
        """Take nothing new; who writes now is answered by the next start, or by the platform."""
        self._conversation.close()

    async def flush(self, *, limit_s: float) -> None:
        """Give answers that are settled so long to arrive."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while True:
                    phases = {phase for _, phase, _ in await self._store.unclosed()}
                    if Phase.CONCLUDED not in phases:
                        return
                    await asyncio.sleep(_FLUSH_LOOK_S)

    async def close(self) -> None:
        """End everything that was started, the platforms last but one."""
        await self._stack.aclose()
        await self.preparer.close()

    @property
    def announcement(self) -> str:
        """Where people can write now, for the operator."""
        return self._platforms.announcement()

    @property
    def is_discord_away(self) -> bool:
        """Whether people's commands should come from Discord, and do not."""
        return self._platforms.is_discord_away

    @property
    def is_telegram_away(self) -> bool:
        """Whether people's messages should come from Telegram, and do not."""
        return self._platforms.is_telegram_away

    @property
    def is_telegram_deaf(self) -> bool:
        """Whether Telegram passes on from groups only what is addressed to the bot."""
        return self._platforms.is_telegram_deaf

    @property
    def is_ready(self) -> bool:
        """Whether pictures can be drawn now."""
        return self._is_loaded.is_set() and self.fleet.is_ready

    @property
    def num_live(self) -> int:
        """Jobs without an ending."""
        return self._follower.num_live

    def _readers(self) -> tuple[str, ...]:
        """Name all that texts are given to."""
        return tuple(one.name for one in self.preparer.health())

    async def _ready(self) -> None:
        await self._is_loaded.wait()

    async def _take_over(self, executor: str) -> None:
        assert self._durable is not None
        await self._durable.take_over(executor)


class Status:
    """How the program is, in words that a person can read."""

    def __init__(self, role: ChatRole, *, model: str) -> None:
        self._role, self._model = role, model

    async def sentence(self) -> str:
        """Answer `/상태`."""
        status = texts.status(
            model=self._model,
            num_running=self._role.num_live,
            is_ready=self._role.is_ready,
            health=self._role.preparer.health(),
        )
        lines = {
            texts.DISCORD_AWAY: self._role.is_discord_away,
            texts.TELEGRAM_AWAY: self._role.is_telegram_away,
            texts.TELEGRAM_DEAF: self._role.is_telegram_deaf,
        }
        return "\n".join((status, *(line for line, is_so in lines.items() if is_so)))
