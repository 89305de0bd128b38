"""The commands of `python -m bot`: results on standard output, everything else on standard error.

Each takes the settings and the parsed command line and gives an exit code.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from secrets import randbits

from tqdm import tqdm

from bot import error_texts, shell_texts, texts
from bot.adapters.web.server import CannotListen, PortTaken
from bot.app import App, Role
from bot.backup import back_up
from bot.command import DrawCommand
from bot.commands import MessageTooLong, OptionInvalid, reworded, with_option
from bot.drawing import begin
from bot.files import StorageLinked, StorageUnusable, write_whole
from bot.locks import AlreadyRunning, LocksUnreachable
from bot.marking import marking_of, roots
from bot.metrics import MetricsPortUnusable
from bot.options import model_options
from bot.parts import both_parts, picture_part, text_part
from bot.pictures import Finished
from bot.report import print_preparation
from bot.scrutiny import Scrutiny, names_minors
from bot.sealing import KeyForeign, KeyMissing, KeyUnreadable, SealingError
from bot.settings import Settings
from bot.signing import SigningKeyError, rotate
from bot.store import (
    BackUpUnsupported,
    StoreDamaged,
    StoreError,
    StorePlanted,
    StoreTooNew,
    StoreUnavailable,
)
from bot.wish import over
from pipeline import (
    DownloadFailed,
    Engine,
    ModelVocabulary,
    PictureGate,
    PipelineError,
    Preparation,
    Preparer,
    Quality,
    RuleGate,
    RulesMissing,
    SamplerName,
    Verdict,
    download_marian,
    read_marks,
)

OK, FAILED, WRONG = 0, 1, 2
BUSY = 75  # EX_TEMPFAIL of sysexits.h: another process has the name


class BadInputFile(Exception):  # the operator's mistake: outside the pipeline's tree
    """A file given on the command line cannot be used; the text says why in Korean."""


async def run(settings: Settings, options: argparse.Namespace) -> int:
    """Serve in the command's role until SIGINT or SIGTERM; a second signal ends the process at once."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, _ask_to_stop, stop, number)
    try:
        await App(settings, role=Role(options.command)).run(stop, _say)
    except AlreadyRunning as error:
        _say(shell_texts.already_running(error.name))
        return BUSY
    except _START_ERRORS as error:
        _say(why_not_started(error))
        return FAILED
    _say(shell_texts.STOPPED)
    return OK


_START_ERRORS = (
    CannotListen,
    LocksUnreachable,
    MetricsPortUnusable,
    PipelineError,
    RulesMissing,
    SealingError,
    StorageUnusable,
    StoreError,
)


def why_not_started(error: Exception) -> str:
    """Say to the operator why the program does not run, and what to do."""
    match error:
        case CannotListen():
            is_taken = isinstance(error, PortTaken)
            return shell_texts.cannot_listen(error.host, error.port, is_taken=is_taken)
        case MetricsPortUnusable():
            return shell_texts.cannot_serve_metrics(error.port)
        case RulesMissing():
            return shell_texts.RULES_MISSING
        case LocksUnreachable():
            return shell_texts.locks_unreachable(error.detail)
        case KeyMissing():
            return shell_texts.key_missing(str(error.path))
        case KeyForeign():
            return shell_texts.key_foreign(str(error.path))
        case KeyUnreadable():
            return shell_texts.key_unreadable(str(error.path))
        case StorageLinked():
            return shell_texts.storage_linked(str(error.folder))
        case StorageUnusable():
            return shell_texts.STORAGE_UNUSABLE
        case StoreDamaged():
            return shell_texts.store_damaged(error.reason)
        case StorePlanted():
            return shell_texts.store_planted(error.table)
        case StoreTooNew():
            return shell_texts.store_too_new(error.revision)
        case BackUpUnsupported():
            return shell_texts.back_up_with(error.tool)
        case StoreUnavailable():
            return shell_texts.store_unavailable(error.reason)
        case _:
            return error_texts.of_error(error, job_id="-")


def _ask_to_stop(stop: asyncio.Event, number: int) -> None:
    if stop.is_set():
        os._exit(128 + number)
    stop.set()


