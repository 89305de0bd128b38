"""Kill the bot on Telegram again and again while messages arrive, then judge what Telegram shows.

The processes, the library and the adapter are the real ones, Telegram is the local one; only the text
pipeline and the engine work by waiting. When the kills are over what is under way may end, and the
process dies once more, so that whatever would be done twice is done.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot import texts
from tests.kill.role import Role
from tests.telegram.people import Person
from tests.telegram.program import is_done, job_of, settings_of, shows_picture
from tests.telegram.server import TelegramServer
from tests.telegram.things import Message

LIMIT_S = 240.0
_LIFE_S = (0.05, 1.0)  # of a process that is up, until it is killed
_GAP_S = 0.25  # between two messages
_WORK_S = 0.1  # that a picture takes; two are drawn at once
_PER_PERSON = 5
_MAY_BE_AGAIN = "message is not modified"  # each process finds out anew what is shown
_SEED_STEP = 83_886  # spreads the colours of seeds, so that no photo looks like another


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of every message."""

    num_messages: int
    num_kills: int
    num_jobs: int
    num_pictures: int
    lost: tuple[str, ...]  # messages without a picture below them
    doubled: tuple[str, ...]  # messages with several
    num_fetched: int  # that were offered, as they might have come, and were asked for
    num_left: int  # first cards that stayed when the picture came as another message
    problems: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether every message became one job and one picture, and no rule was broken."""
        counts = {self.num_messages, self.num_jobs, self.num_pictures}
        return not (self.lost or self.doubled or self.problems) and len(counts) == 1

    def table(self) -> str:
        """Give one line per figure."""
        rows: dict[str, object] = {
            "messages": self.num_messages,
            "kills": self.num_kills,
            "jobs": self.num_jobs,
            "pictures": self.num_pictures,
            "lost": " ".join((str(len(self.lost)), *self.lost)),
            "doubled": " ".join((str(len(self.doubled)), *self.doubled)),
            "fetched": self.num_fetched,
            "left": self.num_left,
            "problems": "; ".join((str(len(self.problems)), *self.problems)),
        }
        return "\n".join(f"{name:<12}{value}" for name, value in rows.items())


async def play(folder: Path, *, num_messages: int, num_kills: int, seed: int) -> Verdict:
    """Kill so often while so many messages arrive, let everything end, and judge. Raises role.Died."""
    async with TelegramServer() as server:
        server.be_patient()
        server.limits.grace_s = 60.0  # a process that dies takes with it that it was told to wait
        people = [server.person(f"손님 {n}") for n in range(-(-num_messages // _PER_PERSON))]
        role = _role(server, folder)
        asked, num_fetched = list[Message](), 0
        writing = asyncio.create_task(_write(people, num_messages, asked))
        try:
            await role.start()
            await _kill_again_and_again(role, num_kills, random.Random(seed))
            await writing
            await server.wait_for(lambda: all(_endings_of(one) for one in asked), LIMIT_S)
            num_fetched = await _fetch(people, asked)
        except TimeoutError:
            role.check()  # what is missing stands in the verdict
        else:
            await role.kill()
            await role.start()
            await role.up()
            end = people[0].write("/상태")
            await server.wait_for(lambda: _answers(end), LIMIT_S)
        finally:
            writing.cancel()
            await role.stop()
        return _judge(server, asked, num_kills=num_kills, num_fetched=num_fetched)


async def _write(people: Sequence[Person], num_messages: int, asked: list[Message]) -> None:
    for number in range(num_messages):
        text = f"고래 {number} 시드:{number * _SEED_STEP}"
        asked.append(people[number % len(people)].write(text))
        await asyncio.sleep(_GAP_S)


async def _kill_again_and_again(role: Role, num_kills: int, chance: random.Random) -> None:
    for number in range(num_kills):
        if number % 4:  # the others die while they start
            await role.up()
        await asyncio.sleep(chance.uniform(*_LIFE_S))
        await role.kill()
        await role.start()
    await role.up()


def _role(server: TelegramServer, folder: Path) -> Role:
    values = {
        **settings_of(server),
        "DATA_DIR": str(folder / "var"),
        "KEY_FILE": str(folder / "data.key"),
        "LOG_LEVEL": "info",
        "WEB__PORT": "0",
        "QUEUE__MAX_PER_PERSON": str(2 * _PER_PERSON),
        "QUEUE__MAX_WORKER_DEATHS": "1000",
    }
    return Role(
        name="run",
        arguments=("run", "--work", str(_WORK_S)),
        environment={f"GEURYEOJWO_{key}": value for key, value in values.items()},
        log=folder / "run.log",
    )


def _answers(asked: Message) -> list[Message]:
    """Give what is shown below a message."""
    return [one for one in asked.chat.shown if one.reply_to is asked]


def _pictures_of(asked: Message) -> list[Message]:
    """Give what shows the picture of a message."""
    return [one for one in _answers(asked) if is_done(one)]


def _endings_of(asked: Message) -> list[Message]:
    """Give its pictures, and offers to show one that may have come."""
    return [one for one in _answers(asked) if is_done(one) or texts.FETCH in one.labels]


async def _fetch(people: Sequence[Person], asked: Sequence[Message]) -> int:
    """Let everybody who sees no picture ask for it; says how many did. Raises TimeoutError."""
    unseen = [one for one in asked if not _pictures_of(one)]
    by_id = {person.id: person for person in people}
    for one in unseen:
        person, offer = by_id[one.author.id], _endings_of(one)[0]
        person.press(offer, texts.FETCH)
        await person.wait(partial(_is_fetched, offer), LIMIT_S)
    return len(unseen)


def _is_fetched(offer: Message) -> bool:
    return is_done(offer) or bool(_pictures_of(offer))


def _judge(
    server: TelegramServer, asked: Sequence[Message], *, num_kills: int, num_fetched: int
) -> Verdict:
    shown = {
        one: [*_pictures_of(one), *(p for o in _answers(one) for p in _pictures_of(o))]
        for one in asked
    }
    pictures = [one for ones in shown.values() for one in ones]
    looks = {
        content.photo[-1].data
        for one in pictures
        for _, content in one.versions
        if shows_picture(content) and content.photo
    }
    return Verdict(
        num_messages=len(asked),
        num_kills=num_kills,
        num_jobs=len({job_of(one) for one in pictures}),
        num_pictures=len(looks),
        lost=tuple(one.text for one, ones in shown.items() if not ones),
        doubled=tuple(one.text for one, ones in shown.items() if len(ones) > 1),
        num_fetched=num_fetched,
        num_left=sum(texts.CANCEL in one.labels for said in asked for one in _answers(said)),
        problems=tuple(one for one in server.problems if _MAY_BE_AGAIN not in one),
    )
