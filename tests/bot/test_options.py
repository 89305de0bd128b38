"""What the settings say about the model is what the engine gets."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.options import gate_options, model_options
from bot.settings import ModelSection, SafetySection, Settings
from pipeline import MARQO, PRESETS, Origin, Quality


def options_of(**section: Any) -> Any:
    """Turn a section into options."""
    return model_options(Settings(model=ModelSection(**section)))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_taken_by_its_name(name: str) -> None:
    """A preset brings its own pins, parts, steps and sampler."""
    options, preset = options_of(source=name), PRESETS[name]

    for field in ("path", "revision", "unet", "vae", "schedule", "steps", "sampler"):
        assert getattr(preset, field) == getattr(options, field)


def test_every_preset_of_the_hub_is_pinned() -> None:
    """No preset follows a branch: all that it fetches has a commit's name."""
    origins = [
        origin
        for preset in PRESETS.values()
        if not Path(preset.path).is_dir()
        for origin in (preset.origin, preset.unet, preset.vae, preset.skeleton)
        if origin is not None
    ]

    assert origins
    assert {40} == {len(origin.revision or "") for origin in origins}


def test_a_few_step_preset_takes_the_steps_that_it_was_made_for() -> None:
    """The checkpoint fixes the steps, whatever quality word is chosen; it wants no guidance."""
    fast = options_of(source="sdxl-fast")

    assert dict.fromkeys(Quality, 4) == fast.steps
    assert (0.0, {"timestep_spacing": "trailing"}) == (fast.guidance_scale, fast.schedule)
    assert "4step" in fast.unet.file


def test_the_operator_overrides_a_preset(tmp_path: Path) -> None:
    """A VAE, a revision and a folder of LoRA files can be set beside any source."""
    options = options_of(
        source="sdxl", vae="some/vae", revision="v2", lora_dir=tmp_path, recipe="8gb"
    )

    assert (Origin(place="some/vae"), "v2") == (options.vae, options.revision)
    assert (str(tmp_path), "8gb") == (options.lora_dir, options.recipe)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("owner/model", "model"),
        ("/models/mine", "mine"),
        ("/models/my.v2.safetensors", "my.v2"),
    ],
)
def test_any_other_source_is_called_by_its_last_name(source: str, name: str) -> None:
    """What people see of a model is short."""
    options = options_of(source=source)

    assert (name, source) == (options.name, options.path)


@pytest.mark.parametrize(
    ("source", "said", "expected"),
    [
        ("demo", {}, None),
        ("sdxl", {}, MARQO),
        ("sdxl", {"classifier_revision": "v2"}, replace(MARQO, revision="v2")),
        ("some/model", {}, MARQO),
        ("sdxl", {"classifier": "none"}, None),
        ("demo", {"classifier": "a/classifier"}, Origin(place="a/classifier")),
    ],
    ids=["demo", "SDXL", "another revision", "another model", "none", "demo and one"],
)
def test_every_model_but_the_demonstration_s_is_judged(
    source: str, said: dict[str, Any], expected: Origin | None
) -> None:
    """Whoever changes the model gets a classifier with it, pinned, unless the settings say otherwise."""
    settings = Settings(model=ModelSection(source=source), safety=SafetySection(**said))

    assert expected == gate_options(settings).classifier
