"""What the local Telegram finds in a text."""

import pytest

from tests.telegram.entities import found, part, read, utf16_len
from tests.telegram.refusal import Refused


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/그려줘 고양이", []),
        ("/그려줘@our_bot 고양이", []),
        ("/draw고양이", []),
        ("/draw_고양이", []),
        ("/draw 고양이", [("bot_command", "/draw", 0)]),
        ("/draw@our_bot 고양이", [("bot_command", "/draw@our_bot", 0)]),
        ("🎨 /draw 고양이", [("bot_command", "/draw", 3)]),
        ("@our_bot 고양이 그려줘", [("mention", "@our_bot", 0)]),
        ("고양이 🐈 @our_bot", [("mention", "@our_bot", 7)]),
        ("a/draw <b", []),
        ("보기: https://example.org/draw", [("url", "https://example.org/draw", 4)]),
    ],
)
def test_commands_and_mentions_are_found_in_utf16(
    text: str, expected: list[tuple[str, str, int]]
) -> None:
    """Hangul belongs to words, so a command does not end at it."""
    assert [(one["type"], part(text, one), one["offset"]) for one in found(text)] == expected


def test_html_and_markdown_make_the_same_entities() -> None:
    """The text loses its marks."""
    html = read('<b>굵게</b> 🎨 <a href="https://example.org">여기</a>', "HTML", None)
    markdown = read("*굵게* 🎨 [여기](https://example.org)", "MarkdownV2", None)

    assert html == markdown
    assert html[0] == "굵게 🎨 여기"
    assert [(0, 2), (6, 2)] == [(one["offset"], one["length"]) for one in html[1]]


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("1 < 2", "HTML"),
        ("<b>굵게", "HTML"),
        ("<b>굵게</i>", "HTML"),
        ("<blink>", "HTML"),
        ("그만.", "MarkdownV2"),
        ("*굵게", "MarkdownV2"),
        ("(그림)", "MarkdownV2"),
        ("네", "Other"),
    ],
)
def test_marks_that_do_not_fit_are_refused(text: str, mode: str) -> None:
    """Signs that mean something have to be escaped."""
    with pytest.raises(Refused):
        read(text, mode, None)


def test_escaped_signs_are_text() -> None:
    """Both modes have a way to write every sign."""
    assert read("1 &lt; 2", "HTML", None)[0] == "1 < 2"
    assert read(r"그만\. \*", "MarkdownV2", None)[0] == "그만. *"


def test_an_entity_outside_of_the_text_is_refused() -> None:
    """Offsets are UTF-16 units, not characters."""
    bold = {"type": "bold", "offset": 0, "length": 3}

    assert utf16_len("🎨고") == 3
    assert read("🎨고", None, [bold])[1] == (bold,)
    with pytest.raises(Refused):
        read("고래", None, [bold])


def test_a_text_is_trimmed_with_its_entities() -> None:
    """Blank space at both ends is lost."""
    bold = {"type": "bold", "offset": 2, "length": 2}

    assert read("  고래 ", None, [bold]) == ("고래", ({**bold, "offset": 0},))
