"""Typed text becomes the command that was meant, or is refused."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.command import (
    AppealCommand,
    Command,
    DataCommand,
    DrawCommand,
    EraseCommand,
    HelpCommand,
    InfoCommand,
    LinkCommand,
    PicturesCommand,
    PrivacyCommand,
    QueueCommand,
    RecallCommand,
    SanctionsCommand,
    StatusCommand,
)
from bot.commands import MessageTooLong, OptionInvalid, UnknownCommand, parse, written
from pipeline import Quality, Ratio, RequestRejected, SamplerName, Variation

DRAW = [
    ("고래 그려줘", DrawCommand(text="고래 그려줘")),
    ("/그려줘 고래", DrawCommand(text="고래")),
    ("  /그려줘\n고래", DrawCommand(text="고래")),
    ("/그려줘", DrawCommand(text="")),
    ("/draw a cat", DrawCommand(text="a cat")),
    ("/그려주세요 고래", DrawCommand(text="그려주세요 고래")),
    ("고래 시드:7", DrawCommand(text="고래", seed=7)),
    (
        "/그려줘 고래 품질:정밀 스텝:30",
        DrawCommand(text="고래", quality=Quality.FINE, num_steps=30),
    ),
    ("고래 크기:64x96", DrawCommand(text="고래", width_px=64, height_px=96)),
    ("고래 제외:사람 제외:배", DrawCommand(text="고래", negative="사람, 배")),
    (
        "고래 샘플러:ddim 가이던스:3.5",
        DrawCommand(text="고래", sampler=SamplerName.DDIM, guidance_scale=3.5),
    ),
    ("고래 크기:넓게", DrawCommand(text="고래", ratio=Ratio.WIDE)),
    ("고래 크기:9:16", DrawCommand(text="고래", ratio=Ratio.TALL)),
    ("고래 크기:넓게 크기:64x64", DrawCommand(text="고래", width_px=64, height_px=64)),
    ("고래 크기:64x64 크기:족자", DrawCommand(text="고래", ratio=Ratio.SCROLL)),
    ("고래 장수:4", DrawCommand(text="고래", num_pictures=4)),
    ("고래 샘플러:DPM++2M-Karras", DrawCommand(text="고래", sampler=SamplerName.DPMPP_2M_KARRAS)),
    ("고래 구간:0.2~0.8", DrawCommand(text="고래", guidance_interval=(0.2, 0.8))),
    ("고래 변형:9", DrawCommand(text="고래", variation=Variation(seed=9, amount=0.2))),
    ("고래 강도:0.5", DrawCommand(text="고래", strength=0.5)),
    ("고래 변형:9:0.5", DrawCommand(text="고래", variation=Variation(seed=9, amount=0.5))),
    (
        "고래 로라:수채화:0.8 로라:먹",
        DrawCommand(text="고래", loras=(("수채화", 0.8), ("먹", 1.0))),
    ),
    ("고래 화풍:수채화", DrawCommand(text="고래, 수채화 느낌으로")),
    ("고래 화풍:연필_스케치", DrawCommand(text="고래, 연필 스케치 느낌으로")),
    ("고래 화풍:watercolor", DrawCommand(text="고래, watercolor style")),
    ("/그려줘 화풍:유화", DrawCommand(text="유화 느낌으로")),
    ("고래 제외:빨간_배", DrawCommand(text="고래", negative="빨간 배")),
    ("제목:고래", DrawCommand(text="제목:고래")),
    ("비율 16:9 고래", DrawCommand(text="비율 16:9 고래")),
]


@pytest.mark.parametrize(("text", "expected"), DRAW, ids=[case[0] for case in DRAW])
def test_a_drawing_is_read_as_written(text: str, expected: DrawCommand) -> None:
    """Names of options are taken out of the text, everything else stays in it."""
    assert expected == parse(text)


SHARES = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)
WORDS = st.text("가나다x:/", min_size=1, max_size=5)
OPTIONS = {
    "시드": st.integers(0, 2**32 - 1).map(str),
    "품질": st.sampled_from(["빠르게", "보통", "정밀"]),
    "크기": st.sampled_from(["넓게", "16:9", "64x96"]),
    "장수": st.integers(1, 4).map(str),
    "스텝": st.integers(1, 150).map(str),
    "가이던스": SHARES.map(lambda share: str(share * 30)[:5]),
    "구간": st.tuples(SHARES, SHARES).map(lambda two: "{}~{}".format(*sorted(two))),
    "샘플러": st.sampled_from(["ddim", "DPM++2M-Karras"]),
    "로라": st.tuples(st.text("수채화", min_size=1), SHARES).map(lambda two: "{}:{}".format(*two)),
    "변형": st.tuples(st.integers(0, 99), SHARES).map(lambda two: "{}:{}".format(*two)),
    "강도": SHARES.map(str),
    "제외": st.lists(WORDS, min_size=1, max_size=3).map("_".join),
    "화풍": st.sampled_from(["수채화", "연필_스케치", "oil_painting"]),
}


BESIDE = [
    (
        (("화풍", "수채화"), ("크기", "16:9")),
        DrawCommand(text="고래, 수채화 느낌으로", ratio=Ratio.WIDE),
    ),
    ((("제외", "빨간 배, 사람"),), DrawCommand(text="고래", negative="빨간 배, 사람")),
    ((("장수", "2"), ("시드", "7")), DrawCommand(text="고래", num_pictures=2, seed=7)),
    (
        (("강도", "0.4"), ("로라", "먹")),
        DrawCommand(text="고래", strength=0.4, loras=(("먹", 1.0),)),
    ),
]


@pytest.mark.parametrize(("options", "expected"), BESIDE, ids=[str(one[0][0]) for one in BESIDE])
@pytest.mark.parametrize("text", ["고래", "/그려줘 고래"])
def test_options_may_stand_beside_the_text(
    text: str, options: tuple[tuple[str, str], ...], expected: DrawCommand
) -> None:
    """They mean what they mean in a text, and their values may have spaces."""
    assert expected == parse(text, options)


def test_an_option_beside_the_text_is_refused_as_one_in_it() -> None:
    """Whoever brought it, a value that cannot be read is named."""
    with pytest.raises(OptionInvalid):
        parse("고래", (("스텝", "많이"),))


@given(st.lists(st.text("가나 _", min_size=1, max_size=8), max_size=3))
def test_what_is_not_wanted_survives_being_written(unwanted: list[str]) -> None:
    """Also where it has several words."""
    command = parse("고래", (("제외", ", ".join(unwanted)),))
    assert isinstance(command, DrawCommand)

    assert command == parse(written(command))


@given(
    words=st.lists(WORDS),
    options=st.lists(
        st.sampled_from(sorted(OPTIONS)).flatmap(
            lambda name: OPTIONS[name].map(lambda value: f"{name}:{value}")
        )
    ),
)
def test_a_command_that_is_written_is_read_back(words: list[str], options: list[str]) -> None:
    """Whatever was asked for can be put back into the text box, changed and sent."""
    command = parse(" ".join(["/그려줘", *words, *options]))
    assert isinstance(command, DrawCommand)

    assert command == parse(written(command))


OTHERS = {
    "/도움말": HelpCommand(),
    "/help 그림": HelpCommand(),
    "/상태": StatusCommand(),
    "/내그림": PicturesCommand(),
    "/내 그림": PicturesCommand(),
    "/mypictures": PicturesCommand(),
    "/내그림 파란 고래": PicturesCommand(search="파란 고래"),
    "/내 그림 고래": PicturesCommand(search="고래"),
    f"/내그림 {'고' * 99}": PicturesCommand(search="고" * 30),
    "/개인정보": PrivacyCommand(),
    "/개인 정보": PrivacyCommand(),
    "/privacy": PrivacyCommand(),
    "/연결": LinkCommand(),
    "/link": LinkCommand(),
    "/연결 ABCD-2345": LinkCommand(code="ABCD-2345"),
    "/link abcd 2345": LinkCommand(code="abcd 2345"),
    "/연결 끊기": LinkCommand(is_parting=True),
    "/연결끊기": LinkCommand(is_parting=True),
    "/연결 해제": LinkCommand(is_parting=True),
    "/link off": LinkCommand(is_parting=True),
    "/unlink": LinkCommand(is_parting=True),
    "/이의": AppealCommand(),
    "/이의  소설 표지였어요 ": AppealCommand(words="소설 표지였어요"),
    "/appeal a cover": AppealCommand(words="a cover"),
    "/제재": SanctionsCommand(),
    "/제재 해제 a1b2c3d4": SanctionsCommand(deed="해제", about="a1b2c3d4"),
    "/제재 정지  <@1234>": SanctionsCommand(deed="정지", about="<@1234>"),
    "/sanctions 목록": SanctionsCommand(deed="목록"),
    "/대기열": QueueCommand(),
    "/queue": QueueCommand(),
    "/내데이터": DataCommand(),
    "/mydata": DataCommand(),
    "/내데이터삭제": EraseCommand(),
    "/내 데이터 삭제": EraseCommand(),
    "/내데이터 삭제": EraseCommand(),
    "/erase": EraseCommand(),
}


@pytest.mark.parametrize(("text", "expected"), OTHERS.items(), ids=OTHERS)
def test_what_is_no_drawing_is_a_command_of_its_own(text: str, expected: Command) -> None:
    """The slash names of everything else are not drawn, however they are spaced."""
    assert expected == parse(text)


@pytest.mark.parametrize(
    "text", ["내그림 보여줘", "개인정보 지키는 고래", "내 데이터 삭제", "erase the sky"]
)
def test_without_a_slash_everything_is_drawn(text: str) -> None:
    """Words that name a command are words of a picture where nobody asked for a command."""
    assert isinstance(parse(text), DrawCommand)


@pytest.mark.fault(48)
@pytest.mark.parametrize(
    "option",
    [
        "시드:-1",
        "시드:4294967296",
        "시드:1208925819614629174706176",
        "시드:NaN",
        "스텝:-1",
        "스텝:1000000000",
        "스텝:" + "9" * 1_500,
        "크기:7x100000",
        "가이던스:nan",
        "가이던스:inf",
        "가이던스:1e999",
        "강도:nan",
        "구간:nan~1",
        "장수:-1",
        "로라:수채화:nan",
        "시드:일곱",
        "스텝:0",
        "스텝:151",
        "품질:최고",
        "크기:64",
        "가이던스:99",
        "샘플러:없음",
        "시드:",
        "크기:네모",
        "크기:5:4",
        "장수:0",
        "장수:5",
        "구간:0.8~0.2",
        "구간:0.5",
        "변형:9:2",
        "변형:어제",
        "강도:1.5",
        "강도:세게",
        "로라:",
        "로라:수채화:세게",
        "화풍:",
        f"화풍:{'가' * 61}",
    ],
)
def test_a_value_that_cannot_be_read_is_refused(option: str) -> None:
    """A wrong value is named and never quietly replaced by another."""
    with pytest.raises(OptionInvalid) as caught:
        parse(f"고래 {option}")

    assert option.partition(":")[0] == caught.value.name


def test_an_unknown_slash_command_is_named() -> None:
    """A slash command that does not exist is not drawn as if it were a text."""
    with pytest.raises(UnknownCommand) as caught:
        parse("/음악틀어줘 고래")

    assert "음악틀어줘" == caught.value.name


def test_ten_thousand_characters_are_refused_with_both_numbers() -> None:
    """A text that is too long says how long it is and how long it may be."""
    with pytest.raises(MessageTooLong) as caught:
        parse("고" * 10_000)

    assert (10_000, 2_000) == (caught.value.num_chars, caught.value.max_chars)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the parser fail in another way than by refusing."""
    with suppress(RequestRejected):
        parse(text)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/재현", RecallCommand()),
        ("/재현 0123abcd", RecallCommand(key="0123abcd")),
        ("/recall  geuryeojwo-0123abcd-2.png ", RecallCommand(key="geuryeojwo-0123abcd-2.png")),
        ("/그림정보", InfoCommand()),
        ("/그림 정보", InfoCommand()),
    ],
)
def test_a_picture_is_named_by_its_number_or_comes_along(text: str, command: Command) -> None:
    """The number is read as it stands; whether there is such a picture is found out elsewhere."""
    assert command == parse(text)
