"""What a person may ask about themself: their place in the queue, what is kept, a copy, an erasure.

Answers are cards for the person's own eyes. An erasure is asked for with a command and done with a button.
Their pictures are shown by `album.py`.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime

from bot import buttons, cards, codec, texts
from bot.adapters.port import Card, ChatPort, DataFile, Message, Person, Press
from bot.album import Album
from bot.command import (
    DataCommand,
    EraseCommand,
    LinkCommand,
    PicturesCommand,
    PrivacyCommand,
    QueueCommand,
)
from bot.erasure import Erasure
from bot.fairness import Capacity, standings
from bot.files import Files
from bot.job import Record, subject_of
from bot.keeping import export_key
from bot.linking import Linking
from bot.settings import KeepSection, OperatorSection
from bot.store import Store
from bot.strikes import Suspension

PersonalCommand = (
    PicturesCommand | QueueCommand | DataCommand | EraseCommand | PrivacyCommand | LinkCommand
)

_MAX_JOBS = 8


class Personal:
    """Answers people about themselves; lives as long as the chat role."""

    def __init__(
        self,
        *,
        store: Store,
        files: Files,
        erasure: Erasure,
        album: Album,
        linking: Linking,
        capacity: Callable[[], Capacity],
        keep: KeepSection,
        operator: OperatorSection,
        providers: Callable[[], tuple[str, ...]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`providers` names those that read texts."""
        self._store, self._files, self._erasure = store, files, erasure
        self._album, self._linking = album, linking
        self._capacity, self._clock = capacity, clock
        self._keep, self._operator, self._providers = keep, operator, providers
        # A copy that is being made, or a link, must not outlive an erasure.
        self._turn = asyncio.Lock()

    async def answer(self, command: PersonalCommand, message: Message, port: ChatPort) -> None:
        """Answer a command. Raises PipelineError, PortError, StoreError or OSError."""
        match command:
            case PicturesCommand():
                await self._album.show(command, message, port)
                return
            case QueueCommand():
                card = await self._queue(message.person)
            case DataCommand():
                card = await self._data(message.person)
            case EraseCommand():
                card = await self._erase_sure(message.person)
            case LinkCommand():
                async with self._turn:
                    card = await self._linking.answer(command, message.person)
            case PrivacyCommand():
                card = self._privacy()
        await port.send(message.place, replace(card, is_private=True), reply_to=message.event_id)

    async def turn_page(self, press: Press, port: ChatPort) -> None:
        """Show another page of whoever pressed. Raises PortError, StoreError or OSError."""
        page, search = buttons.page_of(press.value)
        await self._album.show(PicturesCommand(page=page, search=search), press, port)

    async def erase(self, press: Press, port: ChatPort) -> None:
        """Erase everything that is kept of whoever pressed. Raises PortError, StoreError or OSError."""
        async with self._turn:
            is_linked = await self._is_linked(press.person)
            has_strikes = await self._has_strikes(press.person)
            await self._erasure.erase(press.person)
        kept = texts.ERASED_BUT_STRIKES.format(days=self._keep.strikes_days)
        said = (
            texts.ERASED,
            *((texts.ERASED_LINKED,) if is_linked else ()),
            *((kept,) if has_strikes else ()),
        )
        card = replace(cards.note("\n".join(said)), is_private=True)
        await port.send(press.place, card, reply_to=press.event_id)

    async def _queue(self, person: Person) -> Card:
        """Say how long a person's own requests have to wait, and how many there are in all."""
        name, rows = self._store.person_name(person), await self._store.live()
        places = standings(rows, self._capacity())
        lines: list[str] = []
        for row in [row for row in rows if row.person == name][:_MAX_JOBS]:
            standing, record = places.get(row.id), await self._store.find(row.id)
            if record is not None:
                place, eta_s = (standing.place, standing.eta_s) if standing else (None, None)
                lines.append(texts.in_queue(subject_of(record), place, eta_s))
        return cards.note(texts.queue(len(rows), tuple(lines)))

    async def _erase_sure(self, person: Person) -> Card:
        """Ask once more, and say what goes with it."""
        linked = (texts.ERASE_LINKED,) if await self._is_linked(person) else ()
        return replace(cards.note("\n".join((*linked, texts.ERASE_SURE))), buttons=(buttons.ERASE,))

    async def _is_linked(self, person: Person) -> bool:
        return len(await self._store.accounts_of(person)) > 1

    async def _has_strikes(self, person: Person) -> bool:
        name = self._store.person_name(person)
        return bool(await self._store.strikes_of(name) or await self._store.suspensions_of(name))

    def _privacy(self) -> Card:
        """Say who runs the bot, what is kept, for how long, and who reads it."""
        return cards.note(
            texts.privacy(
                operator=self._operator.name,
                contact=self._operator.contact,
                prompts_days=self._keep.prompts_days,
                pictures_days=self._keep.pictures_days,
                strikes_days=self._keep.strikes_days,
                providers=self._providers(),
            )
        )

    async def _data(self, person: Person) -> Card:
        """Write down everything that is kept of a person, for a day."""
        async with self._turn:
            name, now_s = self._store.person_name(person), self._clock()
            records = await self._store.jobs_of(name)
            charges = await self._store.charges_of(name)
            notices = await self._store.notices_of(name)
            strikes = await self._store.strikes_of(name)
            suspensions = await self._store.suspensions_of(name)
            copy = {
                "person": asdict(person),
                "linked": [
                    {"platform": one.platform, "id": one.id}
                    for one in (await self._store.accounts_of(person))[1:]
                ],
                "made_at": _iso(now_s),
                "requests": [_plain(record) for record in records],
                "charges": [
                    {"day": day, "pictures": units, "is_refunded": is_refunded}
                    for day, units, is_refunded in charges
                ],
                "notices": [
                    {"version": version, "told_at": _iso(told_s)} for version, told_s in notices
                ],
                "strikes": [
                    {"rule": str(strike.rule), "at": _iso(strike.struck_s)} for strike in strikes
                ],
                "reports": [_iso(at_s) for at_s in await self._store.reported_by(name)],
                "suspensions": [_plain_suspension(one) for one in suspensions],
            }
            # Halves of surrogate pairs, which people can type, stand as the escapes that JSON has.
            text = json.dumps(copy, ensure_ascii=False, indent=2)
            key = export_key(self._store.account_name(person), now_s)
            await self._files.write(key, text.encode("utf-8", "backslashreplace"))
        file = DataFile(key=key, file_name="geuryeojwo-data.json", label=texts.SAVE_DATA)
        return replace(cards.note(texts.MY_DATA), files=(file,))


def _plain(record: Record) -> dict[str, object]:
    """Give a record as JSON has it, with its time as people read it and its files by name."""
    drawn = record.outcome is not None and record.outcome.pictures
    names = [file.file_name for file in cards.picture_files(record)] if drawn else []
    fields: dict[str, object] = json.loads(codec.dumps(record))
    return {"accepted_at": _iso(record.accepted_s), "pictures": names, **fields}


def _plain_suspension(suspension: Suspension) -> dict[str, object]:
    return {
        "since": _iso(suspension.since_s),
        "until": _iso_if_any(suspension.until_s),
        "lifted_at": _iso_if_any(suspension.lifted_s),
        "appealed_at": _iso_if_any(suspension.appealed_s),
        "appeal": suspension.appeal,
    }


def _iso_if_any(at_s: float | None) -> str | None:
    return None if at_s is None else _iso(at_s)


def _iso(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")
