"""What became of every request, read from the platform's log and from nothing else.

A request is accepted when a card that names a job answered it, or was sent and met a fault. From then on
it owes exactly one ending: the picture with its marks, or the reason why there is none. A request that
got a note instead was refused, which is allowed; one that got nothing was swallowed, which is not.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.adapters.port import Action, CardState
from bot.job import job_id_of
from pipeline import read_marks
from tests.platform.log import PLATFORM, Event, Log, Shown

_REQUESTS = frozenset({None, Action.AGAIN, Action.VARY, Action.ENLARGE})
_ENDINGS = frozenset({CardState.DONE, CardState.CANCELLED, CardState.FAILED})


COUNTED = {
    "accepted": "a card that names a job answered it, or was to",
    "drawn": "ended with its picture",
    "cancelled": "ended because somebody cancelled it",
    "failed": "ended with a reason",
    "asked_back": "ended with a question, because the text gave no prompt",
    "unclear": "ended with an offer to fetch the answer",
    "held": "its place is gone",
    "refused": "a note answered it: nothing was promised",
    "unheard": "a note would have answered it, but a fault of the platform had it",
    "orphans": "first cards left behind when the answer came as another message",
}
WRONG = {
    "lost": "accepted, and never ended",
    "doubled": "two messages show its ending, or pictures of it",
    "swallowed": "never answered at all",
    "unmarked": "a picture without its marks",
    "ignored": "a cancel that neither stopped the job nor was answered",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How many requests came to what, and the ids of the events that came to what they must not."""

    counts: Mapping[str, int]
    wrong: Mapping[str, tuple[str, ...]]
    slowest_s: float  # from a first card to the ending

    @property
    def is_good(self) -> bool:
        """Whether every promise was kept."""
        return not any(self.wrong.values())

    def table(self) -> str:
        """Give one line per figure."""
        rows = [f"{name:<12}{self.counts[name]:>6}  {why}" for name, why in COUNTED.items()]
        rows += [
            f"{name:<12}{len(self.wrong[name]):>6}  {why} {' '.join(self.wrong[name])}".rstrip()
            for name, why in WRONG.items()
        ]
        return "\n".join([*rows, f"{'slowest':<12}{self.slowest_s:>6.1f}  s to an ending"])


def judge(log: Log, *, erased: Iterable[str] = ()) -> Verdict:
    """Judge a log in which nothing is under way any more; people who were erased are owed nothing."""
    forgotten = frozenset(erased)
    counts = dict.fromkeys(COUNTED, 0)
    wrong: dict[str, list[str]] = {name: [] for name in WRONG}
    slowest_s = 0.0
    for event in log.events:
        if event.person in forgotten:
            continue
        answers = answers_to(log, event)
        about_job = [shown for shown in answers if _names_job(shown)]
        endings = _alive([shown for shown in about_job if shown.last.state in _ENDINGS])
        endings = endings or _alive([shown for shown in answers if _is_note(shown)])[:1]
        for name in _came_to(log, event, about_job=about_job, endings=endings):
            if name in wrong:
                wrong[name].append(event.id)
            else:
                counts[name] += 1
        if about_job:
            left = [shown for shown in about_job if shown not in endings and not shown.is_removed]
            counts["orphans"] += len(left)
            began_s = min(shown.versions[0].at_s for shown in about_job)
            slowest_s = max(slowest_s, *(_ended_s(one) - began_s for one in endings), 0.0)
    return Verdict(
        counts=counts,
        wrong={name: tuple(ids) for name, ids in wrong.items()},
        slowest_s=slowest_s,
    )


def answers_to(log: Log, event: Event) -> list[Shown]:
    """Give the messages that answer an event: below it, or about the job that it made."""
    job_id = job_id_of(PLATFORM, event.id)
    return [
        shown
        for shown in log.messages.values()
        if shown.reply_to == event.id
        or (shown.reply_to is None and shown.versions[0].job_id == job_id)
    ]


def _came_to(
    log: Log, event: Event, *, about_job: list[Shown], endings: list[Shown]
) -> Iterator[str]:
    """Say what an event came to, in the words of the tables above."""
    is_gone = event.place in log.gone_places
    tried = {attempt.state for attempt in log.attempts if attempt.reply_to == event.id}
    if event.action is Action.CANCEL and not (
        endings or tried or is_gone or _is_stopped(log, event.job_id)
    ):
        yield "ignored"
    if event.action not in _REQUESTS:
        return
    if not about_job and not tried - {CardState.NOTE}:
        yield "refused" if endings else "held" if is_gone else "unheard" if tried else "swallowed"
        return
    yield "accepted"
    num_pictures = sum(
        any(version.pictures for version in shown.versions) for shown in _alive(about_job)
    )
    if len(endings) > 1 or num_pictures > 1:
        yield "doubled"
    if not endings:
        yield "held" if is_gone else "lost"
        return
    last = endings[0].last
    if last.state is CardState.NOTE:
        yield "unclear" if last.has_button(Action.FETCH) else "asked_back"
    elif last.state is CardState.DONE:
        yield "drawn"
        if not last.pictures or not all(_is_marked(data) for data in last.pictures):
            yield "unmarked"
    else:
        yield str(last.state)


def _names_job(shown: Shown) -> bool:
    return any(version.state is not CardState.NOTE for version in shown.versions)


def _is_note(shown: Shown) -> bool:
    return shown.last.state is CardState.NOTE


def _alive(messages: list[Shown]) -> list[Shown]:
    """Leave out what somebody removed, where something else is left."""
    return [shown for shown in messages if not shown.is_removed] or messages


def _ended_s(shown: Shown) -> float:
    """Say when a message showed first what it shows as an ending."""
    return next(
        (one.at_s for one in shown.versions if one.state is shown.last.state), shown.last.at_s
    )


def _is_stopped(log: Log, job_id: str) -> bool:
    """Whether a job ended because somebody cancelled it."""
    return any(
        shown.last.state is CardState.CANCELLED and shown.last.job_id == job_id
        for shown in log.messages.values()
    )


@cache
def _is_marked(data: bytes) -> bool:
    """Whether the bytes that were uploaded say that AI made them, and how."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        try:
            marks = read_marks(Path(file.name))
        except ValueError:
            return False
    return marks.says_ai and marks.receipt is not None
