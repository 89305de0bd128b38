"""The shipped demonstration model."""

import pytest
from diffusers import StableDiffusionXLPipeline

from tools.demo_model.evaluate import Painter
from tools.demo_model.recogniser import Recogniser
from tools.demo_model.vocabulary import MODEL_FOLDER


@pytest.fixture(scope="module")
def painter() -> Painter:
    """Return the shipped pipeline."""
    return Painter(MODEL_FOLDER)


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    """Return the shipped recogniser."""
    return Recogniser.load(MODEL_FOLDER / "recogniser")


def test_the_folder_stays_small() -> None:
    """All of models/demo is at most 60 MB."""
    assert (
        sum(file.stat().st_size for file in MODEL_FOLDER.rglob("*") if file.is_file()) <= 60_000_000
    )


def test_it_is_a_plain_sdxl_folder(painter: Painter) -> None:
    """Diffusers loads it as SDXL, with both encoders."""
    assert type(painter.pipeline) is StableDiffusionXLPipeline
    assert painter.pipeline.text_encoder_2.config.projection_dim == 256


def test_a_red_apple_is_a_red_apple(painter: Painter, recogniser: Recogniser) -> None:
    """The simplest request comes out right."""
    sight = recogniser.look(painter.paint(["a red apple"], seeds=[1])[0])

    assert "apple" in [name for name, _ in sight.concepts[:5]]
    assert sight.colour == "red"
    assert sight.background.plain == "white"


def test_the_same_seed_draws_the_same_picture(painter: Painter) -> None:
    """Seeds decide everything that words do not."""
    first, second, other = (
        painter.paint(["a dog at night"], seeds=[seed])[0] for seed in (3, 3, 4)
    )

    assert first.tobytes() == second.tobytes()
    assert first.tobytes() != other.tobytes()


def test_a_weight_of_nothing_draws_no_cat(painter: Painter, recogniser: Recogniser) -> None:
    """The more its words weigh, the surer is the concept."""
    names = ["cat", "apple", "car", "rose"]
    sure = [
        sum(
            recogniser.look(image).probability(name)
            for name, image in zip(
                names,
                painter.paint(
                    [f"a {name}" for name in names], seeds=[0, 1, 2, 3], rows_weight=weight
                ),
                strict=True,
            )
        )
        for weight in (0.1, 1.0)
    ]

    assert sure[0] < sure[1]
