"""A command becomes what the engine is asked for."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from bot.command import DrawCommand
from bot.commands import parse
from bot.settings import DrawSection
from bot.wish import can_enlarge, cost_of, over, read_start, requests
from pipeline import PreparedPrompt, Priority, Quality, Ratio, Receipt, RenderRequest, Variation
from pipeline.errors import PhotoUnreadable
from tests.doubles import FACTS

NO_WORDS = PreparedPrompt(prompt=(), prompt_2=(), negative_prompt=())
ROOMY = replace(
    FACTS,
    width_px=64,
    height_px=64,
    max_side_px=128,
    max_area_px=128 * 128,
    steps={Quality.FAST: 8, Quality.NORMAL: 20, Quality.FINE: 50},
)


def asked(command: DrawCommand, photo: bytes | None = None) -> tuple[RenderRequest, ...]:
    """What a command comes to, with a photo or without."""
    command = over(command, has_photo=photo is not None)
    return requests(
        command,
        prompt=NO_WORDS,
        start=read_start(command, photo, ROOMY),
        facts=ROOMY,
        default=DrawSection(num_steps=9, guidance_scale=3.0),
        seed=1000,
        job_id="job",
        person="somebody",
    )


def receipt(side_px: int) -> Receipt:
    """The receipt of a square picture."""
    return Receipt(
        text="", english="", prompt="", prompt_2="", negative_prompt="", weights=(), seed=7,
        width_px=side_px, height_px=side_px, num_steps=4, guidance_scale=5.0, sampler="euler",
        model="roomy", version="1",
    )  # fmt: skip


def photo(width_px: int, height_px: int) -> bytes:
    """A file as somebody sends it."""
    file = io.BytesIO()
    Image.new("RGB", (width_px, height_px), "red").save(file, "JPEG")
    return file.getvalue()


def test_every_wish_of_a_message_reaches_the_engine() -> None:
    """What was written is what is asked for, and nothing else changes."""
    command = parse(
        "고래 시드:7 크기:넓게 스텝:12 가이던스:5 구간:0.1~0.9 샘플러:heun 로라:먹:0.5 변형:9:0.3"
    )
    assert isinstance(command, DrawCommand)

    (one,) = asked(command)

    assert (7, 12, 5.0, (0.1, 0.9), "heun") == (
        one.seed,
        one.num_steps,
        one.guidance_scale,
        one.guidance_interval,
        one.sampler,
    )
    assert (("먹", 0.5),) == one.weights
    assert Variation(seed=9, amount=0.3) == one.variation
    assert ("job", "somebody") == (one.job_id, one.person)
    assert one.width_px is not None
    assert one.height_px is not None
    assert one.width_px > 1.5 * one.height_px


def test_what_is_not_said_is_left_to_the_settings_and_the_model() -> None:
    """The operator's defaults hold, and the size is the model's."""
    (one,) = asked(DrawCommand(text="고래"))

    assert (9, 3.0, None, None) == (
        one.num_steps,
        one.guidance_scale,
        one.width_px,
        one.height_px,
    )
    assert Priority.NORMAL is one.priority


def test_a_quality_word_outweighs_the_default_steps() -> None:
    """Who says 빠르게 gets the model's few steps, and is a draft to the scheduler."""
    (one,) = asked(DrawCommand(text="고래", quality=Quality.FAST))

    assert (None, Quality.FAST, Priority.DRAFT) == (one.num_steps, one.quality, one.priority)


def test_pictures_follow_each_other_by_their_seeds() -> None:
    """Each of several pictures can be drawn again alone, by a seed that was told."""
    several = asked(DrawCommand(text="고래", seed=5, num_pictures=3))

    assert [5, 6, 7] == [one.seed for one in several]


def test_a_command_without_a_seed_takes_that_of_its_job() -> None:
    """A job that is drawn again after a crash gives the same pictures."""
    several = asked(DrawCommand(text="고래", num_pictures=3))

    assert [1000, 1001, 1002] == [one.seed for one in several]


