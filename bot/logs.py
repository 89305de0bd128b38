"""The log: our lines and those of the libraries, in one form on standard error, and no secret in them.

A finished line is searched, whatever it was made of: fields, objects, the text of an exception. What
is not printable stands in it as an escape, so that nobody writes lines of their own.
Masked are the secrets of the settings and whatever has the shape of one. Users' words are nobody's
secret to this file: whoever logs leaves them out above DEBUG.
"""

import json
import logging
import re
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from urllib.parse import quote, unquote, urlsplit

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.settings import Settings, revealed, secret_names

MASK = "***"

# Each begins where a run of its characters begins, so that a long line is searched once and not
# from every character on.
_SHAPES = (
    re.compile(r"(?<![\w-])[\w-]{24,}+\.[\w-]{6}\.[\w-]{27,}"),  # Discord's bot tokens
    re.compile(r"(?<!\d)\d{6,}+:[\w-]{35,}"),  # Telegram's
    re.compile(r"(?<=://)[^\s/:@]*:[^\s/]+(?=@)"),  # the user and the password of an address
    re.compile(r"(?i)(?<=\bbearer )[\w.~+/=-]+"),
)
_MIN_CHARS = 6  # a shorter secret is a word of every line, and no secret
_QUOTING = ("telegram.request.BaseRequest",)  # loggers that repeat a damaged answer as a whole
_OWN_HANDLER = "geuryeojwo"


def set_up(settings: Settings) -> None:
    """Send every log line to standard error in the form that the settings name; again is fine.

    Libraries are heard from WARNING on.
    """
    level = getattr(logging, settings.log_level.upper())
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendered: list[Processor] = [
        # A traceback as text, for one that were drawn with the values of its variables shows secrets.
        structlog.processors.format_exc_info,
        *_renderers(settings),
        _masked(masker(secrets_of(settings))),
    ]
    structlog.configure(
        processors=[*common, structlog.dev.set_exc_info, *rendered],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(_StandardError()),  # type: ignore[arg-type]  # needs no more of a file
    )
    handler = logging.StreamHandler(_StandardError())
    handler.name = _OWN_HANDLER
    handler.setLevel(max(level, logging.WARNING))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *common],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
        )
    )
    logging.getLogger().setLevel(max(level, logging.WARNING))
    for logger in (logging.getLogger(), logging.getLogger("dbos")):
        for old in [one for one in logger.handlers if one.name == _OWN_HANDLER]:
            logger.removeHandler(old)
        logger.addHandler(handler)
    for name in _QUOTING:
        logging.getLogger(name).addFilter(_without_quotation)
    # DBOS adds a handler of its own where its logger has none, and lets nothing through to the root.
    logging.getLogger("dbos").propagate = False
    sys.excepthook = _log_uncaught


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Give the values of all secrets that are set, and the password inside an address on its own."""
    values = [
        revealed(getattr(getattr(settings, section), name)) for section, name, _ in secret_names()
    ]
    passwords = [urlsplit(value).password or "" for value in values if "://" in value]
    return tuple(value for value in (*values, *passwords, *map(unquote, passwords)) if value)


def masker(secrets: Iterable[str]) -> Callable[[str], str]:
    """Give what replaces these secrets, however a line writes them, and everything shaped like one."""
    spellings = {
        spelling
        for secret in secrets
        if len(secret) >= _MIN_CHARS
        for spelling in (
            secret,
            repr(secret)[1:-1],
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            quote(secret, safe="", errors="surrogatepass"),
        )
    }
    longest_first = sorted(spellings, key=len, reverse=True)
    known = [re.compile("|".join(map(re.escape, longest_first)))] if spellings else []

    def mask(line: str) -> str:
        for shape in (*known, *_SHAPES):
            line = shape.sub(MASK, line)
        return line

    return mask


def _without_quotation(record: logging.LogRecord) -> bool:
    """Let a line say what happened and not what it happened to: that is what somebody wrote."""
    record.args = tuple(MASK for _ in record.args or ())
    return True


def _escaped(logger: WrappedLogger, method: str, fields: EventDict) -> EventDict:
    """Write out what steers a terminal or looks like another line; a traceback keeps its lines."""
    return {
        name: _printable(value, kept="\n" if name == "exception" else "")
        if isinstance(value, str)
        else value
        for name, value in fields.items()
    }


def _escaped_in_json(logger: WrappedLogger, method: str, line: object) -> str:
    assert isinstance(line, str)  # it comes after the renderer
    return _printable(line)


def _printable(text: str, *, kept: str = "") -> str:
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in kept else json.dumps(char)[1:-1] for char in text
    )


def _masked(mask: Callable[[str], str]) -> Processor:
    def processor(logger: WrappedLogger, method: str, line: object) -> str:
        assert isinstance(line, str)  # it comes after the renderer
        return mask(line)

    return processor


def _renderers(settings: Settings) -> tuple[Processor, ...]:
    """Make a line of fields. What is not printable is written out, in JSON as JSON does it."""
    if settings.log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False), _escaped_in_json
    console = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    return _escaped, console


class _StandardError:
    """Standard error as it is when something is written; one that nobody reads stops no work."""

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    structlog.get_logger().critical("program broke off", exc_info=(kind, error, trace))
