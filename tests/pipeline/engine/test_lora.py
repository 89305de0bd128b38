"""LoRA files: what acts is what was asked for, alone or together, and nothing stays behind."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import StableDiffusionXLPipeline
from diffusers.utils import convert_state_dict_to_diffusers
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save_file
from torch import Tensor

from benchmarks.random_model import build_pipeline
from pipeline.engine.loading import place
from pipeline.engine.lora import Loras, find_loras
from pipeline.engine.memory import RECIPES, Recipe
from pipeline.engine.request import Request, settle
from pipeline.engine.sdxl import Sdxl
from pipeline.errors import LoraNotLoaded
from pipeline.types import WeightSet

from .conftest import ask, load_pipe, model_options, prompt

PARTS = {
    "unet": ("to_q", "to_k", "to_v", "to_out.0"),
    "text_encoder": ("q_proj", "v_proj"),
    "text_encoder_2": ("q_proj", "v_proj"),
}


def save_lora(file: Path, *parts: str, seed: int, channels: tuple[int, ...] = (8, 16)) -> None:
    """Write a LoRA with random weights for some parts of a tiny SDXL."""
    pipe = build_pipeline(channels=channels)
    torch.manual_seed(seed)
    layers = {}
    for part in parts:
        module = getattr(pipe, part)
        targets = list(PARTS[part])
        module.add_adapter(
            LoraConfig(r=2, lora_alpha=2, target_modules=targets, init_lora_weights=False)
        )
        weights = get_peft_model_state_dict(module)
        layers[f"{part}_lora_layers"] = convert_state_dict_to_diffusers(weights)
    StableDiffusionXLPipeline.save_lora_weights(file.parent, weight_name=file.name, **layers)


@pytest.fixture(scope="module")
def lora_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as an operator fills it: good files, and others."""
    folder = tmp_path_factory.mktemp("lora")
    save_lora(folder / "수채화.safetensors", "unet", seed=1)
    save_lora(folder / "ink.v1.0.safetensors", *PARTS, seed=2)
    save_lora(folder / "foreign.safetensors", "unet", seed=3, channels=(16, 32))
    other = {"transformer.x.lora_A.weight": torch.zeros(2, 2)}
    save_file(other, folder / "flux.safetensors")
    save_file({"decoder.conv_in.weight": torch.zeros(2, 2)}, folder / "vae.safetensors")
    whole = (folder / "수채화.safetensors").read_bytes()
    (folder / "cut.safetensors").write_bytes(whole[: len(whole) // 2])
    (folder / "pickle.bin").write_bytes(b"whatever")
    return folder


@pytest.fixture
def fresh_pipe(folders: dict[str, Path]) -> StableDiffusionXLPipeline:
    """A pipeline of its own: LoRA layers stay in one."""
    return load_pipe(folders["velocity"])


@pytest.fixture
def model(fresh_pipe: Any, lora_dir: Path) -> Sdxl:
    """The tiny model with that folder."""
    return Sdxl(fresh_pipe, options=model_options(lora_dir=str(lora_dir)))


@torch.inference_mode()
def draw(model: Sdxl, weights: WeightSet = ()) -> Tensor:
    """Draw the same picture as always with these files, and return its latents."""
    settings = settle(ask(7, weights=weights, num_steps=3), facts=model.facts)
    request = Request(prompt=prompt(), settings=settings, submitted_s=0.0)
    model.enter(request)
    while request.steps_left:
        (prediction,) = model.predict([request])
        model.step(request, prediction)
    assert request.drawing is not None
    return request.drawing.latents


def test_files_are_offered_by_their_names(model: Sdxl, lora_dir: Path) -> None:
    """A name is the file's without its ending; a pickle is not offered."""
    assert ("cut", "flux", "foreign", "ink.v1.0", "vae", "수채화") == model.facts.loras
    assert {} == find_loras(None)


@pytest.mark.filterwarnings("ignore:Already found a `peft_config`")  # diffusers, beside ours
@pytest.mark.parametrize(
    "weights",
    [
        pytest.param((("수채화", 0.8),), id="one"),
        pytest.param((("ink.v1.0", -0.5),), id="one that touches the encoders"),
        pytest.param((("ink.v1.0", 0.5), ("수채화", 1.2)), id="two"),
    ],
)
def test_a_set_draws_what_diffusers_draws(
    weights: WeightSet, model: Sdxl, lora_dir: Path, folders: dict[str, Path]
) -> None:
    """Files switched on beside the model act as the same files fused into it by diffusers."""
    fused = load_pipe(folders["velocity"])
    for number, (name, _) in enumerate(weights):
        fused.load_lora_weights(
            lora_dir, weight_name=f"{name}.safetensors", adapter_name=f"a{number}"
        )
    names = [f"a{number}" for number in range(len(weights))]
    fused.set_adapters(names, adapter_weights=[scale for _, scale in weights])
    fused.fuse_lora(adapter_names=names)
    fused.unload_lora_weights()
    expected = draw(Sdxl(fused, options=model_options()))

    drawn = draw(model, weights)

    torch.testing.assert_close(drawn, expected, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(drawn, draw(model), atol=1e-3)


def test_switched_off_the_model_is_the_one_before(model: Sdxl) -> None:
    """After any set, the model without one draws bit by bit what it drew first."""
    first = draw(model)
    draw(model, (("ink.v1.0", 0.5), ("수채화", 1.2)))

    assert torch.equal(first, draw(model))


def test_sets_do_not_mix(model: Sdxl) -> None:
    """A set draws the same whichever came before it, prompts from the memory included."""
    water: WeightSet = (("수채화", 0.8),)
    ink: WeightSet = (("ink.v1.0", 0.7),)
    alone = draw(model, water), draw(model, ink)

    assert torch.equal(alone[0], draw(model, water))
    assert torch.equal(alone[1], draw(model, ink))


def test_a_prompt_is_encoded_once_for_files_that_leave_the_encoders_alone(
    fresh_pipe: Any, lora_dir: Path
) -> None:
    """Only what acts on the encoders parts the memory of prompts."""
    loras = Loras(fresh_pipe, lora_dir)
    both: WeightSet = (("ink.v1.0", 0.7), ("수채화", 0.8))
    loras.use(both)

    assert (("ink.v1.0", 0.7),) == loras.on_encoders(both)
    assert () == loras.on_encoders((("수채화", 0.8),))


@pytest.mark.parametrize("name", ["foreign", "flux", "vae", "cut", "nowhere"])
def test_a_wrong_file_is_named_and_leaves_no_trace(
    name: str, fresh_pipe: Any, lora_dir: Path
) -> None:
    """Made for another model, damaged or not there: it is named, and what acted before still acts."""
    model = Sdxl(fresh_pipe, options=model_options(lora_dir=str(lora_dir)))
    water: WeightSet = (("수채화", 0.8),)
    before = draw(model, water)

    with pytest.raises(LoraNotLoaded, match=name), torch.inference_mode():
        model.use(((name, 1.0),))

    assert torch.equal(before, draw(model, water))
    assert {"unet": ["lora_0"]} == fresh_pipe.get_list_adapters()


def test_only_so_many_stay_loaded(
    fresh_pipe: Any, lora_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file too many pushes out what was not used for longest, and it can come back."""
    monkeypatch.setattr("pipeline.engine.lora._MAX_LOADED", 2)
    content = (lora_dir / "수채화.safetensors").read_bytes()
    for name in "abc":
        (tmp_path / f"{name}.safetensors").write_bytes(content)
    loras = Loras(fresh_pipe, tmp_path)

    for name in "abca":
        loras.use(((name, 0.5),))

    adapters = fresh_pipe.get_list_adapters()["unet"]
    assert 2 == len(adapters)
    assert ["lora_3"] == fresh_pipe.get_active_adapters()


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_files_act_whatever_saves_memory(recipe: Recipe, fresh_pipe: Any, lora_dir: Path) -> None:
    """A LoRA works beside weights in eight bits and beside blocks that come from the CPU."""
    place(fresh_pipe, device=torch.device("cpu"), recipe=recipe)
    model = Sdxl(fresh_pipe, options=model_options(lora_dir=str(lora_dir)))

    plain, drawn = draw(model), draw(model, (("수채화", 1.0), ("ink.v1.0", 0.5)))

    assert drawn.isfinite().all()
    assert not torch.allclose(plain, drawn, atol=1e-3)
    assert torch.equal(plain, draw(model))
