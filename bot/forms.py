"""What people are asked to fill in, and what is drawn when they did. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot import texts
from bot.adapters.port import Action, Field, Form
from bot.command import DrawCommand
from bot.commands import MAX_TEXT_CHARS, OptionInvalid, reworded
from bot.job import Record
from bot.redraw import draft, like, with_seed
from bot.wish import STRENGTH, Wish, over

Fields = Sequence[tuple[str, str]]

_TEXT, _ENGLISH, _WORDS, _NEGATIVE, _STRENGTH = "", "영어", "낱말", "제외", "강도"
_MAX_WORDS = 20
_WORD = re.compile(r"([^,가-힣]+?)(?:\s+([0-9](?:\.[0-9]{1,3})?))?")


def edit_form(record: Record) -> Form:
    """Show how a job was understood, to be put right."""
    command, preparation = record.job.command, record.preparation
    keywords = preparation.keywords if preparation else ()
    return Form(
        action=Action.EDIT,
        title=texts.EDIT_TITLE,
        fields=(
            Field(
                name=_TEXT,
                label=texts.FIELD_TEXT,
                value=command.text,
                is_long=True,
                is_required=True,
                max_chars=MAX_TEXT_CHARS,
            ),
            Field(
                name=_ENGLISH,
                label=texts.FIELD_ENGLISH,
                value=(preparation and preparation.english) or command.english,
                is_long=True,
            ),
            Field(
                name=_WORDS,
                label=texts.FIELD_WORDS,
                value=", ".join(f"{word} {round(weight, 2):g}" for word, weight in keywords),
                is_long=True,
            ),
            Field(name=_NEGATIVE, label=texts.FIELD_NEGATIVE, value=command.negative),
        ),
    )


def edited(record: Record, photo: bytes | None, text: str, fields: Fields) -> Wish:
    """Draw a job again as a filled form says, from the same noise.

    Of the English and the words only what was changed is the person's own: where the text alone was
    changed, both are made anew. A field that is missing was emptied.

    Raises PhotoForgotten, OptionInvalid or MessageTooLong.
    """
    shown = {field.name: _plain(field.value) for field in edit_form(record).fields}
    filled = {name: _plain(value) for name, value in (*fields, (_TEXT, text))}
    changed = {name for name in shown if shown[name] != filled.get(name, "")}
    before = with_seed(record)
    command = before
    if changed & {_TEXT, _ENGLISH, _WORDS}:
        command = replace(command, english="", words=(), receipt=None)
    if _TEXT in changed:
        command = reworded(command, text)
    if _ENGLISH in changed:
        command = replace(command, english=filled.get(_ENGLISH, ""))
    elif _TEXT not in changed:
        command = replace(command, english=before.english)
    if _WORDS in changed:
        command = replace(command, words=_words(filled.get(_WORDS, "")))
    elif not changed & {_TEXT, _ENGLISH}:
        command = replace(command, words=before.words)
    if _NEGATIVE in changed:
        command = replace(command, negative=filled.get(_NEGATIVE, ""), receipt=None)
    return like(record, photo, command)


def over_form(value: str) -> Form:
    """Ask what is to be drawn over a picture, and how strongly."""
    return Form(
        action=Action.OVER,
        title=texts.OVER_TITLE,
        value=value,
        fields=(
            Field(
                name=_TEXT,
                label=texts.FIELD_WHAT,
                is_long=True,
                is_required=True,
                max_chars=MAX_TEXT_CHARS,
            ),
            Field(name=_STRENGTH, label=texts.FIELD_STRENGTH, value=f"{STRENGTH:g}", max_chars=10),
        ),
    )


def asked_over(text: str, fields: Fields) -> DrawCommand:
    """Read what is to be drawn over a picture. Raises OptionInvalid or MessageTooLong."""
    command = reworded(
        DrawCommand(text=""), text, [(name, value.strip()) for name, value in fields]
    )
    return over(command, has_photo=True)


def draft_of(record: Record) -> str:
    """Write a job's request as text, with the seed of its first picture."""
    pictures = record.outcome.pictures if record.outcome else ()
    return draft(record.job.command, pictures[0].receipt if pictures else None)


def _plain(value: str) -> str:
    """Leave aside what a platform's text box may add or take away."""
    return " ".join(value.split())


def _words(value: str) -> tuple[tuple[str, float], ...]:
    """Read words with weights; a word without a weight has that of every other. Raises OptionInvalid."""
    parts = [part.strip() for part in value.split(",") if part.strip()]
    found = [_WORD.fullmatch(part) for part in parts]
    words = tuple((one[1], float(one[2] or 1)) for one in found if one)
    if len(words) < len(parts) or len(parts) > _MAX_WORDS:
        raise OptionInvalid(name=_WORDS, value=value, allowed=texts.ALLOWED_WORDS)
    return words
