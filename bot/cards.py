"""What a job's card shows at each stage: values in, a `Card` out. Pure.

Sentences come from `texts.py`; how a card looks is the adapters'.
"""

from dataclasses import replace

from bot import buttons, error_texts, texts
from bot.adapters.port import (
    Card,
    CardState,
    DataFile,
    DetailRow,
    Image,
    Link,
    PictureFile,
    ProgressBar,
)
from bot.failures import error_of
from bot.fairness import Standing
from bot.forms import draft_of, edit_form, over_form
from bot.job import Ending, Outcome, Picture, Progress, Record, subject_of
from bot.rules import Language
from pipeline import Preparation, PreparedPrompt, RenderPhase, Verdict


def note(text: str) -> Card:
    """Answer without a job."""
    return Card(job_id=None, state=CardState.NOTE, text=text)


def erased() -> Card:
    """Take the place of a card whose job was erased while it was under way."""
    return note(texts.STOPPED_ERASED)


def help_() -> Card:
    """Explain the bot, with examples."""
    return Card(job_id=None, state=CardState.NOTE, text=texts.HELP, suggestions=texts.EXAMPLES)


def removed() -> Card:
    """Take the place of a card whose pictures were taken away."""
    return note(texts.REMOVED)


def under_review() -> Card:
    """Take the place of a card whose pictures are reported, until that is decided."""
    return note(texts.UNDER_REVIEW)


def withdrawn() -> Card:
    """Take the place of pictures for adults whose channel is open to everybody by now."""
    return note(texts.WITHDRAWN)


def accepted(
    job_id: str,
    *,
    is_ready: bool,
    request: str = "",
    is_resumed: bool = False,
    notice: str = "",
) -> Card:
    """Acknowledge: the text is being read, or will be once the models are loaded."""
    return Card(
        job_id=job_id,
        state=CardState.WAITING,
        text=texts.UNDERSTANDING if is_ready else texts.LOADING,
        request=request,
        notes=(*_resumed(is_resumed=is_resumed), *_noticed(notice)),
        buttons=(buttons.CANCEL,),
    )


def waiting(
    record: Record, unlearned: tuple[str, ...], standing: Standing | None, *, is_resumed: bool
) -> Card:
    """Show what was understood, and how long the wait is."""
    assert record.preparation is not None
    place, eta_s = (standing.place, standing.eta_s) if standing else (0, None)
    return Card(
        job_id=record.job.id,
        state=CardState.WAITING,
        text=texts.waiting(place, eta_s),
        request=record.job.command.text,
        notes=(
            *_resumed(is_resumed=is_resumed),
            *texts.notes(record.preparation, unlearned),
            *_noticed(record.job.notice),
        ),
        credits=_credits(record.preparation),
        details_label=texts.DETAILS,
        details=_details(record),
        buttons=(buttons.CANCEL,),
        is_adult=record.job.manner.is_adult,
    )


def drawing(card: Card, news: Progress, preview: bytes | None) -> Card:
    """Show on a waiting job's card its place at the worker, or its step and preview."""
    if news.phase is RenderPhase.WAITING:
        return replace(card, text=texts.waiting(news.place, news.eta_s))
    return replace(
        card,
        state=CardState.DRAWING,
        text=texts.DECODING if news.phase is RenderPhase.DECODING else texts.drawing(news.eta_s),
        progress=ProgressBar(
            step=news.step,
            num_steps=news.num_steps,
            label=texts.step_label(news.step, news.num_steps),
        ),
        preview=_preview(news, preview) if preview else None,
    )


def ending(record: Record, unlearned: tuple[str, ...], *, has_originals: bool = False) -> Card:
    """Show how a job ended: the pictures, a question back, or the reason.

    has_originals: pictures are shown as less than their files, which are to be had beside them.
    """
    card = _ended(record, unlearned, has_originals=has_originals)
    if record.outcome is not None and record.outcome.ending is Ending.REMOVED:
        return card
    # The last of the notes: where there is no room for all of them, no other one gives way to it.
    return replace(card, notes=(*card.notes, *_noticed(record.job.notice)))


