"""What COMPLIANCE.md and PRIVACY.md name is there: tests, files, settings, days, and a next date."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.settings import Settings
from bot.texts import PRIVACY_SINCE

ROOT = Path(__file__).parents[1]
COMPLIANCE, PRIVACY = ROOT / "COMPLIANCE.md", ROOT / "PRIVACY.md"
DOCUMENTS = pytest.mark.parametrize("document", [COMPLIANCE, PRIVACY], ids=lambda path: path.name)
_DATE = r"\d{4}-\d{2}-\d{2}"
_AT_LATEST = timedelta(days=92)


def read(document: Path) -> str:
    """Give what a document says."""
    return document.read_text(encoding="utf-8")


@DOCUMENTS
def test_every_named_file_is_there(document: Path) -> None:
    """A test that proves something, a module, and where a link leads."""
    text = read(document)
    named = re.findall(r"`((?:bot|tests|pipeline)/[\w/]+\.py)`", text)
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)\)", text)

    assert [] == [path for path in (*named, *links) if not (ROOT / path).is_file()]


def test_every_duty_has_a_test_that_shows_it() -> None:
    """In the table of what the defaults do, no row goes without one."""
    section = read(COMPLIANCE).split("\n## 3. ")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]

    assert rows
    assert [] == [row[:40] for row in rows if not re.search(r"`tests/\S+\.py` \|$", row)]


@DOCUMENTS
def test_every_named_setting_exists(document: Path) -> None:
    """What an operator is told to look at can be set."""
    settings = Settings()
    sections = "|".join(type(settings).model_fields)
    named = re.findall(rf"`((?:{sections})\.\w+)`", read(document))

    assert named
    for key in named:
        section, _, name = key.partition(".")
        assert name in type(getattr(settings, section)).model_fields, key


@pytest.mark.parametrize("name", ["prompts_days", "pictures_days", "strikes_days"])
def test_the_policy_names_the_days_that_hold(name: str) -> None:
    """Wherever it says how long, in both languages, it is the default of that setting."""
    days = re.findall(rf"(\d+)(?:일| days) \(`keep\.{name}`\)", read(PRIVACY))

    assert len(days) >= 2
    assert {str(getattr(Settings().keep, name))} == set(days)


def test_the_policy_and_the_bot_have_the_same_date() -> None:
    """Whoever changes one changes the other."""
    assert {PRIVACY_SINCE} == set(re.findall(_DATE, read(PRIVACY)))


def test_the_next_check_comes_within_three_months() -> None:
    """The last row of the table has both dates, and the first one is that of the document."""
    text = read(COMPLIANCE)
    *_, (seen, following) = re.findall(rf"^\| ({_DATE}) \| ({_DATE}) \|", text, re.MULTILINE)

    assert date.fromisoformat(following) - date.fromisoformat(seen) <= _AT_LATEST
    assert f"**{seen}에 적었어요.**" in text
    assert f"Written on {seen}." in text


def test_it_claims_nothing() -> None:
    """Both languages say first that it is no legal advice, and that no conformity is claimed."""
    text = read(COMPLIANCE)

    for words in (
        "법률 자문이 아니",
        "주장하지 않아요",
        "Not legal advice",
        "claims no conformity",
    ):
        assert words in text


@pytest.mark.parametrize(
    "law",
    [
        "제20676호",
        "제21311호",
        "제36506호",
        "제14조의2",
        "제11조",
        "개인정보 보호법",
        "제50조",
        "텔레그램 봇 개발자",
    ],
)
def test_every_law_is_named_with_what_was_read_of_it(law: str) -> None:
    """In the table of what was looked at."""
    section = read(COMPLIANCE).split("\n## 2. ")[1].split("\n## ")[0]

    assert law in section
