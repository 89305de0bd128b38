"""A card as a message of Telegram: a text with entities, and an inline keyboard below it.

Pure: bytes are read elsewhere. What a person wrote is never markup, because nothing is parsed: bold,
links and code are entities beside the text. Lengths count UTF-16 units, as offsets do.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from telegram import ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity

from bot.adapters.port import Action, Button, Card, DetailRow, ProgressBar
from bot.adapters.telegram import callback_data

MAX_TEXT, MAX_CAPTION = 4_096, 1_024
MAX_BUTTONS, MAX_IN_ROW = 100, 8
_SINGLES_IN_ROW = 3
_MAX_LABEL_CHARS = 60
_NUM_CELLS = 10
_CUT = "…"
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CALL = re.compile(r"(?<!\w)@(?=\w)")  # of somebody, which Telegram makes a mention of

Markup = InlineKeyboardMarkup | ForceReply | None


@dataclass(slots=True)
class Written:
    """A text that grows, with what stands out in it."""

    max_units: int
    text: str = ""
    entities: list[MessageEntity] = field(default_factory=list)

    @property
    def room(self) -> int:
        """How many units are left."""
        return self.max_units - units(self.text)

    def add(self, text: str, kind: str = "", *, url: str | None = None) -> None:
        """Add a line, cut where there is no room, as an entity of a kind if one is named."""
        front = "\n" if self.text else ""
        text = cut(text.strip("\n"), self.room - len(front))
        if not text.strip():
            return
        offset = units(self.text + front)
        self.text += front + text
        if kind:
            self.entities.append(
                MessageEntity(type=kind, offset=offset, length=units(text), url=url)
            )

    def mark(self, part: str, kind: str) -> None:
        """Let the last place where a part stands stand out."""
        at = self.text.rfind(part) if part else -1
        if at >= 0:
            length = units(part)
            self.entities.append(
                MessageEntity(type=kind, offset=units(self.text[:at]), length=length)
            )


def units(text: str) -> int:
    """Count UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, max_units: int) -> str:
    """Shorten a text that is too long, with a sign that it was."""
    if units(text) <= max_units:
        return text
    kept = text.encode("utf-16-le", "surrogatepass")[: max(0, max_units - 1) * 2]
    return kept.decode("utf-16-le", "ignore") + _CUT if max_units > 0 else ""


