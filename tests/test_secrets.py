"""No secret in the repository, and none in what a program writes: each search finds a planted one."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.leaks import SHAPES, leaks_in

ROOT = Path(__file__).parents[1]
# Made up, put together here so that this file holds none of them.
PLANTED = {
    "a token of Discord": "MTk4NjIyNDgzNDcxOTI1MjQ4" + ".Cl2FMQ." + "ZnCjm1XVW7vRze4b7Cq4se7kKWs",
    "a token of Telegram": "123456789" + ":AAF-x_3kqZ9Yd1T0bN8vJrW2mC5pL7sQe4u",
    "a key of a provider": "sk-" + "proj-" + "abcdefghij0123456789ABCD",
    "a token of a host of code": "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "a token of a model hub": "hf_" + "abcdefghijklmnopqrstuvwxyzABCDEFGH",
    "a key of a cloud": "AKIA" + "ABCDEFGHIJKLMNOP",
    "a private key": "-----BEGIN " + "PRIVATE KEY-----\n" + "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg",
}  # fmt: skip
LINE = "2026-11-29T02:00:00.000000Z [info     ] {}"


def secrets_under(folder: Path) -> Iterator[str]:
    """Name the tracked files with something shaped like a secret, and its kind."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=folder, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        path = folder / name
        if not path.is_file():
            continue
        data = path.read_bytes()
        if b"\0" in data[:8_192]:
            continue  # a model or a picture
        text = data.decode("utf-8", "replace")
        yield from (f"{name}: {kind}" for kind, shape in SHAPES.items() if shape.search(text))


@pytest.mark.fault(55)
def test_the_repository_holds_no_secret() -> None:
    """Nothing that is tracked has the shape of a token, of a key, or of a private key."""
    if not (ROOT / ".git").exists():
        pytest.skip("an archive, not a repository")

    assert [] == list(secrets_under(ROOT))


@pytest.mark.parametrize("kind", SHAPES)
def test_a_secret_that_is_committed_is_found(kind: str, tmp_path: Path) -> None:
    """Every shape is found in a file that is tracked."""
    assert shutil.which("git")
    (tmp_path / "notes.md").write_text(f"remember: {PLANTED[kind]}\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "notes.md"], cwd=tmp_path, check=True)

    assert [f"notes.md: {kind}"] == list(secrets_under(tmp_path))


@pytest.mark.fault(55)
@pytest.mark.parametrize("kind", [kind for kind in SHAPES if kind != "a private key"])
def test_a_secret_in_a_programs_output_is_found(kind: str) -> None:
    """The search that follows every program of a test finds each shape, in colours too."""
    output = LINE.format(f"\x1b[1mconnected\x1b[0m url=https://x/\x1b[35m{PLANTED[kind]}\x1b[0m")
    assert [] == leaks_in(LINE.format("connected"))

    assert [f"line 1: {kind}"] == leaks_in(output)


@pytest.mark.fault(55)
@pytest.mark.parametrize(
    "output",
    [
        LINE.format("job accepted text=노을 지는 바다"),
        '{"event": "job accepted", "text": "고래"}',
        "ValueError: 고래 그려줘",
        "bot.texts.Problem: ㄱㅎ",
    ],
)
def test_somebodys_words_in_a_programs_output_are_found(output: str) -> None:
    """Korean on a line of the log, or in the text of an error, is what a person wrote."""
    assert ["line 1: somebody's words"] == leaks_in(output)


def test_what_the_operator_is_told_is_no_leak() -> None:
    """Announcements are Korean sentences of our own, and tracebacks show our own lines."""
    said = "웹 채팅: http://127.0.0.1:8765\n  File \"bot/texts.py\", line 1\n    READY = '준비됐어요'\n"

    assert [] == leaks_in(said, secrets=["CANARY"])


def test_a_known_secret_is_found_whatever_its_shape() -> None:
    """The tokens and passwords that a test gives a program are looked for as they are."""
    assert ["the secret 1"] == leaks_in("a CANARY-password b", secrets=["", "CANARY-password"])
