"""Similar sentences by rules."""

import pytest

from pipeline.text.paraphrase.offline import OfflineParaphraser


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("귀여운 고양이", "앙증맞은 고양이"),
        ("고양이와 강아지", "강아지와 고양이"),
        ("강아지와 사슴", "사슴과 강아지"),
        ("바다 위의 고래", "바다 위에 있는 고래"),
        ("바다를 보는 소년", "대양을 보는 소년"),
        ("노을 지는 숲", "석양의 숲"),
    ],
)
def test_variants(text: str, variant: str) -> None:
    """Words give way to synonyms with the right particle, parts change places."""
    assert variant in OfflineParaphraser().variants(text)


@pytest.mark.parametrize("text", ["", "뷁", "해바라기", "a cat"])
def test_nothing_known_gives_nothing(text: str) -> None:
    """Where no rule fits there is no variant, and a word inside another is left alone."""
    assert OfflineParaphraser().variants(text) == []


async def test_the_number_is_kept() -> None:
    """No more variants than asked for, all different from the text and from each other."""
    text = "귀여운 강아지와 작은 토끼"

    variants = await OfflineParaphraser().paraphrase(text, num_variants=5)

    assert len(set(variants)) == 5
    assert text not in variants
