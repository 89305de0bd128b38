"""One form for all log lines, and no secret in any of them."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from telegram.error import TelegramError
from telegram.request import BaseRequest

from bot import logs
from bot.logs import MASK, masker, secrets_of
from bot.settings import DatabaseSection, OpenAiSection, PapagoSection, Settings, secret_names

# Used by every test here.
from tests.own_logging import own_logging as own_logging

ROOT = Path(__file__).parents[2]
DISCORD = "MTk4NjIyNDgzNDcxOTI1MjQ4" + ".Cl2FMQ." + "ZnCjm1XVW7vRze4b7Cq4se7kKWs"
TELEGRAM = "123456789:" + "AAF-x_3kqZ9Yd1T0bN8vJrW2mC5pL7sQe4u"
POSTGRESQL = "postgresql://bot:pa55w0rd@db.example:5432/jobs"


def json_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    """Give what was logged."""
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def as_json() -> Settings:
    """Settings with a secret that has to be escaped, for JSON lines."""
    return Settings(
        log_format="json",
        openai=OpenAiSection(api_key=SecretStr('한국어 "열쇠"\\n')),
        database=DatabaseSection(url=SecretStr(POSTGRESQL)),
    )


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        (f"Authorization: Bot {DISCORD}", DISCORD),
        (f"token={DISCORD},", DISCORD),
        (f"https://api.telegram.org/bot{TELEGRAM}/getUpdates", TELEGRAM),
        (f"connect to {POSTGRESQL} failed", "pa55w0rd"),
        (f"connect to {POSTGRESQL.replace(':', '+psycopg:', 1)} failed", "pa55w0rd"),
        ("postgresql://bot:p@ss@db/jobs", "p@ss"),
        ("Authorization: Bearer abc.DEF-123_x==", "abc.DEF-123_x"),
        ('{"authorization": "bearer abc.DEF"}', "abc.DEF"),
    ],
)
def test_everything_shaped_like_a_secret_is_masked(line: str, secret: str) -> None:
    """A token that no setting of ours has is still nobody's business."""
    masked = masker(())(line)

    assert secret not in masked
    assert MASK in masked


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-28T18:54:14.123456Z [info] job accepted job_id=0123456789abcdef0123",
        "http://127.0.0.1:8765/ is served",
        "https://api-free.deepl.com/v2/translate: 403",
        "bot/jobs.py:120: in prepare",
        "the bearer of news",
    ],
)
def test_ordinary_lines_stay_as_they_are(line: str) -> None:
    """Times, addresses and ids can be read, and a short value is not looked for."""
    expected = line.replace("bearer of", f"bearer {MASK}")

    assert expected == masker(("", "id", "job"))(line)


@given(
    secret=st.text(st.characters(exclude_characters="*"), min_size=6, max_size=40),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
)
def test_a_known_secret_is_masked_however_it_is_written(
    secret: str, before: str, after: str
) -> None:
    """As it is, inside a Python value, and inside JSON."""
    mask = masker((secret,))
    written = (secret, repr(secret)[1:-1], json.dumps(secret)[1:-1])

    for spelling in written:
        assert spelling not in mask(before + spelling + after)


def test_a_long_line_is_searched_at_once() -> None:
    """A line of a million characters that could begin a token anywhere takes no time to speak of."""
    line = "a1" * 500_000 + "1" * 500_000 + "://" * 10_000

    assert line == masker((DISCORD,))(line)


