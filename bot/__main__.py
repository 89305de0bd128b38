"""`python -m bot`: what was typed → one of the shell's commands, and its exit code.

Exit codes: 0 done, 1 the request could not be done, 2 the command or the settings are wrong,
75 another process has the name, 130 interrupted.
"""

import argparse
import asyncio
import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from bot import logs, shell, shell_texts
from bot.check import check
from bot.settings import Settings, SettingsInvalid, load_settings
from pipeline import Quality, SamplerName


class KoreanParser(argparse.ArgumentParser):
    """Says in Korean what is wrong with a command line, and exits with 2."""

    def error(self, message: str) -> NoReturn:
        """Print one sentence and how the command is used."""
        self.exit(2, f"{shell_texts.of_usage_error(message)}\n{self.format_usage()}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings(options.config)
    except SettingsInvalid as error:
        print(shell_texts.of_problems(error.problems), file=sys.stderr)
        return 2
    set_up_process(settings)
    try:
        return asyncio.run(_COMMANDS[options.command](settings, options))
    except KeyboardInterrupt:
        print(shell_texts.INTERRUPTED, file=sys.stderr)
        return 130
    except BrokenPipeError:  # `python -m bot prepare … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def set_up_process(settings: Settings) -> None:
    """Set up the log, and keep model libraries from the network and from chatting."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
    logs.set_up(settings)


def _parser() -> KoreanParser:
    parser = KoreanParser(prog="python -m bot", description=shell_texts.SHELL_ABOUT)
    parser.add_argument("--config", type=Path, metavar="FILE", help=shell_texts.SHELL_CONFIG)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("run", help=shell_texts.SHELL_RUN)
    commands.add_parser("chat", help=shell_texts.SHELL_CHAT)
    commands.add_parser("worker", help=shell_texts.SHELL_WORKER)
    checked = commands.add_parser("check", help=shell_texts.SHELL_CHECK)
    checked.add_argument(
        "--demo-providers", action="store_true", help=shell_texts.SHELL_DEMO_PROVIDERS
    )
    download = commands.add_parser("download", help=shell_texts.SHELL_DOWNLOAD)
    download.add_argument("what", choices=["marian"], help=shell_texts.SHELL_DOWNLOAD_WHAT)
    backup = commands.add_parser("backup", help=shell_texts.SHELL_BACKUP)
    backup.add_argument("folder", type=Path, metavar="FOLDER", help=shell_texts.SHELL_BACKUP_FOLDER)
    prepare = commands.add_parser("prepare", help=shell_texts.SHELL_PREPARE)
    prepare.add_argument("text", nargs="?", help=shell_texts.SHELL_TEXT)
    prepare.add_argument("--file", type=Path, metavar="MESSAGES.jsonl", help=shell_texts.SHELL_FILE)
    prepare.add_argument("--json", action="store_true", help=shell_texts.SHELL_PREPARE_JSON)
    verify = commands.add_parser("verify", help=shell_texts.SHELL_VERIFY)
    verify.add_argument("picture", type=Path)
    commands.add_parser("rotate-marks", help=shell_texts.SHELL_ROTATE_MARKS)
    _add_draw(commands.add_parser("draw", help=shell_texts.SHELL_DRAW))
    return parser


def _add_draw(draw: argparse.ArgumentParser) -> None:
    draw.add_argument("text", help=shell_texts.SHELL_TEXT)
    draw.add_argument("--out", type=Path, required=True, metavar="FILE", help=shell_texts.SHELL_OUT)
    draw.add_argument("--json", action="store_true", help=shell_texts.SHELL_JSON)
    draw.add_argument("--negative", default="", metavar="TEXT", help=shell_texts.SHELL_NEGATIVE)
    draw.add_argument("--seed", type=int, metavar="N")
    draw.add_argument("--num", metavar="N", help=shell_texts.SHELL_NUM)
    draw.add_argument("--size", metavar="SIZE", help=shell_texts.SHELL_SIZE)
    draw.add_argument("--width", type=int, metavar="PX")
    draw.add_argument("--height", type=int, metavar="PX")
    draw.add_argument("--quality", choices=[str(quality) for quality in Quality])
    draw.add_argument("--steps", type=int, metavar="N")
    draw.add_argument("--sampler", choices=[str(sampler) for sampler in SamplerName])
    draw.add_argument("--guidance", type=float, metavar="X")
    draw.add_argument("--guidance-interval", metavar="A~B", help=shell_texts.SHELL_INTERVAL)
    draw.add_argument(
        "--lora", action="append", default=[], metavar="NAME:SCALE", help=shell_texts.SHELL_LORA
    )
    draw.add_argument("--variation", metavar="SEED:AMOUNT", help=shell_texts.SHELL_VARIATION)
    draw.add_argument("--image", type=Path, metavar="FILE", help=shell_texts.SHELL_IMAGE)
    draw.add_argument("--strength", type=float, metavar="X", help=shell_texts.SHELL_STRENGTH)
    draw.add_argument("--enlarge", action="store_true", help=shell_texts.SHELL_ENLARGE)


_COMMANDS = {
    "run": shell.run,
    "chat": shell.run,
    "worker": shell.run,
    "check": check,
    "download": shell.download,
    "backup": shell.backup,
    "prepare": shell.prepare,
    "verify": shell.verify,
    "rotate-marks": shell.rotate_marks,
    "draw": shell.draw,
}


def _leave(code: int) -> NoReturn:
    """End the process with an exit code.

    A model that is still being loaded cannot be interrupted. The interpreter's own end would pull the
    engine's thread out of C++ code, which aborts the process; by now everything is closed and written.
    """
    if any(thread.daemon for thread in threading.enumerate()):
        with suppress(OSError):  # a closed pipe
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    _leave(main())