def written(card: Card, *, max_units: int = MAX_TEXT, note: str = "") -> Written:
    """Write what a card says: its text, what belongs to it, credits and small notes below."""
    if not card.is_private and card.form is None:
        card = _calling_nobody(card)
    below = _below(card, note=note, max_units=max_units // 3)
    shown = Written(max_units - (below.room and units(below.text) + 1))
    between = any(True for _ in _between(card))
    shown.add(cut(_printable(card.text), shown.max_units * (2 if between else 3) // 3))
    if card.form is not None and card.draft and not card.text.endswith(card.draft):
        shown.add(card.draft, MessageEntity.CODE)
    elif card.form is not None:
        shown.mark(card.draft, MessageEntity.CODE)
    for text, kind in _between(card):
        shown.add(text, kind)
    return _joined(shown, below, max_units=max_units)


def markup_of(card: Card, *, album: Sequence[int] = ()) -> Markup:
    """Lay the buttons out in rows: those of one choice together, the others three in a row.

    `album` are the messages with the card's pictures: whoever deletes them has to know them.
    """
    if card.form is not None:
        return ForceReply(selective=True)
    rows: list[list[InlineKeyboardButton]] = []
    last: Action | None = None
    counts = {one.action: sum(b.action is one.action for b in card.buttons) for one in card.buttons}
    for button in card.buttons[:MAX_BUTTONS]:
        is_choice = counts[button.action] > 1
        most = MAX_IN_ROW if is_choice else _SINGLES_IN_ROW
        is_new_row = (
            not rows
            or len(rows[-1]) >= most
            or (is_choice and last is not button.action)
            or (not is_choice and last is not None and counts[last] > 1)
        )
        if is_new_row:
            rows.append([])
        rows[-1].append(_button(button, card, album))
        last = button.action
    return InlineKeyboardMarkup(rows) if rows else None


def _button(button: Button, card: Card, album: Sequence[int]) -> InlineKeyboardButton:
    value = button.value
    if button.action is Action.DELETE and album:
        value = album_value(album)
    data = callback_data.write(button.action, card.job_id or "", value)
    label = cut(" ".join(button.label.split()), _MAX_LABEL_CHARS) or button.action.value
    return InlineKeyboardButton(label, callback_data=data)


def album_value(album: Sequence[int]) -> str:
    """Write which messages hold the pictures: the first one, and how far the others are from it."""
    first, *others = album
    return "+".join([str(first), *(str(one - first) for one in others)])


def album_of(value: str) -> tuple[int, ...]:
    """Read which messages hold the pictures; none where that cannot be read."""
    first, *others = value.split("+")
    if not all(part.isdecimal() for part in (first, *others)):
        return ()
    return (int(first), *(int(first) + int(one) for one in others))


def _below(card: Card, *, note: str, max_units: int) -> Written:
    below = Written(max_units)
    for link in card.credits:
        below.add(_one_line(link.text), MessageEntity.TEXT_LINK, url=link.url)
    for one in (*card.notes, *((note,) if note else ())):
        below.add(_one_line(one), MessageEntity.ITALIC)
    return below


def _between(card: Card) -> Iterator[tuple[str, str]]:
    """Write what stands between the text and the notes, each line with what it is."""
    if card.progress is not None:
        yield _bar(card.progress), ""
    for number, picture in enumerate(card.pictures, start=1):
        if picture.caption:
            front = f"{number}. " if len(card.pictures) > 1 else ""
            yield front + cut(_one_line(picture.caption), 150), ""
    if card.is_private:  # elsewhere it is shown to whoever asks for it
        for row in card.details:
            yield f"{_one_line(row.label)}: {_detail(row)}", ""
    for suggestion in card.suggestions:
        yield cut(_one_line(suggestion), 200), MessageEntity.CODE
    has_edit = any(one.action is Action.EDIT for one in card.buttons)
    if card.draft and card.form is None and not has_edit:
        yield _printable(card.draft), MessageEntity.CODE


def _joined(above: Written, below: Written, *, max_units: int) -> Written:
    if not below.text:
        whole = above
    else:
        front = f"{above.text}\n" if above.text else ""
        shift = units(front)
        moved = [
            MessageEntity(type=one.type, offset=one.offset + shift, length=one.length, url=one.url)
            for one in below.entities
        ]
        whole = Written(max_units, front + below.text, [*above.entities, *moved])
    if not whole.text:
        whole.add(_CUT)
    whole.max_units = max_units
    return whole


def _bar(progress: ProgressBar) -> str:
    """Draw how far it is in ten cells."""
    done = _NUM_CELLS * progress.step // max(1, progress.num_steps)
    done = min(_NUM_CELLS, max(0, done))
    return f"{'▰' * done}{'▱' * (_NUM_CELLS - done)} {_one_line(progress.label)}".rstrip()


def _detail(row: DetailRow) -> str:
    words = ", ".join(f"{word} {round(weight, 2):g}" for word, weight in row.words)
    return cut(_one_line(row.text or words), 600)


def _one_line(text: str) -> str:
    return " ".join(_printable(text).split())


def _calling_nobody(card: Card) -> Card:
    """Part the names in a card from their signs: what somebody asks for must not call others.

    What stands as code is copied, and calls nobody.
    """
    return replace(
        card,
        text=_CALL.sub("@\u200b", card.text),
        notes=tuple(_CALL.sub("@\u200b", one) for one in card.notes),
        pictures=tuple(
            replace(one, caption=_CALL.sub("@\u200b", one.caption)) for one in card.pictures
        ),
    )


def _printable(text: str) -> str:
    """Drop what no server takes, halves of surrogate pairs and NUL, and what turns all behind it around."""
    return _TURNS.sub("", text.encode("utf-8", "ignore").decode().replace("\0", ""))
