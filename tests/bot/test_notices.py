"""People read what the bot is before their first picture, once, and without waiting for it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog

from bot import cards, notices, texts
from bot.adapters.discord.layout import content_of
from bot.adapters.port import Card, CardState, Person, PlatformDown
from bot.adapters.telegram.layout import MAX_CAPTION, written
from bot.settings import KeepSection, Settings
from bot.store import StoreUnavailable
from pipeline import Verdict
from tests.bot.house import House, eventually
from tests.bot.stage import Stage, open_stage
from tests.doubles import Fault, progress
from tests.own_logging import own_logging as own_logging
from tests.platform.server import Platform

NOTICE = texts.prior_notice(
    operator=None,
    prompts_days=KeepSection().prompts_days,
    pictures_days=KeepSection().pictures_days,
)
LONGEST = texts.prior_notice(operator="가" * 100, prompts_days=36_500, pictures_days=36_500)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A conversation with people who were never here."""
    async with open_stage(tmp_path) as stage:
        yield stage


def shown_with_notice(stage: Stage) -> list[bool]:
    """Say of every message whether all of its cards showed the notice."""
    return [all(NOTICE in card.notes for card in versions) for versions in stage.port.versions]


async def test_the_first_request_tells_on_every_card_and_the_second_does_not(stage: Stage) -> None:
    """The acknowledgement says it before anything is drawn, and so does the picture's card."""
    await stage.draw("고래", "e1")
    await stage.draw("바다", "e2")

    assert CardState.WAITING is stage.port.versions[0][0].state
    assert [True, False] == shown_with_notice(stage)
    assert not any(NOTICE in card.notes for card in stage.port.versions[1])


async def test_nothing_is_sent_beside_the_card(stage: Stage) -> None:
    """One message carries the acknowledgement, the notice and the picture."""
    await stage.draw()

    assert 1 == len(stage.port.versions)


async def test_progress_keeps_the_notice(stage: Stage) -> None:
    """Whoever looks while it is drawn can read it."""
    await stage.begin()
    stage.engine.tickets[0].tell(progress(1))

    assert NOTICE in (await stage.show_progress()).notes
    await stage.finish()


async def test_another_person_is_told_too(stage: Stage) -> None:
    """What one knows, another does not."""
    await stage.draw("고래", "e1")
    await stage.draw("바다", "e2", person=Person(platform="test", id="q"))

    assert [True, True] == shown_with_notice(stage)


async def test_a_newer_notice_is_told_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who knows an older version reads the new one, also after a restart."""
    await stage.draw("고래", "e1")
    monkeypatch.setattr(notices, "VERSION", notices.VERSION + 1)
    await stage.reopen()
    await stage.draw("바다", "e2")
    await stage.draw("나무", "e3")

    assert [True, True, False] == shown_with_notice(stage)


async def test_a_card_that_nobody_saw_told_nothing(stage: Stage) -> None:
    """Where the first card did not arrive, the next request tells."""
    stage.runner.is_held = True
    stage.port.faults = [Fault(error=PlatformDown())]
    await stage.say("고래", "e1")
    stage.runner.is_held = False
    await stage.draw("바다", "e2")

    assert [True] == shown_with_notice(stage)


async def test_a_text_without_a_prompt_is_answered_with_it(stage: Stage) -> None:
    """Also a question back was a first request."""
    stage.text.verdict = Verdict.EMPTY
    await stage.say("뷁")
    await stage.runner.idle()

    assert [True] == shown_with_notice(stage)


async def test_who_cannot_be_looked_up_is_told(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice does no harm; a request is not refused for it."""
    await stage.draw("고래", "e1")

    async def broken(person_name: str) -> int:
        raise StoreUnavailable(reason="test")

    monkeypatch.setattr(stage.store, "told_version", broken)
    await stage.draw("바다", "e2")

    assert [True, True] == shown_with_notice(stage)


async def test_a_notice_that_cannot_be_remembered_harms_no_request(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was shown, the picture comes, and nobody hears of an error."""

    async def broken(job_id: str, version: int) -> None:
        raise StoreUnavailable(reason="test")

    monkeypatch.setattr(stage.store, "keep_notice", broken)
    await stage.draw("고래", "e1")

    assert [True] == shown_with_notice(stage)
    assert CardState.DONE is stage.port.last.state


def test_the_notice_names_what_has_to_be_named() -> None:
    """That it is generative AI, who runs it, what is kept how long, who may not, and where there is more."""
    told = texts.prior_notice(operator="별빛", prompts_days=365, pictures_days=None)

    for words in (
        "생성형 인공지능",
        "운영자는 별빛이에요",
        "365일",
        "지워 달라고 하실 때까지",
        "만 14세 미만",
        "미성년자",
        "/개인정보",
    ):
        assert words in told


async def test_the_log_misses_an_operator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_logging: None
) -> None:
    """Where others use the bot and nobody is named to them, the start says which settings are empty."""
    monkeypatch.setattr(Settings, "lacks_operator", True)
    async with Platform() as platform:
        with structlog.testing.capture_logs() as logs:
            async with House(tmp_path, platform, monkeypatch).running() as process:
                await eventually(lambda: bool(process.said))

    assert 1 == sum("operator.contact" in str(one.get("settings")) for one in logs)


def test_the_notice_fits_whole_below_a_card_of_discord() -> None:
    """Also with the longest name that an operator may have, beside the line that says AI."""
    card = Card(job_id=None, state=CardState.DONE, text="고래", notes=(texts.MADE_BY_AI, LONGEST))

    assert LONGEST[-20:] in content_of(card).replace("\\", "")


def test_the_notice_fits_whole_below_a_picture_of_telegram() -> None:
    """A caption is shorter than a message, and still has room for it."""
    card = Card(job_id=None, state=CardState.DONE, text="고래", notes=(texts.MADE_BY_AI, LONGEST))

    assert LONGEST in written(card, max_units=MAX_CAPTION).text


def longest_policy() -> Card:
    """What is told where everything that can be named is named, as long as it may be."""
    return cards.note(
        texts.privacy(
            operator="가" * 100,
            contact="_" * 200,
            prompts_days=36_500,
            pictures_days=36_500,
            strikes_days=36_500,
            providers=("papago", "deepl", "openai", "kt", "moderation", "guard"),
        )
    )


def test_the_policy_fits_whole_into_a_message_of_each_platform() -> None:
    """Its last words are about age, and are not cut off anywhere."""
    card = longest_policy()

    assert card.text[-20:] in content_of(card).replace("\\", "")
    assert card.text in written(card).text


def test_what_telegram_shows_of_the_bot_is_taken_by_it() -> None:
    """512 and 120 characters are the most, and both name generative AI."""
    assert len(texts.BOT_DESCRIPTION) <= 512
    assert len(texts.BOT_SHORT_DESCRIPTION) <= 120
    for text in (texts.BOT_DESCRIPTION, texts.BOT_SHORT_DESCRIPTION, texts.GREETING, texts.HELP):
        assert "생성형 인공지능(AI)" in text
