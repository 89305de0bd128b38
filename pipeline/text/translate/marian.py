"""A Marian translation model on this machine, through CTranslate2: no network, no price.

Made for opus-mt-tc-big-ko-en of the University of Helsinki (CC-BY-4.0: whoever shows its English credits
it); `marian_download.py` gets it. The packages are an extra of their own and are loaded with the model,
at the first use. Runs on a thread of its own, so that Kiwi never waits for a translation.
"""

from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import Failure, StageFailed
from pipeline.text.options import MarianOptions
from pipeline.text.thread import TextThread
from pipeline.text.translate import Translation
from pipeline.text.translate.vetting import all_vetted

FILES = ("model.bin", "config.json", "shared_vocabulary.json", "source.spm", "target.spm")
"""What a converted model consists of."""

_END = "</s>"
_MAX_PIECES = 512  # of a text; the longest one that is read has about 300
_MIN_DECODED_PIECES = 32


def is_marian(folder: Path) -> bool:
    """Tell whether a folder holds a converted model."""
    return all((folder / name).is_file() for name in FILES)


class Marian:
    """The model; blocking. Lives as long as the translator."""

    def __init__(self, folder: Path, *, num_threads: int = 1, beam_size: int = 2) -> None:
        """Load the model. Raises ImportError, OSError, RuntimeError."""
        from ctranslate2 import Translator
        from sentencepiece import SentencePieceProcessor

        self._beam_size = beam_size
        self._source = SentencePieceProcessor(model_file=str(folder / "source.spm"))
        self._target = SentencePieceProcessor(model_file=str(folder / "target.spm"))
        self._translator = Translator(
            str(folder), device="cpu", inter_threads=1, intra_threads=num_threads
        )

    def translate(self, texts: Sequence[str]) -> list[str]:
        """Translate texts as one batch. Raises RuntimeError."""
        pieces = [[*self._source.encode(text, out_type=str), _END] for text in texts]
        longest = max(map(len, pieces), default=0)
        results = self._translator.translate_batch(
            pieces,
            beam_size=self._beam_size,
            max_input_length=_MAX_PIECES,
            # A model that repeats itself stops here and not at its own limit.
            max_decoding_length=max(2 * min(longest, _MAX_PIECES), _MIN_DECODED_PIECES),
        )
        return [self._target.decode(result.hypotheses[0]) for result in results]


class MarianTranslator:
    """The model as a provider."""

    name = "marian"
    is_local = True
    num_places = 1  # its thread
    knows_culture = False

    def __init__(self, options: MarianOptions, thread: TextThread) -> None:
        self._options, self._thread = options, thread
        self._marian: Marian | None = None

    async def load(self) -> None:
        """Load the model now, so that the first text does not wait for it. Raises StageFailed."""
        await self._thread.run(self._loaded)

    async def translate(self, texts: Sequence[str]) -> tuple[Translation, ...]:
        """Translate all texts as one batch; empty ones are left out of it. Raises StageFailed."""
        wanted = [text for text in texts if text]
        answered = iter(await self._thread.run(self._translate, wanted) if wanted else ())
        englishes = [next(answered) if text else "" for text in texts]
        return all_vetted(englishes, texts=texts, provider=self.name)

    # On the thread

    def _translate(self, texts: Sequence[str]) -> list[str]:
        marian = self._loaded()
        try:
            return marian.translate(texts)
        except RuntimeError as error:
            raise self._failed(Failure.UNREADABLE, "the model failed") from error

    def _loaded(self) -> Marian:
        if self._marian is None:
            self._marian = self._load()
        return self._marian

    def _load(self) -> Marian:
        folder = self._options.folder
        if folder is None or not is_marian(folder):
            raise self._failed(Failure.DENIED, "the folder holds no converted model")
        try:
            return Marian(
                folder,
                num_threads=self._options.num_threads,
                beam_size=self._options.beam_size,
            )
        except ImportError as error:
            raise self._failed(Failure.DENIED, "the extra `marian` is not installed") from error
        except (OSError, RuntimeError) as error:
            raise self._failed(Failure.DENIED, "the model cannot be loaded") from error

    def _failed(self, failure: Failure, detail: str) -> StageFailed:
        return StageFailed(stage="translate", provider=self.name, failure=failure, detail=detail)
