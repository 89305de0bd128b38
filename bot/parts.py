"""The pipeline's parts as the settings want them, and both loaded for a command of the shell."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.commands import MAX_PICTURES
from bot.fairness import Lane
from bot.options import gate_options, model_options, opinion_options, text_options
from bot.sealing import Sealer
from bot.settings import Settings
from pipeline import (
    ClassifierGate,
    Engine,
    EngineOptions,
    ModelOpinion,
    Preparer,
    RuleGate,
    token_counter_of,
)

NUM_HELD = 8  # jobs of a lane that one engine orders among themselves
NUM_HELD_BESIDE_OTHERS = 2  # where other engines may be idle meanwhile


def make_engine(settings: Settings) -> Engine:
    """Build the engine; it loads nothing yet."""
    return Engine(
        EngineOptions(
            model=model_options(settings),
            max_requests=len(Lane) * NUM_HELD * MAX_PICTURES,  # what is held is never refused
            profile_dir=str(settings.data_dir / "cache" / "profiles"),
        )
    )


def make_preparer(settings: Settings, sealer: Sealer | None = None) -> Preparer:
    """Build the text pipeline for the tokenizers of the model. Raises ModelNotLoaded, RulesMissing.

    Without a sealer what is remembered of texts stays in memory.
    """
    counter = token_counter_of(model_options(settings))
    return Preparer(
        text_options(settings),
        counter,
        seal=sealer,
        gate=make_text_gate(settings),
        opinion=make_opinion(settings),
    )


def make_text_gate(settings: Settings) -> RuleGate:
    """Build what judges texts, with the operator's own words. Raises RulesMissing."""
    safety = settings.safety
    return RuleGate(forbidden=safety.forbidden_words, allowed=safety.allowed_words)


def make_opinion(settings: Settings) -> ModelOpinion | None:
    """Build what gives a second opinion on texts; None where none is wanted."""
    options = opinion_options(settings)
    return ModelOpinion(options) if options else None


def make_picture_gate(settings: Settings) -> ClassifierGate:
    """Build what judges pictures; it loads nothing yet."""
    return ClassifierGate(gate_options(settings))


@asynccontextmanager
async def picture_part(settings: Settings) -> AsyncIterator[ClassifierGate]:
    """Give what judges pictures, loaded. Raises ClassifierNotLoaded."""
    gate = make_picture_gate(settings)
    try:
        await gate.start()
        yield gate
    finally:
        gate.close()


@asynccontextmanager
async def text_part(settings: Settings) -> AsyncIterator[Preparer]:
    """Give the text pipeline alone, for commands that draw nothing. Raises ModelNotLoaded."""
    preparer = make_preparer(settings)
    try:
        yield preparer
    finally:
        await preparer.close()


@asynccontextmanager
async def both_parts(settings: Settings) -> AsyncIterator[tuple[Preparer, Engine]]:
    """Give the text pipeline and the engine, loaded, without a queue. Raises ModelNotLoaded."""
    async with text_part(settings) as preparer:
        engine = make_engine(settings)
        try:
            await engine.start()
            await preparer.load_language()
            # Not beside the engine: transformers builds models on a device that it sets for all threads.
            await preparer.warm_up()
            yield preparer, engine
        finally:
            await engine.close()
