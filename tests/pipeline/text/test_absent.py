"""What is said not to be there."""

import pytest

from pipeline.text.absent import take_absent
from pipeline.text.korean import Korean

CASES = [
    ("사람 없이 텅 빈 놀이터", "텅 빈 놀이터", ("사람",)),
    ("사람이 없는 해변", "해변", ("사람",)),
    ("고양이 빼고 동물 농장", "동물 농장", ("고양이",)),
    ("고양이 말고 강아지", "강아지", ("고양이",)),
    ("구름 한 점 없는 하늘", "하늘", ("구름",)),
    ("끝없는 바다", "끝없는 바다", ()),
    ("말할 수 없는 슬픔", "말할 수 없는 슬픔", ()),
    ("고래", "고래", ()),
]


@pytest.mark.parametrize(("text", "rest", "absent"), CASES, ids=[row[0] for row in CASES])
def test_absent_things_leave_the_text(
    korean: Korean, text: str, rest: str, absent: tuple[str, ...]
) -> None:
    """ "Without" takes its noun along; words that only look like it stay."""
    found = take_absent(text, korean.morphemes(text))

    assert (rest, absent) == (found.text, found.absent)
