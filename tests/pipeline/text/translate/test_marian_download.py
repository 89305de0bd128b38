"""The model comes from a hub once, in pieces if need be, and is converted or refused.

The hub is a local one and the model a tiny one; its client, the converter and the translation are real.
What this does not show: the real hub and its storage of large files, going on in the middle of a file,
and the size of the real model.
"""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pipeline.text.translate.marian import Marian, is_marian
from pipeline.text.translate.marian_download import (
    CREDIT,
    REPOSITORY,
    DownloadFailed,
    Obstacle,
    download_marian,
)
from tests.servers.hub import HubServer
from tests.servers.serving import Fault


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """Downloads are allowed, whatever the environment of the tests says."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)


@pytest.fixture
async def hub(original_marian: Path) -> AsyncIterator[HubServer]:
    """A hub with the tiny model."""
    async with HubServer(original_marian, repository=REPOSITORY) as hub:
        yield hub


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the model is to be."""
    return tmp_path / "models" / "marian"


async def download(folder: Path, hub_url: str, *, repository: str = REPOSITORY) -> None:
    """Download beside the event loop, which serves the hub."""
    await asyncio.to_thread(download_marian, folder, repository=repository, endpoint=hub_url)


async def obstacle_of(folder: Path, hub_url: str, *, repository: str = REPOSITORY) -> Obstacle:
    """Download what cannot be downloaded; no model may be there afterwards."""
    with pytest.raises(DownloadFailed) as caught:
        await download(folder, hub_url, repository=repository)
    assert not is_marian(folder)
    return caught.value.obstacle


def written(file: Path, text: str) -> Path:
    """Write a file and what it lies in."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


async def test_a_download_gives_a_model_that_translates(hub: HubServer, folder: Path) -> None:
    """One command later the model translates, its authors are named, and only it is left."""
    await download(folder, hub.url)

    assert ["a whale", "a red apple"] == Marian(folder).translate(["고래", "빨간 사과"])
    assert CREDIT in (folder / "CREDIT.txt").read_text("utf-8")
    assert [folder] == list(folder.parent.iterdir())
    assert not {"pytorch_model.bin", "README.md"} & set(hub.fetched())


async def test_a_model_that_is_there_is_left_alone(hub: HubServer, marian_folder: Path) -> None:
    """Asking again asks nobody."""
    await download(marian_folder, hub.url)

    assert [] == hub.calls


async def test_an_interrupted_download_goes_on(hub: HubServer, folder: Path) -> None:
    """What came before the interruption is not fetched again."""
    hub.missing = {"model.safetensors"}
    first = await obstacle_of(folder, hub.url)
    hub.missing = set()
    await download(folder, hub.url)

    assert Obstacle.NOT_FOUND is first
    assert sorted(set(hub.fetched())) == sorted(hub.fetched())
    assert is_marian(folder)


async def test_half_a_download_without_a_connection_is_no_model(
    hub: HubServer, folder: Path
) -> None:
    """A folder that is half full is not taken for a whole one."""
    hub.missing = {"model.safetensors"}
    await obstacle_of(folder, hub.url)

    assert Obstacle.UNREACHABLE is await obstacle_of(folder, "http://127.0.0.1:9")


async def test_no_connection(folder: Path) -> None:
    """A hub that nobody answers for is unreachable."""
    assert Obstacle.UNREACHABLE is await obstacle_of(folder, "http://127.0.0.1:9")


async def test_no_such_repository(hub: HubServer, folder: Path) -> None:
    """A wrong name is told from a bad connection."""
    assert Obstacle.NOT_FOUND is await obstacle_of(folder, hub.url, repository="nobody/nothing")


async def test_offline_is_said(
    hub: HubServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the environment forbids downloads, nothing is asked."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)

    assert Obstacle.OFFLINE is await obstacle_of(folder, hub.url)
    assert [] == hub.calls


async def test_broken_weights_begin_anew(
    original_marian: Path, folder: Path, tmp_path: Path
) -> None:
    """What cannot be converted is thrown away, so that the next try fetches it again."""
    broken = tmp_path / "broken"
    shutil.copytree(original_marian, broken)
    written(broken / "model.safetensors", "half a file")

    async with HubServer(broken, repository=REPOSITORY) as hub:
        assert Obstacle.UNREADABLE is await obstacle_of(folder, hub.url)
        assert Obstacle.UNREADABLE is await obstacle_of(folder, hub.url)

    assert 2 == hub.fetched().count("model.safetensors")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config.json", '{"model_type": "vit"}'),
        ("config.json", "<html>"),
        ("vocab.json", "{"),
        ("source.spm", "half a file"),
        ("target.spm", ""),
    ],
    ids=["another model", "a page", "half a vocabulary", "half of its pieces", "no pieces"],
)
async def test_what_is_no_such_model_is_unreadable(
    original_marian: Path, folder: Path, tmp_path: Path, name: str, text: str
) -> None:
    """A repository in which one file is something else gives no model."""
    other = tmp_path / "other"
    shutil.copytree(original_marian, other)
    written(other / name, text)

    async with HubServer(other, repository=REPOSITORY) as hub:
        assert Obstacle.UNREADABLE is await obstacle_of(folder, hub.url)


async def test_a_folder_with_something_else_is_not_touched(hub: HubServer, folder: Path) -> None:
    """Nothing of the operator's is overwritten."""
    notes = written(folder / "notes.txt", "mine")

    assert Obstacle.OCCUPIED is await obstacle_of(folder, hub.url)
    assert "mine" == notes.read_text()


async def test_a_disk_that_takes_nothing(hub: HubServer, tmp_path: Path) -> None:
    """Trouble with the disk is told from trouble with the network."""
    file = written(tmp_path / "file", "")

    assert Obstacle.DISK is await obstacle_of(file / "marian", hub.url)


async def test_a_connection_that_breaks_off(hub: HubServer, folder: Path) -> None:
    """A reset is told from a repository that is gone."""
    hub.always = Fault.RESET

    assert Obstacle.UNREACHABLE is await obstacle_of(folder, hub.url)


async def test_missing_packages_are_named(
    hub: HubServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the extra, the operator reads which package is missing."""
    monkeypatch.setitem(sys.modules, "ctranslate2.converters", None)

    with pytest.raises(DownloadFailed) as caught:
        await download(folder, hub.url)

    assert (Obstacle.PACKAGES, "ctranslate2.converters") == (
        caught.value.obstacle,
        caught.value.detail,
    )
