"""Reading classifiers, in both layouts, with the real code and small weights."""

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator
from pathlib import Path

import huggingface_hub.constants
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional
from transformers import ViTForImageClassification

from pipeline import ClassifierNotLoaded, Origin
from pipeline.errors import ModelProblem
from pipeline.safety.classifier import Classifier, load_classifier
from pipeline.types import Pixels
from tests.classifiers import (
    BRIGHT,
    DARK,
    GREY,
    PATCH_PX,
    SIDE_PX,
    WIDTH,
    bright_weights,
    plain,
    timm_weights,
    write_timm,
    write_transformers,
)
from tests.hub import Hub


def load(folder: Path, *labels: str) -> Classifier:
    """Load a folder of this machine."""
    return load_classifier(Origin(place=str(folder)), unsafe_labels=labels or ("nsfw",))


def noise(seed: int, *, width_px: int = SIDE_PX, height_px: int = SIDE_PX) -> Pixels:
    """A picture of nothing."""
    generator = torch.Generator().manual_seed(seed)
    levels = torch.randint(256, (3 * width_px * height_px,), generator=generator)
    return Pixels(width_px=width_px, height_px=height_px, rgb=bytes(levels.tolist()))


def as_timm_computes(weights: dict[str, Tensor], x: Tensor, *, depth: int) -> Tensor:
    """Compute the logits of (N, 3, S, S) pictures from timm's own weights, as its forward does."""

    def norm(name: str, x: Tensor) -> Tensor:
        gain, offset = weights[f"{name}.weight"], weights[f"{name}.bias"]
        return functional.layer_norm(x, (WIDTH,), gain, offset, eps=1e-6)

    def linear(name: str, x: Tensor) -> Tensor:
        return functional.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])

    patches = functional.conv2d(
        x, weights["patch_embed.proj.weight"], weights["patch_embed.proj.bias"], stride=PATCH_PX
    )
    x = torch.cat([weights["cls_token"].expand(len(x), -1, -1), patches.flatten(2).mT], dim=1)
    x = x + weights["pos_embed"]  # (N, T, W)
    for number in range(depth):
        block = f"blocks.{number}"
        joined = linear(f"{block}.attn.qkv", norm(f"{block}.norm1", x))
        q, k, v = joined.reshape(*x.shape[:2], 3, WIDTH // 64, 64).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        x = x + linear(f"{block}.attn.proj", mixed)
        inner = functional.gelu(linear(f"{block}.mlp.fc1", norm(f"{block}.norm2", x)))
        x = x + linear(f"{block}.mlp.fc2", inner)
    return linear("head", norm("norm", x)[:, 0])


def test_timm_s_weights_compute_what_timm_computes(tmp_path: Path) -> None:
    """Every weight is where it belongs: two heads, two blocks, query before key before value."""
    weights = timm_weights(seed=3, depth=2)
    picture = noise(1)
    found = load(write_timm(tmp_path, weights)).unsafe(picture)

    x = torch.tensor(list(picture.rgb)).reshape(1, SIDE_PX, SIDE_PX, 3).permute(0, 3, 1, 2)
    logits = as_timm_computes(weights, (x / 255 - 0.5) / 0.5, depth=2)

    assert 0.01 < found < 0.99
    assert math.isclose(found, float(logits.softmax(-1)[0, 0]), rel_tol=1e-4)


def test_transformers_folders_compute_what_transformers_computes(tmp_path: Path) -> None:
    """A folder of `save_pretrained` gives the share of its unsafe label, in its own colours."""
    folder = write_transformers(tmp_path)
    picture = noise(2)
    found = load(folder).unsafe(picture)

    model = ViTForImageClassification.from_pretrained(folder, local_files_only=True).eval()
    x = torch.tensor(list(picture.rgb)).reshape(1, SIDE_PX, SIDE_PX, 3).permute(0, 3, 1, 2)
    with torch.inference_mode():
        logits = model((x / 255 - 0.4) / 0.6).logits

    assert 0.01 < found < 0.99
    assert math.isclose(found, float(logits.softmax(-1)[0, 1]), rel_tol=1e-4)


def test_all_unsafe_labels_count_together(tmp_path: Path) -> None:
    """What is shared between two names of the unsafe is not harmless for it; case means nothing."""
    folder = write_transformers(tmp_path, labels=("Drawings", "Hentai", "Neutral", "Porn", "Sexy"))
    picture = noise(3)
    each = [load(folder, label).unsafe(picture) for label in ("hentai", "porn", "sexy")]
    together = load(folder, "HENTAI", "porn", "sexy", "unheard").unsafe(picture)

    assert math.isclose(sum(each), together, rel_tol=1e-4)
    assert max(each) < together


def test_brighter_is_less_safe(tmp_path: Path) -> None:
    """The written weights see what they should, so that other tests can rest on them."""
    classifier = load(write_timm(tmp_path))
    dark, grey, bright = (classifier.unsafe(plain(level)) for level in (DARK, GREY, BRIGHT))

    assert dark < 0.1
    assert 0.4 < grey < 0.8
    assert bright > 0.9


@pytest.mark.parametrize("is_wide", [True, False], ids=["wide", "tall"])
@pytest.mark.parametrize("where", [0, 1, 2], ids=["start", "middle", "end"])
def test_no_part_of_a_long_picture_goes_unseen(
    tmp_path: Path, *, is_wide: bool, where: int
) -> None:
    """A square that is unsafe makes the whole unsafe, wherever it lies."""
    levels = [DARK] * 3
    levels[where] = BRIGHT
    if is_wide:
        row = b"".join(bytes([level]) * 3 * SIDE_PX for level in levels)
        picture = Pixels(width_px=3 * SIDE_PX, height_px=SIDE_PX, rgb=row * SIDE_PX)
    else:
        rows = b"".join(plain(level).rgb for level in levels)
        picture = Pixels(width_px=SIDE_PX, height_px=3 * SIDE_PX, rgb=rows)

    assert load(write_timm(tmp_path)).unsafe(picture) > 0.9


def broken_folder(folder: Path, what: str) -> Path:
    """Write a folder with one thing wrong."""
    weights = bright_weights()
    match what:
        case "cut short":
            data = (write_timm(folder) / "model.safetensors").read_bytes()
            (folder / "model.safetensors").write_bytes(data[:-1])
        case "a weight too few":
            del weights["blocks.0.mlp.fc2.bias"]
            write_timm(folder, weights)
        case "a weight too many":
            write_timm(folder, weights | {"head_dist.weight": torch.zeros(2, WIDTH)})
        case "no number":
            weights["norm.bias"][3] = math.nan
            write_timm(folder, weights)
        case "other labels":
            write_timm(folder, label_names=["cat", "dog"])
        case "only unsafe labels":
            write_timm(folder, label_names=["nsfw", "NSFW"])
        case "too many labels":
            write_timm(folder, label_names=["nsfw", "sfw", "what"])
        case "another architecture":
            write_timm(folder, architecture="eva02_base_patch14_448")
        case "a made-up head":
            weights = load_file(write_transformers(folder) / "model.safetensors")
            del weights["classifier.weight"]
            save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        case "no configuration":
            (write_timm(folder) / "config.json").unlink()
        case "a configuration that is none":
            (write_timm(folder) / "config.json").write_text("[]")
        case "a pickle":
            (write_timm(folder) / "model.safetensors").rename(folder / "pytorch_model.bin")
        case "nothing there":
            return folder / "nowhere"
    return folder


_P = ModelProblem


@pytest.mark.parametrize(
    ("what", "problem"),
    [
        ("cut short", _P.BROKEN),
        ("a weight too few", _P.UNREADABLE),
        ("a weight too many", _P.UNREADABLE),
        ("no number", _P.UNREADABLE),
        ("other labels", _P.WRONG_KIND),
        ("only unsafe labels", _P.WRONG_KIND),
        ("too many labels", _P.UNREADABLE),
        ("another architecture", _P.WRONG_KIND),
        ("a made-up head", _P.UNREADABLE),
        ("no configuration", _P.INCOMPLETE),
        ("a configuration that is none", _P.BROKEN),
        ("a pickle", _P.PICKLE),
        ("nothing there", _P.MISSING),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_what_is_no_whole_classifier_is_refused(
    tmp_path: Path, what: str, problem: ModelProblem
) -> None:
    """Nothing is judged by weights that are missing, made up or of another kind."""
    with pytest.raises(ClassifierNotLoaded) as refused:
        load(broken_folder(tmp_path, what))

    assert problem is refused.value.problem


def test_code_beside_a_classifier_is_not_run(tmp_path: Path) -> None:
    """A folder whose configuration names a module of its own is read without it."""
    folder = write_transformers(tmp_path / "classifier")
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoModelForImageClassification": "modeling.Evil"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "modeling.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    load(folder)

    assert not (tmp_path / "ran").exists()


@pytest.fixture
async def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    """A hub with a classifier in each layout, and a library that does not pause between its tries."""
    write_timm(tmp_path / "hub" / "a" / "classifier")
    write_transformers(tmp_path / "hub" / "a" / "vit")
    async with Hub(tmp_path / "hub") as hub:
        template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", hub.url)
        monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(time, "sleep", lambda _: None)
        yield hub


async def fetch(cache: Path, place: str = "a/classifier") -> Classifier:
    """Load a classifier of the hub beside the event loop, which serves it."""
    return await asyncio.to_thread(
        load_classifier, Origin(place=place), unsafe_labels=("nsfw",), hub_cache=str(cache)
    )


async def test_what_was_fetched_is_used_without_asking(hub: Hub, tmp_path: Path) -> None:
    """A second start asks the hub nothing, so that the classifier never changes by itself."""
    first = await fetch(tmp_path / "cache")
    num_calls = hub.num_calls
    second = await fetch(tmp_path / "cache")

    assert first.unsafe(plain(GREY)) == second.unsafe(plain(GREY))
    assert num_calls == hub.num_calls > 0


async def test_how_a_classifier_wants_its_pictures_is_fetched_with_it(
    hub: Hub, tmp_path: Path
) -> None:
    """A repository of transformers is fetched with its colours, without which it judges otherwise."""
    there = load(tmp_path / "hub" / "a" / "vit").unsafe(noise(4))

    assert there == (await fetch(tmp_path / "cache", "a/vit")).unsafe(noise(4))


async def test_a_classifier_with_a_changed_byte_is_refused(hub: Hub, tmp_path: Path) -> None:
    """What lies in the cache is read only while it has the hash by which the hub names it."""
    await fetch(tmp_path / "cache")
    (weights,) = (tmp_path / "cache").rglob("model.safetensors")
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.resolve().write_bytes(content)

    with pytest.raises(ClassifierNotLoaded) as refused:
        await fetch(tmp_path / "cache")
    assert ModelProblem.BROKEN is refused.value.problem


async def test_what_comes_with_another_content_is_not_kept(hub: Hub, tmp_path: Path) -> None:
    """A classifier that is not what the hub says it is is refused, and nothing of it stays."""
    hub.wrong_content.add("model.safetensors")

    with pytest.raises(ClassifierNotLoaded) as refused:
        await fetch(tmp_path / "cache")
    assert ModelProblem.BROKEN is refused.value.problem
    assert [] == [*(tmp_path / "cache").rglob("*.safetensors")]
