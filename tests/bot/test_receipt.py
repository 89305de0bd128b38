"""A receipt is drawn once more as it says, and a stranger's is not believed."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.drawing import begin
from bot.marking import Marking
from bot.receipt import DrawnOverPhoto, NoReceipt, checked, command_of, preparation_of
from bot.scrutiny import Scrutiny
from bot.settings import DrawSection, MarksSection
from pipeline import (
    DEMO,
    Engine,
    EngineOptions,
    Fragment,
    Preparation,
    PreparedPrompt,
    Quality,
    Receipt,
    SamplerName,
    Variation,
    Verdict,
    marks_in,
)
from tests.judging import FakePictureGate

LIMIT_S = 120.0  # a slow machine loads the model
RECEIPT = Receipt(
    text="노을 지는 바다 위의 고래 그려줘",
    subject="노을 지는 바다 위의 고래",
    english="a whale above the sea at sunset",
    prompt="a whale above the sea",
    prompt_2="a whale, whale",
    negative_prompt="blurry",
    weights=(("a whale", 1.0), (", ", 1.0), ("whale", 1.2)),
    prompt_weights=(("a whale", 1.3), (" above the sea", 1.0)),
    negative_weights=(("blurry", 1.0),),
    negative="흐림",
    seed=7,
    width_px=64,
    height_px=96,
    num_steps=20,
    guidance_scale=4.0,
    guidance_interval=(0.1, 0.9),
    sampler="dpmpp_2m",
    loras=(("수채화", 0.8),),
    variation_seed=9,
    variation_amount=0.25,
    model="demo",
    version="0.1.0",
)


def test_a_command_asks_for_everything_that_a_receipt_says() -> None:
    """Nothing is left to the settings or to the model."""
    command = command_of(checked(RECEIPT))

    assert (7, 64, 96, 20) == (
        command.seed,
        command.width_px,
        command.height_px,
        command.num_steps,
    )
    assert (4.0, (0.1, 0.9)) == (command.guidance_scale, command.guidance_interval)
    assert SamplerName.DPMPP_2M is command.sampler
    assert RECEIPT.loras == command.loras
    assert Variation(seed=9, amount=0.25) == command.variation
    assert ("흐림", RECEIPT) == (command.negative, command.receipt)


def test_the_prompt_has_the_weights_of_every_fragment() -> None:
    """What was understood is not understood anew."""
    preparation = preparation_of(RECEIPT)

    assert (
        PreparedPrompt(
            prompt=(Fragment(text="a whale", weight=1.3), Fragment(text=" above the sea")),
            prompt_2=(
                Fragment(text="a whale"),
                Fragment(text=", "),
                Fragment(text="whale", weight=1.2),
            ),
            negative_prompt=(Fragment(text="blurry"),),
        )
        == preparation.prompt
    )
    assert (("whale", 1.2),) == preparation.keywords
    assert RECEIPT.english == preparation.english
    assert RECEIPT.subject == preparation.subject


def test_an_older_receipt_has_prompts_without_weights() -> None:
    """What was not written down then is drawn as plain text."""
    older = replace(RECEIPT, prompt_weights=(), negative_weights=(), subject="")
    prompt = preparation_of(checked(older)).prompt

    assert prompt is not None
    assert (Fragment(text=RECEIPT.prompt),) == prompt.prompt
    assert (Fragment(text="blurry"),) == prompt.negative_prompt


def test_what_was_drawn_over_a_photo_cannot_be_drawn_again() -> None:
    """The photo is not in the file, and is not kept."""
    with pytest.raises(DrawnOverPhoto):
        command_of(replace(RECEIPT, strength=0.6))


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": -1},
        {"seed": 2**32},
        {"seed": "seven"},
        {"width_px": 0},
        {"height_px": 10**9},
        {"num_steps": 151},
        {"num_steps": None},
        {"guidance_scale": float("nan")},
        {"guidance_scale": 31.0},
        {"guidance_interval": (0.9, 0.1)},
        {"guidance_interval": (0.0, 0.5, 1.0)},
        {"sampler": "magic"},
        {"loras": (("수채화", 9.0),)},
        {"loras": (("수채화", 1.0),) * 9},
        {"variation_seed": None},
        {"variation_amount": 2.0},
        {"variation_amount": float("nan")},
        {"strength": float("nan")},
        {"text": "가" * 2_001},
        {"english": 7},
        {"model": "m" * 2_001},
        {"weights": (("a whale, whale", 9.0),)},
        {"weights": (("a whale, whale", float("nan")),)},
        {"weights": (("a shark", 1.0),)},
        {"weights": (("", 1.0),) * 151},
        {"prompt_weights": (("a shark", 1.0),)},
        {"negative_weights": (("sharp", 1.0),)},
    ],
)
def test_a_receipt_out_of_bounds_is_none(wrong: dict[str, Any]) -> None:
    """What a stranger wrote never reaches the engine, nor a sentence."""
    with pytest.raises(NoReceipt):
        checked(replace(RECEIPT, **wrong))


def test_a_picture_without_a_receipt_says_so() -> None:
    """There is nothing to check."""
    with pytest.raises(NoReceipt):
        checked(None)


@pytest.mark.slow
async def test_a_recalled_picture_is_the_same_bit_by_bit() -> None:
    """The demonstration model draws from a file's receipt the file itself, words and weights included."""
    prompt = PreparedPrompt(
        prompt=(Fragment(text="a "), Fragment(text="red apple", weight=1.4)),
        prompt_2=(
            Fragment(text="a red apple on a table"),
            Fragment(text=", "),
            Fragment(text="table", weight=0.7),
        ),
        negative_prompt=(Fragment(text="blurry"), Fragment(text=", "), Fragment(text="text")),
    )
    first = Preparation(
        text="빨간 사과",
        verdict=Verdict.OK,
        subject="빨간 사과",
        english="a red apple",
        prompt=prompt,
    )
    command = replace(
        command_of(replace(RECEIPT, loras=(), width_px=64, height_px=64, num_steps=3)),
        receipt=None,
        quality=Quality.FAST,
    )
    async with asyncio.timeout(LIMIT_S), Engine(EngineOptions(model=DEMO)) as engine:

        async def drawn(command: Any, preparation: Preparation, *, default: DrawSection) -> bytes:
            drawing = await begin(
                engine,
                command,
                preparation,
                photo=None,
                seed=1,
                draw=default,
                scrutiny=Scrutiny(gate=FakePictureGate()),
                marking=Marking(MarksSection(credentials=False)),
                job_id="j",
            )
            (picture,) = (await drawing.finished()).pictures
            return picture.png

        png = await drawn(command, first, default=DrawSection())
        receipt = checked(marks_in(png).receipt)
        # Other settings by now: nothing of them may be left to chance.
        default = DrawSection(num_steps=5, guidance_scale=9.0)
        again = await drawn(command_of(receipt), preparation_of(receipt), default=default)
        other = await drawn(
            replace(command_of(receipt), seed=8), preparation_of(receipt), default=default
        )

    assert png == again
    assert png != other
