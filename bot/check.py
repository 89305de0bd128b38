"""`python -m bot check`: every part that the settings name is tried, and has a line of its own.

With `--demo-providers` the services are stand-ins that run beside it, in a process of their own.
"""

import argparse
import asyncio
import errno
import json
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path

from bot import check_texts, error_texts, shell_texts
from bot.adapters.discord.checking import examine
from bot.adapters.telegram.checking import examine as examine_telegram
from bot.backup import APP_FILE
from bot.files import StorageUnusable, check_folders
from bot.keeping import FOLDERS
from bot.marking import trouble_with_key
from bot.options import gate_options, model_options
from bot.parts import both_parts, make_opinion, make_picture_gate
from bot.platforms import words
from bot.sealing import SealingError, load_or_create
from bot.settings import Settings, load_settings, revealed, secret_names
from bot.shell import why_not_started
from bot.store import Store, StoreError, holds_nothing
from pipeline import DEMO, ModelOpinion, PipelineError, Pixels, Trial, unfetched

OK, FAILED = 0, 1


async def check(settings: Settings, options: argparse.Namespace) -> int:
    """Try every part that the settings name, and print a line for each."""
    if not options.demo_providers:
        return await _check(settings)
    async with _demo_providers(options.config) as with_demo:
        return await _check(with_demo)


async def _check(settings: Settings) -> int:
    failed = False
    async with aclosing(_checks(settings)) as results:
        async for line, problem in results:
            print(line, flush=True)
            failed = failed or problem
    return FAILED if failed else OK


async def _checks(settings: Settings) -> AsyncGenerator[tuple[str, bool]]:
    """Give a line for every part, and whether there is something to mend."""
    yield _line(check_texts.CHECK_SETTINGS, None)
    yield _line(check_texts.CHECK_DATA_DIR, _check_folders(settings))
    yield _line(check_texts.CHECK_STORE, await _check_store(settings))
    yield _line(check_texts.CHECK_PORT, await _check_port(settings))
    yield _line(check_texts.CHECK_SIGNING, _check_signing(settings))
    yield _operator(settings)
    for look in (_check_discord, _check_telegram):
        async with aclosing(look(settings)) as found:
            async for line, problem in found:
                yield line, problem
    if (opinion := make_opinion(settings)) is not None:
        trial = await _tried(opinion)
        yield check_texts.trial(trial), trial.failure is not None
    yield await _check_classifier(settings)
    try:
        if missing := await asyncio.to_thread(unfetched, model_options(settings)):
            yield _line(check_texts.CHECK_MODEL, check_texts.not_fetched(missing))
            return
        async with both_parts(settings) as (preparer, _):
            yield _line(check_texts.CHECK_MODEL, None)
            async for trial in preparer.try_providers():
                yield check_texts.trial(trial), trial.failure is not None
            for name in preparer.left_out():
                yield check_texts.left_out(name, _variables_of(name)), False
    except PipelineError as error:
        yield _line(check_texts.CHECK_MODEL, error_texts.of_error(error, job_id="-"))


async def _tried(opinion: ModelOpinion) -> Trial:
    """Ask for a second opinion on a sentence that harms nobody."""
    try:
        await opinion.load()
        return await opinion.try_once()
    finally:
        await opinion.close()


def _line(name: str, problem: str | None) -> tuple[str, bool]:
    return check_texts.check_line(name, problem), problem is not None


def _variables_of(provider: str) -> tuple[str, ...]:
    """Name the variables of a provider that cannot do without a key."""
    if provider == "openai":  # a server on this machine wants none
        return ()
    return tuple(variable for section, _, variable in secret_names() if section == provider)


