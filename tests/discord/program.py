"""The real program as an operator starts it, in a process of its own, on a local Discord."""

from asyncio.subprocess import Process
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from tests import program as started
from tests.discord.server import DiscordServer
from tests.program import ROOT as ROOT


def settings_of(server: DiscordServer) -> dict[str, str]:
    """Name this Discord to the program."""
    return {"DISCORD__TOKEN": server.token, "DISCORD__API_BASE": server.url}


def program(
    server: DiscordServer, folder: Path, **settings: str
) -> AbstractAsyncContextManager[Process]:
    """Run `python -m bot run` from enter to exit, with these settings too; it has come to the gateway.

    Its log lies in the folder. Raises TimeoutError where it does not come.
    """
    return started.program(folder, server.ready, **settings_of(server), **settings)
