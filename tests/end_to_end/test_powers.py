"""Who may do what on Discord and on Telegram, whatever their client lets them send.

The program and the sockets are real, the platforms are the local ones; nothing is drawn here.
"""

from pathlib import Path
from typing import Any

import pytest

from bot import error_texts
from bot.backup import APP_FILE
from bot.rules import NotManager
from bot.sealing import load_or_create
from bot.store import Audited, Deed, Store
from bot.strikes import NotInPrivate, NotOperator
from tests.discord.asked import Asked
from tests.discord.bot import be_patient, told
from tests.discord.people import Person
from tests.discord.program import settings_of as discord_settings
from tests.discord.server import DiscordServer
from tests.discord.things import Channel, InteractionType, Permission
from tests.program import program
from tests.telegram.program import Bot
from tests.telegram.program import settings_of as telegram_settings
from tests.telegram.server import TelegramServer
from tests.telegram.things import Status

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.fault(49)]

NOT_OPERATOR = error_texts.of_error(NotOperator(), job_id="")
NOT_MANAGER = error_texts.of_error(NotManager(), job_id="")
NOT_IN_PRIVATE = error_texts.of_error(NotInPrivate(), job_id="")
STYLE = {
    "name": "기본값",
    "type": 1,
    "options": [{"name": "화풍", "type": 3, "value": "수채화"}],
}


def forge(person: Person, channel: Channel, name: str, *options: dict[str, Any]) -> Asked:
    """Send a command as a changed client does, which asks nobody whether its person may."""
    (command,) = (one for one in person._people.world.commands.get(None, ()) if one["name"] == name)
    data = {"id": command["id"], "name": name, "type": command["type"], "options": list(options)}
    return person._people.ask(InteractionType.COMMAND, person.user, channel, data)


async def audited(folder: Path) -> tuple[Audited, ...]:
    """Read what a program wrote down that has ended."""
    sealer = load_or_create(folder / "data.key", may_create=False)
    store = await Store.open(f"sqlite:///{folder / 'var' / APP_FILE}", sealer=sealer)
    try:
        return await store.audited()
    finally:
        await store.close()


async def test_a_power_is_checked_here_and_written_down(tmp_path: Path) -> None:
    """Neither a changed client nor a number of another platform has one; each attempt leaves a line."""
    async with DiscordServer() as discord, TelegramServer() as telegram:
        be_patient(discord)
        telegram.be_patient()
        channel, group = discord.add_channel("그림"), telegram.group()
        member, owner = discord.person(), discord.person(permissions=Permission.ADMINISTRATOR)
        minji = telegram.person(has_started=True)
        runs_it = telegram.person("운영자", has_started=True)
        for person in (minji, runs_it):
            group.members[person.id] = Status.MEMBER

        async def ready(limit_s: float) -> None:
            await discord.ready(limit_s)
            await telegram.ready(limit_s)

        settings = {
            **discord_settings(discord),
            **telegram_settings(telegram),
            "OPERATOR__IDS": f'["telegram:{runs_it.id}", "discord:{minji.id}"]',
        }
        async with program(tmp_path, ready, **settings):
            bot = Bot(server=telegram, folder=tmp_path)
            suspend = [
                {"name": "할일", "type": 3, "value": "정지"},
                {"name": "대상", "type": 3, "value": f"discord:{owner.id}"},
            ]

            assert NOT_MANAGER in await told(forge(member, channel, "설정", STYLE))
            assert NOT_OPERATOR in await told(forge(member, channel, "제재", *suspend))
            assert NOT_OPERATOR in await told(forge(owner, channel, "제재", *suspend))
            assert NOT_MANAGER in await bot.ask(
                minji, "/settings@geuryeojwo_bot 화풍 수채화", group
            )
            assert NOT_OPERATOR in await bot.ask(minji, f"/제재 정지 discord:{owner.id}")
            assert NOT_IN_PRIVATE in await bot.ask(runs_it, "/sanctions@geuryeojwo_bot", group)

    expected = [Deed.SETTINGS, Deed.SUSPEND, Deed.SUSPEND, Deed.SETTINGS, Deed.SUSPEND, Deed.LIST]
    found = await audited(tmp_path)
    assert expected == [one.deed for one in found]
    assert not any(one.is_allowed for one in found)
    assert [] == [*discord.problems, *telegram.problems]
