"""What people say about a picture changes its text as they mean it."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import WeightOutOfRange
from pipeline.text.korean import Korean
from pipeline.text.prepare import Preparer
from pipeline.text.revise import Revised, revise
from pipeline.text.thing import put_in, take_out
from pipeline.types import Verdict

WHALE = "바다 위의 고래"

# The text, what was said of its picture, the next text, what is not wanted.
CASES = [
    (WHALE, "더 밝게, 바다 빼고", "고래, 더 밝게", "바다"),
    (WHALE, "더 밝게 해 줘", "바다 위의 고래, 더 밝게", ""),
    (WHALE, "바다 빼고 더 밝게", "고래, 더 밝게", "바다"),
    (WHALE, "사람 없이", "바다 위의 고래", "사람"),
    (WHALE, "바다는 빼 주세요", "고래", "바다"),
    (WHALE, "바다 지워줘", "고래", "바다"),
    (WHALE, "바다를 없애고 산을 그려줘", "고래, 산", "바다"),
    (WHALE, "근데 바다 빼줘", "고래", "바다"),
    (WHALE, "바다만 빼고 그려줘", "고래", "바다"),
    (WHALE, "고래 대신 상어", "바다 위의 상어", "고래"),
    (WHALE, "고래 말고 상어로 그려줘", "바다 위의 상어", "고래"),
    (WHALE, "고래를 상어로 바꿔줘", "바다 위의 상어", ""),
    (WHALE, "바다 대신에 산으로 해줘", "산 위의 고래", "바다"),
    (WHALE, "배경을 파란색으로 해줘", "바다 위의 고래, 파란색 배경", ""),
    (WHALE, "배경은 밤하늘로", "바다 위의 고래, 밤하늘 배경", ""),
    (WHALE, "나비를 추가해 줘", "바다 위의 고래, 나비", ""),
    (WHALE, "달도 그려줘", "바다 위의 고래, 달", ""),
    (WHALE, "나비 넣어주세요", "바다 위의 고래, 나비", ""),
    (WHALE, "좀 더 크게 그려 줄래?", "바다 위의 고래, 더 크게", ""),
    (WHALE, "수채화 느낌으로 해줘", "바다 위의 고래, 수채화 느낌으로", ""),
    (WHALE, "사람이 안 나오게 해줘", "바다 위의 고래", "사람"),
    (WHALE, "구름은 필요 없어", "바다 위의 고래", "구름"),
    (WHALE, "사람 제외하고 부탁해", "바다 위의 고래", "사람"),
    (WHALE, "구름 제거해줘", "바다 위의 고래", "구름"),
    (WHALE, "고마워! 더 어둡게", "바다 위의 고래, 더 어둡게", ""),
    (WHALE, "make it brighter, without people", "바다 위의 고래, it brighter", "people"),
    (WHALE, "이번엔 더 밝게, 다시 그려줘", "바다 위의 고래, 더 밝게", ""),
    (WHALE, "ㅋㅋ 더 웃기게", "바다 위의 고래, 더 웃기게", ""),
    (WHALE, "고래에게 모자를 씌워줘", "바다 위의 고래, 고래에게 모자", ""),
    (WHALE, "배경에 산 추가", "바다 위의 고래, 배경에 산", ""),
    (WHALE, "사람이랑 배 없이, 더 어둡게 해주세요~", "바다 위의 고래, 더 어둡게", "사람, 배"),
    (WHALE, "바다는 없었으면 좋겠어", "고래", "바다"),
    (WHALE, "고래를 빼고 상어를 넣어줘", "바다 위의 상어", "고래"),
    (WHALE, "고래 빼줘", "바다", "고래"),
    ("고래, 나비", "나비 대신 별", "고래, 별", "나비"),
    (WHALE, "예쁘다! 고마워", "바다 위의 고래", ""),
    ("비 오는 날 우산을 쓴 소녀", "우산 빼고", "비 오는 날 소녀", "우산"),
    ("비 오는 날 우산을 쓴 소녀", "비 말고 눈", "눈 오는 날 우산을 쓴 소녀", "비"),
    (
        "우주의 고양이, 수채화 느낌으로",
        "수채화 말고 유화로",
        "우주의 고양이, 유화 느낌으로",
        "수채화",
    ),
    ("바다 위의 (고래)1.3 그려줘", "더 밝게, 바다 빼고", "(고래)1.3, 더 밝게", "바다"),
    ("바다 위의 고래 그려줘", "더 밝게", "바다 위의 고래, 더 밝게", ""),
    ("바다 위에 떠 있는 고래", "바다 빼고", "고래", "바다"),
    ("바다에서 헤엄치는 고래", "바다 빼줘", "헤엄치는 고래", "바다"),
    ("모자를 쓴 고양이", "모자 빼고", "고양이", "모자"),
    ("빨간 모자를 쓴 고양이", "모자 빼고", "고양이", "모자"),
    ("빨간 모자를 쓴 고양이", "빨간 모자 말고 파란 모자", "파란 모자를 쓴 고양이", "빨간 모자"),
    ("고양이가 앉아 있는 의자", "의자 없애줘", "고양이", "의자"),
    ("고양이와 강아지", "강아지 빼고", "고양이", "강아지"),
    ("고양이와 강아지", "고양이 빼고", "강아지", "고양이"),
    ("고양이가 달리는 들판", "고양이를 말로 바꿔줘", "말이 달리는 들판", ""),
    ("고래, 배, 갈매기", "배 빼고", "고래, 갈매기", "배"),
    ("파란 배경의 고래", "배 빼고", "파란 배경의 고래", "배"),
    ("노을 지는 바다 위의 고래", "바다 빼고", "고래", "바다"),
    ("바다 위의 배와 하늘의 새", "바다랑 새 빼고", "배와 하늘", "바다, 새"),
    ("고래", "고래 빼고", "", "고래"),
]


@pytest.mark.parametrize(("text", "change", "expected", "negative"), CASES)
def test_a_change_is_read_as_it_is_meant(
    korean: Korean, text: str, change: str, expected: str, negative: str
) -> None:
    """What goes, what comes in its place and what is added."""
    revised = revise(text, change, korean, max_chars=300)

    assert Revised(text=expected, negative=negative) == revised


async def test_every_revised_text_is_drawn(preparer: Preparer) -> None:
    """What comes out is understood as what is to be drawn, and never taken for small talk."""
    texts = sorted({expected for _, _, expected, _ in CASES if expected})
    verdicts = {text: (await preparer.prepare(text)).verdict for text in texts}

    assert {} == {text: one for text, one in verdicts.items() if one is not Verdict.OK}


async def test_how_a_picture_is_to_be_is_translated(preparer: Preparer) -> None:
    """An adverb behind the things acts on the prompt."""
    prepared = await preparer.prepare("바다 위의 고래, 더 크게")

    assert "big" in (prepared.english or "")


def test_nouns_that_only_contain_a_thing_stay(korean: Korean) -> None:
    """A ship is not looked for in a background."""
    assert "파란 배경과 배꼽" == take_out("배", "파란 배경과 배꼽", korean)


@pytest.mark.parametrize(
    ("new", "text", "expected"),
    [
        ("말", "고양이가 고양이를 고양이와", "말이 말을 말과"),
        ("새", "강물은 강물로", "강물은 강물로"),
        ("cat", "고양이가 뛴다", "cat가 뛴다"),
    ],
)
def test_particles_fit_what_is_put_in(korean: Korean, new: str, text: str, expected: str) -> None:
    """The particle goes with the last sound of the new word; of a Latin one it is not known."""
    assert expected == put_in(new, "고양이", text, korean)


@settings(max_examples=60, deadline=None)
@given(
    text=st.text(max_size=60),
    change=st.lists(
        st.sampled_from(
            "바다 고래 배 빼고 없이 대신 말고 바꿔줘 해줘 를 을 로 의 , . ! 그리고 더 밝게 😀 with no".split()
        ),
        max_size=12,
    ).map(" ".join)
    | st.text(max_size=60),
)
def test_nothing_that_is_said_breaks_it(korean: Korean, text: str, change: str) -> None:
    """Any text and any change give texts, no longer than both together and what joins them."""
    with suppress(WeightOutOfRange):  # "(a)9": it was never drawn
        revised = revise(text, change, korean, max_chars=300)
        assert len(revised.text) <= 2 * (len(text) + len(change)) + 20


@pytest.mark.parametrize(
    "word", ["고래 ", "고래, ", "고래의 ", "고래랑 ", "빨간 고래 ", "배 빼고 "]
)
def test_a_long_change_takes_no_long_time(korean: Korean, word: str) -> None:
    """The patterns do not try every way to part a hundred nouns; else this would not end."""
    revise(word * 100, word * 100, korean, max_chars=300)
