"""Counting with a model's own tokenizers."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.engine.tokens import load_token_counter
from pipeline.errors import ModelNotLoaded


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0), ("cat", 3), ("a cat", 4), ("x" * 200, 200), ("강", 3)],
    ids=["empty", "letters", "spaces are none", "over the budget", "bytes"],
)
def test_tokens_are_those_of_the_encoder(
    text: str, expected: int, folders: dict[str, Path]
) -> None:
    """The tiny model's tokens are bytes; begin and end do not count, and long texts are not cut."""
    count = load_token_counter(folders["epsilon"])

    assert expected == count(text, encoder=1)
    assert expected == count(text, encoder=2)


def test_a_folder_without_tokenizers_is_named(tmp_path: Path) -> None:
    """A missing tokenizer is the model's fault."""
    with pytest.raises(ModelNotLoaded, match="tokenizer"):
        load_token_counter(tmp_path)


def test_counting_needs_no_torch(folders: dict[str, Path]) -> None:
    """Preparing a text in a fresh process does not wait for torch."""
    program = (
        "import sys\n"
        "from pipeline.engine.tokens import load_token_counter\n"
        f"load_token_counter({str(folders['epsilon'])!r})('a cat', encoder=2)\n"
        "assert 'torch' not in sys.modules\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)

    assert 0 == done.returncode, done.stderr.decode()
