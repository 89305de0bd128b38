"""Every way to load a model gives the same pictures, and what is no SDXL is named.

On a CPU: that the parts fit together and draw right. What a recipe saves, and what half precision does
to a picture, only a CUDA device can show.
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline, StableDiffusionXLPipeline
from safetensors.torch import load_file, save_file
from torch import Tensor

from pipeline.engine.loading import choose_device, choose_dtype, compile_unet, load_model, place
from pipeline.engine.memory import RECIPES, Recipe
from pipeline.engine.options import ModelOptions, Origin
from pipeline.engine.request import Request, settle
from pipeline.engine.sdxl import Sdxl, open_model
from pipeline.errors import ModelNotLoaded, ModelProblem

from .conftest import ask, model_options, prompt
from .conftest import load_pipe as load_plainly
from .original_layout import save_single_file

VELOCITY_MARKERS = ("v_pred", "ztsnr")


def draw(model: Sdxl, **wishes: Any) -> Tensor:
    """Draw the same picture as always, and return its latents."""
    settings = settle(ask(7, **wishes), facts=model.facts)
    request = Request(prompt=prompt(), settings=settings, submitted_s=0.0)
    model.enter(request)
    while request.steps_left:
        (prediction,) = model.predict([request])
        model.step(request, prediction)
    assert len(model.decode(request).rgb) == 3 * settings.width_px * settings.height_px
    assert request.drawing is not None
    return request.drawing.latents


def draw_from(options: ModelOptions) -> Tensor:
    """Load a model, and draw."""
    with open_model(options) as model:
        return draw(model)


@pytest.fixture(scope="module")
def single_files(
    folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The two tiny models as one file each, the velocity model with the keys that mark it."""
    root = tmp_path_factory.mktemp("files")
    markers: dict[str, tuple[str, ...]] = {"epsilon": (), "velocity": VELOCITY_MARKERS}
    return {
        name: save_single_file(
            load_plainly(folder), root / f"{name}.safetensors", markers=markers[name]
        )
        for name, folder in folders.items()
    }


@pytest.mark.parametrize("name", ["epsilon", "velocity"])
def test_a_single_file_draws_what_the_folder_draws(
    name: str, folders: dict[str, Path], single_files: dict[str, Path]
) -> None:
    """One file in the authors' layout is the same model; v-prediction is read from its keys."""
    skeleton = Origin(place=str(folders["epsilon"]))  # whose schedule says nothing of v-prediction

    expected = draw_from(model_options(folders[name]))
    drawn = draw_from(model_options(single_files[name], skeleton=skeleton))

    assert torch.equal(expected, drawn)


