"""A person's own pictures, the newest first: by pages, or those whose words hold what is searched for.

What could not be brought is shown before everything else, once. The words are sealed in the store, so a
search opens them here, a few at a time. Pictures for adults are shown where those are, and nowhere else.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace

from bot import buttons, cards, texts
from bot.adapters.port import Card, CardState, ChatPort, Message, Person, PictureFile, Place, Press
from bot.aftercare import among_adults
from bot.command import PicturesCommand
from bot.files import Files
from bot.job import Closing, Ending, Record, job_of, subject_of
from bot.keeping import PICTURES
from bot.store import Store

_JOBS_A_PAGE = 5
_PICTURES_A_PAGE = 10  # what a message holds on every platform
_JOBS_AT_ONCE = 50  # that are opened
_MAX_HELD = 8


class Album:
    """Shows people their pictures; lives as long as the chat role."""

    def __init__(self, *, store: Store, files: Files, card_of: Callable[[Record], Card]) -> None:
        self._store, self._files, self._card_of = store, files, card_of

    async def show(self, command: PicturesCommand, event: Message | Press, port: ChatPort) -> None:
        """Answer with a page. Raises AdultsElsewhere, PortError, StoreError or OSError."""
        card, brought = await self._page(command, event.person, event.place)
        with among_adults():
            await port.send(event.place, card, reply_to=event.event_id)
        for record in brought:
            await self._store.close_job(record.job.id, Closing.DELIVERED)

    async def _page(
        self, command: PicturesCommand, person: Person, place: Place
    ) -> tuple[Card, tuple[Record, ...]]:
        """Make a page, and say which answers are brought with it that could not be brought before."""
        name = self._store.person_name(person)
        there = frozenset(await self._files.keys(PICTURES))
        hidden = await self._store.under_review()
        is_first = command == PicturesCommand()
        held = await self._store.held_of(name, limit=_MAX_HELD) if is_first else ()
        held = tuple(one for one in held if _may_be_seen(one, place) and one.job.id not in hidden)
        told = tuple(record for record in held if not _files_of(record, there))
        waiting = [record for record in held if _files_of(record, there)]
        if waiting:  # a page before the first
            page = _packed(waiting, there)[0]
            turn = buttons.pages(0, "", has_more=True)
        else:
            there = frozenset(key for key in there if job_of(key) not in hidden)
            page, has_more = await self._nth(command, name, there, place)
            turn = buttons.pages(command.page, command.search, has_more=has_more)
        pictures = tuple(file for record in page for file in _files_of(record, there))
        is_hidden = bool(hidden) and await self._store.is_under_review(name)
        notes = tuple(texts.named(subject_of(one), self._card_of(one).text) for one in told)
        card = Card(
            job_id=None,
            state=CardState.NOTE,
            text=_heading(command, is_empty=not pictures and not notes),
            notes=(
                *notes,
                *((texts.HIDDEN_FOR_REVIEW,) if is_hidden else ()),
                *((texts.MADE_BY_AI,) if pictures else ()),
            ),
            pictures=pictures,
            buttons=turn,
            is_adult=any(record.job.manner.is_adult for record in page),
            is_private=True,
        )
        return card, (*told, *(record for record in page if record in waiting))

    async def _nth(
        self, command: PicturesCommand, name: str, there: frozenset[str], place: Place
    ) -> tuple[list[Record], bool]:
        """Give the jobs on a page, and whether there is another page behind it."""
        found: list[Record] = []
        async for record in self._drawn(name):
            is_found = _files_of(record, there) and _speaks_of(record, command.search)
            if is_found and _may_be_seen(record, place):
                found.append(record)
                if len(pages := _packed(found, there)) > command.page:
                    return pages[command.page - 1], True
        pages = _packed(found, there)
        return (pages[command.page - 1] if len(pages) >= command.page else []), False

    async def _drawn(self, name: str) -> AsyncIterator[Record]:
        """Give somebody's jobs with pictures, the newest first."""
        offset = 0
        while records := await self._store.pictures_of(name, limit=_JOBS_AT_ONCE, offset=offset):
            for record in records:
                yield record
            offset += len(records)


def _packed(records: Iterable[Record], there: frozenset[str]) -> list[list[Record]]:
    """Lay jobs on pages in their order, as many as fit on each."""
    pages: list[list[Record]] = []
    room = 0
    for record in records:
        num_pictures = len(_files_of(record, there))
        if not pages or len(pages[-1]) == _JOBS_A_PAGE or num_pictures > room:
            pages.append([])
            room = _PICTURES_A_PAGE
        pages[-1].append(record)
        room -= num_pictures
    return pages


def _files_of(record: Record, there: frozenset[str]) -> tuple[PictureFile, ...]:
    """Name the pictures of a job that are still there, each with what it is."""
    if record.outcome is None or record.outcome.ending is not Ending.DRAWN:
        return ()
    caption = texts.caption(subject_of(record), record.accepted_s)
    files = (replace(file, caption=caption) for file in cards.picture_files(record))
    return tuple(file for file in files if file.key in there)


def _may_be_seen(record: Record, place: Place) -> bool:
    return place.is_age_restricted or not record.job.manner.is_adult


def _speaks_of(record: Record, search: str) -> bool:
    """Whether the words of a request hold everything that is searched for."""
    said = f"{record.job.command.text} {subject_of(record)}".casefold()
    return all(word in said for word in search.casefold().split())


def _heading(command: PicturesCommand, *, is_empty: bool) -> str:
    if is_empty:
        return texts.no_pictures(command.search)
    return texts.my_pictures(command.page, command.search)
