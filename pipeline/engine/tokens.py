"""Counts tokens with a model's own tokenizers. Loads no weights and no torch."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.engine.files import find_tokenizers
from pipeline.engine.folder import has_words
from pipeline.engine.options import ModelOptions
from pipeline.errors import ModelNotLoaded, ModelProblem
from pipeline.types import TokenCounter

_NAMES = ("tokenizer", "tokenizer_2")


class ClipTokenCounter:
    """The two tokenizers of one model, looked for and loaded when something is counted first."""

    def __init__(self, find_folder: Callable[[], Path]) -> None:
        self._find_folder = find_folder

    @cached_property
    def _tokenizers(self) -> dict[int, Any]:
        from transformers import CLIPTokenizer  # takes seconds to import

        folder = self._find_folder()

        def load(name: str) -> Any:
            try:
                return CLIPTokenizer.from_pretrained(folder / name, local_files_only=True)
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise ModelNotLoaded(
                    model=str(folder), reason=f"{name}: {error}", problem=ModelProblem.BROKEN
                ) from error

        return {number: load(name) for number, name in enumerate(_NAMES, start=1)}

    def __call__(self, text: str, *, encoder: int) -> int:
        """Count the tokens of a text for encoder 1 or 2, begin and end left out: 75 fit.

        Raises ModelNotLoaded the first time, when a tokenizer's files are broken.
        """
        tokenizer = self._tokenizers[encoder]
        # verbose: counting a text that is too long is what this is for, not worth a warning.
        return len(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])


def load_token_counter(folder: str | Path) -> TokenCounter:
    """Return the counter of a model folder in diffusers layout. Raises ModelNotLoaded."""
    for name in _NAMES:
        if not has_words(Path(folder) / name):
            raise ModelNotLoaded(
                model=str(folder),
                reason=f"no vocabulary in {Path(folder) / name}",
                problem=ModelProblem.INCOMPLETE,
            )
    return ClipTokenCounter(lambda: Path(folder))


def token_counter_of(model: ModelOptions) -> TokenCounter:
    """Return a model's counter. Raises ModelNotLoaded, for a folder at once.

    The words of a hub's model are fetched, if need be, when something is counted first.
    """
    if Path(model.path).is_dir():
        return load_token_counter(model.path)
    return ClipTokenCounter(lambda: find_tokenizers(model))