async def draw(settings: Settings, options: argparse.Namespace) -> int:
    """Draw the pictures of one command into files."""
    if options.seed is not None and not 0 <= options.seed < 2**32:
        _say(shell_texts.BAD_SEED)
        return WRONG
    if options.image is None and (options.enlarge or options.strength is not None):
        _say(shell_texts.NEEDS_IMAGE)
        return WRONG
    try:
        command = over(_command(options), has_photo=options.image is not None)
    except (MessageTooLong, OptionInvalid) as error:
        _say(error_texts.of_error(error, job_id="-"))
        return WRONG
    try:
        photo = options.image and options.image.read_bytes()
    except OSError:
        _say(shell_texts.cannot_read(str(options.image)))
        return FAILED
    try:
        async with (
            picture_part(settings) as gate,
            both_parts(settings) as (preparer, engine),
        ):
            pictures = await _draw(settings, preparer, engine, command, photo, gate=gate)
        paths = _write(pictures, options.out)
    except PipelineError as error:
        _say(error_texts.of_error(error, job_id="-"))
        return FAILED
    except RulesMissing as error:
        _say(why_not_started(error))
        return FAILED
    except OSError as error:
        _say(shell_texts.CANNOT_WRITE.format(path=options.out, reason=error.strerror))
        return FAILED
    if not pictures:
        return FAILED
    num_missing = command.num_pictures - len(pictures)
    if num_missing:
        _say(texts.missing_pictures(num_missing))
    if options.json:
        facts = pictures[0].as_dict(paths[0]) | {"pictures": [str(path) for path in paths]}
        print(json.dumps(facts, ensure_ascii=False))
    else:
        for path in paths:
            _say(shell_texts.SAVED.format(path=path))
    return FAILED if num_missing else OK


async def _draw(
    settings: Settings,
    preparer: Preparer,
    engine: Engine,
    command: DrawCommand,
    photo: bytes | None,
    *,
    gate: PictureGate,
) -> tuple[Finished, ...]:
    """Draw with a bar on a terminal; nothing where the text gives no prompt. Raises PipelineError."""
    preparation = await preparer.prepare(
        command.text,
        negative=command.negative,
        terms=settings.text.glossary,
        is_over_photo=photo is not None,
    )
    if preparation.verdict is not Verdict.OK:
        _say(texts.refusal(preparation.verdict, preparation.unknown_words))
        return ()
    vocabulary = ModelVocabulary.load(Path(model_options(settings).path))
    for line in texts.notes(preparation, vocabulary.unlearned(preparation.english or "")):
        _say(line)
    drawing = await begin(
        engine,
        command,
        preparation,
        photo=photo,
        seed=randbits(32),
        draw=settings.draw,
        scrutiny=Scrutiny(gate=gate, has_minors=names_minors(preparation, RuleGate())),
        marking=await asyncio.to_thread(marking_of, settings),
        job_id="shell",
    )
    with tqdm(total=None, disable=not sys.stderr.isatty(), unit="step", leave=False) as bar:
        async with aclosing(drawing.progress()) as news:
            async for progress in news:
                bar.total = progress.num_steps
                bar.update(progress.step - bar.n)
    return (await drawing.finished()).pictures


def _write(pictures: Sequence[Finished], out: Path) -> list[Path]:
    """Write the pictures, the second and later ones with a number in their names. Raises OSError."""
    paths = [
        out if number == 1 else out.with_stem(f"{out.stem}-{number}")
        for number in range(1, len(pictures) + 1)
    ]
    for picture, path in zip(pictures, paths, strict=True):
        write_whole(path, picture.png)
    return paths


