"""`/제재`: operators see who may not draw, change that, and see who did what with a power.

Who is one is checked here, by platform and id. Whatever is tried is written down before it is done, and
so is what was refused.
"""

import re
from collections.abc import Collection
from dataclasses import replace

import structlog

from bot import cards, texts
from bot.adapters.port import Card, ChatPort, Message, Person, Place
from bot.command import SanctionsCommand
from bot.commands import OptionInvalid
from bot.store import Audited, Deed, Sanctioned, Store
from bot.strikes import NotInPrivate, NotOperator, PersonUnknown

log = structlog.get_logger()

_MAX_SHOWN, _MAX_RECORDS = 8, 20
_NAME_CHARS, _HANDLE_CHARS = 32, 8  # of a keyed name; a job's number is shorter, and shown whole
_DEEDS = {
    "": Deed.LIST,
    "목록": Deed.LIST,
    "기록": Deed.RECORDS,
    "해제": Deed.LIFT,
    "정지": Deed.SUSPEND,
}
_ABOUT_SOMEBODY = (Deed.LIFT, Deed.SUSPEND)
_ACCOUNT = re.compile(r"(?P<platform>web|discord|telegram):(?P<id>[0-9A-Za-z_-]{1,80})")
_MENTION = re.compile(r"<@!?(?P<id>[0-9]{1,20})>")  # as Discord writes it
_HANDLE = re.compile(r"[0-9a-f]{6,32}")
_MENTIONING = "discord"
_GROUPS_LISTEN = "telegram"  # an answer in a group is everybody's there


class Operators:
    """Answers operators; lives as long as the chat role."""

    def __init__(self, *, store: Store, ids: Collection[str]) -> None:
        """`ids` are such as "discord:1234"."""
        self._store, self._ids = store, frozenset(ids)

    async def answer(self, command: SanctionsCommand, message: Message, port: ChatPort) -> None:
        """Show who may not draw or who did what, or change it for somebody.

        Raises NotOperator, NotInPrivate, PersonUnknown, OptionInvalid, StoreError or PortError.
        """
        card = await self._card(command, message.person, message.place)
        await port.send(message.place, replace(card, is_private=True), reply_to=message.event_id)

    async def _card(self, command: SanctionsCommand, person: Person, place: Place) -> Card:
        deed = _DEEDS.get(command.deed)
        is_operator = f"{person.platform}:{person.id}" in self._ids
        is_alone = place.platform != _GROUPS_LISTEN or not place.home
        if not is_operator or not is_alone:
            await self._store.note_deed(person, deed or Deed.LIST, is_allowed=False)
            log.warning("operator's command refused", is_operator=is_operator)
            raise NotInPrivate if is_operator else NotOperator
        if deed is None:
            raise OptionInvalid(name="제재", value=command.deed, allowed="기록, 해제 또는 정지")
        about = await self._person(command.about) if deed in _ABOUT_SOMEBODY else ""
        await self._store.note_deed(person, deed, about=about, is_allowed=True)
        match deed:
            case Deed.LIFT:
                is_lifted = await self._store.lift(about)
                return cards.note(texts.LIFTED if is_lifted else texts.NOTHING_TO_LIFT)
            case Deed.SUSPEND:
                await self._store.suspend(about)
                return cards.note(texts.SUSPENDED_BY_OPERATOR)
            case Deed.RECORDS:
                return _recorded(await self._store.audited(most=_MAX_RECORDS))
            case _:
                return _listed(await self._store.sanctioned())

    async def _person(self, about: str) -> str:
        """Find the keyed name of whom an operator means. Raises PersonUnknown."""
        if found := _ACCOUNT.fullmatch(about) or _MENTION.fullmatch(about):
            platform = found.groupdict().get("platform") or _MENTIONING
            return self._store.person_name(Person(platform=platform, id=found["id"]))
        if not _HANDLE.fullmatch(about):
            raise PersonUnknown
        people = await self._store.people_with(about)
        if len(people) != 1:
            raise PersonUnknown
        return next(iter(people))


def _listed(people: tuple[Sanctioned, ...]) -> Card:
    if not people:
        return cards.note(texts.NOBODY_SANCTIONED)
    lines = (
        texts.sanctioned(
            handle=one.handle,
            until_s=one.suspension.until_s,
            num_by_rule=one.num_by_rule,
            appeal=one.suspension.appeal,
        )
        for one in people[:_MAX_SHOWN]
    )
    return cards.note(texts.sanctions(tuple(lines), num_more=max(0, len(people) - _MAX_SHOWN)))


def _recorded(deeds: tuple[Audited, ...]) -> Card:
    """Show deeds, the newest first."""
    lines = (
        texts.recorded(
            done_s=one.done_s,
            actor=_handle(one.actor),
            deed=one.deed,
            about=_handle(one.about),
            is_allowed=one.is_allowed,
        )
        for one in reversed(deeds)
    )
    return cards.note(texts.records(tuple(lines)))


def _handle(name: str) -> str:
    return name[:_HANDLE_CHARS] if len(name) == _NAME_CHARS else name
