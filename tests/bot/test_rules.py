"""The rules of a place: what each says, how it is changed, and what is refused."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.port import Place
from bot.command import DrawCommand, SettingsCommand
from bot.commands import OptionInvalid, parse
from bot.rules import (
    MAX_FORBIDDEN_WORDS,
    MAX_TERMS,
    Adults,
    Language,
    Manner,
    PlaceRules,
    RuleUnknown,
    Spoilers,
    TooManyRules,
    changed,
)
from pipeline import Quality, Ratio, RequestRejected

HERE = Place(platform="discord", id="100", home="1")
RESTRICTED = Place(platform="discord", id="101", home="1", is_age_restricted=True)


def after(*texts: str, rules: PlaceRules | None = None) -> PlaceRules:
    """Give the rules after what was said, one after the other."""
    rules = rules or PlaceRules()
    for text in texts:
        command = parse(f"/설정 {text}")
        assert isinstance(command, SettingsCommand)
        rules = changed(rules, command, place=HERE)
    return rules


SAID = {
    "화풍 수채화": PlaceRules(defaults={"화풍": "수채화"}),
    "화풍 연필 스케치": PlaceRules(defaults={"화풍": "연필 스케치"}),
    "비율 가로": PlaceRules(defaults={"비율": "가로"}),
    "비율 16:9": PlaceRules(defaults={"비율": "16:9"}),
    "품질 정밀": PlaceRules(defaults={"품질": "정밀"}),
    "채널 7 허용": PlaceRules(allowed=("7",)),
    "채널 <#7> 금지": PlaceRules(forbidden=("7",)),
    "채널 여기 허용": PlaceRules(allowed=("100",)),
    "할당량 9 10": PlaceRules(daily_by_role={"discord:9": 10}),
    "할당량 <@&9> 10": PlaceRules(daily_by_role={"discord:9": 10}),
    "설명언어 한국어": PlaceRules(language=Language.KOREAN),
    "성인 연령제한채널": PlaceRules(adults=Adults.RESTRICTED),
    "가리기 모두": PlaceRules(spoilers=Spoilers.ALL),
    "신고채널 8": PlaceRules(report_channel="8"),
    "용어 모모 a white cat": PlaceRules(glossary={"모모": "a white cat"}),
    "용어 푸른 고래 blue whale": PlaceRules(glossary={"푸른 고래": "blue whale"}),
    "금지어 좀비": PlaceRules(forbidden_words=("좀비",)),
    "금지어 홍길동   국회의원": PlaceRules(forbidden_words=("홍길동 국회의원",)),
    "금지어 빼기": PlaceRules(forbidden_words=("빼기",)),
}


@pytest.mark.parametrize("text", SAID)
def test_a_rule_is_said_in_a_text(text: str) -> None:
    """A platform without forms needs nothing else."""
    assert SAID[text] == after(text)


CHOSEN: dict[str, tuple[tuple[tuple[str, str], ...], PlaceRules]] = {
    "channel": (
        (("", "채널"), ("채널", "7"), ("허용", "true")),
        PlaceRules(allowed=("7",)),
    ),
    "channel, the other way round": (
        (("", "채널"), ("허용", "false"), ("채널", "7")),
        PlaceRules(forbidden=("7",)),
    ),
    "defaults": (
        (("", "기본값"), ("품질", "정밀"), ("화풍", "수채화")),
        PlaceRules(defaults={"품질": "정밀", "화풍": "수채화"}),
    ),
    "quota": ((("", "할당량"), ("역할", "9"), ("하루", "3")), after("할당량 9 3")),
    "language": ((("", "설명언어"), ("언어", "영어")), PlaceRules(language=Language.ENGLISH)),
    "adults": ((("", "성인"), ("방침", "막기")), PlaceRules()),
    "spoilers": ((("", "가리기"), ("가리기", "연령제한채널")), after("가리기 연령제한채널")),
    "reports": ((("", "신고채널"), ("채널", "8")), PlaceRules(report_channel="8")),
    "no reports": ((("", "신고채널"),), PlaceRules()),
    "term": (
        (("", "용어"), ("한국어", "흰 고래"), ("영어", "beluga")),
        PlaceRules(glossary={"흰 고래": "beluga"}),
    ),
    "forbidden word": ((("", "금지어"), ("말", " 좀비 ")), after("금지어 좀비")),
    "no forbidden word": ((("", "금지어"), ("말", "좀비"), ("빼기", "true")), PlaceRules()),
    "a forbidden word, for sure": (
        (("", "금지어"), ("빼기", "false"), ("말", "좀비")),
        after("금지어 좀비"),
    ),
}


@pytest.mark.parametrize("case", CHOSEN)
def test_a_rule_is_chosen_by_names(case: str) -> None:
    """What a platform brings beside the text means what the text would."""
    options, expected = CHOSEN[case]
    command = parse("/설정", options)
    assert isinstance(command, SettingsCommand)

    assert expected == changed(PlaceRules(), command, place=HERE)


@pytest.mark.parametrize("text", ["/설정", "/settings", "/설정 보기"])
def test_all_rules_are_asked_for_without_one(text: str) -> None:
    """Nothing is changed by looking."""
    assert SettingsCommand() == parse(text)
    assert SettingsCommand() == parse("/설정", (("", "보기"),))


WRONG = [
    "채널 일반 허용",
    "채널 7",
    "채널 7 아마도",
    "채널 모두 금지",
    "화풍",
    f"화풍 {'가' * 99}",
    "비율 세모",
    "비율 640x640",
    "품질 최고",
    "기본값",
    "할당량 관리자 3",
    "할당량 9",
    "할당량 9 많이",
    "할당량 9 10001",
    "설명언어 독일어",
    "성인 허용",
    "가리기 가끔",
    "신고채널 일반",
    "용어",
    "용어 whale",
    f"용어 고래 {'w' * 81}",
    "용어 고래 wha\0le",
    "금지어",
    "금지어 개",
    "금지어 ...",
    "금지어 좀\0비",
    f"금지어 {'가' * 81}",
]


@pytest.mark.parametrize("text", WRONG)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    """A rule is never guessed: it holds for everybody there."""
    with pytest.raises(OptionInvalid):
        after(text)


def test_a_rule_that_is_not_there_is_named() -> None:
    """So that whoever mistyped it sees what was read."""
    with pytest.raises(RuleUnknown) as refusal:
        after("음악 크게")

    assert "음악" == refusal.value.name


@given(text=st.text(max_size=60), values=st.dictionaries(st.text(max_size=9), st.text(max_size=9)))
def test_whatever_is_said_changes_a_rule_or_is_refused(text: str, values: dict[str, str]) -> None:
    """Nobody can break the rules of a place by what they type."""
    try:
        rules = after(text)
        rules = changed(
            rules, SettingsCommand(rule=text[:4], values=tuple(values.items())), place=HERE
        )
    except RequestRejected:
        return
    assert isinstance(rules, PlaceRules)


def in_channel(channel: str, *, parent: str = "") -> Place:
    """A channel of the server, or a thread in one."""
    return Place(platform="discord", id=channel, home="1", parent=parent)


CHANNELS = [
    (("여기 허용",), {"100"}),
    (("여기 허용", "7 허용"), {"100", "7"}),
    (("여기 허용", "7 허용", "여기 금지"), {"7"}),
    (("여기 금지",), {"7", "8"}),
    (("여기 금지", "7 금지"), {"8"}),
    (("여기 금지", "7 금지", "7 허용"), {"7", "8"}),
    (("여기 허용", "여기 금지"), {"7", "8"}),
    (("여기 금지", "7 허용", "8 허용"), {"7", "8"}),
    (("7 허용", "8 금지"), {"7"}),
    (("7 허용", "모두 허용"), {"100", "7", "8"}),
]


@pytest.mark.parametrize(("said", "is_open"), CHANNELS, ids=[" ".join(one[0]) for one in CHANNELS])
def test_a_channel_is_open_or_closed_as_it_was_said_last(
    said: tuple[str, ...], is_open: set[str]
) -> None:
    """Allowing the first closes the others; forbidding never opens the one that it names."""
    rules = after(*(f"채널 {one}" for one in said))

    assert is_open == {
        channel for channel in ("100", "7", "8") if rules.is_open(in_channel(channel))
    }


def test_a_thread_is_as_open_as_its_channel() -> None:
    """Nobody has to allow every thread, and none is a way around what was forbidden."""
    thread = in_channel("55", parent="7")

    assert after("채널 7 허용").is_open(thread)
    assert not after("채널 8 허용").is_open(thread)
    assert not after("채널 7 금지").is_open(thread)
    assert after("채널 8 금지").is_open(thread)


@given(st.lists(st.tuples(st.sampled_from("123"), st.booleans()), min_size=1, max_size=12))
def test_the_last_word_on_a_channel_holds_for_it(said: list[tuple[str, bool]]) -> None:
    """Whatever was said before, and of the others."""
    rules = after(*(f"채널 {one} {'허용' if may else '금지'}" for one, may in said))

    assert said[-1][1] == rules.is_open(in_channel(said[-1][0]))


BACK = {
    "화풍 수채화": "화풍 없음",
    "할당량 9 10": "할당량 9 0",
    "신고채널 8": "신고채널 없음",
    "용어 모모 a cat": "용어 모모",
    "채널 7 금지": "채널 7 허용",
    "가리기 모두": "가리기 안함",
    "금지어 좀비 Zombie": "금지어 빼기 좀비  zombie",
    "금지어 좀비": "금지어 삭제 좀비",
}


@pytest.mark.parametrize("text", BACK)
def test_a_rule_can_be_taken_back(text: str) -> None:
    """Then all is as if nobody had said it."""
    assert PlaceRules() == after(text, BACK[text])


def test_a_list_of_words_is_bounded() -> None:
    """And a word that is there already may be changed, or taken out, when it is full."""
    full = after(*(f"용어 말{number} word" for number in range(MAX_TERMS)))

    with pytest.raises(TooManyRules):
        after("용어 하나더 word", rules=full)
    assert "other" == after("용어 말0 other", rules=full).glossary["말0"]
    assert MAX_TERMS - 1 == len(after("용어 말0", rules=full).glossary)


def test_forbidden_words_are_bounded() -> None:
    """A word that is there already fills no place, and one that is taken out makes one free."""
    full = after(*(f"금지어 말{number}번" for number in range(MAX_FORBIDDEN_WORDS)))

    with pytest.raises(TooManyRules):
        after("금지어 하나더", rules=full)
    assert MAX_FORBIDDEN_WORDS == len(after("금지어 말0번", rules=full).forbidden_words)
    assert "하나더" in after("금지어 빼기 말0번", "금지어 하나더", rules=full).forbidden_words


@pytest.mark.parametrize(
    ("roles", "daily"),
    [((), None), (("discord:1",), 3), (("discord:1", "discord:2"), 9), (("discord:3",), None)],
)
def test_the_best_of_somebodys_roles_counts(roles: tuple[str, ...], daily: int | None) -> None:
    """Whoever has two roles is not worse off than with one."""
    assert daily == after("할당량 1 3", "할당량 2 9").daily_of(roles)


DEFAULTS = after("화풍 수채화", "비율 가로", "품질 정밀")
FILLED = {
    "고래": DrawCommand(text="수채화 느낌으로, 고래", ratio=Ratio.LANDSCAPE, quality=Quality.FINE),
    "고래 크기:세로": DrawCommand(
        text="수채화 느낌으로, 고래", ratio=Ratio.PORTRAIT, quality=Quality.FINE
    ),
    "고래 크기:640x640 품질:빠르게": DrawCommand(
        text="수채화 느낌으로, 고래", width_px=640, height_px=640, quality=Quality.FAST
    ),
    "유화로 그린 고래": DrawCommand(
        text="유화로 그린 고래", ratio=Ratio.LANDSCAPE, quality=Quality.FINE
    ),
    "고래 화풍:민화": DrawCommand(
        text="고래, 민화 느낌으로", ratio=Ratio.LANDSCAPE, quality=Quality.FINE
    ),
    "/그려줘": DrawCommand(text="", ratio=Ratio.LANDSCAPE, quality=Quality.FINE),
}


@pytest.mark.parametrize("text", FILLED)
def test_a_default_fills_what_was_not_said(text: str) -> None:
    """And never replaces what was."""
    command = parse(text)
    assert isinstance(command, DrawCommand)

    assert FILLED[text] == DEFAULTS.completed(command, has_photo=False)


def test_a_photo_keeps_its_shape() -> None:
    """The default shape is for what has none."""
    assert DEFAULTS.completed(DrawCommand(text="고래"), has_photo=True).ratio is None


MANNERS = [
    ((), False, False, False),
    (("가리기 모두",), True, True, False),
    (("가리기 연령제한채널",), False, True, False),
    (("성인 연령제한채널",), False, True, True),
]


@pytest.mark.parametrize(
    ("said", "is_hidden", "is_hidden_there", "is_adult_there"),
    MANNERS,
    ids=["default", "all", "restricted", "adults"],
)
def test_pictures_are_hidden_where_the_rules_ask(
    said: tuple[str, ...], *, is_hidden: bool, is_hidden_there: bool, is_adult_there: bool
) -> None:
    """What is for adults is nowhere but in channels for them, and hidden there too."""
    rules = after(*said)

    assert Manner(is_spoiler=is_hidden) == rules.manner_in(HERE)
    there = Manner(is_spoiler=is_hidden_there, is_adult=is_adult_there)
    assert there == rules.manner_in(RESTRICTED)


ADULTS_THERE = after("성인 연령제한채널")


def test_a_photo_is_never_for_adults() -> None:
    """Whoever is in it was not asked."""
    assert ADULTS_THERE.manner_in(RESTRICTED).is_adult
    assert Manner() == ADULTS_THERE.manner_in(RESTRICTED, has_photo=True)


@pytest.mark.parametrize("platform", ["telegram", "web", "test", ""])
def test_only_one_platform_knows_ages(platform: str) -> None:
    """What another one says of a channel opens nothing."""
    assert Manner() == ADULTS_THERE.manner_in(replace(RESTRICTED, platform=platform))


@pytest.mark.parametrize("text", ["노을을 만화로 그려줘", "고래 수채화", "a whale, oil painting"])
def test_a_text_that_names_a_style_gets_no_other(text: str) -> None:
    """Also where the style is none of the names that are offered."""
    assert text == DEFAULTS.completed(DrawCommand(text=text), has_photo=False).text
