"""Where reports are decided, and by whom: those who look after the place, or else the operators.

A place names a channel for reports (`places.py`). Without one the operators are written to who can be
without being asked for more than their number. Who may decide is checked here, whatever a button says.
"""

from collections.abc import Collection

from bot.adapters.port import Message, Person, Place, Press
from bot.job import Job, Record
from bot.places import Places
from bot.store import Store

# Where the conversation with a person has the person's own number.
_DIRECT = "telegram"


class Desk:
    """Knows who decides; lives as long as the chat role."""

    def __init__(self, *, store: Store, places: Places, operator_ids: Collection[str]) -> None:
        """`operator_ids` are such as "telegram:1234"."""
        self._store, self._places = store, places
        self._operator_ids = frozenset(operator_ids)

    async def channel_of(self, job: Job) -> Place | None:
        """Give the channel for reports of a job's place; None where there is none. Raises NotAccepted."""
        home = job.place
        channel = (await self._places.rules_of(home)).report_channel
        return Place(platform=home.platform, id=channel, home=home.home) if channel else None

    def operators(self) -> tuple[Place, ...]:
        """Give where operators can be written to."""
        parted = (one.partition(":") for one in sorted(self._operator_ids))
        return tuple(
            Place(platform=platform, id=id_) for platform, _, id_ in parted if platform == _DIRECT
        )

    async def decides(self, record: Record, event: Message | Press) -> bool:
        """Whether somebody may decide about a reported job from where they are.

        Raises NotAccepted or StoreError.
        """
        person, here, home = event.person, event.place, record.job.place
        if self._is_operator_alone(person, here):
            return await self._store.report_of(record.job.id) is not None
        if not person.may_moderate or not home.home or here.platform != home.platform:
            return False
        if here.home_id == home.home_id:
            return True
        channel = await self.channel_of(record.job)  # a group may have a group for its managers
        return channel == here and await self._store.report_of(record.job.id) is not None

    async def sees(self, record: Record, event: Message | Press) -> bool:
        """Whether an open report of a job stands where somebody is, or they may decide about it.

        Raises NotAccepted or StoreError.
        """
        if await self.decides(record, event):
            return True
        report = await self._store.report_of(record.job.id)
        is_open = report is not None and report.is_open
        return is_open and await self.channel_of(record.job) == event.place

    def _is_operator_alone(self, person: Person, here: Place) -> bool:
        is_direct = here.platform == _DIRECT and not here.home and here.id == person.id
        return is_direct and f"{person.platform}:{person.id}" in self._operator_ids