def _ended(record: Record, unlearned: tuple[str, ...], *, has_originals: bool) -> Card:
    job, outcome = record.job, record.outcome
    assert outcome is not None
    match outcome.ending:
        case Ending.DRAWN:
            return _drawn(record, outcome, unlearned, has_originals=has_originals)
        case Ending.QUESTION:
            return _question(record)
        case Ending.CANCELLED:
            return _without_picture(record, CardState.CANCELLED, texts.CANCELLED)
        case Ending.REMOVED:
            return removed()
        case Ending.FAILED:
            assert outcome.failure is not None
            text = error_texts.of_error(error_of(outcome.failure), job_id=job.id)
            return _without_picture(record, CardState.FAILED, text)


def _missing(outcome: Outcome) -> str:
    if outcome.has_blocked_minors:
        return texts.blocked_pictures(outcome.num_missing)
    return texts.missing_pictures(outcome.num_missing)


def _drawn(
    record: Record, outcome: Outcome, unlearned: tuple[str, ...], *, has_originals: bool
) -> Card:
    """Show the finished pictures with everything that was understood, and what can be done with them."""
    job, preparation = record.job, record.preparation
    assert preparation is not None
    subject = preparation.subject or preparation.text
    missing = (_missing(outcome),) if outcome.num_missing else ()
    wanted = job.command.receipt
    is_other = wanted is not None and wanted.model != outcome.pictures[0].receipt.model
    other = (texts.OTHER_MODEL,) if is_other else ()
    return Card(
        job_id=job.id,
        state=CardState.DONE,
        text=texts.done(subject),
        notes=(*texts.notes(preparation, unlearned), *missing, *other, texts.MADE_BY_AI),
        credits=_credits(preparation),
        pictures=picture_files(record),
        details_label=texts.DETAILS,
        details=_all_details(record),
        buttons=buttons.below_pictures(record, outcome, has_originals=has_originals),
        unshown=texts.UNSHOWN,
        choice_label=texts.WHICH_PICTURE if len(outcome.pictures) > 1 else "",
        draft=draft_of(record),
        is_adult=job.manner.is_adult,
    )


def info(record: Record) -> Card:
    """Show whoever wants to know how a job was understood, and what it was drawn with.

    The job has a prompt.
    """
    preparation = record.preparation
    assert preparation is not None
    return Card(
        job_id=None,
        state=CardState.NOTE,
        text=texts.DETAILS_OF_PICTURE,
        credits=_credits(preparation),
        details_label=texts.DETAILS,
        details=_all_details(record),
        is_private=True,
    )


def originals(record: Record, there: frozenset[str]) -> Card:
    """Give the files of a job's pictures, of which only some may be kept, by key."""
    files = (
        DataFile(key=file.key, file_name=file.file_name, label=file.file_name)
        for file in picture_files(record)
        if file.key in there
    )
    return replace(
        note(texts.ORIGINALS),
        notes=(texts.MADE_BY_AI,),
        files=tuple(files),
        is_adult=record.job.manner.is_adult,
    )


def edit(record: Record) -> Card:
    """Give back a request to be put right: as a form, and as text where there are no forms."""
    text = draft_of(record)
    return Card(
        job_id=record.job.id,
        state=CardState.NOTE,
        text=texts.draft(text),
        draft=text,
        form=edit_form(record),
        is_private=True,
    )


def over(value: str) -> Card:
    """Ask what is to be drawn over a picture that somebody chose."""
    form = over_form(value)
    return replace(note(texts.WHAT_OVER_PICTURE), form=form, is_private=True)


def unclear(job_id: str) -> Card:
    """Say that the answer may be there already, and offer to show it again."""
    return Card(job_id=job_id, state=CardState.NOTE, text=texts.UNCLEAR, buttons=(buttons.FETCH,))


def picture_files(record: Record) -> tuple[PictureFile, ...]:
    """Name the pictures of a job that has some."""
    assert record.outcome is not None
    subject = subject_of(record)
    return tuple(
        replace(
            _file(record.job.id, subject, picture, number),
            is_spoiler=record.job.manner.is_spoiler or picture.is_spoiler,
        )
        for number, picture in enumerate(record.outcome.pictures, start=1)
    )


def _without_picture(record: Record, state: CardState, text: str) -> Card:
    """Say why there is no picture, and offer to try again."""
    details = _details(record) if record.preparation and record.preparation.prompt else ()
    return Card(
        job_id=record.job.id,
        state=state,
        text=text,
        details_label=texts.DETAILS if details else "",
        details=details,
        buttons=(buttons.AGAIN,),
    )


