"""Errors as they are written down, so that another process says the same sentence.

Only the errors below have facts that are known to be safe. Any other one may quote what a person
wrote or a secret, so nothing of it is kept: it becomes an `EngineFailed`, which is answered with an
apology, and its text is for the log of the process where it was raised.
"""

import json
from typing import get_type_hints

from bot import (
    codec,
    commands,
    disk,
    fairness,
    job,
    link_code,
    receipt,
    redraw,
    rules,
    strikes,
    wish,
)
from bot.job import FailureRecord
from pipeline import EngineFailed, PipelineError, errors

_MODULES = (errors, commands, disk, fairness, job, link_code, receipt, redraw, rules, strikes, wish)
_KINDS: dict[str, type[PipelineError]] = {
    kind.__name__: kind
    for module in _MODULES
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, PipelineError)
}
_UNKNOWN = EngineFailed.__name__


def record_of(error: Exception) -> FailureRecord:
    """Write down an error of ours with its facts; of any other one, that there was one."""
    name = type(error).__name__
    if _KINDS.get(name) is not type(error):
        return FailureRecord(kind=_UNKNOWN)
    facts = {fact: vars(error)[fact] for fact in _facts_of(type(error)) if fact in vars(error)}
    return FailureRecord(kind=name, facts=json.loads(codec.dumps(facts)))  # as it will be read


def error_of(record: FailureRecord) -> PipelineError:
    """Give back an error that can be spoken of; of another version's that does not fit, the apology."""
    kind = _KINDS.get(record.kind, EngineFailed)
    try:
        return kind(
            **{
                fact: codec.read(hint, record.facts[fact])
                for fact, hint in _facts_of(kind).items()
                if fact in record.facts
            }
        )
    except (codec.CodecError, TypeError):  # TypeError: a fact is missing
        return EngineFailed()


def _facts_of(kind: type[Exception]) -> dict[str, type]:
    """Name what an error is made of, which it also carries; with the types."""
    hints = get_type_hints(kind.__init__)
    return {fact: hint for fact, hint in hints.items() if fact != "return"}
