"""The tiny translation model, trained and converted once for all tests of translators."""

import shutil
from pathlib import Path

import pytest

from pipeline.text.translate.marian_download import download_marian


@pytest.fixture(scope="session")
def original_marian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a hub's repository, at tiny size."""
    from tests.pipeline.text.translate.tiny_marian import make_tiny_marian

    folder = tmp_path_factory.mktemp("hub")
    make_tiny_marian(folder)
    (folder / "pytorch_model.bin").write_bytes(b"the same weights as a pickle")
    (folder / "README.md").write_text("a model card")
    return folder


@pytest.fixture(scope="session")
def marian_folder(original_marian: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model, converted as a download that has come converts it."""
    folder = tmp_path_factory.mktemp("models") / "marian"
    shutil.copytree(original_marian, folder.with_name("marian.original"))
    download_marian(folder)
    return folder
