"""An error is written down in one process and said in another, in the same words."""

import re
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from bot import error_texts, texts
from bot.codec import dumps, loads
from bot.failures import error_of, record_of
from bot.job import FailureRecord
from pipeline import EngineFailed, Failure, PipelineError, StageFailed, errors

ROOT = Path(__file__).parents[2]
SAMPLES: dict[Any, object] = {
    int: 7,
    float: 0.5,
    bool: True,
    str: "유화",
    float | None: 1.5,
    int | None: 3,
    tuple[str, ...]: ("가", "나"),
    tuple[float, float]: (0.8, 0.2),
}


def kinds() -> tuple[type[PipelineError], ...]:
    """Find every error of ours: the modules that define one are loaded, then the tree is walked."""
    names = [name for name, kind in vars(errors).items() if isinstance(kind, type)]
    defines = re.compile(rf"^class \w+\((\w+\.)?({'|'.join(names)})\)", re.MULTILINE)
    for path in sorted((ROOT / "bot").rglob("*.py")):
        if defines.search(path.read_text(encoding="utf-8")):
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return tuple(
        kind for kind in below(PipelineError) if kind.__module__.startswith(("bot", "pipeline"))
    )


def below(kind: type[PipelineError]) -> list[type[PipelineError]]:
    """Give a class with all that derive from it."""
    return [kind, *(one for child in kind.__subclasses__() for one in below(child))]


def example_of(kind: type[PipelineError]) -> PipelineError:
    """Build an error by its signature, with every fact given."""
    hints = get_type_hints(kind.__init__)
    hints.pop("return", None)
    return kind(**{fact: sample_of(hint) for fact, hint in hints.items()})


def sample_of(hint: Any) -> object:
    """Give a value of a type: of an enum a word that is no default."""
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return list(hint)[-2]
    return SAMPLES[hint]


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_an_error_comes_back_with_its_facts(kind: type[PipelineError]) -> None:
    """Through the database an error keeps its class, its facts with their types, and its sentence."""
    error = example_of(kind)
    back = error_of(loads(FailureRecord, dumps(record_of(error))))

    assert kind is type(back)
    assert repr(vars(error)) == repr(vars(back))
    assert str(error) == str(back)
    assert error_texts.of_error(error, job_id="j") == error_texts.of_error(back, job_id="j")


def test_a_record_is_the_same_before_and_after_it_was_kept() -> None:
    """The facts of a record are already what JSON makes of them."""
    record = record_of(errors.UnsupportedInterval(interval=(0.8, 0.2)))

    assert record == loads(FailureRecord, dumps(record))


def test_nothing_of_a_foreign_error_is_kept() -> None:
    """What a library says may quote a prompt or a secret; the person reads an apology."""
    record = record_of(RuntimeError("노을 지는 하늘 sk-secret"))

    assert FailureRecord(kind="EngineFailed") == record
    assert texts.apology("j") == error_texts.of_error(error_of(record), job_id="j")


def test_an_error_that_only_looks_like_ours_is_foreign() -> None:
    """A class is known by itself, not by its name."""
    impostor = type("QueueFull", (Exception,), {})()

    assert FailureRecord(kind="EngineFailed") == record_of(impostor)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(FailureRecord(kind="OfAnotherVersion", facts={"a": 1}), id="kind"),
        pytest.param(FailureRecord(kind="QueueFull"), id="missing fact"),
        pytest.param(FailureRecord(kind="QueueFull", facts={"num_waiting": []}), id="type"),
        pytest.param(FailureRecord(kind="RuntimeError", facts={}), id="foreign"),
    ],
)
def test_a_record_that_does_not_fit_is_an_apology(record: FailureRecord) -> None:
    """What another version wrote never stops the answer."""
    assert EngineFailed is type(error_of(record))


def test_a_fact_that_is_not_known_is_left_out() -> None:
    """A fact that another version added changes nothing."""
    facts = {"stage": "translate", "provider": "kt", "failure": "busy", "later": 1}
    back = error_of(FailureRecord(kind="StageFailed", facts=facts))

    assert isinstance(back, StageFailed)
    assert Failure.BUSY is back.failure
