"""What a picture's file says of itself → a card for whoever asks. Pure.

Everything in a file may have been written by a stranger: a card tells what stands there and whether it is
signed, never that something is true. A receipt was checked before it comes here.
"""

from dataclasses import replace

from bot import cards, texts
from bot.adapters.port import Card, DetailRow
from bot.receipt import weighed
from pipeline import Marks, Receipt


def card_of(marks: Marks, receipt: Receipt | None) -> Card:
    """Say whether a file says that AI made it, which marks it carries, and what its receipt tells."""
    rows = (
        DetailRow(label=texts.ROW_SAYS_AI, text=texts.source(marks.source_type)),
        DetailRow(label=texts.ROW_CREDENTIALS, text=texts.credentials(marks.credentials)),
        DetailRow(
            label=texts.ROW_PARAMETERS, text=texts.is_there(has=marks.parameters is not None)
        ),
        DetailRow(label=texts.ROW_RECEIPT, text=texts.is_there(has=marks.receipt is not None)),
    )
    return replace(
        cards.note(texts.inspected(marks)),
        details_label=texts.WHICH_MARKS,
        details=rows + (() if receipt is None else rows_of(receipt)),
    )


def rows_of(receipt: Receipt) -> tuple[DetailRow, ...]:
    """Tell what a receipt holds, without what is empty."""
    rows = (
        DetailRow(label=texts.ROW_TEXT, text=receipt.text),
        DetailRow(label=texts.ROW_SUBJECT, text=receipt.subject),
        DetailRow(label=texts.ROW_ENGLISH, text=receipt.english),
        DetailRow(label=texts.ROW_KEYWORDS, words=weighed(receipt)),
        DetailRow(label=texts.ROW_PROMPT, text=receipt.prompt),
        DetailRow(label=texts.ROW_PROMPT_2, text=receipt.prompt_2),
        DetailRow(label=texts.ROW_NEGATIVE, text=receipt.negative_prompt),
        DetailRow(label=texts.ROW_SETTINGS, text=texts.drawn_with(receipt, seeds=(receipt.seed,))),
    )
    return tuple(row for row in rows if row.text or row.words)
