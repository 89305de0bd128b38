"""A button under a picture, or words about it → what is drawn then. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from bot.command import DrawCommand
from bot.commands import reworded, written
from bot.job import Ending, Picture, Record
from bot.wish import Wish, over
from pipeline import Receipt, RequestRejected, Variation

_AMOUNT = 0.4  # of a variation: seen at a glance to be another, and to be of the same family


class RecordGone(RequestRejected):
    """Nothing is kept of the job, or not what the button needs."""


class UnderReview(RequestRejected):
    """Pictures are reported, and shown to nobody until that is decided."""


class PhotoForgotten(RequestRejected):
    """What a picture was drawn over is not there any more."""


def again(record: Record, photo: bytes | None) -> Wish:
    """Draw the same words from other noise. Raises PhotoForgotten."""
    return _like(photo, replace(record.job.command, seed=None, variation=None))


def vary(record: Record, photo: bytes | None, *, number: str, towards: int) -> Wish:
    """Draw the same words from noise near that of one picture. Raises RecordGone or PhotoForgotten."""
    return _like(
        photo,
        replace(
            record.job.command,
            seed=picture_of(record, number).receipt.seed,
            num_pictures=1,
            variation=Variation(seed=towards, amount=_AMOUNT),
        ),
    )


def enlarge(record: Record, picture: bytes | None, *, number: str) -> Wish:
    """Draw over one picture itself at a larger size; it takes a while. Raises RecordGone."""
    if picture is None:
        raise RecordGone
    receipt = picture_of(record, number).receipt
    command = replace(
        record.job.command,
        seed=receipt.seed,
        num_pictures=1,
        ratio=None,
        width_px=receipt.width_px,
        height_px=receipt.height_px,
        variation=None,
        strength=None,
        is_enlarging=True,
    )
    return Wish(command=over(command, has_photo=True), photo=picture)


def change(
    record: Record,
    photo: bytes | None,
    *,
    words: str,
    negative: str,
    options: Iterable[tuple[str, str]],
) -> Wish:
    """Draw a job again with other words and from the same noise.

    words: the whole text as it is now; `negative`: what was taken away from it.

    Raises PhotoForgotten, OptionInvalid or MessageTooLong.
    """
    gone = (("제외", negative),) if negative else ()
    command = reworded(with_seed(record), words, (*gone, *options))
    return like(record, photo, replace(command, english="", words=(), receipt=None))


def draft(command: DrawCommand, receipt: Receipt | None) -> str:
    """Write a command so that a changed text is drawn with the same seed, where a picture has one.

    An enlarged picture gives the draft of the one that was enlarged.
    """
    seed = receipt.seed if receipt else command.seed
    return written(replace(_unenlarged(command), seed=seed))


def with_seed(record: Record) -> DrawCommand:
    """Give a job's command with the seed that its first picture was, or is to be, drawn with."""
    command, outcome = record.job.command, record.outcome
    seed = record.job.seed if command.seed is None else command.seed
    if outcome is not None and outcome.pictures:
        seed = outcome.pictures[0].receipt.seed
    return replace(command, seed=seed)


def like(record: Record, photo: bytes | None, command: DrawCommand) -> Wish:
    """Draw a command that was made of a job's, over what that was drawn over. Raises PhotoForgotten."""
    return _like(None if record.job.command.is_enlarging else photo, _unenlarged(command))


def picture_of(record: Record, number: str) -> Picture:
    """Give one of a job's pictures by what its button says; the first where that says nothing.

    Raises RecordGone where there is none.
    """
    pictures = record.outcome.pictures if record.outcome else ()
    if number and not number.isdecimal():
        raise RecordGone
    index = int(number or 1) - 1
    if not 0 <= index < len(pictures):
        raise RecordGone
    return pictures[index]


def is_removed(record: Record) -> bool:
    """Whether a job's pictures were taken away."""
    return record.outcome is not None and record.outcome.ending is Ending.REMOVED


def _unenlarged(command: DrawCommand) -> DrawCommand:
    if command.is_enlarging:
        return replace(command, strength=None, is_enlarging=False)
    return command


def _like(photo: bytes | None, command: DrawCommand) -> Wish:
    if command.strength is not None and photo is None:
        raise PhotoForgotten
    return Wish(command=command, photo=photo)
