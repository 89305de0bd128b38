"""Whatever a look at Discord finds has its sentence, which says what to do."""

import pytest

from bot import check_texts
from bot.adapters.discord.finding import (
    ApplicationFound,
    BotFound,
    Cause,
    CommandsFound,
    Finding,
    GatewayFound,
    Obstacle,
    Part,
    Permission,
    Refusal,
    Server,
    ServersFound,
)

APPLICATION = ApplicationFound(id="7", name="그려줘", is_public=True, is_for_users=True)
HINDERED = ApplicationFound(
    id="7", name="그려줘", is_public=True, is_for_users=False, obstacles=tuple(Obstacle)
)
LACKING = ServersFound(num=2, lacking=(Server(name="마을", missing=tuple(Permission)),))


@pytest.mark.parametrize("part", Part)
@pytest.mark.parametrize("cause", Cause)
def test_every_refusal_has_its_sentence(part: Part, cause: Cause) -> None:
    """One line names the part and the reason; Discord's own words stand behind it."""
    line = check_texts.discord(Refusal(part=part, cause=cause, detail="30034: Max"))

    assert line.startswith("✗ 디스코드 ")
    assert "(30034: Max" in line
    assert "\n" not in line


def test_a_busy_discord_says_for_how_long() -> None:
    """What it asked for, with the unit."""
    busy = Refusal(part=Part.SERVERS, cause=Cause.BUSY, detail="7")

    assert check_texts.discord(busy).endswith("(7초)")


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (BotFound(name="그려줘"), "‘그려줘’"),
        (APPLICATION, "누구나 초대할 수 있어요"),
        (
            ApplicationFound(id="7", name="그려줘", is_public=False, is_for_users=False),
            "앱의 주인만",
        ),
        (GatewayFound(num_starts_left=998), "Privileged Gateway Intents는 하나도"),
        (ServersFound(num=3), "3곳"),
        (CommandsFound(num=12, were_changed=False), "등록된 그대로예요"),
        (CommandsFound(num=12, were_changed=True), "다시 등록했어요"),
    ],
)
def test_what_works_is_ticked(finding: Finding, words: str) -> None:
    """The operator reads what was found, too."""
    report = check_texts.discord(finding)

    assert report.startswith("✓ ")
    assert words in report
    assert not finding.is_problem


@pytest.mark.parametrize(
    ("finding", "num"),
    [
        (HINDERED, len(Obstacle)),
        (GatewayFound(num_starts_left=0, is_problem=True), 1),
        (LACKING, 1),
    ],
)
def test_what_has_to_be_mended_has_a_line_each(finding: Finding, num: int) -> None:
    """Each says what to do."""
    lines = [line for line in check_texts.discord(finding).splitlines() if line.startswith("✗ ")]

    assert finding.is_problem
    assert num == len(lines)
    assert all("주세요" in line for line in lines)


def test_the_missing_permissions_are_named_as_discord_names_them() -> None:
    """All of them, in the words of its Korean client."""
    line = check_texts.discord(LACKING)

    assert "‘마을’" in line
    assert "채널 보기, 메시지 보내기, 링크 첨부, 파일 첨부, 메시지 기록 보기, 스레드에서" in line


@pytest.mark.parametrize("application", [APPLICATION, HINDERED])
def test_the_invitation_is_always_shown(application: ApplicationFound) -> None:
    """The link to install the bot for oneself only where that works."""
    report = check_texts.discord(application)

    assert application.invitation in report
    assert application.is_for_users is (application.own_invitation in report)


def test_no_server_yet_is_no_mistake() -> None:
    """A bot that was just made is in none."""
    assert check_texts.discord(ServersFound(num=0)).startswith("– ")
