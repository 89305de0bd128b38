"""The buttons below cards, and which of them a finished job has. Pure."""

from bot import texts
from bot.adapters.port import Action, Button
from bot.job import Outcome, Record

AGAIN = Button(action=Action.AGAIN, label=texts.AGAIN)
CANCEL = Button(action=Action.CANCEL, label=texts.CANCEL)
DELETE = Button(action=Action.DELETE, label=texts.DELETE)
EDIT = Button(action=Action.EDIT, label=texts.EDIT)
ERASE = Button(action=Action.ERASE, label=texts.ERASE)
FETCH = Button(action=Action.FETCH, label=texts.FETCH)
INFO = Button(action=Action.INFO, label=texts.INFO)
ORIGINAL = Button(action=Action.ORIGINAL, label=texts.ORIGINAL)
REPORT = Button(action=Action.REPORT, label=texts.REPORT)  # to those who look after a server
KEEP = Button(action=Action.SETTLE, label=texts.KEEP_REPORTED, value="keep")
BAR = Button(action=Action.SETTLE, label=texts.BAR, value="bar")
_VARY = Button(action=Action.VARY, label=texts.VARY)
_ENLARGE = Button(action=Action.ENLARGE, label=texts.ENLARGE)
_MAX_DIGITS = 6  # of a page


def below_pictures(
    record: Record, drawn: Outcome, *, has_originals: bool = False
) -> tuple[Button, ...]:
    """Offer what can be done; where there are several pictures, with each of them.

    What is drawn over is never for adults, so that pictures for them cannot be enlarged.
    has_originals: what the platform shows is less than the files.
    """
    varies: tuple[Button, ...] = (_VARY,)
    enlarges: tuple[Button, ...] = (_ENLARGE,)
    if len(drawn.pictures) > 1:
        numbers = range(1, len(drawn.pictures) + 1)
        varies = tuple(_numbered(Action.VARY, texts.vary_number(one), one) for one in numbers)
        enlarges = tuple(
            _numbered(Action.ENLARGE, texts.enlarge_number(one), one) for one in numbers
        )
    return (
        AGAIN,
        *varies,
        *(enlarges if drawn.can_enlarge and not record.job.manner.is_adult else ()),
        EDIT,
        *((ORIGINAL,) if has_originals else ()),
        INFO,
        DELETE,
        *((REPORT,) if record.job.place.home else ()),
    )


def pages(page: int, search: str, *, has_more: bool) -> tuple[Button, ...]:
    """Lead to the pages before and behind one."""
    newer = (_paging(texts.NEWER, page - 1, search),) if page > 1 else ()
    return (*newer, *((_paging(texts.OLDER, page + 1, search),) if has_more else ()))


def page_of(value: str) -> tuple[int, str]:
    """Read which page of which search a button leads to; a forged one, to the first."""
    number, _, search = value.partition(" ")
    is_page = number.isdecimal() and len(number) <= _MAX_DIGITS
    return max(1, int(number)) if is_page else 1, search


def _paging(label: str, page: int, search: str) -> Button:
    return Button(action=Action.PAGE, label=label, value=f"{page} {search}".strip())


def _numbered(action: Action, label: str, number: int) -> Button:
    return Button(action=action, label=label, value=str(number))
