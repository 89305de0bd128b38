"""Make the glossary's general part out of Unicode CLDR: emoji names and flags in Korean and English.

Needs Debian's `unicode-cldr-core`; the result is shipped, so nobody else needs it.
Keywords are left out: the two languages list them in different orders, and an alignment by
statistics paired 화가 with "artist" and 코딩 with "technologist": a glossary must not guess.

    python -m tools.glossary.build
"""

import argparse
import re
from pathlib import Path
from xml.etree import ElementTree

CLDR = Path("/usr/share/unicode/cldr/common")
OUT = Path(__file__).parents[2] / "pipeline" / "text" / "translate" / "data" / "cldr.tsv"
CONCEPTS = Path(__file__).parents[1] / "demo_model" / "concepts.txt"

HEADER = """\
# Emoji names and flags of Unicode CLDR 42, Korean and English; see LICENSE.unicode beside this file.
# Written by tools/glossary/build.py. First column: "emoji", "name" (of an emoji) or "country".
"""
# Signs and gestures are no subjects of a picture.
NOT_DRAWN = re.compile(
    r"\b(?:button|arrows?|sign|symbol|suit|mark|square|circle|fingers?|hands?|index|keycap|o’clock|thirty|tone|hair"
    r"|triangle|brackets?|quotes?|quotation|vertical|horizontal|dotted|face with|person|men|people|family|couple|kiss)\b"
)
PICTOGRAPHS = ((0x2600, 0x27BF), (0x2B50, 0x2B55), (0x1F300, 0x1FAFF))
ANIMALS = ((0x1F400, 0x1F43F), (0x1F980, 0x1F9AE))
PEOPLE_MARKS = re.compile("[\U0001f3fb-\U0001f3ff\u200d\u2640\u2642]")


def names(language: str) -> dict[str, str]:
    """Read the short name of every emoji in one language."""
    found: dict[str, str] = {}
    for folder in ("annotations", "annotationsDerived"):
        root = ElementTree.parse(CLDR / folder / f"{language}.xml").getroot()
        for note in root.iter("annotation"):
            if note.get("type") == "tts" and note.text:
                found[note.get("cp", "")] = note.text
    return found


def concept_names() -> dict[str, str]:
    """Read which emoji the demonstration model draws under which English name."""
    rows = (line.split("|") for line in CONCEPTS.read_text("utf-8").splitlines() if "|" in line)
    return {row[0].strip().rstrip("\ufe0f"): row[1].strip() for row in rows}


def is_within(emoji: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    """Tell whether the first character lies in one of the ranges."""
    return any(first <= ord(emoji[0]) <= last for first, last in ranges)


def is_composed(korean: str) -> bool:
    """Tell "빨간 사과" from a word: an adjective ends in ㄴ, and the grammar puts such names together better."""
    return any((ord(word[-1]) - 0xAC00) % 28 == 4 for word in korean.split()[:-1])


def rows() -> list[tuple[str, str, str]]:
    """Pair the names; animals lose "face", a flag gives its country."""
    korean, english, concepts = names("ko"), names("en"), concept_names()
    found: list[tuple[str, str, str]] = []
    for emoji in sorted(korean.keys() & english.keys()):
        ko, en = korean[emoji], english[emoji]
        if en.startswith("flag: "):
            found.append(("country", ko.removeprefix("깃발: "), en.removeprefix("flag: ")))
            continue
        is_drawn = is_within(emoji, PICTOGRAPHS) and not NOT_DRAWN.search(en.lower())
        if not is_drawn or ":" in ko or PEOPLE_MARKS.search(emoji):
            continue
        if is_within(emoji, ANIMALS):
            ko, en = ko.removesuffix(" 얼굴"), en.removesuffix(" face")
        found.append(("emoji", emoji, concepts.get(emoji, en)))
        if not is_composed(ko):
            found.append(("name", ko, en))
    return found


def main() -> None:
    """Write the file and say how much it holds."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    lines = ["\t".join(row) for row in rows()]
    OUT.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{OUT}: {len(lines)} names")


if __name__ == "__main__":
    main()
