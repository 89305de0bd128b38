"""Finding a model's files: on this machine, or on the hub, whole or not at all."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import pytest
import torch

from benchmarks.random_model import VELOCITY_ZERO_SNR, build_pipeline
from pipeline.engine.files import find_model, find_tokenizers, unfetched
from pipeline.engine.options import Origin
from pipeline.errors import ModelNotLoaded, ModelProblem
from tests.hub import COMMIT, Hub

from .conftest import model_options

UNET = "diffusion_pytorch_model.fp16.safetensors"


@pytest.fixture(scope="session")
def published(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model as people publish it: both precisions, pickles, other formats and code beside."""
    root = tmp_path_factory.mktemp("published") / "model"
    shutil.copytree(folders["velocity"], root)
    halved = build_pipeline(schedule=VELOCITY_ZERO_SNR).to(torch.float16)
    halved.save_pretrained(root, safe_serialization=True, variant="fp16")
    for name in ("unet/model.onnx", "unet/diffusion_pytorch_model.bin", "unet/extra.py"):
        (root / name).write_bytes(b"nothing that is wanted")
    return root


@pytest.fixture
async def hub(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Hub]:
    """A hub with one model, reachable, and a library that does not pause between its tries."""
    shutil.copytree(published, tmp_path / "hub" / "some" / "model")
    async with Hub(tmp_path / "hub") as hub:
        template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", hub.url)
        monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(time, "sleep", lambda _: None)
        yield hub


@pytest.fixture
def options(tmp_path: Path) -> Any:
    """Options for what lies on the hub, with a cache that is empty at first."""

    def make(path: str = "some/model", **changes: Any) -> Any:
        return model_options(path, hub_cache=str(tmp_path / "cache"), **changes)

    return make


async def find(options: Any) -> Any:
    """Look for a model beside the event loop, which serves the hub."""
    return await asyncio.to_thread(find_model, options)


async def test_one_precision_is_fetched_and_no_code(hub: Hub, options: Any) -> None:
    """Of what is published only the halved safetensors, the configurations and words come."""
    found = await find(options())

    files = {file.relative_to(found.folder).as_posix() for file in found.folder.rglob("*.*")}
    weights = {file for file in files if "safetensors" in file}
    assert {
        f"text_encoder/{UNET.replace('diffusion_pytorch_', '')}",
        f"text_encoder_2/{UNET.replace('diffusion_pytorch_', '')}",
        f"unet/{UNET}",
        f"vae/{UNET}",
    } == weights
    assert set() == {file for file in files if file.endswith((".bin", ".onnx", ".py"))}
    assert COMMIT == found.folder.name


async def test_what_is_here_is_not_asked_for(hub: Hub, options: Any) -> None:
    """A second start speaks to nobody, so a model does not change by itself."""
    first = await find(options())
    num_calls = hub.num_calls

    assert first == await find(options())
    assert num_calls == hub.num_calls


