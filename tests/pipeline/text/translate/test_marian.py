"""The local model translates on its thread, over the real CTranslate2 and the real SentencePiece.

The model is a tiny one that knows four sentences by heart: that text goes in and comes out the right way is
shown, how well the real model translates and how fast it is are not.
"""

import shutil
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pipeline.errors import Failure, ShuttingDown, StageFailed
from pipeline.text.options import MarianOptions
from pipeline.text.thread import TextThread
from pipeline.text.translate.marian import Marian, MarianTranslator, is_marian


@pytest.fixture
def thread() -> Iterator[TextThread]:
    """The model's own thread."""
    thread = TextThread("marian")
    yield thread
    thread.close()


@pytest.fixture
def marian(marian_folder: Path, thread: TextThread) -> MarianTranslator:
    """The provider with the tiny model."""
    return MarianTranslator(MarianOptions(folder=marian_folder), thread)


async def failure_of(translator: MarianTranslator) -> StageFailed:
    """Translate what cannot be translated."""
    with pytest.raises(StageFailed) as caught:
        await translator.translate(["고래"])
    assert ("translate", "marian") == (caught.value.stage, caught.value.provider)
    return caught.value


async def test_texts_are_translated_in_their_order(marian: MarianTranslator) -> None:
    """One batch, one translation for each text; empty texts stay empty."""
    translations = await marian.translate(["큰 고래", "", "고래", "파란 바다", "빨간 사과", ""])

    assert ["a big whale", "", "a whale", "a blue sea", "a red apple", ""] == [
        one.english for one in translations
    ]


async def test_the_model_works_on_its_own_thread(
    marian: MarianTranslator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the event loop nor Kiwi's thread ever waits for it."""
    names: list[str] = []
    translate = Marian.translate

    def named(self: Marian, texts: Sequence[str]) -> list[str]:
        names.append(threading.current_thread().name)
        return translate(self, texts)

    monkeypatch.setattr(Marian, "translate", named)
    await marian.translate(["고래"])

    assert ["marian_0"] == names


async def test_empty_texts_load_nothing(thread: TextThread) -> None:
    """Where there is nothing to translate the model may be missing."""
    translations = await MarianTranslator(MarianOptions(), thread).translate(["", ""])

    assert ["", ""] == [one.english for one in translations]


async def test_a_loaded_model_needs_its_folder_no_more(
    marian_folder: Path, thread: TextThread, tmp_path: Path
) -> None:
    """It is loaded once, when that is asked for."""
    folder = tmp_path / "marian"
    shutil.copytree(marian_folder, folder)
    marian = MarianTranslator(MarianOptions(folder=folder), thread)

    await marian.load()
    shutil.rmtree(folder)

    assert "a whale" == (await marian.translate(["고래"]))[0].english


async def test_noise_is_bounded(marian_folder: Path) -> None:
    """A text of nothing but unknown signs ends, and so does one that is longer than is read."""
    long = Marian(marian_folder).translate(["뷁" * 500, "고래 " * 400])

    assert all(len(english.split()) <= 1_024 for english in long)


async def test_nonsense_is_no_translation(
    marian: MarianTranslator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that repeats itself has failed, for the person's own sentence."""
    monkeypatch.setattr(Marian, "translate", lambda self, texts: ["sea " * 9 for _ in texts])

    failed = await failure_of(marian)

    assert (Failure.UNREADABLE, "one word again and again") == (failed.failure, failed.detail)


async def test_a_missing_folder_is_the_operators_affair(thread: TextThread, tmp_path: Path) -> None:
    """Neither no folder nor an empty one holds a model."""
    for folder in (None, tmp_path, tmp_path / "nowhere"):
        failed = await failure_of(MarianTranslator(MarianOptions(folder=folder), thread))

        assert Failure.DENIED is failed.failure


@pytest.mark.parametrize("name", ["model.bin", "source.spm", "target.spm", "config.json"])
async def test_a_broken_model_is_the_operators_affair(
    marian_folder: Path, thread: TextThread, tmp_path: Path, name: str
) -> None:
    """A file that is none is named as what it is, and the next provider is asked."""
    folder = tmp_path / "marian"
    shutil.copytree(marian_folder, folder)
    (folder / name).write_bytes(b"broken")

    failed = await failure_of(MarianTranslator(MarianOptions(folder=folder), thread))

    assert (Failure.DENIED, "the model cannot be loaded") == (failed.failure, failed.detail)


async def test_a_missing_package_is_named(
    marian: MarianTranslator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the extra there is no model, and the log says what to install."""
    monkeypatch.setitem(sys.modules, "ctranslate2", None)

    failed = await failure_of(marian)

    assert Failure.DENIED is failed.failure
    assert "marian" in failed.detail


async def test_a_closed_thread_translates_nothing(
    marian: MarianTranslator, thread: TextThread
) -> None:
    """After the stop nothing is begun."""
    thread.close()

    with pytest.raises(ShuttingDown):
        await marian.translate(["고래"])


def test_a_model_is_all_of_its_files(marian_folder: Path, tmp_path: Path) -> None:
    """A folder that lacks one file holds no model."""
    folder = tmp_path / "marian"
    shutil.copytree(marian_folder, folder)
    assert is_marian(folder)

    (folder / "target.spm").unlink()

    assert not is_marian(folder)
