"""The commands of the README, run as a person runs them."""

import contextlib
import json
import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from bot import check_texts
from bot.__main__ import main

# Used by every test here: `main` sets up the log.
from tests.classifiers import write_timm
from tests.own_logging import own_logging as own_logging
from tools.demo_model.recogniser import Recogniser

ROOT = Path(__file__).parents[2]
LIMIT_S = 280


def bot(*arguments: str, cwd: Path = ROOT, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m bot` with its output caught, so not on a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environ,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folders of its own for the data and the keys, where a test names none."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEURYEOJWO_DATA_DIR", str(folder / "var"))
        patch.setenv("GEURYEOJWO_KEY_FILE", str(folder / "keys" / "data.key"))
        yield folder


@pytest.fixture(scope="module")
def apple(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object], str]:
    """A red apple from the shell: its file, its JSON and what was said on standard error."""
    file = tmp_path_factory.mktemp("out") / "a.png"
    done = bot("draw", "빨간 사과 그려줘", "--seed", "1", "--out", str(file), "--json")
    assert 0 == done.returncode, done.stderr
    return file, json.loads(done.stdout), done.stderr


@pytest.mark.slow
def test_a_red_apple_is_drawn(
    apple: tuple[Path, dict[str, object], str], recogniser: Recogniser
) -> None:
    """The picture shows what the sentence says."""
    file, _, _ = apple
    with Image.open(file) as image:
        sight = recogniser.look(image)

    assert "apple" in [name for name, _ in sight.concepts[:5]]
    assert "red" == sight.colour


@pytest.mark.slow
def test_the_json_holds_everything_about_the_picture(
    apple: tuple[Path, dict[str, object], str],
) -> None:
    """The keys of `draw --json` and of its trace are those that never change."""
    file, facts, _ = apple
    trace = facts["trace"]
    assert isinstance(trace, dict)

    assert str(file) == facts["picture"]
    assert {"seed", "width", "height", "steps", "guidance", "sampler", "model"} <= facts.keys()
    assert {"prepare", "wait", "render", "judge", "mark"} == facts["timings_ms"].keys()  # type: ignore[attr-defined]
    assert "빨간 사과" == trace["subject"]
    assert "a red apple" == trace["english"]
    assert all(count <= 75 for count in trace["tokens"].values())
    assert trace["weights"]
    assert {"name", "provider", "ms", "note"} <= trace["stages"][0].keys()


@pytest.mark.slow
def test_no_progress_bar_is_written_into_a_pipe(
    apple: tuple[Path, dict[str, object], str],
) -> None:
    """Standard error of a pipe holds sentences and log lines, no bar."""
    assert "\r" not in apple[2]
    assert "step/s" not in apple[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    "said",
    [("빨간 사과 그려줘 시드:1",), ("빨간 사과 그려줘 시드:9", "--seed", "1")],
    ids=["in the text", "flag over text"],
)
def test_the_same_seed_gives_the_same_picture(
    apple: tuple[Path, dict[str, object], str], tmp_path: Path, said: tuple[str, ...]
) -> None:
    """A picture can be drawn again, byte for byte in its pixels; options are read as in a message."""
    again = tmp_path / "b.png"
    done = bot("draw", *said, "--out", str(again))
    assert 0 == done.returncode, done.stderr

    with Image.open(apple[0]) as first, Image.open(again) as second:
        assert first.tobytes() == second.tobytes()


@pytest.mark.slow
def test_two_pictures_are_drawn_over_another(
    apple: tuple[Path, dict[str, object], str], tmp_path: Path
) -> None:
    """A picture of ours, drawn over twice, gives two files of the size that was wished."""
    out = tmp_path / "over.png"
    wishes = ["--image", str(apple[0]), "--size", "96x64", "--num", "2", "--steps", "10", "--json"]

    done = bot("draw", "빨간 사과", "--seed", "3", "--out", str(out), *wishes)

    assert 0 == done.returncode, done.stderr
    facts = json.loads(done.stdout)
    assert [str(out), str(tmp_path / "over-2.png")] == facts["pictures"]
    assert (96, 64) == (facts["drawn_width"], facts["drawn_height"])
    assert out.read_bytes() != (tmp_path / "over-2.png").read_bytes()


@pytest.mark.slow
def test_the_demo_model_does_not_enlarge(
    apple: tuple[Path, dict[str, object], str], tmp_path: Path
) -> None:
    """It has learned one size: enlarging is refused in a sentence, rather than done badly."""
    out = tmp_path / "big.png"

    done = bot("draw", "빨간 사과", "--image", str(apple[0]), "--enlarge", "--out", str(out))

    assert 1 == done.returncode
    assert "더 크게 그리지 못해요" in done.stderr
    assert not out.exists()


def test_verify_names_the_marks(
    apple: tuple[Path, dict[str, object], str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A picture of ours says that AI made it, that this bot signed it, and what was asked for."""
    assert 0 == main(["verify", str(apple[0])])

    said = capsys.readouterr().out
    assert "빨간 사과" in said
    assert "이 봇이 서명했고, 그 뒤로 바뀌지 않았어요" in said
    assert "자체 서명" in said


def test_verify_finds_one_changed_byte(
    apple: tuple[Path, dict[str, object], str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Somewhere among the pixels; the marks that are text are there all the same."""
    data = bytearray(apple[0].read_bytes())
    data[data.index(b"IDAT") + len(data) // 2] ^= 1
    changed = tmp_path / "changed.png"
    changed.write_bytes(data)

    assert 0 == main(["verify", str(changed)])
    assert "서명한 뒤에 파일이 바뀌었어요" in capsys.readouterr().out


def test_after_a_new_key_earlier_pictures_are_still_ours(
    apple: tuple[Path, dict[str, object], str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The operator makes one with a command; a picture of before is known as signed here."""
    assert 0 == main(["rotate-marks"])
    assert "새로 만들었어요" in capsys.readouterr().err
    assert 0 == main(["verify", str(apple[0])])
    assert "이 봇이 서명했고" in capsys.readouterr().out


def test_verify_ends_with_1_where_nothing_says_ai(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A foreign picture is told to have none of the marks."""
    file = tmp_path / "foreign.png"
    Image.new("RGB", (8, 8)).save(file)

    assert 1 == main(["verify", str(file)])
    assert 4 == capsys.readouterr().out.count("없어요")


@pytest.mark.slow
def test_prepare_prints_one_object_a_line(tmp_path: Path) -> None:
    """Every line of a file gives one JSON object with its id, whatever its verdict."""
    file = tmp_path / "messages.jsonl"
    lines = [{"id": "a", "text": "고래 그려줘"}, {"id": "b", "text": "그려줘"}]
    file.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")

    done = bot("prepare", "--file", str(file))

    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert 0 == done.returncode, done.stderr
    assert [("a", "ok"), ("b", "empty")] == [(one["id"], one["verdict"]) for one in results]


@pytest.mark.slow
def test_check_tries_every_part(tmp_path: Path) -> None:
    """On a sound machine every line is a tick and the exit code is 0."""
    done = bot("check", GEURYEOJWO_WEB__PORT="0", GEURYEOJWO_DATA_DIR=str(tmp_path))

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "✗" not in done.stdout
    assert "그림 모델" in done.stdout
    assert check_texts.DISCORD_LEFT_OUT in done.stdout.splitlines()


@pytest.mark.slow
def test_check_opens_the_records(tmp_path: Path) -> None:
    """Records whose key is gone are named before the bot is started on them."""
    (tmp_path / "app.db").touch()

    done = bot(
        "check",
        GEURYEOJWO_WEB__PORT="0",
        GEURYEOJWO_DATA_DIR=str(tmp_path),
        GEURYEOJWO_KEY_FILE=str(tmp_path.parent / "lost.key"),
    )

    assert 1 == done.returncode
    assert "✗ 기록: 저장된 기록을 여는 열쇠 파일이 없어요" in done.stdout


@contextlib.contextmanager
def taken_port() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


WRONG_CALLS = [
    (["draw", "고래"], 2, "--out"),
    (["draw", "고래", "--out", "x.png", "--steps", "viele"], 2, "숫자를"),
    (["draw", "고래", "--out", "x.png", "--quality", "best"], 2, "가운데 하나"),
    (["draw", "고래", "--out", "x.png", "--seed", "-1"], 2, "시드는"),
    (["draw", "고래", "--out", "x.png", "--size", "5:4"], 2, "크기는"),
    (["draw", "고래", "--out", "x.png", "--num", "9"], 2, "장수는 1~4"),
    (["draw", "고래 장수:9", "--out", "x.png"], 2, "장수는 1~4"),
    (["draw", "고래" * 3000, "--out", "x.png"], 2, "줄여 주세요"),
    (["draw", "고래", "--out", "x.png", "--lora", "먹:세게"], 2, "로라는"),
    (["draw", "고래", "--out", "x.png", "--variation", "9:2"], 2, "변형은"),
    (["draw", "고래", "--out", "x.png", "--guidance-interval", "1"], 2, "구간은"),
    (["draw", "고래", "--out", "x.png", "--strength", "0.5"], 2, "--image가"),
    (["draw", "고래", "--out", "x.png", "--image", "none.png"], 1, "읽을 수 없어요"),
    (["paint"], 2, "가운데 하나"),
    (["prepare"], 2, "하나만"),
    (["prepare", "--file", "does-not-exist.jsonl"], 1, "읽을 수 없어요"),
    (["verify", "does-not-exist.png"], 1, "읽을 수 없어요"),
    (["--config", "does-not-exist.yaml", "check"], 2, "설정 파일을 읽을 수 없어요"),
]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"), WRONG_CALLS, ids=lambda value: str(value)[:60]
)
def test_a_wrong_call_is_explained(
    arguments: list[str], code: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistake on the command line ends with its code and a Korean sentence on standard error."""
    try:
        given = main(arguments)
    except SystemExit as end:
        given = int(end.code or 0)

    caught = capsys.readouterr()
    assert code == given
    assert sentence in caught.err
    assert "" == caught.out


def test_five_mistakes_in_the_settings_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of them at once, before anything loads, with exit code 2."""
    file = tmp_path / "config.yaml"
    file.write_text(
        "web: {port: 99999}\nmodel: {device: gpu}\ndraw: {num_steps: viele}\n"
        "queue: {max_waitng: 3}\nlog_level: loud\n"
    )

    assert 2 == main(["--config", str(file), "run"])
    error = capsys.readouterr().err
    assert "5군데" in error
    assert all(
        key in error
        for key in ("web.port", "model.device", "draw.num_steps", "queue.max_waitng", "log_level")
    )


def apart(folder: Path) -> dict[str, str]:
    """Give the variables with which a program keeps its data, and its key, in a folder."""
    return {
        "GEURYEOJWO_DATA_DIR": str(folder / "var"),
        "GEURYEOJWO_KEY_FILE": str(folder / "keys" / "data.key"),
    }


@pytest.mark.slow
def test_a_taken_port_ends_the_program(tmp_path: Path) -> None:
    """The sentence names the port, the exit code is 1 and nothing is left running."""
    with taken_port() as port:
        done = bot("run", cwd=ROOT, **apart(tmp_path), GEURYEOJWO_WEB__PORT=str(port))

    assert 1 == done.returncode
    assert f"{port}번 포트를" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", ["run", "check"])
def test_a_folder_that_is_a_link_ends_the_program(tmp_path: Path, command: str) -> None:
    """What lies behind it is nobody's to remove: the folder is named, before anything is tidied."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.png").write_bytes(b"somebody's")
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "photos").symlink_to(elsewhere)

    done = bot(command, cwd=ROOT, **apart(tmp_path), GEURYEOJWO_WEB__PORT="0")

    assert 1 == done.returncode, done.stderr
    assert "photos는 다른 곳으로 가는 링크예요" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert (elsewhere / "a.png").exists()


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["missing", "empty", "truncated"])
def test_a_broken_model_folder_ends_the_program(tmp_path: Path, damage: str) -> None:
    """What is wrong with the folder is said, in Korean, with exit code 1 and no traceback."""
    folder = tmp_path / "model"
    if damage != "missing":
        folder.mkdir()
    if damage == "truncated":
        for source in (ROOT / "models" / "demo").rglob("*"):
            target = folder / source.relative_to(ROOT / "models" / "demo")
            if source.is_dir():
                target.mkdir(parents=True, exist_ok=True)
            elif source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(source.read_bytes())
        weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
        weights.write_bytes(weights.read_bytes()[:1000])
    out = tmp_path / "a.png"

    done = bot(
        "draw", "고래", "--out", str(out),
        GEURYEOJWO_MODEL__SOURCE=str(folder), GEURYEOJWO_SAFETY__CLASSIFIER="none",
    )  # fmt: skip

    assert 1 == done.returncode
    assert "그림 모델을 불러오지 못했어요" in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()


@pytest.mark.slow
def test_a_stop_signal_ends_the_program_cleanly(tmp_path: Path) -> None:
    """SIGTERM while the model still loads: exit code 0, and the last sentence says that it ended."""
    program = subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        cwd=ROOT,
        env=os.environ | apart(tmp_path) | {"GEURYEOJWO_WEB__PORT": "0"},
        stderr=subprocess.PIPE,
        text=True,
    )
    with program:
        assert program.stderr is not None
        said = ""
        while "http://" not in said:
            line = program.stderr.readline()
            assert line, said
            said += line
        program.send_signal(signal.SIGTERM)
        rest, code = program.stderr.read(), program.wait(timeout=LIMIT_S)

    assert 0 == code, said + rest
    assert "끝냈어요" in rest
    assert "Traceback" not in rest


@pytest.mark.slow
def test_a_thread_inside_the_model_does_not_spoil_the_end() -> None:
    """What cannot be interrupted would abort the process at the interpreter's end; the exit code holds."""
    busy = """
import threading, time
from bot.__main__ import _leave
def multiply():
    import torch
    square = torch.ones(4000, 4000)
    running.set()
    while True:
        square @ square
running = threading.Event()
threading.Thread(target=multiply, daemon=True).start()
running.wait()
time.sleep(0.5)
_leave(3)
"""

    done = subprocess.run(
        [sys.executable, "-c", busy], cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S
    )

    assert 3 == done.returncode, done.stderr
    assert "" == done.stderr


@pytest.mark.slow
def test_check_asks_every_provider_once(tmp_path: Path) -> None:
    """With the stand-ins everything answers; a line says how long it took and what it was sent."""
    done = bot(
        "check",
        "--demo-providers",
        GEURYEOJWO_WEB__PORT="0",
        GEURYEOJWO_DATA_DIR=str(tmp_path),
        GEURYEOJWO_OPENAI__REQUEST_S="30",
        GEURYEOJWO_SAFETY__OPINION_S="30",
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    for who in (
        "글을 한 번 더 보기 · OpenAI 모더레이션",
        "한 번에 옮기기 · 언어 모델",
        "비슷한 문장 · KT 지니랩스",
        "번역 · 파파고",
        "번역 · DeepL",
    ):
        line = next(line for line in done.stdout.splitlines() if who in line)
        assert line.startswith("✓")
        assert "자를 보냈어요" in line
    assert "demo-secret" not in done.stdout + done.stderr


def test_prepare_shows_a_table_on_a_terminal(tmp_path: Path) -> None:
    """People see what became of a text and what every stage did."""
    master, terminal = pty.openpty()
    command = [sys.executable, "-m", "bot", "prepare", "사람 없는 (바다)1.3 위의 고래 그려줘"]
    environ = os.environ | {
        "GEURYEOJWO_TEXT__KEYWORDS": '["frequency"]',
        "GEURYEOJWO_DATA_DIR": str(tmp_path),
        "COLUMNS": "120",
    }
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=terminal) as shown:
        os.close(terminal)
        written = b"".join(read_until_closed(master))
    os.close(master)

    assert 0 == shown.returncode
    for word in (
        "번역",
        "a whale above the sea",
        "단계마다 한 일",
        "translate",
        "glossary",
        "/75]",
    ):
        assert word in written.decode()


def read_until_closed(terminal: int) -> Iterator[bytes]:
    """Read a terminal until nobody writes to it any more."""
    with contextlib.suppress(OSError):
        while True:
            yield os.read(terminal, 65_536)


@pytest.mark.slow
@pytest.mark.parametrize(("block_from", "code"), [("1.0", 0), ("0.0", 1)], ids=["shown", "blocked"])
def test_a_picture_that_may_not_be_shown_is_not_written(
    tmp_path: Path, block_from: str, code: int
) -> None:
    """The shell has the gate of everybody else; whoever drew reads why there is no file."""
    classifier, out = write_timm(tmp_path / "classifier"), tmp_path / "a.png"

    done = bot(
        "draw", "고래", "--out", str(out), "--steps", "4",
        GEURYEOJWO_SAFETY__CLASSIFIER=str(classifier),
        GEURYEOJWO_SAFETY__BLOCK_FROM=block_from,
    )  # fmt: skip

    assert (code, code == 0) == (done.returncode, out.exists())
    assert (code == 1) == ("보여 드릴 수 없는 그림" in done.stderr)
    assert "Traceback" not in done.stderr
