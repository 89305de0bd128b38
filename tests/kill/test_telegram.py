"""The program dies again and again while people write to it on Telegram, and nothing is lost or shown twice.

`python -m tests.kill.loop --form telegram` does the same for longer.
"""

from pathlib import Path

import pytest

from tests.kill.telegram import play

SEED = 20261128
NUM_KILLS, NUM_MESSAGES = 6, 60


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_kills_lose_and_double_nothing_on_telegram(tmp_path: Path) -> None:
    """Whenever it dies, every message becomes one job with one picture, in one message."""
    verdict = await play(tmp_path, num_messages=NUM_MESSAGES, num_kills=NUM_KILLS, seed=SEED)

    assert verdict.is_good, verdict.table()
    assert NUM_MESSAGES == verdict.num_pictures
