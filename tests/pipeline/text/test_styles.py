"""Style words leave the text and come back as presets."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.budget import NEGATIVE_WORDS
from pipeline.text.korean import Korean, Morpheme
from pipeline.text.reader import Reader, Understood
from pipeline.text.styles import STYLE_NAMES, STYLES, Style, take_style
from pipeline.text.trace import Trace
from pipeline.text.translate.glossary import Glossary
from tests.pipeline.text.conftest import count_tokens

STYLED = [
    ("유화 스타일로 꽃병에 꽂힌 해바라기", "oil", "꽃병에 꽂힌 해바라기"),
    ("수채화로 고래", "watercolor", "고래"),
    ("수채화 느낌으로 산 속의 오두막", "watercolor", "산 속의 오두막"),
    ("유화 풍경", "oil", "풍경"),
    ("소년을 지브리풍으로", "ghibli", "소년을"),
    ("귀여운 일러스트로 딸기 케이크", "illustration", "귀여운 딸기 케이크"),
    ("만화체, 피자를 든 공룡", "comic", "피자를 든 공룡"),
    ("연필로 그린 고양이", "pencil", "고양이"),
    ("픽셀 아트로 로켓", "pixel", "로켓"),
    ("경복궁 야경 사진으로", "photo", "경복궁 야경"),
    ("웃고 있는 할머니 사진", "photo", "웃고 있는 할머니"),
    ("고래 흑백 사진", "monochrome", "고래"),
    ("호랑이 민화", "minhwa", "호랑이"),
    ("민화풍 까치와 호랑이", "minhwa", "까치와 호랑이"),
    ("수묵화 속 대나무", "ink", "대나무"),
    ("목판화 스타일의 산", "woodcut", "산"),
    ("꽃 자수", "embroidery", "꽃"),
    ("자수 느낌의 나비", "embroidery", "나비"),
    ("십자수로 만든 강아지", "embroidery", "강아지"),
    ("종이접기로 만든 학", "origami", "학"),
    ("페이퍼 아트로 만든 숲", "paper art", "숲"),
    ("스테인드글라스 스타일의 장미", "stained glass", "장미"),
    ("장미 스테인드글라스", "stained glass", "장미"),
    ("네온 아트 고래", "neon", "고래"),
    ("사이버펑크풍 도시", "cyberpunk", "도시"),
    ("파스텔로 그린 꽃", "pastel", "꽃"),
    ("오일 파스텔 느낌의 바다", "pastel", "바다"),
    ("목탄화로 말", "charcoal", "말"),
    ("색연필로 그린 사과", "colored pencil", "사과"),
    ("낙서 스타일 공룡", "doodle", "공룡"),
    ("손그림 느낌 강아지", "doodle", "강아지"),
    ("팝아트 스타일 바나나", "pop art", "바나나"),
    ("커피 로고", "logo", "커피"),
    ("고양이 만화", "comic", "고양이"),
    ("강아지 도트", "pixel", "강아지"),
    ("3D 애니메이션 스타일 소년", "3d", "소년"),
    ("애니 스타일 소녀", "anime", "소녀"),
    ("colored pencil drawing of a fox", "colored pencil", "a fox"),
    ("3D render, 웃는 avocado", "3d", "웃는 avocado"),
    ("anime style로 비 오는 거리", "anime", "비 오는 거리"),
    ("a watercolor painting of a lighthouse", "watercolor", "a lighthouse"),
]
UNSTYLED = [
    "사진관 앞 강아지", "사진을 찍는 커플", "연필 세 자루", "상자 속 살색 크레파스", "수채화를 그리는 화가", "만화책 읽는 소년",
    "동화책 읽는 소녀", "스케치하는 화가", "사진", "파스텔톤 방", "파스텔 톤 케이크", "자수 놓은 손수건", "자수로 장식한 드레스",
    "낙서로 가득한 벽", "네온으로 빛나는 거리", "네온사인 골목", "사이버펑크 서울 야경", "스테인드글라스로 된 창", "종이접기하는 아이",
    "로고가 있는 컵", "만화 보는 소년", "도트 무늬 치마", "판화를 찍는 화가", "색연필 세 자루",
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "rest"), STYLED, ids=[row[0] for row in STYLED])
def test_a_style_is_taken_out(korean: Korean, text: str, name: str, rest: str) -> None:
    """A style's words go with their particle."""
    styled = take_style(text, korean.morphemes(text))

    assert styled.style is not None
    assert (name, rest) == (styled.style.name, styled.text)


@pytest.mark.parametrize("text", UNSTYLED)
def test_things_are_no_styles(korean: Korean, text: str) -> None:
    """A photograph, a pencil or a comic book in the scene stays there."""
    styled = take_style(text, korean.morphemes(text))

    assert (None, text) == (styled.style, styled.text)


@pytest.mark.parametrize(
    ("name", "style"), [*zip(STYLE_NAMES, STYLES, strict=True)], ids=list(STYLE_NAMES)
)
@pytest.mark.parametrize("text", ["고래", "노을 지는 바다 위의 고래 그려줘", "고래를 그려 주세요!"])
def test_a_style_may_be_named_behind_the_request(
    korean: Korean, glossary: Glossary, text: str, name: str, style: str
) -> None:
    """Whoever chooses it from a list gets it, and the rest of the text is read as without it."""
    reader = Reader(korean, glossary, max_chars=500)
    plain = reader.read(text, Trace())
    styled = reader.read(f"{text}, {name} 느낌으로", Trace())

    assert isinstance(plain, Understood)
    assert isinstance(styled, Understood)
    assert styled.style is STYLES[style]
    assert plain.text == styled.text


def test_the_later_of_two_styles_wins(korean: Korean) -> None:
    """The earlier one stays as a word."""
    text = "수채화 느낌의 고양이를 유화 스타일로"

    styled = take_style(text, korean.morphemes(text))

    assert styled.style is not None
    assert ("oil", ["watercolor"]) == (styled.style.name, [style.name for style in styled.earlier])


@pytest.mark.parametrize("style", STYLES.values(), ids=list(STYLES))
def test_a_style_leaves_room_for_the_sentence(style: Style) -> None:
    """Its words cost at most 12 of 75 tokens, its lead at most 8."""
    assert 3 <= count_tokens(style.words, encoder=2) <= 12
    assert 1 <= count_tokens(style.lead, encoder=1) <= 8


@pytest.mark.parametrize("style", STYLES.values(), ids=list(STYLES))
def test_no_style_is_fought_by_the_negative_words(style: Style) -> None:
    """What a style asks for is not among the default negative words that stay."""
    asked = f"{style.lead}, {style.words}"
    staying = set(NEGATIVE_WORDS) - style.not_negative

    assert not [word for word in staying if re.search(rf"\b{word}\b", asked)]


@given(st.text(alphabet=st.sampled_from("유화 사진수채로풍 느낌의도트!,."), max_size=40))
def test_styles_take_away_and_never_add(text: str) -> None:
    """Whatever the text, what is left of it are its own characters in their order."""
    morphemes = [Morpheme(form=c, tag="NNG", start=i, end=i + 1) for i, c in enumerate(text)]
    left = iter(text)

    assert all(c in left for c in take_style(text, morphemes).text)