def test_all_secrets_of_the_settings_are_known() -> None:
    """Each secret is looked for, and the password of the database on its own too."""
    papago = PapagoSection(client_id=SecretStr("an-id-of-papago"))
    settings = Settings(papago=papago, database=DatabaseSection(url=SecretStr(POSTGRESQL)))

    assert {"an-id-of-papago", POSTGRESQL, "pa55w0rd"} == set(secrets_of(settings))
    assert {("papago", "client_id"), ("database", "url")} <= {
        (section, name) for section, name, _ in secret_names()
    }


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_secret_stands_in_a_traceback(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The text of an error, of its cause and of its notes is masked as everything else is."""
    logs.set_up(as_json().model_copy(update={"log_format": log_format}))

    def fail() -> None:
        try:
            raise ValueError(f"cannot reach {POSTGRESQL}")  # noqa: TRY301
        except ValueError as error:
            error.add_note(f"sent with Bearer {DISCORD}")
            raise RuntimeError(TELEGRAM) from error

    try:
        fail()
    except RuntimeError:
        structlog.get_logger().exception("broken", key='한국어 "열쇠"\\n', address=POSTGRESQL)
        logging.getLogger("some.library").exception("broken with %s", TELEGRAM)

    said = capsys.readouterr().err
    for secret in ("pa55w0rd", DISCORD, TELEGRAM, "열쇠"):
        assert secret not in said
    assert 2 == said.count("ValueError: cannot reach")
    assert MASK in said


@pytest.mark.fault(55)
def test_a_damaged_answer_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    """Half of an update that Telegram's library cannot read holds what somebody wrote."""
    logs.set_up(as_json())

    with pytest.raises(TelegramError):
        BaseRequest.parse_json_payload('{"ok": true, "text": "CANARY 고래'.encode())

    (line,) = json_lines(capsys)
    assert "telegram.request.BaseRequest" == line["logger"]
    assert "CANARY" not in json.dumps(line)


STEERING = "a\nb\r\x1b[31mc\x00d\u202ee\u2028f\x85g\ud800"


@pytest.mark.fault(40)
@pytest.mark.parametrize("log_format", ["console", "json"])
def test_nobody_writes_lines_of_their_own(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What would begin a line, colour a terminal or turn it around is written out, also in an error."""
    logs.set_up(as_json().model_copy(update={"log_format": log_format, "log_level": "debug"}))

    structlog.get_logger().debug("said", text=STEERING, several=[STEERING])
    logging.getLogger("some.library").warning("said %s", STEERING)

    said = capsys.readouterr().err
    assert 2 == len(said.splitlines())
    assert not set(STEERING) & set(said) - set("abcdefg[31m\n")
    assert "\\u202e" in said


def test_a_traceback_keeps_its_lines_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    """It is read by people, and an error's text may quote a stranger."""
    logs.set_up(as_json().model_copy(update={"log_format": "console"}))

    try:
        raise ValueError("\x1b[2J\u202e")  # noqa: TRY301
    except ValueError:
        structlog.get_logger().exception("broken")

    said = capsys.readouterr().err
    assert "ValueError: \\u001b[2J\\u202e\n" in said
    assert "\n  File " in said


def test_the_jobs_id_is_on_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    """What is bound to the context stands on our lines and on those of libraries."""
    logs.set_up(as_json())

    with structlog.contextvars.bound_contextvars(job_id="abc"):
        structlog.get_logger().info("job accepted", num_steps=30)
        logging.getLogger("aiohttp.server").warning("slow")
    structlog.get_logger().info("idle")

    first, second, third = json_lines(capsys)
    assert {"event": "job accepted", "job_id": "abc", "num_steps": 30, "level": "info"}.items() <= (
        first.items()
    )
    assert {"event": "slow", "job_id": "abc", "logger": "aiohttp.server", "level": "warning"} == {
        key: value for key, value in second.items() if key != "timestamp"
    }
    assert "job_id" not in third


def test_libraries_are_heard_from_warnings_on(capsys: pytest.CaptureFixture[str]) -> None:
    """What they do all day is theirs; what goes wrong is told once, even by one with its own handler."""
    logs.set_up(as_json())
    logs.set_up(as_json())

    for name in ("dbos", "sqlalchemy.engine", "alembic"):
        logging.getLogger(name).info("chatter")
        logging.getLogger(name).warning("trouble")

    assert ["dbos", "sqlalchemy.engine", "alembic"] == [
        line["logger"] for line in json_lines(capsys)
    ]


def test_the_level_of_our_own_lines_is_the_settings(capsys: pytest.CaptureFixture[str]) -> None:
    """An operator who wants errors only gets no more."""
    logs.set_up(as_json().model_copy(update={"log_level": "error"}))

    structlog.get_logger().warning("not this")
    logging.getLogger("dbos").warning("nor this")
    structlog.get_logger().error("this")

    assert ["this"] == [line["event"] for line in json_lines(capsys)]


def test_a_log_that_nobody_reads_stops_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed pipe at the other end is no reason to lose a job."""

    class Closed:
        def write(self, text: str) -> None:
            raise BrokenPipeError

        def flush(self) -> None:
            raise BrokenPipeError

    logs.set_up(as_json())
    monkeypatch.setattr(sys, "stderr", Closed())

    structlog.get_logger().error("unheard")
    logging.getLogger("dbos").error("unheard")


def test_what_ends_the_program_is_masked_too() -> None:
    """An error that nobody caught is written down like any other."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from bot import logs; from bot.settings import Settings; "
            f"logs.set_up(Settings(log_format='json')); raise RuntimeError({TELEGRAM!r})",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 1 == done.returncode
    assert "program broke off" == json.loads(done.stderr)["event"]
    assert TELEGRAM not in done.stderr
