"""Every part that is bought may be used: its licence is known, and is none that would bind this project."""

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
KNOWN = (
    "0BSD", "Apache", "BSD", "BSL-1.0", "CC0-1.0", "CNRI-Python", "HPND", "ISC", "MIT", "MPL", "PSF",
    "Python Software Foundation", "Unlicense", "Zlib",
)  # fmt: skip
# They stay libraries of their own, which whoever runs this can replace: that is what LGPL asks for.
LGPL = {"psycopg", "psycopg-binary", "python-telegram-bot"}
ELSEWHERE = {"audioop-lts"}  # for other versions of Python


def licence_of(name: str) -> str:
    """Give what an installed package says of its licence. Raises PackageNotFoundError."""
    found: Any = metadata(name)  # a message, whatever its protocol leaves out
    classifiers = [
        one.rpartition(" :: ")[2]
        for one in found.get_all("Classifier") or ()
        if one.startswith("License ::")
    ]
    first_line = (found.get("License") or "").partition("\n")[0]
    return str(found.get("License-Expression") or "; ".join(classifiers) or first_line)


def is_known(licence: str) -> bool:
    """Whether each part of a licence is one that binds nobody."""
    parts = re.split(r"\s+(?:AND|OR)\s+|;\s*", licence)
    named = [part for part in parts if part and part != "DFSG approved"]
    return bool(named) and all(any(word in part for word in KNOWN) for part in named)


def locked() -> list[str]:
    """Name everything that is installed at a locked version."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line.partition("==")[0] for line in lines if "==" in line]


@pytest.mark.parametrize("name", sorted(set(locked()) - ELSEWHERE))
def test_the_licence_of_a_part_is_known(name: str) -> None:
    """A new dependency under GPL, under terms of its own, or under none is noticed."""
    try:
        licence = licence_of(name)
    except PackageNotFoundError:
        pytest.skip("not installed here")

    assert name in LGPL or is_known(licence), licence


@pytest.mark.parametrize("licence", ["", "GPL-3.0-only", "MIT AND AGPL-3.0-only", "Proprietary"])
def test_other_licences_are_not(licence: str) -> None:
    """What would bind this project, or says nothing, is not let through."""
    assert not is_known(licence)
