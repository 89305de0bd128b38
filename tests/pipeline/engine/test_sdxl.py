"""Loading a model folder: what is true of it, and what is said of a broken one."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pipeline.engine.request import Request, settle
from pipeline.engine.sdxl import open_model
from pipeline.errors import ModelNotLoaded
from pipeline.types import Quality, SamplerName

from .conftest import Workbench, ask, load_pipe, model_options, prompt
from .test_taesd import build_taesd


def test_a_folder_is_loaded_with_its_facts(folders: dict[str, Path]) -> None:
    """Sizes come in steps of a cell times the UNet's halvings; the rest is as the options say."""
    with open_model(model_options(folders["velocity"])) as model:
        facts = model.facts

        assert torch.is_inference_mode_enabled()

    assert not torch.is_inference_mode_enabled()
    assert ("tiny", 32, 32, 64, 4) == (
        facts.name,
        facts.width_px,
        facts.height_px,
        facts.max_side_px,
        facts.side_multiple_px,
    )
    assert {Quality.FAST: 2, Quality.NORMAL: 4, Quality.FINE: 8} == facts.steps
    assert (5.0, SamplerName.EULER) == (facts.guidance_scale, facts.sampler)


def test_a_half_precision_folder_is_drawn_in_full_on_a_cpu(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    """Weights saved as the fp16 variant load, and the latents are float32."""
    halved = load_pipe(folders["velocity"]).to(torch.float16)
    halved.save_pretrained(tmp_path, safe_serialization=True, variant="fp16")

    with open_model(model_options(tmp_path)) as model:
        asked = ask(1)
        request = Request(
            prompt=prompt(), settings=settle(asked, facts=model.facts), submitted_s=0.0
        )
        model.enter(request)

    assert request.drawing is not None
    assert torch.float32 == request.drawing.latents.dtype


def remove(path: str) -> Callable[[Path], None]:
    """Damage a folder by removing something."""

    def damage(folder: Path) -> None:
        target = folder / path
        shutil.rmtree(target) if target.is_dir() else target.unlink()

    return damage


def truncate(path: str) -> Callable[[Path], None]:
    """Damage a folder by half a download."""

    def damage(folder: Path) -> None:
        content = (folder / path).read_bytes()
        (folder / path).write_bytes(content[: len(content) // 2])

    return damage


def pickle_only(folder: Path) -> None:
    """Replace a part's weights by a pickle."""
    (folder / "vae/diffusion_pytorch_model.safetensors").unlink()
    torch.save({}, folder / "vae/diffusion_pytorch_model.bin")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        pytest.param(remove("model_index.json"), "model_index.json", id="no index"),
        pytest.param(remove("unet"), "unet/config.json", id="no UNet"),
        pytest.param(remove("vae/config.json"), "vae/config.json", id="no VAE configuration"),
        pytest.param(remove("text_encoder_2/model.safetensors"), "text_encoder_2", id="no weights"),
        pytest.param(pickle_only, r"vae/\*\.safetensors", id="pickle only"),
        pytest.param(remove("tokenizer"), "tokenizer", id="no tokenizer"),
        pytest.param(remove("tokenizer_2/tokenizer.json"), "tokenizer_2", id="no vocabulary"),
        pytest.param(remove("scheduler"), "scheduler", id="no schedule"),
        pytest.param(
            truncate("unet/diffusion_pytorch_model.safetensors"),
            "unet/diffusion_pytorch_model",
            id="half a download",
        ),
        pytest.param(
            truncate("text_encoder/model.safetensors"), "text_encoder/model", id="half an encoder"
        ),
        pytest.param(truncate("unet/config.json"), "unet/config", id="half a configuration"),
    ],
)
def test_a_broken_folder_is_named(
    damage: Callable[[Path], None], reason: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    """Whatever is missing or broken ends in ModelNotLoaded that says what."""
    folder = tmp_path / "model"
    shutil.copytree(folders["epsilon"], folder)
    damage(folder)

    with pytest.raises(ModelNotLoaded, match=reason) as failed, open_model(model_options(folder)):
        pass

    assert "tiny" == failed.value.model


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """A path that leads nowhere is not looked for on the hub."""
    with (
        pytest.raises(ModelNotLoaded, match="no folder"),
        open_model(model_options(tmp_path / "none")),
    ):
        pass


def test_previews_of_large_pictures_skip_the_decoder(workbench: Workbench) -> None:
    """Above the limit a preview has a pixel for each cell, below it a pixel for each pixel."""
    sizes = []
    for side_px in (32, 256):
        asked = ask(1, width_px=side_px, height_px=side_px)
        settings = settle(
            asked, facts=replace(workbench.facts, max_side_px=256, max_area_px=256 * 256)
        )
        request = Request(prompt=prompt(), settings=settings, submitted_s=0.0)
        with torch.inference_mode():
            workbench.enter(request)
            (prediction,) = workbench.predict([request])
            workbench.step(request, prediction)
            sizes.append(workbench.preview(request).read().width_px)

    assert [32, 128] == sizes


def test_a_small_decoder_beside_the_model_shows_its_previews(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    """With a folder `taesd` a large preview has more pixels than cells."""
    folder = tmp_path / "model"
    shutil.copytree(folders["velocity"], folder)
    build_taesd().save_pretrained(folder / "taesd")
    options = model_options(folder, max_side_px=256, max_area_px=256 * 256)
    with open_model(options) as model:
        settings = settle(ask(1, width_px=256, height_px=256), facts=model.facts)
        request = Request(prompt=prompt(), settings=settings, submitted_s=0.0)
        model.enter(request)
        (prediction,) = model.predict([request])
        model.step(request, prediction)

        assert 256 == model.preview(request).read().width_px


def test_the_map_of_large_previews_is_there_before_the_first(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    """A model that draws large is opened with its map made and kept, so that no tick waits for it."""
    options = model_options(
        folders["velocity"],
        width_px=256,
        height_px=256,
        max_side_px=256,
        max_area_px=256 * 256,
        cache_dir=str(tmp_path),
    )

    with open_model(options):
        assert 1 == len(list(tmp_path.glob("preview-*.safetensors")))