def _command(options: argparse.Namespace) -> DrawCommand:
    """Read the text as a message, and the flags, which prevail over the options in the text.

    Raises OptionInvalid or MessageTooLong.
    """
    flags = {
        "negative": options.negative or None,
        "seed": options.seed,
        "quality": options.quality and Quality(options.quality),
        "width_px": options.width or options.height,
        "height_px": options.height or options.width,
        "num_steps": options.steps,
        "guidance_scale": options.guidance,
        "sampler": options.sampler and SamplerName(options.sampler),
        "strength": options.strength,
        "is_enlarging": options.enlarge or None,
    }
    given = {name: value for name, value in flags.items() if value is not None}
    if "width_px" in given:
        given["ratio"] = None
    command = replace(reworded(DrawCommand(text=""), options.text), **given)
    told = [
        ("크기", options.size),
        ("장수", options.num),
        ("구간", options.guidance_interval),
        ("변형", options.variation),
        *(("로라", lora) for lora in options.lora),
    ]
    for name, value in told:
        if value is not None:
            command = with_option(command, name, value)
    return command


async def prepare(settings: Settings, options: argparse.Namespace) -> int:
    """Print the trace of one text, or of every line of a JSON lines file."""
    if (options.text is None) == (options.file is None):
        _say(shell_texts.PREPARE_NEEDS_TEXT)
        return WRONG
    try:
        messages = [("", options.text)] if options.file is None else list(_messages(options.file))
    except BadInputFile as error:
        _say(str(error))
        return FAILED
    try:
        async with text_part(settings) as preparer:
            for message_id, text in messages:
                preparation = await preparer.prepare(text, terms=settings.text.glossary)
                if options.file is None and not options.json and sys.stdout.isatty():
                    print_preparation(preparation)
                else:
                    _print_json(message_id, preparation)
    except PipelineError as error:  # no tokenizers: no model
        _say(error_texts.of_error(error, job_id="-"))
        return FAILED
    except RulesMissing as error:
        _say(why_not_started(error))
        return FAILED
    return OK


def _print_json(message_id: str, preparation: Preparation) -> None:
    facts = ({"id": message_id} if message_id else {}) | preparation.as_dict()
    print(json.dumps(facts, ensure_ascii=False), flush=True)


def _messages(path: Path) -> Iterator[tuple[str, str]]:
    """Read id and text of each line. Raises BadInputFile."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputFile(shell_texts.cannot_read(str(path))) from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            facts = json.loads(line)
            yield str(facts.get("id", "")), str(facts["text"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInputFile(shell_texts.BAD_LINE.format(path=path, line=number)) from error


async def download(settings: Settings, options: argparse.Namespace) -> int:
    """Get a model that works on this machine; nothing else here downloads one for the text."""
    _say(shell_texts.DOWNLOADING.format(folder=settings.marian.folder))
    os.environ["HF_HUB_OFFLINE"] = "0"  # who asks for a download means it
    try:
        await asyncio.to_thread(download_marian, settings.marian.folder)
    except DownloadFailed as error:
        _say(shell_texts.download_failed(error.obstacle, error.detail))
        return FAILED
    _say(shell_texts.DOWNLOADED.format(folder=settings.marian.folder))
    return OK


async def backup(settings: Settings, options: argparse.Namespace) -> int:
    """Copy the databases into a folder; the key must be kept apart."""
    try:
        await back_up(settings, options.folder)
    except OSError as error:
        _say(shell_texts.not_backed_up(error.filename or options.folder, error.strerror or ""))
        return FAILED
    except (StoreError, SealingError) as error:
        _say(why_not_started(error))
        return FAILED
    _say(shell_texts.backed_up(options.folder, key_file=settings.key_file))
    return OK


async def verify(settings: Settings, options: argparse.Namespace) -> int:
    """Print which marks a picture carries; 1 when it does not say that AI made it."""
    try:
        marks = read_marks(options.picture, roots_pem=roots(settings))
    except OSError:
        _say(shell_texts.cannot_read(str(options.picture)))
        return FAILED
    except ValueError:
        _say(shell_texts.not_a_picture(str(options.picture)))
        return FAILED
    print(shell_texts.marks(marks))
    return OK if marks.says_ai else FAILED


async def rotate_marks(settings: Settings, options: argparse.Namespace) -> int:
    """Sign with a new key and a new root from the next start on; what was signed stays known as ours."""
    folder = settings.signing_dir
    try:
        rotate(folder, data_dir=settings.data_dir)
    except SigningKeyError as error:
        _say(shell_texts.signing_key_not_written(error.path))
        return FAILED
    _say(shell_texts.signing_key_rotated(folder))
    return OK


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
