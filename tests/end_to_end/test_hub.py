"""A model of the hub, from the shell, against a hub on this machine."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from benchmarks.random_model import save_model
from tests.hub import Hub

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    """A hub with one tiny model."""
    save_model(tmp_path / "hub" / "some" / "model")
    async with Hub(tmp_path / "hub") as hub:
        yield hub


async def bot(hub: Hub, source: str, *arguments: str) -> tuple[int | None, str, str]:
    """Run `python -m bot` with an empty home, so that nothing is there but what the hub gives."""
    home = hub.root.parent / "home"
    environ = {
        "PYTHONPATH": str(ROOT),
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(home),
        "HF_HUB_OFFLINE": "0",
        "GEURYEOJWO_MODEL__SOURCE": source,
        "GEURYEOJWO_DATA_DIR": str(home),
        "GEURYEOJWO_WEB__PORT": "0",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments,
        env=os.environ | environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, complained = await process.communicate()
    return process.returncode, said.decode(), complained.decode()


async def test_a_check_names_what_is_not_here_and_fetches_nothing(hub: Hub) -> None:
    """Whoever checks a fresh machine reads what the first start will fetch."""
    code, said, _ = await bot(hub, "some/model", "check")

    assert 1 == code
    assert "아직 받지 않은 모델이 있어요: some/model." in said
    assert 0 == hub.num_calls


async def test_a_text_is_prepared_with_the_words_alone(hub: Hub) -> None:
    """The tokenizers come when they are needed, without the weights and without a bar."""
    code, said, complained = await bot(hub, "some/model", "prepare", "빨간 사과 그려줘")

    assert (0, "a red apple") == (code, json.loads(said)["english"])
    assert 0 == sum(hub.num_bytes.values())
    assert "%|" not in complained


async def test_a_model_that_the_hub_does_not_know_is_said_in_korean(hub: Hub) -> None:
    """A mistyped name ends in one sentence and no traceback."""
    code, said, complained = await bot(hub, "some/mistake", "prepare", "빨간 사과 그려줘")

    assert (1, "") == (code, said)
    assert "허브에 그런 모델이나 판이 없어요" in complained
    assert "Traceback" not in complained