def _question(record: Record) -> Card:
    """Answer a text that gave no prompt; what was written can be put right."""
    preparation, has_photo = record.preparation, record.job.has_photo
    assert preparation is not None
    if has_photo and preparation.verdict in (Verdict.EMPTY, Verdict.NOT_A_REQUEST):
        return note(texts.WHAT_OVER_PHOTO)
    if preparation.suggestion:
        text = texts.MISTYPED
        suggestions: tuple[str, ...] = (preparation.suggestion,)
    else:
        text = texts.refusal(preparation.verdict, preparation.unknown_words)
        suggestions = texts.EXAMPLES[:2]
    card = replace(note(text), suggestions=suggestions)
    if has_photo or not record.job.command.text:
        return card
    return replace(card, job_id=record.job.id, draft=draft_of(record), buttons=(buttons.EDIT,))


def _noticed(notice: str) -> tuple[str, ...]:
    return (notice,) if notice else ()


def _resumed(*, is_resumed: bool) -> tuple[str, ...]:
    return (texts.RESUMED,) if is_resumed else ()


def _credits(preparation: Preparation) -> tuple[Link, ...]:
    """Name who translated, where they ask for it: the credit follows the data, not the settings."""
    credit = texts.CREDITS.get(preparation.translator or "")
    return (Link(text=credit[0], url=credit[1]),) if credit else ()


def _details(record: Record) -> tuple[DetailRow, ...]:
    """Tell how a job with a prompt was understood, in the languages that its place wants to read."""
    preparation, left_out = record.preparation, _LEFT_OUT[record.job.manner.language]
    assert preparation is not None
    prompt = preparation.prompt
    assert prompt is not None
    rows = (
        DetailRow(label=texts.ROW_TEXT, text=preparation.text),
        DetailRow(label=texts.ROW_SUBJECT, text=preparation.subject or ""),
        DetailRow(label=texts.ROW_ENGLISH, text=preparation.english or ""),
        DetailRow(label=texts.ROW_VARIANTS, text=" / ".join(preparation.variants)),
        DetailRow(label=texts.ROW_KEYWORDS, words=preparation.keywords),
        DetailRow(label=texts.ROW_STYLE, text=preparation.style or ""),
        DetailRow(label=texts.ROW_PROMPT, text=PreparedPrompt.text_of(prompt.prompt)),
        DetailRow(label=texts.ROW_PROMPT_2, text=PreparedPrompt.text_of(prompt.prompt_2)),
        DetailRow(label=texts.ROW_NEGATIVE, text=PreparedPrompt.text_of(prompt.negative_prompt)),
    )
    return tuple(row for row in rows if (row.text or row.words) and row.label not in left_out)


_LEFT_OUT = {  # which rows are in the other language
    Language.BOTH: frozenset[str](),
    Language.KOREAN: frozenset(
        {
            texts.ROW_ENGLISH,
            texts.ROW_VARIANTS,
            texts.ROW_KEYWORDS,
            texts.ROW_PROMPT,
            texts.ROW_PROMPT_2,
            texts.ROW_NEGATIVE,
        }
    ),
    Language.ENGLISH: frozenset({texts.ROW_TEXT, texts.ROW_SUBJECT}),
}


def _all_details(record: Record) -> tuple[DetailRow, ...]:
    details, outcome = _details(record), record.outcome
    if outcome is None or not outcome.pictures:
        return details
    return (*details, DetailRow(label=texts.ROW_SETTINGS, text=_drawn_with(outcome)))


def _file(job_id: str, subject: str, picture: Picture, number: int) -> PictureFile:
    suffix = "" if number == 1 else f"-{number}"
    return PictureFile(
        key=picture.key,
        alt=texts.alt(subject),
        file_name=f"geuryeojwo-{job_id[:8]}{suffix}.png",
        width_px=picture.width_px,
        height_px=picture.height_px,
    )


def _drawn_with(drawn: Outcome) -> str:
    receipts = [picture.receipt for picture in drawn.pictures]
    return texts.drawn_with(receipts[0], seeds=tuple(receipt.seed for receipt in receipts))


def _preview(news: Progress, png: bytes) -> Image:
    return Image(
        data=png,
        media_type="image/png",
        alt="",  # the progress says it in words
        width_px=news.preview_width_px,
        height_px=news.preview_height_px,
    )