@asynccontextmanager
async def _demo_providers(config: Path | None) -> AsyncIterator[Settings]:
    """Start the stand-ins, and read the settings again with their addresses and keys.

    They live beside the tests, which the program itself never imports.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.servers", stdin=-1, stdout=-1
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        os.environ.update(json.loads(await process.stdout.readline()))
        yield load_settings(config)
    finally:
        process.stdin.close()  # they end with it
        await process.wait()


def _check_folders(settings: Settings) -> str | None:
    if (problem := _check_data_dir(settings.data_dir)) is not None:
        return problem
    try:
        check_folders(settings.storage.url or str(settings.data_dir), FOLDERS)
    except StorageUnusable as error:
        return why_not_started(error)
    return None


def _check_data_dir(folder: Path) -> str | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".check"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        return shell_texts.CANNOT_WRITE.format(path=folder, reason=error.strerror)
    return None


async def _check_store(settings: Settings) -> str | None:
    """Open the records as the program does; where there are none yet, its first start makes them."""
    url, file = revealed(settings.database.url), settings.data_dir / APP_FILE
    try:
        if await asyncio.to_thread(holds_nothing, url) if url else not file.exists():
            return None
        sealer = load_or_create(settings.key_file, may_create=False)
        await (await Store.open(url or f"sqlite:///{file.resolve()}", sealer=sealer)).close()
    except (SealingError, StoreError) as error:
        return why_not_started(error)
    return None


def _operator(settings: Settings) -> tuple[str, bool]:
    """Say whether people can learn who runs the bot and how to reach them; needless on one's own machine."""
    if settings.lacks_operator:
        return check_texts.OPERATOR_UNNAMED, False
    return _line(check_texts.CHECK_OPERATOR, None)


async def _check_discord(settings: Settings) -> AsyncGenerator[tuple[str, bool]]:
    token = revealed(settings.discord.token)
    if not token:
        yield check_texts.DISCORD_LEFT_OUT, False
        return
    async with aclosing(examine(token=token, api_base=settings.discord.api_base)) as findings:
        async for finding in findings:
            yield check_texts.discord(finding), finding.is_problem


async def _check_telegram(settings: Settings) -> AsyncGenerator[tuple[str, bool]]:
    section = settings.telegram
    token = revealed(section.token)
    if not token:
        yield check_texts.TELEGRAM_LEFT_OUT, False
        return
    looking = examine_telegram(token=token, base_url=section.base_url, words=words())
    async with aclosing(looking) as findings:
        async for finding in findings:
            yield check_texts.telegram(finding), finding.is_problem


async def _check_classifier(settings: Settings) -> tuple[str, bool]:
    """Load what judges pictures, where it is here, and have it judge one that shows nothing."""
    gate = make_picture_gate(settings)
    if not gate.has_classifier:
        is_demo = settings.model.source == DEMO.name
        return (check_texts.DEMO_UNJUDGED if is_demo else check_texts.UNJUDGED), False
    try:
        if not await asyncio.to_thread(gate.is_fetched):
            place = gate_options(settings).classifier
            assert place is not None
            return _line(check_texts.CHECK_CLASSIFIER, check_texts.not_fetched((place.place,)))
        await gate.start()
        await gate.judge(Pixels(width_px=64, height_px=64, rgb=bytes(3 * 64 * 64)))
    except PipelineError as error:
        return _line(check_texts.CHECK_CLASSIFIER, error_texts.of_error(error, job_id="-"))
    finally:
        gate.close()
    return _line(check_texts.CHECK_CLASSIFIER, None)


def _check_signing(settings: Settings) -> str | None:
    trouble = trouble_with_key(settings)
    return trouble and check_texts.signing(trouble, settings.signing_dir)


async def _check_port(settings: Settings) -> str | None:
    web = settings.web
    try:
        server = await asyncio.start_server(lambda *_: None, web.host, web.port)
    except OSError as error:
        return shell_texts.cannot_listen(
            web.host, web.port, is_taken=error.errno == errno.EADDRINUSE
        )
    server.close()
    with suppress(OSError):
        await server.wait_closed()
    return None
