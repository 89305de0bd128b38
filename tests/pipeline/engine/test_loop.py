"""What a tick does when the device runs out of memory, or is lost: faults are injected, all else is real."""

from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from pipeline.engine.request import Request
from pipeline.errors import DeviceLost, OutOfGpuMemory
from pipeline.types import Pixels

from .conftest import Workbench, ask


class Short(Workbench):
    """A model whose device has room for so many rows, and for so many decodings without tiles."""

    def __init__(
        self, pipe: Any, *, max_rows_there: int = 99, num_failing_decodes: int = 0
    ) -> None:
        super().__init__(pipe)
        self.max_rows_there, self.num_failing_decodes = max_rows_there, num_failing_decodes
        self.relieved: list[bool] = []

    def predict(self, requests: Any) -> list[Tensor]:
        """Run out of memory where there are too many rows."""
        if sum(request.num_rows for request in requests) > self.max_rows_there:
            self.companies.append(tuple(sorted(request.settings.seed for request in requests)))
            raise OutOfGpuMemory
        return super().predict(requests)

    def decode(self, request: Request) -> Pixels:
        """Run out of memory the first few times."""
        if self.num_failing_decodes:
            self.num_failing_decodes -= 1
            raise OutOfGpuMemory
        return super().decode(request)

    def relieve(self, *, tile: bool) -> None:
        """Note what was done about it."""
        self.relieved.append(tile)
        super().relieve(tile=tile)


async def draw_all(model: Workbench, num_requests: int) -> list[bytes | Exception]:
    """Draw so many at once and return their pictures, or what became of them."""
    async with model.engine(rows_per_tick=8) as engine:
        model.hold()
        tickets = [engine.submit(ask(seed)) for seed in range(num_requests)]
        model.let_go()
        outcomes: list[bytes | Exception] = []
        for ticket in tickets:
            try:
                outcomes.append((await ticket.result()).pixels.rgb)
            except (OutOfGpuMemory, DeviceLost) as error:
                outcomes.append(error)
        return outcomes


async def test_too_many_rows_are_halved_and_nobody_fails(pipe: Any) -> None:
    """The tick is taken again by fewer, the limit is remembered, the pictures are the same."""
    expected = await draw_all(Workbench(pipe), 4)
    short = Short(pipe, max_rows_there=4)

    drawn = await draw_all(short, 4)

    assert expected == drawn
    failed = [company for company in short.companies if len(company) > 2]
    assert len(failed) <= 1  # never tried again


async def test_whoever_is_alone_tries_once_more_with_tiles(pipe: Any) -> None:
    """A decoding that found no room finds it after everything was freed."""
    expected = await draw_all(Workbench(pipe), 1)
    short = Short(pipe, num_failing_decodes=1)

    drawn = await draw_all(short, 1)

    assert [True] == short.relieved
    assert expected == drawn


async def test_only_the_one_that_never_fits_fails(pipe: Any) -> None:
    """After its second chance a request fails by itself; whoever comes next is drawn."""
    short = Short(pipe, num_failing_decodes=2)

    first, second = await draw_all(short, 2)

    assert isinstance(first, OutOfGpuMemory)
    assert isinstance(second, bytes)


async def test_a_lost_device_ends_the_process(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What no call survives is no request's fault: the process ends, and its supervisor begins anew."""
    reasons: list[str] = []
    monkeypatch.setattr("pipeline.engine.loop.die", reasons.append)

    def lose(_: Request) -> None:
        raise DeviceLost("CUDA error: device-side assert triggered")

    workbench.faults[0] = lose
    (outcome,) = await draw_all(workbench, 1)

    assert ["CUDA error: device-side assert triggered"] == reasons
    assert isinstance(outcome, DeviceLost)
