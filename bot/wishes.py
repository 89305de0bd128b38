"""What a button, a filled form or a reply about a job asks for, with the files that it needs."""

from collections.abc import Awaitable, Callable
from secrets import randbits

from bot.adapters.port import Action, Message, Press
from bot.commands import apart
from bot.files import Files
from bot.forms import edited
from bot.job import Ending, Record, photo_key
from bot.redraw import again, change, enlarge, picture_of, vary
from bot.wish import Wish
from pipeline import Revised

Revise = Callable[[str, str], Awaitable[Revised]]


class Wishes:
    """Reads wishes about jobs; lives as long as the chat role."""

    def __init__(self, files: Files, revise: Revise) -> None:
        """`revise` takes what was asked for and how it is to change."""
        self._files, self._revise = files, revise

    async def of_button(self, record: Record, press: Press) -> Wish:
        """Say what a button asks for. Raises RecordGone, PhotoForgotten or OSError."""
        if press.action is Action.ENLARGE:
            key = picture_of(record, press.value).key
            return enlarge(record, await self._files.read(key), number=press.value)
        photo = await self._photo(record)
        if press.action is Action.VARY:
            return vary(record, photo, number=press.value, towards=randbits(32))
        return again(record, photo)

    async def of_form(self, record: Record, message: Message) -> Wish:
        """Say what a filled form asks for. Raises RequestRejected or OSError."""
        return edited(record, await self._photo(record), message.text, message.options)

    async def of_reply(self, record: Record, message: Message) -> Wish:
        """Say what words about a job ask for; a question back is answered by a whole request.

        Raises RequestRejected or OSError.
        """
        words, options = apart(message.text)
        negative = ""
        is_asked = record.outcome is not None and record.outcome.ending is Ending.QUESTION
        if not is_asked:
            before = record.job.command.text
            revised = await self._revise(before, words) if words else Revised(text=before)
            words, negative = revised.text, revised.negative
        photo = await self._photo(record)
        return change(record, photo, words=words, negative=negative, options=options)

    async def _photo(self, record: Record) -> bytes | None:
        return await self._files.read(photo_key(record.job.id)) if record.job.has_photo else None
