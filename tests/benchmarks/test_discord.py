"""Acknowledgements in Discord are measured, from a run that is as short as can be."""

import argparse
from pathlib import Path

import pytest

from benchmarks import discord
from tests.discord.asked import Asked
from tests.discord.server import DiscordServer
from tests.discord.things import CallbackType, Interaction, InteractionType


def _asked(server: DiscordServer, ack_ms: float | None) -> Asked:
    interaction = Interaction(
        id=1,
        token="",
        type=InteractionType.COMMAND,
        user=server.world.bot,
        channel=server.channel,
        data={},
        created_s=0.0,
        began_s=0.0,
        ack_ms=ack_ms,
        callback_type=None if ack_ms is None else CallbackType.MESSAGE,
        has_failed=ack_ms is None,
    )
    return Asked(interaction, server.wait_for)


async def test_whoever_was_not_answered_is_counted_apart() -> None:
    """Waits are summarised in milliseconds, without those that had no end."""
    server = DiscordServer()
    asked = [_asked(server, ack_ms) for ack_ms in (10.0, 20.0, 30.0, None)]

    figures = discord.figures_of(asked)

    assert (4, 1) == (figures["num_asked"], figures["num_failed"])
    assert {"message": 3} == figures["answers"]
    assert {"p50": 20.0, "p99": 30.0, "max": 30.0} == figures["acknowledged_ms"]


@pytest.mark.slow
@pytest.mark.timeout(280)
async def test_a_burst_on_a_busy_engine_is_measured(tmp_path: Path) -> None:
    """With the real parts, everybody is acknowledged and timed while long jobs are drawn."""
    options = argparse.Namespace(people=3, bursts=1, ahead=2)

    figures = await discord.measure("busy", options, tmp_path / "busy")

    assert (3, 0) == (figures["num_asked"], figures["num_failed"])
    assert 0 < figures["acknowledged_ms"]["p50"] <= figures["acknowledged_ms"]["max"]
