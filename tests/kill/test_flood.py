"""One person sends as much as a program can hear; the real program keeps to its limits, and to the others."""

import asyncio
from pathlib import Path

import pytest

from bot.adapters.port import CardState
from tests.kill.role import Form
from tests.platform.server import Platform

_MAX_PER_PERSON = 5
_FLOOD, _OTHERS = 150, 10
_LIMIT_S = 240.0
_UNDER_WAY = (CardState.WAITING, CardState.DRAWING)


@pytest.mark.slow
@pytest.mark.fault(50)
@pytest.mark.timeout(300)
async def test_a_flood_is_refused_and_holds_nobody_up(tmp_path: Path) -> None:
    """Of 150 requests at once all are answered, not all taken; whoever asks after them is drawn for."""
    async with Platform() as platform, asyncio.timeout(_LIMIT_S):
        (role,) = Form(folder=tmp_path, platform_url=platform.url, work_s=1.0).roles("run")
        await role.start(GEURYEOJWO_QUEUE__MAX_PER_PERSON=str(_MAX_PER_PERSON))
        try:
            await role.up()
            flood = {platform.say("고래 그려줘", person="flood").id for _ in range(_FLOOD)}
            others = {
                platform.say("고래 그려줘", person=f"other-{number}", place=f"place-{number}").id
                for number in range(_OTHERS)
            }

            def ended(state: CardState) -> set[str | None]:
                return {one.reply_to for one in platform.log.newest(state)}

            def is_answered() -> bool:
                shown = platform.log.messages.values()
                done = {one.reply_to for one in shown if one.last.state not in _UNDER_WAY}
                return flood | others <= done

            await platform.until(is_answered)

            assert others <= ended(CardState.DONE)
            assert _MAX_PER_PERSON <= len(flood & ended(CardState.DONE)) < _FLOOD
            (late,) = {platform.say("고래 그려줘", person="flood").id}
            await platform.until(lambda: late in ended(CardState.DONE))
        finally:
            await role.stop()
