"""Particles fit the word before them."""

import pytest

from bot.korean import with_particle

CASES = [
    ("고래", "을/를", "고래를"),
    ("펭귄", "을/를", "펭귄을"),
    ("사과", "은/는", "사과는"),
    ("감", "은/는", "감은"),
    ("고양이", "이/가", "고양이가"),
    ("곰", "이/가", "곰이"),
    ("산", "과/와", "산과"),
    ("바다", "과/와", "바다와"),
    ("서울", "으로/로", "서울로"),
    ("부산", "으로/로", "부산으로"),
    ("나무", "으로/로", "나무로"),
    ("1", "으로/로", "1로"),
    ("3", "을/를", "3을"),
    ("512", "을/를", "512를"),
    ("demo", "으로/로", "demo로"),
    ("sdxl", "으로/로", "sdxl로"),
    ("‘고래’", "을/를", "‘고래’를"),
    ("책(冊)", "이에요/예요", "책(冊)예요"),
    ("", "을/를", "를"),
]


@pytest.mark.parametrize(("word", "pair", "expected"), CASES, ids=[case[2] for case in CASES])
def test_the_particle_follows_how_the_word_is_read(word: str, pair: str, expected: str) -> None:
    """The form after a final consonant is used exactly where the word is read with one."""
    assert expected == with_particle(word, pair)
