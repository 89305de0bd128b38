"""What `check` says of what judges pictures."""

from pathlib import Path

import pytest

from bot import check_texts
from bot.check import _check_classifier
from bot.settings import ModelSection, SafetySection, Settings
from tests.classifiers import write_timm


def settings(folder: Path, *, source: str = "sdxl", classifier: str = "auto") -> Settings:
    """Give settings with a model and a classifier."""
    return Settings(
        data_dir=folder,
        model=ModelSection(source=source),
        safety=SafetySection(classifier=classifier),
    )


async def test_a_classifier_that_judges_is_fine(tmp_path: Path) -> None:
    """It is loaded, and judges a picture that shows nothing."""
    folder = write_timm(tmp_path / "classifier")

    line, has_problem = await _check_classifier(settings(tmp_path, classifier=str(folder)))

    assert (check_texts.check_line(check_texts.CHECK_CLASSIFIER, None), False) == (
        line,
        has_problem,
    )


async def test_a_classifier_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    """The line names the place."""
    line, has_problem = await _check_classifier(settings(tmp_path, classifier="/no/where"))

    assert has_problem
    assert "/no/where" in line


async def test_a_classifier_that_would_be_fetched_is_not_fetched_by_looking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever checks reads which one the first start brings with the default for SDXL."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))

    line, has_problem = await _check_classifier(settings(tmp_path))

    assert has_problem
    assert "Marqo/nsfw-image-detection-384" in line


@pytest.mark.parametrize(
    ("source", "classifier", "said"),
    [
        ("demo", "auto", check_texts.DEMO_UNJUDGED),
        ("demo", "none", check_texts.DEMO_UNJUDGED),
        ("sdxl", "none", check_texts.UNJUDGED),
    ],
)
async def test_where_nobody_judges_it_is_said(
    tmp_path: Path, source: str, classifier: str, said: str
) -> None:
    """The demonstration model needs nobody; another one without is the operator's own wish."""
    wanted = settings(tmp_path, source=source, classifier=classifier)

    assert (said, False) == await _check_classifier(wanted)