@pytest.mark.parametrize(
    ("command", "cost"),
    [
        (DrawCommand(text=""), 1.0),
        (DrawCommand(text="", quality=Quality.FAST), 0.4),
        (DrawCommand(text="", quality=Quality.FINE, num_pictures=2), 5.0),
        (DrawCommand(text="", num_steps=10), 0.5),
        (DrawCommand(text="", width_px=128, height_px=128), 4.0),
        (DrawCommand(text="", strength=0.5), 0.5),
        (DrawCommand(text="", is_enlarging=True, strength=0.2), 0.8),
        (DrawCommand(text="", num_steps=1, strength=0.1), 0.05),
    ],
    ids=["usual", "fast", "two fine", "steps", "size", "half over", "enlarged", "hardly any"],
)
def test_work_is_counted_in_ordinary_pictures(command: DrawCommand, cost: float) -> None:
    """Pictures, steps, area and strength count; nothing is free."""
    assert cost == pytest.approx(cost_of(command, ROOMY))


def test_before_the_model_is_known_work_is_estimated() -> None:
    """A request that comes while everything loads has a cost all the same."""
    assert 2.0 == cost_of(DrawCommand(text="", num_pictures=2, width_px=64, height_px=64), None)


def test_a_model_enlarges_what_is_not_at_its_limit() -> None:
    """The button is offered where the result would be larger than the picture."""
    assert can_enlarge(receipt(64), ROOMY)
    assert not can_enlarge(receipt(128), ROOMY)
    assert not can_enlarge(receipt(64), replace(ROOMY, can_enlarge=False))


def test_variations_of_one_picture_share_its_seed() -> None:
    """Several variations differ in where they go, not in where they come from."""
    near = Variation(seed=2**32 - 1, amount=0.2)
    several = asked(DrawCommand(text="고래", seed=5, num_pictures=2, variation=near))

    assert [5, 5] == [one.seed for one in several]
    assert [2**32 - 1, 0] == [one.variation.seed for one in several if one.variation]


def test_a_photo_is_fitted_to_a_size_that_the_model_draws() -> None:
    """Without a wish the picture has about the shape of the photo."""
    (one,) = asked(DrawCommand(text="고래"), photo(300, 200))

    assert one.start is not None
    size = (one.start.pixels.width_px, one.start.pixels.height_px)
    assert (one.width_px, one.height_px) == size
    assert abs(size[0] / size[1] - 1.5) < 0.1
    assert 0.6 == one.start.strength


@pytest.mark.parametrize(
    ("command", "size", "strength"),
    [
        (DrawCommand(text="", ratio=Ratio.SQUARE, strength=0.4), (64, 64), 0.4),
        (DrawCommand(text="", width_px=32, height_px=48), (32, 48), 0.6),
        (DrawCommand(text="", ratio=Ratio.SQUARE, is_enlarging=True), (128, 128), 0.2),
    ],
    ids=["ratio", "both sides", "enlarged"],
)
def test_a_photo_takes_the_size_that_was_wished(
    command: DrawCommand, size: tuple[int, int], strength: float
) -> None:
    """A size that was said wins over that of the photo; enlarging doubles it and changes little."""
    (one,) = asked(command, photo(300, 200))

    assert one.start is not None
    assert size == (one.width_px, one.height_px)
    assert strength == one.start.strength


def test_enlarging_takes_a_step_where_a_model_has_few() -> None:
    """A model that draws in four steps takes one of them, rather than none."""
    few = replace(ROOMY, steps=dict.fromkeys(Quality, 4))

    command = over(DrawCommand(text="고래", is_enlarging=True), has_photo=True)
    start = read_start(command, photo(64, 64), few)

    assert start is not None
    assert 0.25 == start.strength


def test_a_photo_that_cannot_be_read_is_refused() -> None:
    """Nothing is drawn over what is no picture."""
    with pytest.raises(PhotoUnreadable):
        asked(DrawCommand(text="고래"), b"no picture")
