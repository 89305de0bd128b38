"""What a person may ask about themself: their pictures, their place in the queue, a copy, an erasure.

Answers are cards for the person's own eyes. An erasure is asked for with a command and done with a button.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime

from bot import cards, codec, texts
from bot.adapters.port import (
    Action,
    Button,
    Card,
    CardState,
    ChatPort,
    DataFile,
    Message,
    Person,
    PictureFile,
    Press,
)
from bot.commands import DataCommand, EraseCommand, PicturesCommand, QueueCommand
from bot.erasure import Erasure
from bot.fairness import Capacity, standings
from bot.files import Files
from bot.job import Closing, Ending, Record
from bot.keeping import PICTURES, export_key
from bot.store import Store

PersonalCommand = PicturesCommand | QueueCommand | DataCommand | EraseCommand

_MAX_JOBS = 8
_MAX_PICTURES = 10  # what a message holds on every platform


class Personal:
    """Answers people about themselves; lives as long as the chat role."""

    def __init__(
        self,
        *,
        store: Store,
        files: Files,
        erasure: Erasure,
        card_of: Callable[[Record], Card],
        capacity: Callable[[], Capacity],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._files, self._erasure = store, files, erasure
        self._card_of, self._capacity, self._clock = card_of, capacity, clock
        self._turn = asyncio.Lock()  # a copy that is being made must not outlive an erasure

    async def answer(self, command: PersonalCommand, message: Message, port: ChatPort) -> None:
        """Answer a command. Raises PortError, StoreError or OSError."""
        held: tuple[Record, ...] = ()
        match command:
            case PicturesCommand():
                card, held = await self._pictures(message.person)
            case QueueCommand():
                card = await self._queue(message.person)
            case DataCommand():
                card = await self._data(message.person)
            case EraseCommand():
                button = Button(action=Action.ERASE, label=texts.ERASE)
                card = replace(cards.note(texts.ERASE_SURE), buttons=(button,))
        await port.send(message.place, replace(card, is_private=True), reply_to=message.event_id)
        for record in held:
            await self._store.close_job(record.job.id, Closing.DELIVERED)

    async def erase(self, press: Press, port: ChatPort) -> None:
        """Erase everything that is kept of whoever pressed. Raises PortError, StoreError or OSError."""
        async with self._turn:
            await self._erasure.erase(press.person)
        card = replace(cards.note(texts.ERASED), is_private=True)
        await port.send(press.place, card, reply_to=press.event_id)

    async def _pictures(self, person: Person) -> tuple[Card, tuple[Record, ...]]:
        """Show what could not be brought, then the newest pictures; and say what of it was held."""
        name = self._store.person_name(person)
        held = await self._store.held_of(name, limit=_MAX_JOBS)
        newest = await self._store.pictures_of(name, limit=_MAX_JOBS)
        drawn = {one.job.id: one for one in (*held, *newest) if _is_drawn(one)}
        there = frozenset(await self._files.keys(PICTURES)) if drawn else frozenset[str]()
        pictures = [
            file
            for record in list(drawn.values())[:_MAX_JOBS]
            for file in _captioned(record)
            if file.key in there
        ]
        notes = [
            texts.named(_subject(one), self._card_of(one).text)
            for one in held
            if not _is_drawn(one)
        ]
        card = Card(
            job_id=None,
            state=CardState.NOTE,
            text=texts.MY_PICTURES if pictures or notes else texts.NO_PICTURES,
            notes=(*notes, *((texts.MADE_BY_AI,) if pictures else ())),
            pictures=tuple(pictures[:_MAX_PICTURES]),
        )
        return card, held

    async def _queue(self, person: Person) -> Card:
        """Say how long a person's own requests have to wait, and how many there are in all."""
        name, rows = self._store.person_name(person), await self._store.live()
        places = standings(rows, self._capacity())
        lines: list[str] = []
        for row in [row for row in rows if row.person == name][:_MAX_JOBS]:
            standing, record = places.get(row.id), await self._store.find(row.id)
            if record is not None:
                place, eta_s = (standing.place, standing.eta_s) if standing else (None, None)
                lines.append(texts.in_queue(_subject(record), place, eta_s))
        return cards.note(texts.queue(len(rows), tuple(lines)))

    async def _data(self, person: Person) -> Card:
        """Write down everything that is kept of a person, for a day."""
        async with self._turn:
            name, now_s = self._store.person_name(person), self._clock()
            records = await self._store.jobs_of(name)
            charges = await self._store.charges_of(name)
            copy = {
                "person": asdict(person),
                "made_at": _iso(now_s),
                "requests": [_plain(record) for record in records],
                "charges": [
                    {"day": day, "pictures": units, "is_refunded": is_refunded}
                    for day, units, is_refunded in charges
                ],
            }
            # Halves of surrogate pairs, which people can type, stand as the escapes that JSON has.
            text = json.dumps(copy, ensure_ascii=False, indent=2)
            key = export_key(name, now_s)
            await self._files.write(key, text.encode("utf-8", "backslashreplace"))
        file = DataFile(key=key, file_name="geuryeojwo-data.json", label=texts.SAVE_DATA)
        return replace(cards.note(texts.MY_DATA), files=(file,))


def _is_drawn(record: Record) -> bool:
    return record.outcome is not None and record.outcome.ending is Ending.DRAWN


def _subject(record: Record) -> str:
    return (record.preparation and record.preparation.subject) or record.job.command.text


def _captioned(record: Record) -> tuple[PictureFile, ...]:
    caption = texts.caption(_subject(record), record.accepted_s)
    return tuple(replace(file, caption=caption) for file in cards.picture_files(record))


def _plain(record: Record) -> dict[str, object]:
    """Give a record as JSON has it, with its time as people read it and its files by name."""
    drawn = record.outcome is not None and record.outcome.pictures
    names = [file.file_name for file in cards.picture_files(record)] if drawn else []
    fields: dict[str, object] = json.loads(codec.dumps(record))
    return {"accepted_at": _iso(record.accepted_s), "pictures": names, **fields}


def _iso(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")
