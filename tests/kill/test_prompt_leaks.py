"""Whatever fails while a request is worked on, the log says that it failed and not what was asked for."""

import asyncio
from pathlib import Path

import pytest

from bot.adapters.port import CardState
from bot.failpoints import VARIABLE, FailpointReached
from tests.kill.role import Form
from tests.leaks import leaks_in
from tests.platform.server import Platform

pytestmark = [pytest.mark.slow, pytest.mark.fault(55), pytest.mark.timeout(300)]

_LIMIT_S = 200.0
_UNDER_WAY = (CardState.WAITING, CardState.DRAWING)
CANARY = "CANARYPROMPT"


@pytest.mark.parametrize(
    "name",
    [
        "after_accept_before_enqueue",
        "after_prepare_before_record",
        "after_draw_before_file",
        "after_file_before_conclude",
    ],
)
async def test_a_failure_does_not_quote_the_request(name: str, tmp_path: Path) -> None:
    """An error at a boundary is logged with its kind and its place; the words stay where they are sealed."""
    async with Platform() as platform, asyncio.timeout(_LIMIT_S):
        (role,) = Form(folder=tmp_path, platform_url=platform.url, work_s=0.1).roles("run")
        armed = {VARIABLE: f"{name}:raise", "GEURYEOJWO_LOG_LEVEL": "info"}
        await role.start(**armed)
        try:
            await role.up()
            asked = platform.say(f"{CANARY} 고래 그려줘").id

            def is_answered() -> bool:
                shown = platform.log.messages.values()
                return asked in {one.reply_to for one in shown if one.last.state not in _UNDER_WAY}

            await platform.until(is_answered)
        finally:
            await role.stop()

    output = role.log.read_text(errors="replace")
    assert FailpointReached.__name__ in output
    assert CANARY not in output
    assert [] == leaks_in(output)
