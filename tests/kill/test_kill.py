"""The kill loop, short: people use the program while its processes are killed, and nothing is lost.

`make soak` does the same for much longer.
"""

from pathlib import Path

import pytest

from tests.kill.loop import ROLES, Plot, play
from tests.kill.people import People
from tests.platform.server import Platform
from tests.postgres import postgres_database as postgres_database
from tests.postgres import postgres_url as postgres_url

SEED = 20261128
NUM_CYCLES = 20


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("form", ROLES)
async def test_kills_lose_and_double_nothing(
    form: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Whatever dies and whenever, every accepted request comes to one ending, once."""
    url = request.getfixturevalue("postgres_database") if form == "postgres" else None
    plot = Plot(form=form, seed=SEED, num_cycles=NUM_CYCLES)

    verdict = await play(plot, tmp_path, database_url=url)

    assert verdict.is_good, f"{plot}\n{verdict.table()}"
    assert verdict.counts["drawn"], verdict.table()


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_the_real_parts_survive_too(tmp_path: Path) -> None:
    """With the real text pipeline and the demonstration model it is the same."""
    plot = Plot(form="embedded", seed=SEED, num_cycles=2, work_s=None)

    verdict = await play(plot, tmp_path)

    assert verdict.is_good, f"{plot}\n{verdict.table()}"
    assert verdict.counts["drawn"], verdict.table()


async def test_a_seed_makes_people_do_the_same_again() -> None:
    """Where nothing is answered, what people do follows from the seed."""

    async def deeds() -> list[tuple[str, str, str]]:
        async with Platform() as platform:
            people = People(platform, seed=7, rate_per_s=1.0)
            for _ in range(20):
                people.act()
        return [(event.person, event.place, event.text) for event in platform.log.events]

    assert await deeds() == await deeds()
