"""The program dies in the middle of twenty jobs that people on Discord asked for, and comes back.

The processes and the adapter are the real ones, Discord is the local one; only the text pipeline and the
engine work by waiting, so that many jobs are under way at the moment of the kill.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.discord.bot import (
    LIMIT_S,
    be_patient,
    card_of,
    drawn,
    finished,
    is_done,
    shows_pictures,
)
from tests.discord.people import Person
from tests.discord.server import DiscordServer
from tests.discord.things import Message
from tests.kill.role import Role

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

NUM_JOBS, NUM_PEOPLE = 20, 5
NUM_DONE = 4  # before the kill
WORK_S = 1.0  # that a picture takes; two are drawn at once


def role_on(server: DiscordServer, folder: Path) -> Role:
    """The whole program in one process, for this Discord and the web chat."""
    values = {
        "DISCORD__TOKEN": server.token,
        "DISCORD__API_BASE": server.url,
        "DATA_DIR": str(folder / "var"),
        "KEY_FILE": str(folder / "data.key"),
        "LOG_LEVEL": "info",
        "WEB__PORT": "0",
        "QUEUE__MAX_PER_PERSON": "30",
    }
    return Role(
        name="run",
        arguments=("run", "--work", str(WORK_S)),
        environment={f"GEURYEOJWO_{key}": value for key, value in values.items()},
        log=folder / "run.log",
    )


async def die(server: DiscordServer, role: Role) -> None:
    """Lose the process, and start it anew."""
    await role.kill()
    await server.wait_for(lambda: not server.gateway.is_ready, LIMIT_S)
    await role.start()
    await server.ready(LIMIT_S)


async def test_twenty_jobs_survive_a_kill(tmp_path: Path) -> None:
    """Every card ends with its picture, in its own message and once; every button of them works."""
    async with DiscordServer() as server:
        be_patient(server)
        people = [server.person(name) for name in ("민지", "서준", "도윤", "하은", "지호")]
        role = role_on(server, tmp_path)
        try:
            await role.start()
            await server.ready(LIMIT_S)
            asked = [
                people[number % NUM_PEOPLE].slash(server.channel, "그려줘", 설명=f"고래 {number}")
                for number in range(NUM_JOBS)
            ]
            cards = [await card_of(one) for one in asked]
            await server.wait_for(lambda: sum(map(is_done, cards)) >= NUM_DONE, LIMIT_S)
            early = [card for card in cards if is_done(card)]
            await die(server, role)
            assert len(early) < NUM_JOBS
            await finished(server, cards)
            await die(server, role)  # whatever would be done twice is done

            for card in cards:
                info = await owner_of(card, people).press(card, "정보").message(LIMIT_S)
                assert info.is_ephemeral
            assert_once(server, cards)
            late = [card for card in cards if card not in early]
            for card in (early[0], late[0], late[-1]):
                await press_everything(server, owner_of(card, people), card)
        finally:
            await role.stop()

    assert 1 == len(server.log.of("PUT", "/commands"))  # of three starts
    assert [] == server.problems


def owner_of(card: Message, people: Sequence[Person]) -> Person:
    """Find who asked for a card."""
    assert card.interaction is not None
    return next(one for one in people if one.user is card.interaction.user)


def assert_once(server: DiscordServer, cards: Sequence[Message]) -> None:
    """Fail where something was shown twice, or vanished, or became another picture."""
    messages = server.world.messages_in(server.channel)
    pictures = [
        {version.files[0].data for version in card.versions if shows_pictures(version)}
        for card in cards
    ]

    assert {card.id for card in cards} == {message.id for message in messages}
    assert [1] * NUM_JOBS == [len(one) for one in pictures]
    assert NUM_JOBS == len(set.union(*pictures))  # each seed has its colour


async def press_everything(server: DiscordServer, owner: Person, card: Message) -> None:
    """Press each button of a card."""
    again = ("다시 그리기", "변형", "크게")
    assert {*again, "고치기", "정보", "삭제", "신고"} == set(card.labels)
    form = await owner.press(card, "고치기").modal(LIMIT_S)
    asked = [*(owner.press(card, label) for label in again), owner.submit(form)]
    await drawn(server, *asked)
    assert (await owner.press(card, "정보").message(LIMIT_S)).is_ephemeral
    assert (await owner.press(card, "신고").message(LIMIT_S)).is_ephemeral
    owner.press(card, "삭제")
    await server.wait_for(lambda: card.is_deleted, LIMIT_S)