async def test_a_download_goes_on_where_it_stopped(
    hub: Hub, options: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came before the connection broke for good is not sent a second time."""
    size_bytes = (hub.root / "some/model/unet" / UNET).stat().st_size
    cut_bytes = size_bytes // 2
    hub.cut_after[UNET] = cut_bytes
    # The library loses what came of a chunk: the file is as many chunks as a large one.
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", cut_bytes)
    with pytest.raises(ModelNotLoaded) as failed:
        await find(options())
    hub.cut_after.clear()
    sent_before = hub.num_bytes[UNET]

    found = await find(options())

    assert ModelProblem.CUT_OFF is failed.value.problem
    assert (found.folder / "unet" / UNET).stat().st_size == size_bytes
    vae_bytes = (hub.root / "some/model/vae" / UNET).stat().st_size
    assert cut_bytes == sent_before
    assert size_bytes + vae_bytes == hub.num_bytes[UNET]  # both carry that name


async def test_other_content_than_promised_is_refused(hub: Hub, options: Any) -> None:
    """A file of the right length whose hash is another never reaches the model."""
    hub.wrong_content.add(UNET)
    with pytest.raises(ModelNotLoaded) as failed:
        await find(options())
    hub.wrong_content.clear()

    assert ModelProblem.BROKEN is failed.value.problem
    assert (await find(options())).folder.is_dir()


def remove(name: str) -> Callable[[Path], None]:
    """Publish a model without something."""

    def damage(folder: Path) -> None:
        target = folder / name
        shutil.rmtree(target) if target.is_dir() else target.unlink()

    return damage


def only_pickles(folder: Path) -> None:
    """Publish the UNet as people did long ago."""
    for file in (folder / "unet").glob("*.safetensors"):
        file.unlink()


def another_kind(folder: Path) -> None:
    """Publish a model of the generation before."""
    index = folder / "model_index.json"
    index.write_text(index.read_text().replace("StableDiffusionXL", "StableDiffusion"))


@pytest.mark.parametrize(
    ("damage", "problem", "reason"),
    [
        pytest.param(
            remove("model_index.json"), ModelProblem.INCOMPLETE, "model_index", id="no index"
        ),
        pytest.param(remove("vae"), ModelProblem.INCOMPLETE, "vae/config.json", id="no VAE"),
        pytest.param(only_pickles, ModelProblem.PICKLE, "unet/diffusion", id="pickles only"),
        pytest.param(another_kind, ModelProblem.WRONG_KIND, "StableDiffusionPipeline", id="SD 1.5"),
    ],
)
async def test_a_repository_that_lacks_something_is_named_before_its_weights_come(
    damage: Callable[[Path], None], problem: ModelProblem, reason: str, hub: Hub, options: Any
) -> None:
    """Gigabytes are not fetched for a model that cannot be used."""
    damage(hub.root / "some/model")

    with pytest.raises(ModelNotLoaded, match=reason) as failed:
        await find(options())

    assert problem is failed.value.problem
    assert 0 == sum(hub.num_bytes.values())


@pytest.mark.parametrize(
    ("path", "revision", "problem"),
    [
        pytest.param("some/other", None, ModelProblem.NOT_ON_HUB, id="no such model"),
        pytest.param("some/model", "v9", ModelProblem.NOT_ON_HUB, id="no such revision"),
        pytest.param("some/gated", None, ModelProblem.GATED, id="licence not accepted"),
    ],
)
async def test_a_refusal_of_the_hub_is_named(
    path: str, revision: str | None, problem: ModelProblem, hub: Hub, options: Any
) -> None:
    """What the operator mistyped and what the hub does not give are different things."""
    (hub.root / "some/gated").mkdir()

    with pytest.raises(ModelNotLoaded) as failed:
        await find(options(path, revision=revision))

    assert problem is failed.value.problem


async def test_without_the_network_the_settings_are_not_blamed(
    hub: Hub, options: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that may not speak to the hub says so, until everything has been fetched once."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelNotLoaded) as failed:
        await find(options())
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    fetched = await find(options())
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)

    assert ModelProblem.OFFLINE is failed.value.problem
    assert fetched == await find(options())


async def test_an_address_where_nobody_answers_is_no_network(
    hub: Hub, options: Any, unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hub that cannot be reached is the same as no network."""
    nowhere = f"http://127.0.0.1:{unused_tcp_port}"
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", nowhere)
    monkeypatch.setattr(
        huggingface_hub.constants,
        "HUGGINGFACE_CO_URL_TEMPLATE",
        nowhere + "/{repo_id}/resolve/{revision}/{filename}",
    )

    with pytest.raises(ModelNotLoaded) as failed:
        await find(options())

    assert ModelProblem.OFFLINE is failed.value.problem


async def test_a_part_from_elsewhere_is_not_fetched_twice(hub: Hub, options: Any) -> None:
    """Where another UNet and VAE are wanted, the model's own stay on the hub."""
    (hub.root / "fast").mkdir()
    shutil.copytree(hub.root / "some/model/unet", hub.root / "fast/unet")
    shutil.copytree(hub.root / "some/model/vae", hub.root / "fast/vae")
    file = "diffusion_pytorch_model.safetensors"

    found = await find(
        options(unet=Origin(place="fast/unet", file=file), vae=Origin(place="fast/vae"))
    )

    assert [] == list(found.folder.glob("unet/*.safetensors"))
    assert [] == list(found.folder.glob("vae/*.safetensors"))
    assert (file, True) == (found.unet.name, (found.vae / file).is_file())


async def test_words_are_counted_without_the_weights(hub: Hub, options: Any) -> None:
    """The tokenizers of a model on the hub come alone."""
    folder = await asyncio.to_thread(find_tokenizers, options())

    assert (folder / "tokenizer_2/tokenizer.json").is_file()
    assert 0 == sum(hub.num_bytes.values())


def test_a_pickle_is_refused_by_its_name(tmp_path: Path) -> None:
    """A .ckpt file is not even opened."""
    file = tmp_path / "model.ckpt"
    file.write_bytes(b"whatever")

    with pytest.raises(ModelNotLoaded) as failed:
        find_model(model_options(file))

    assert ModelProblem.PICKLE is failed.value.problem


async def test_what_would_have_to_be_fetched_is_told_without_fetching(
    hub: Hub, options: Any
) -> None:
    """A check before the first start names what is not here, and afterwards nothing."""
    wanted = options(vae=Origin(place="some/vae"))
    shutil.copytree(hub.root / "some/model/vae", hub.root / "some/vae")

    assert ("some/model", "some/vae") == await asyncio.to_thread(unfetched, wanted)
    assert 0 == hub.num_calls
    await find(wanted)
    assert () == await asyncio.to_thread(unfetched, wanted)
