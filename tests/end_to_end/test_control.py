"""What a person can turn acts on the picture: weights, negative words, guidance, seed.

The real engine draws with the shipped model and the recogniser looks at the result. Averages over
the same seeds are compared, so that one lucky picture proves nothing.
"""

from collections.abc import AsyncIterator
from statistics import mean

import pytest
import pytest_asyncio
from PIL import Image

from pipeline import DEMO, Engine, EngineOptions, PreparedPrompt, Rendered, RenderRequest
from pipeline.types import Fragment
from tools.demo_model.recogniser import Recogniser, Sight

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

SEEDS = range(12)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def engine() -> AsyncIterator[Engine]:
    """The real engine with the shipped model."""
    async with Engine(EngineOptions(model=DEMO)) as engine:
        yield engine


def prompt(*fragments: tuple[str, float], negative: str = "") -> PreparedPrompt:
    """Weighted fragments for both encoders, as the text pipeline builds them."""
    weighted = tuple(Fragment(text=text, weight=weight) for text, weight in fragments)
    return PreparedPrompt(
        prompt=weighted, prompt_2=weighted, negative_prompt=(Fragment(text=negative),)
    )


async def draw(
    engine: Engine, asked: PreparedPrompt, *, guidance_scale: float | None = None
) -> list[Rendered]:
    """Draw a prompt once with every seed."""
    tickets = [
        engine.submit(RenderRequest(prompt=asked, seed=seed, guidance_scale=guidance_scale))
        for seed in SEEDS
    ]
    return [await ticket.result() for ticket in tickets]


def look(recogniser: Recogniser, pictures: list[Rendered]) -> list[Sight]:
    """See what pictures show."""
    return recogniser.look_at(
        [
            Image.frombytes("RGB", (one.pixels.width_px, one.pixels.height_px), one.pixels.rgb)
            for one in pictures
        ]
    )


def sureness(sights: list[Sight], concept: str) -> float:
    """Say how sure the recogniser is of a concept, on average."""
    return mean(sight.probability(concept) for sight in sights)


@pytest.mark.parametrize("concept", ["dog", "apple"])
async def test_a_heavier_fragment_makes_its_concept_stronger(
    engine: Engine, recogniser: Recogniser, concept: str
) -> None:
    """From a tenth of its weight to the full and beyond, a thing is seen more and more surely."""
    seen = [
        sureness(
            look(
                recogniser,
                await draw(engine, prompt(("a cat and ", 1.0), (f"a {concept}", weight))),
            ),
            concept,
        )
        for weight in (0.1, 1.0)
    ]

    assert seen[0] + 0.2 < seen[1]


async def test_a_heavier_colour_is_stronger(engine: Engine, recogniser: Recogniser) -> None:
    """Raising the weight of the colour word never loses the colour."""
    light, heavy = [
        look(
            recogniser,
            await draw(engine, prompt(("a ", 1.0), ("blue", weight), (" elephant", 1.0))),
        )
        for weight in (0.1, 1.4)
    ]

    assert sum(s.colour == "blue" for s in light) < sum(s.colour == "blue" for s in heavy)


async def test_a_negative_word_pushes_its_concept_out(
    engine: Engine, recogniser: Recogniser
) -> None:
    """A thing that is asked for faintly is seen less when it is also unwanted."""
    faint_dog = (("a cat and ", 1.0), ("a dog", 0.5))
    wanted = look(recogniser, await draw(engine, prompt(*faint_dog)))
    unwanted = look(recogniser, await draw(engine, prompt(*faint_dog, negative="a dog")))

    assert sureness(unwanted, "dog") + 0.1 < sureness(wanted, "dog")


async def test_guidance_makes_a_picture_follow_its_words(
    engine: Engine, recogniser: Recogniser
) -> None:
    """With guidance the thing that was asked for is seen at least as surely as without."""
    asked = prompt(("a rabbit in the snow", 1.0))
    without = sureness(look(recogniser, await draw(engine, asked, guidance_scale=1.0)), "rabbit")
    guided = sureness(look(recogniser, await draw(engine, asked, guidance_scale=4.0)), "rabbit")

    assert without <= guided + 0.02


async def test_a_seed_is_a_picture(engine: Engine) -> None:
    """Every seed gives a picture of its own."""
    pictures = await draw(engine, prompt(("a fox in the forest", 1.0)))

    assert len(SEEDS) == len({one.pixels.rgb for one in pictures})
