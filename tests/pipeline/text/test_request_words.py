"""Request words go, content stays as it was typed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.korean import Korean
from pipeline.text.normalise import normalise
from pipeline.text.request_words import Intent, strip_english_request, strip_request

REQUESTS = [
    ("노을 지는 바다 위를 헤엄치는 고래를 그려줘", "노을 지는 바다 위를 헤엄치는 고래"),
    ("노을지는바다위의고래그려주세요", "노을지는바다위의고래"),
    ("벚꽃 아래에서 책 읽는 소녀 그림 그려줘!!", "벚꽃 아래에서 책 읽는 소녀"),
    ("용 그려", "용"),
    ("고양이가 우주복 입고 달에 서있는 사진 만들어줄래?", "고양이가 우주복 입고 달에 서있는 사진"),
    (
        "수채화 느낌으로 산 속의 작은 오두막을 그려 주실 수 있나요",
        "수채화 느낌으로 산 속의 작은 오두막",
    ),
    ("귀여운 웰시코기가 피자 먹는 이미지 생성해 줘 plz", "귀여운 웰시코기가 피자 먹는 이미지"),
    ('"안녕"이라고 적힌 간판을 그려라', '"안녕"이라고 적힌 간판'),
    ("draw a cat 그려줘", "draw a cat"),
    ("4k 고화질로 경복궁 보여줘", "4k 고화질로 경복궁"),
    ("한복 입은 여자 부탁해요", "한복 입은 여자"),
    ("졸라 귀여운 고양이 그려봐", "졸라 귀여운 고양이"),
    ("웃고 있는 할머니 사진 한 장 뽑아줘", "웃고 있는 할머니 사진"),
    ("고래 하나만 그려줬으면 좋겠어", "고래"),
    (
        "고양이 한 마리랑 강아지 두 마리를 유화 스타일로 그려줄 수 있어?",
        "고양이 한 마리랑 강아지 두 마리를 유화 스타일로",
    ),
    (
        "해바라기 밭을 달리는 소년을 지브리풍으로 그려주시면 감사하겠습니다",
        "해바라기 밭을 달리는 소년을 지브리풍으로",
    ),
    ("파란 지붕 집을 만들어 주세요", "파란 지붕 집"),
    ("고래를 그려줘 🐳", "고래"),
    ("고래를 그려줘^^", "고래"),
    ("사과 두 개 그려줘", "사과 두 개"),
    ("숫자 1 그려줘", "숫자 1"),
    ("강아지 그림 두 장 그려줘", "강아지"),
    ("고래 그려주셈", "고래"),
    ("고래 그려줭", "고래"),
    ("고래 그려조", "고래"),
    ("고래 그려주실래요?", "고래"),
    ("고래 그려주면 안 돼?", "고래"),
    ("고래 그려주면 안돼요?", "고래"),
    ("고래 그림 부탁", "고래"),
    ("고래 부탁드립니다", "고래"),
    ("고래 그림 하나 부탁드려요~", "고래"),
    ("고래 사진 보고 싶어요", "고래 사진"),
    ("노을지는 바다 그려줘 제발", "노을지는 바다"),
    ("고래 그려주세요 감사합니다", "고래"),
    ("제발 고래 그려줘", "고래"),
    ("그려줘 고래", "고래"),
    ("고래를 그려줘. 배경은 노을 지는 바다", "고래, 배경은 노을 지는 바다"),
    ("친구가 용 그려달라는데 가능해?", "용"),
    ("엄마가 꽃 그려달라고 했어", "꽃"),
    ("할머니가 고양이 그려달래요", "고양이"),
    ("고양이 그려줄 사람?", "고양이"),
    ("고양이 좀 그려볼래?", "고양이"),
    ("고양이 그려주이소", "고양이"),
    ("고양이 그려주쇼", "고양이"),
    ("고양이 그려다오", "고양이"),
    ("고양이 그려줘잉", "고양이"),
    ("고양이 그려주세염", "고양이"),
    ("고양이 그려주라", "고양이"),
    ("꽃 좀 그려주시겠어요?", "꽃"),
    ("꽃 그려주시겠습니까", "꽃"),
    ("비행기 만들어줄 수 있니", "비행기"),
    ("여름 바다를 그려주시길 바랍니다", "여름 바다"),
    ("고래 그리고 배 그려줘", "고래 그리고 배"),
    ("바다 그리고 싶어", "바다"),
    ("안녕하세요 고래 그려주세요", "고래"),
    ("저기요 강아지 그려주세요", "강아지"),
    ("고래를 예쁘게 그려줘", "고래"),
    ("please draw a cat", "a cat"),
    ("can you draw me a picture of a whale please?", "a whale"),
    ("🐳 그려줘", "🐳"),
    ("기사 그려줘야 해", "기사"),
    ("<@123456> 고래 그려줘", "고래"),
    ("고래그려줘요", "고래"),
    ("고양이 그려주세용", "고양이"),
    ("고래 그려주겠니", "고래"),
    ("고래 그려줄 수 있을까요?", "고래"),
]
CONTENT = [
    "그림 그려주는 로봇",
    "창가에서 그림을 그리는 화가",
    "바닷가에서 사진을 찍는 커플",
    "아이가 엄마에게 꽃을 준다",
    "로봇이 그림을 그린다",
    "요리사가 파스타를 만들어요",
    "선물을 주는 산타",
    "케이크 만드는 곰",
    "엄마가 그려준 그림",
    "고양이를 안아줘",
    "사이버펑크 서울 야경, 네온사인, 비 오는 거리",
    "고래 그림",
    "강아지가 그림을 그려줘",
    "아이에게 별을 보여줘",
]
EMPTY = [
    "그림을 그려주세요",
    "빨리 잘 그려줘",
    "다시 그려줘",
    "이거 그려줘",
    "예쁘게 그려줘",
]
TALK = [
    "오늘 날씨 어때?",
    "배고파",
    "고마워 진짜 예쁘다",
    "오늘 저녁 뭐 먹지",
    "너 누구야",
    "고래 그리지 마세요",
    "고래 그리지 말아줘",
]
CHANGES = [
    "배경을 밤으로 바꿔줘",
    "파란색으로 해줘",
]


@pytest.mark.parametrize(("text", "subject"), REQUESTS, ids=[text for text, _ in REQUESTS])
def test_a_request_is_taken_off(korean: Korean, text: str, subject: str) -> None:
    """Whatever form a request has, only its words go."""
    assert subject == strip_request(text, korean).subject


@pytest.mark.parametrize("text", CONTENT)
def test_content_stays_whole(korean: Korean, text: str) -> None:
    """A sentence about drawing, giving or showing is no request."""
    stripped = strip_request(text, korean)

    assert (Intent.PLAIN, text) == (
        Intent.PLAIN if stripped.intent is not Intent.TALK else Intent.TALK,
        stripped.subject,
    )


@pytest.mark.parametrize("text", EMPTY)
def test_a_request_for_nothing_has_no_subject(korean: Korean, text: str) -> None:
    """Only request words leave nothing to draw, and it is known that a picture was wanted."""
    stripped = strip_request(text, korean)

    assert (Intent.REQUEST, None) == (stripped.intent, stripped.subject)


@pytest.mark.parametrize("text", TALK)
def test_talk_wants_no_picture(korean: Korean, text: str) -> None:
    """Questions, thanks, feelings and refusals are not drawn."""
    stripped = strip_request(text, korean)

    assert (Intent.TALK, None) == (stripped.intent, stripped.subject)


@pytest.mark.parametrize("text", CHANGES)
def test_a_change_is_no_new_picture(korean: Korean, text: str) -> None:
    """To change a colour or the background is about the last picture."""
    assert Intent.CHANGE is strip_request(text, korean).intent


@pytest.mark.parametrize("text", [subject for _, subject in REQUESTS], ids=str)
def test_stripping_twice_is_stripping_once(korean: Korean, text: str) -> None:
    """What was left once is left again, but for English words that ask ("draw a cat")."""
    assert strip_english_request(text) == strip_request(text, korean).subject


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "고래",
                "를",
                " ",
                "그려",
                "줘",
                "주세요",
                "부탁",
                "그림",
                "하나",
                "만",
                "ㅋㅋ",
                "?",
                ".",
                "🐳",
                "(",
                "@봇",
                "사과 두 개",
                "a cat",
            ]
        ),
        max_size=12,
    )
)
def test_a_subject_is_never_longer_than_the_message(korean: Korean, parts: list[str]) -> None:
    """Any text is stripped, and stripping adds nothing but the commas between pieces."""
    text = normalise("".join(parts)).text

    subject = strip_request(text, korean).subject

    assert subject is None or subject.strip()
    assert len((subject or "").replace(", ", "")) <= len(text)
