"""What a person wrote is shown as it stands, and does nothing."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.discord import markdown

NASTY = st.text(
    st.sampled_from("가나 a1\n\r\t\\`*_~|#>-+.:/@<>[]()!\u202e\u0000\ud800😀") | st.characters(),
    max_size=300,
)


def read(written: str) -> str:
    """What Discord shows of a text in which every sign that it knows is escaped."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", written.replace("\u200b", ""))


@pytest.mark.fault(46)
@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("노을 지는 바다 위의 고래", "노을 지는 바다 위의 고래"),
        ("그림이에요. 시드:7 크기:16:9", "그림이에요. 시드:7 크기:16:9"),
        ("얼마나 바꿀까요? (0~1 | 0.5)", "얼마나 바꿀까요? (0~1 | 0.5)"),
        ("**굵게** __밑줄__", r"\*\*굵게\*\* \_\_밑줄\_\_"),
        ("||가림|| ~~줄~~ `코드`", r"\|\|가림\|\| \~\~줄\~\~ \`코드\`"),
        (
            "# 제목\n-# 작게\n> 인용\n- 점\n1. 하나",
            "\\# 제목\n\\-# 작게\n\\> 인용\n\\- 점\n1\\. 하나",
        ),
        ("@everyone <@123> <@&4> <#5>", "@\u200beveryone \\<@\u200b123> \\<@\u200b&4> \\<#5>"),
        ("discord.gg/abc", r"discord\.gg/abc"),
        ("https://discord.com/invite/abc", r"https\://discord\.com/invite/abc"),
        ("[그림](http://a.b)", r"\[그림\](http\://a\.b)"),
        (":smile: <:a:1>", r"\:smile: \<\:a:1>"),
        ("\\*", r"\\\*"),
    ],
)
def test_signs_are_shown_instead_of_done(text: str, written: str) -> None:
    """Formats, calls, links and invitations are only letters; plain Korean is left alone."""
    assert written == markdown.literal(text, max_chars=200)


@pytest.mark.fault(46)
@settings(deadline=None)
@given(text=NASTY, max_chars=st.integers(20, 2_000))
def test_any_text_fits_and_calls_nobody(text: str, max_chars: int) -> None:
    """Whatever is written: short enough, encodable, without anything that acts."""
    written = markdown.literal(text, max_chars=max_chars)

    assert len(written) <= max_chars
    written.encode()
    assert not re.search(r"@(everyone|here)|https?://|(?i:discord\.gg)", written)
    assert not re.search(r"[*_`\[\]<]|~~|\|\|", re.sub(r"\\.", " ", written))


@settings(deadline=None)
@given(text=NASTY)
def test_a_short_text_is_read_as_it_was_written(text: str) -> None:
    """Escapes are all that is added, and control characters all that is taken away."""
    assert markdown.cleaned(text).strip().replace("\u200b", "") == read(
        markdown.literal(text, max_chars=5_000)
    )


@pytest.mark.fault(46)
@settings(deadline=None)
@given(text=NASTY, max_chars=st.integers(20, 400))
def test_code_stays_code(text: str, max_chars: int) -> None:
    """Nothing ends a span or a block of code before its end."""
    span, block = (
        markdown.code(text, max_chars=max_chars),
        markdown.code_block(text, max_chars=max_chars),
    )

    assert len(span) <= max_chars
    assert len(block) <= max_chars
    assert span.count("`") in (0, 2)
    assert "\n" not in span
    assert block.count("```") in (0, 2)


@settings(deadline=None)
@given(text=NASTY, max_chars=st.integers(20, 400))
def test_a_small_line_is_one_line(text: str, max_chars: int) -> None:
    """A note cannot begin a line of its own making."""
    written = markdown.small(text, max_chars=max_chars)

    assert "\n" not in written
    assert written.startswith("-# ")
    assert len(written) <= max_chars


def test_a_link_cannot_be_left() -> None:
    """An address ends where it should, and is shown without a preview."""
    assert r"[번역 \[1\]](<https://a.example/%28x%29%3E>)" == markdown.link(
        "번역 [1]", "https://a.example/(x)>"
    )


ID = "123456789012345678"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (f"그린 곳: #{ID}", f"그린 곳: <#{ID}>"),
        (f"#{ID}, #{ID}", f"<#{ID}>, <#{ID}>"),
        (f"부탁한 사람: @{ID}", f"부탁한 사람: <@{ID}>"),
        (f"@&{ID} 하루 10장", f"<@&{ID}> 하루 10장"),
        (f"<@{ID}>", f"\\<@\u200b{ID}>"),
        ("수는 #5 @everyone", "수는 #5 @\u200beveryone"),
        ("help@example.com", "help@example\\.com"),
        ("help@everyone.com a@here a@&4", "help@\u200beveryone\\.com a@\u200bhere a@\u200b&4"),
        (f"a#{ID} #{ID}9999", f"a#{ID} #{ID}9999"),
    ],
)
def test_ids_are_shown_by_their_names(text: str, written: str) -> None:
    """Whoever looks after a server reads the names of its channels and roles; a typed mention stays text."""
    assert written == markdown.with_names(markdown.literal(text, max_chars=500))