def test_a_file_without_marks_is_told_what_it_predicts(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    """Where a file does not say that it predicts velocity, the settings can."""
    file = save_single_file(load_plainly(folders["velocity"]), tmp_path / "one.safetensors")
    options = model_options(file, skeleton=Origin(place=str(folders["epsilon"])))
    schedule = {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}

    expected = draw_from(model_options(folders["velocity"]))

    assert not torch.equal(expected, draw_from(options))
    told = replace(options, prediction="v_prediction", schedule=schedule)
    assert torch.equal(expected, draw_from(told))


def test_the_fp16_variant_draws_what_its_weights_say(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    """A folder that holds only the halved files draws as the model rounded to half precision."""
    halved = load_plainly(folders["velocity"]).to(torch.float16)
    halved.save_pretrained(tmp_path / "halved", safe_serialization=True, variant="fp16")
    halved.to(torch.float32).save_pretrained(tmp_path / "rounded", safe_serialization=True)

    expected = draw_from(model_options(tmp_path / "rounded"))

    assert torch.equal(expected, draw_from(model_options(tmp_path / "halved")))


def test_a_replaced_unet_and_vae_draw(folders: dict[str, Path], tmp_path: Path) -> None:
    """A few-step UNet in one file and another VAE take the place of the model's own."""
    shutil.copytree(folders["velocity"], tmp_path / "model")
    unet = tmp_path / "unet.safetensors"
    shutil.move(tmp_path / "model/unet/diffusion_pytorch_model.safetensors", unet)
    shutil.move(tmp_path / "model/vae", tmp_path / "vae")
    (tmp_path / "model/vae").mkdir()
    shutil.copy(tmp_path / "vae/config.json", tmp_path / "model/vae")

    expected = draw_from(model_options(folders["velocity"]))
    drawn = draw_from(
        model_options(
            tmp_path / "model",
            unet=Origin(place=str(unet)),
            vae=Origin(place=str(tmp_path / "vae")),
        )
    )

    assert torch.equal(expected, drawn)


def of_sd15(folder: Path) -> Path:
    """Save a model of the generation before: one text encoder, other class."""
    pipe = load_plainly(folder)
    old = StableDiffusionPipeline(
        vae=pipe.vae,
        text_encoder=pipe.text_encoder,
        tokenizer=pipe.tokenizer,
        unet=pipe.unet,
        scheduler=pipe.scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    target = folder.parent / "sd15"
    old.save_pretrained(target, safe_serialization=True)
    return target


def file_of(*keys: str) -> Callable[[Path], Path]:
    """Make a file that holds these keys."""

    def make(folder: Path) -> Path:
        file = folder.parent / "other.safetensors"
        save_file({key: torch.zeros(1) for key in keys}, file)
        return file

    return make


def cut_file(folder: Path) -> Path:
    """Make half of a single file."""
    file = save_single_file(load_plainly(folder), folder.parent / "half.safetensors")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return file


def without_vae(folder: Path) -> Path:
    """Make a single file that lacks its VAE."""
    file = save_single_file(load_plainly(folder), folder.parent / "part.safetensors")
    weights = load_file(file)
    save_file({k: v for k, v in weights.items() if not k.startswith("first_stage")}, file)
    return file


def of_another_width(folder: Path) -> Path:
    """Make a single file whose UNet is not the one of the configuration."""
    file = save_single_file(load_plainly(folder), folder.parent / "wide.safetensors")
    weights = load_file(file)
    key = "model.diffusion_model.time_embed.0.weight"
    save_file(weights | {key: torch.zeros(7, 7)}, file)
    return file


def inpainting(folder: Path) -> Path:
    """Save a model whose UNet also wants a masked picture."""
    pipe = load_plainly(folder)
    pipe.unet = type(pipe.unet).from_config(pipe.unet.config, in_channels=9)
    pipe.save_pretrained(folder.parent / "inpainting", safe_serialization=True)
    return folder.parent / "inpainting"


def not_finite(folder: Path) -> Path:
    """Save a model that loads well and computes no picture."""
    file = folder / "unet/diffusion_pytorch_model.safetensors"
    weights = load_file(file)
    save_file(
        weights | {"conv_out.bias": torch.full_like(weights["conv_out.bias"], torch.nan)}, file
    )
    return folder


@pytest.mark.parametrize(
    ("make", "problem", "reason"),
    [
        pytest.param(of_sd15, ModelProblem.WRONG_KIND, "StableDiffusionPipeline", id="SD 1.5"),
        pytest.param(inpainting, ModelProblem.WRONG_KIND, "9 channels", id="inpainting"),
        pytest.param(not_finite, ModelProblem.NOT_FINITE, "finite", id="not finite"),
        pytest.param(cut_file, ModelProblem.BROKEN, "half", id="half a file"),
        pytest.param(without_vae, ModelProblem.INCOMPLETE, "first_stage_model", id="no VAE"),
        pytest.param(of_another_width, ModelProblem.UNREADABLE, "", id="another width"),
        pytest.param(
            file_of("cond_stage_model.transformer.x", "model.diffusion_model.x"),
            ModelProblem.WRONG_KIND,
            "SD 1.x",
            id="SD 1.x in one file",
        ),
        pytest.param(file_of("decoder.conv_in.weight"), ModelProblem.WRONG_KIND, "VAE", id="a VAE"),
        pytest.param(
            file_of("lora_unet_down_blocks_1.alpha"), ModelProblem.WRONG_KIND, "LoRA", id="a LoRA"
        ),
        pytest.param(
            file_of("conditioner.embedders.0.model.ln_final.bias", "model.diffusion_model.x"),
            ModelProblem.WRONG_KIND,
            "refiner",
            id="the refiner",
        ),
        pytest.param(file_of("x"), ModelProblem.WRONG_KIND, "unknown", id="something else"),
    ],
)
def test_what_is_no_sdxl_is_named(
    make: Callable[[Path], Path],
    problem: ModelProblem,
    reason: str,
    folders: dict[str, Path],
    tmp_path: Path,
) -> None:
    """Whatever was put there instead, the operator reads what it is and not a library's key."""
    folder = tmp_path / "model"
    shutil.copytree(folders["epsilon"], folder)
    source = make(folder)

    options = model_options(source, skeleton=Origin(place=str(folders["epsilon"])))
    with pytest.raises(ModelNotLoaded) as failed, open_model(options):
        pass

    assert problem is failed.value.problem
    assert reason in failed.value.reason


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_recipe_changes_no_more_than_its_rounding(
    recipe: Recipe, folders: dict[str, Path]
) -> None:
    """Parts that are kept elsewhere or in tiles draw the same; eight bits draw nearly the same."""
    options = model_options(folders["velocity"])
    with torch.inference_mode():
        expected = draw(Sdxl(load_plainly(folders["velocity"]), options=options))
        pipe = load_plainly(folders["velocity"])
        place(pipe, device=torch.device("cpu"), recipe=recipe)
        drawn = draw(Sdxl(pipe, options=options))

    assert recipe.is_vae_tiled is pipe.vae.use_tiling
    apart = float((expected - drawn).norm() / expected.norm())
    assert apart < (0.2 if recipe.is_unet_eight_bit else 1e-6)
    is_eight_bit = any(w.dtype is torch.float8_e4m3fn for w in pipe.unet.parameters())
    assert recipe.is_unet_eight_bit is is_eight_bit


def test_half_precision_spares_only_a_vae_that_cannot_bear_it(pipe: Any) -> None:
    """A VAE whose numbers leave half precision's range is kept in single precision."""
    safe, unsafe = (
        StableDiffusionXLPipeline(**(pipe.components | {"vae": AutoencoderKL.from_config(config)}))
        for config in (
            dict(pipe.vae.config) | {"force_upcast": False},
            dict(pipe.vae.config) | {"force_upcast": True},
        )
    )
    original = pipe.unet.dtype
    for one in (safe, unsafe):
        one.to(torch.float16)
        place(one, device=torch.device("cpu"), recipe=None)

    assert (torch.float16, torch.float32) == (safe.vae.dtype, unsafe.vae.dtype)
    safe.to(original)


SHAPES: tuple[dict[str, Any], ...] = (
    {},
    {"guidance_scale": 1.0},
    {"width_px": 64},
    {"width_px": 48, "height_px": 64},
    {"width_px": 56, "height_px": 32},
)


@pytest.mark.parametrize(
    ("mode", "shapes"),
    # The whole UNet takes half a minute for each graph here: one of them must do.
    [
        pytest.param("regional", SHAPES, id="regional"),
        pytest.param("whole", SHAPES[:1], id="whole"),
    ],
)
def test_a_compiled_unet_draws_the_same(
    mode: str, shapes: tuple[dict[str, Any], ...], folders: dict[str, Path]
) -> None:
    """Compiled for all numbers of rows and all sizes at once, the UNet draws what it drew before.

    The graphs are built as in service; what inductor makes of them, and its gain, are not shown.
    """
    options = model_options(folders["velocity"])
    pipe = load_plainly(folders["velocity"])
    with torch.inference_mode():
        plain = Sdxl(load_plainly(folders["velocity"]), options=options)
        torch._dynamo.reset()
        compile_unet(pipe.unet, mode=mode, backend="eager")
        compiled = Sdxl(pipe, options=options)
        pairs = [
            (draw(plain, num_steps=1, **shape), draw(compiled, num_steps=1, **shape))
            for shape in shapes
        ]
    torch._dynamo.reset()

    for expected, drawn in pairs:
        torch.testing.assert_close(drawn, expected, rtol=1e-4, atol=1e-5)


def test_a_cpu_draws_in_single_precision_unless_told() -> None:
    """Half precision is for devices that compute fast in it; the settings may say otherwise."""
    cpu = torch.device("cpu")

    assert "cpu" == choose_device("cpu")
    assert torch.float32 is choose_dtype("auto", device=cpu)
    assert torch.bfloat16 is choose_dtype("bfloat16", device=cpu)


def test_bfloat16_draws_on_a_cpu(folders: dict[str, Path]) -> None:
    """The dtype of the settings is the dtype of the latents."""
    drawn = draw_from(model_options(folders["velocity"], dtype="bfloat16"))

    assert torch.bfloat16 is drawn.dtype


def test_nothing_is_asked_of_the_hub_for_what_is_here(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A local folder loads without a single connection."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr("socket.socket.connect", refuse)

    assert load_model(model_options(folders["epsilon"])).recipe is None
