"""A picture that was drawn before, by its number or by the file: what it is, and the same once more.

Whoever has the file may do both. A number is known only where the picture was asked for, and to whoever
asked for it: numbers can be guessed.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace

from bot import cards, texts
from bot.adapters.port import Card, ChatPort, DetailRow, Message
from bot.aftercare import is_at_hand
from bot.command import RecallCommand
from bot.files import Files
from bot.inspection import card_of, rows_of
from bot.job import Ending, Picture, Record
from bot.receipt import (
    NoReceipt,
    PictureMissing,
    PictureUnknown,
    checked,
    command_of,
)
from bot.redraw import UnderReview
from bot.store import Store
from bot.wish import Wish
from pipeline import Marks, Receipt, errors

_KEY = re.compile(
    r"\s*[\[(<`\"']*(?:[^\s/]*geuryeojwo-)?(?P<id>[0-9a-f]{8,20})(?:-(?P<number>[0-9]{1,2}))?"
    r"(?:\.(?:png|webp|jpe?g))?[\])>`\"']*\s*",
    re.IGNORECASE,
)


_NOT_KEPT = Marks(source_type=None, parameters=None, receipt=None)  # the file is not there any more


class Recall:
    """Finds what was drawn; lives as long as the chat role."""

    def __init__(self, *, store: Store, files: Files, read: Callable[[bytes], Marks]) -> None:
        """Take what reads the marks of a file; it raises ValueError for what is no picture."""
        self._store, self._files, self._read = store, files, read

    async def wish(self, command: RecallCommand, message: Message) -> Wish:
        """Ask for a picture exactly as it was.

        Raises PictureMissing, PictureUnknown, UnderReview, NoReceipt, DrawnOverPhoto or PhotoUnreadable.
        """
        if message.photo is not None:
            receipt = checked((await self._marks(message.photo)).receipt)
        else:
            record, picture = await self._known(command.key or message.about, message)
            if await self._store.under_review([record.job.id]):
                raise UnderReview
            receipt = checked(picture.receipt)
        return Wish(command=command_of(receipt), photo=None)

    async def inform(self, message: Message, port: ChatPort) -> None:
        """Show whoever asks what a picture says of itself.

        Raises PictureMissing, PictureUnknown, PhotoUnreadable, OSError or PortError.
        """
        card = replace(await self._information(message), is_private=True)
        await port.send(message.place, card, reply_to=message.event_id)

    async def inspect(self, data: bytes) -> Card:
        """Say which marks a file carries; nothing of it is kept. Raises PhotoUnreadable."""
        marks = await self._marks(data)
        try:
            return card_of(marks, checked(marks.receipt))
        except NoReceipt:
            return card_of(marks, None)

    async def _information(self, message: Message) -> Card:
        if message.photo is not None:
            marks = await self._marks(message.photo)
            try:
                return _of_marks(marks, checked(marks.receipt))
            except NoReceipt:
                return _of_marks(marks, None)
        record, picture = await self._known(message.about, message)
        data = await self._files.read(picture.key)
        marks = await self._marks(data) if data else _NOT_KEPT
        return _of_marks(marks, picture.receipt, number=record.job.id)

    async def _known(self, key: str, message: Message) -> tuple[Record, Picture]:
        """Find the picture of a number, near whoever says it. Raises PictureMissing or PictureUnknown."""
        if not key.strip():
            raise PictureMissing
        found = _KEY.fullmatch(key)
        if found is None:
            raise PictureUnknown(key=key.strip())
        number = int(found["number"] or 1)
        for record in await self._store.beginning(found["id"].lower()):
            outcome = record.outcome
            if outcome is None or outcome.ending is not Ending.DRAWN:
                continue
            if is_at_hand(record, message, store=self._store) and 1 <= number <= len(
                outcome.pictures
            ):
                return record, outcome.pictures[number - 1]
        raise PictureUnknown(key=key.strip())

    async def _marks(self, data: bytes) -> Marks:
        """Read a file's marks beside the event loop. Raises PhotoUnreadable."""
        try:
            return await asyncio.to_thread(self._read, data)
        except ValueError as error:
            raise errors.PhotoUnreadable from error


def _of_marks(marks: Marks, receipt: Receipt | None, *, number: str = "") -> Card:
    """Show what a picture says of itself; it is ours where it has a receipt."""
    said = texts.marks(
        says_ai=marks.says_ai,
        has_parameters=marks.parameters is not None,
        has_receipt=marks.receipt is not None,
    )
    if receipt is None:
        return cards.note(texts.not_ours(said))
    rows = (
        DetailRow(label=texts.ROW_NUMBER, text=number),
        *rows_of(receipt),
        DetailRow(label=texts.ROW_MARKS, text=said),
    )
    return replace(
        cards.note(texts.DETAILS_OF_PICTURE),
        details_label=texts.DETAILS,
        details=tuple(row for row in rows if row.text or row.words),
    )
