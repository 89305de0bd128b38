"""The script for CUDA machines runs on a CPU, and its full-size model is SDXL's size."""

import json
from collections.abc import Iterator

import pytest
import torch

from benchmarks.full_size import build_full_size, build_unet, row_tflop
from benchmarks.gpu import main


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads of torch that share busy cores wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_the_full_size_model_is_that_of_the_reference() -> None:
    """2.567 billion weights in the UNet, 6.94 GB in half precision, 6.76 TFLOP for a row at 1024 px."""
    pipe = build_full_size(device=torch.device("meta"), dtype=torch.bfloat16)
    parts = (pipe.unet, pipe.vae, pipe.text_encoder, pipe.text_encoder_2)
    num_bytes = [sum(2 * weight.numel() for weight in part.parameters()) for part in parts]

    assert 5.13 == round(num_bytes[0] / 1e9, 2)
    assert 6.94 == round(sum(num_bytes) / 1e9, 2)
    assert {torch.bfloat16} == {weight.dtype for part in parts for weight in part.parameters()}


def test_the_work_of_a_row_is_counted() -> None:
    """What share of the matrix rate is reached rests on the work of the real configuration."""
    with torch.device("meta"):
        unet = build_unet()

    counted = [round(row_tflop(unet, num_cells=side_px // 8), 3) for side_px in (512, 768, 1024)]

    assert [1.589, 3.641, 6.761] == counted


@pytest.mark.parametrize("mode", ["none", "regional"])
def test_the_script_runs_tiny(mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every figure is there, the pictures are equal, and the last line is one JSON object."""
    main(f"--tiny --sizes 16 --compile {mode} --backend eager --repeats 2".split())

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])["compile"][mode]
    ticks = figures["sizes"]["16"]["ticks_by_rows"]
    assert ["1", "2", "4", "8", "16"] == list(ticks)
    assert ticks["1"]["share_of_matrix_rate"] > 0
    for name in ("fast", "normal", "fine", "few steps, no guidance"):
        assert 2 == len(figures["pictures"][name]["ratios_engine_to_pipe"])
