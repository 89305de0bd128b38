"""A button under a picture → what is drawn then. Pure.

Several pictures of one job: what a button does, it does to the first.
"""

from dataclasses import replace

from bot.commands import DrawCommand, written
from bot.job import Record
from bot.wish import Wish, over
from pipeline import Receipt, RequestRejected, Variation

_AMOUNT = 0.4  # of a variation: seen at a glance to be another, and to be of the same family


class RecordGone(RequestRejected):
    """Nothing is kept of the job, or not what the button needs."""


class PhotoForgotten(RequestRejected):
    """What a picture was drawn over is not there any more."""


def again(record: Record, photo: bytes | None) -> Wish:
    """Draw the same words from other noise. Raises PhotoForgotten."""
    return _like(photo, replace(record.job.command, seed=None, variation=None))


def vary(record: Record, photo: bytes | None, *, towards: int) -> Wish:
    """Draw the same words from noise nearby. Raises RecordGone or PhotoForgotten."""
    return _like(
        photo,
        replace(
            record.job.command,
            seed=receipt_of(record).seed,
            num_pictures=1,
            variation=Variation(seed=towards, amount=_AMOUNT),
        ),
    )


def enlarge(record: Record, picture: bytes | None) -> Wish:
    """Draw over the picture itself at a larger size; it takes a while. Raises RecordGone."""
    if picture is None:
        raise RecordGone
    receipt = receipt_of(record)
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


def draft(command: DrawCommand, receipt: Receipt | None) -> str:
    """Write a command so that a changed text is drawn with the same seed, where a picture has one.

    An enlarged picture gives the draft of the one that was enlarged.
    """
    seed = receipt.seed if receipt else command.seed
    if command.is_enlarging:
        command = replace(command, strength=None, is_enlarging=False)
    return written(replace(command, seed=seed))


def receipt_of(record: Record) -> Receipt:
    """Give the receipt of a job's first picture. Raises RecordGone where there is none."""
    if record.outcome is None or not record.outcome.pictures:
        raise RecordGone
    return record.outcome.pictures[0].receipt


def _like(photo: bytes | None, command: DrawCommand) -> Wish:
    if command.strength is not None and photo is None:
        raise PhotoForgotten
    return Wish(command=command, photo=photo)
