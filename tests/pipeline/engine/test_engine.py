"""The loop and its async face, on the real classes at tiny size."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest
import torch
from diffusers import StableDiffusionXLPipeline

from pipeline.engine.engine import Engine
from pipeline.engine.options import EngineOptions
from pipeline.engine.request import Request
from pipeline.errors import (
    Cancelled,
    EngineFailed,
    ModelNotLoaded,
    OutOfGpuMemory,
    PictureNotFinite,
    QueueFull,
    ShuttingDown,
    UnsupportedSteps,
)
from pipeline.types import Priority, RenderPhase, RenderProgress, SamplerName

from .conftest import (
    LIMIT_S,
    TOLERANCE,
    Workbench,
    ask,
    draw_plainly,
    model_options,
    prompt,
    relative_error,
    result_of,
)


async def test_sharing_ticks_changes_nothing_but_rounding(workbench: Workbench) -> None:
    """A request drawn alone equals itself drawn among three others."""
    async with workbench.engine() as engine:
        await result_of(engine.submit(ask(1)))
        alone = workbench.latents.pop(1)
        tickets = [engine.submit(ask(seed)) for seed in (1, 2, 3, 4)]
        for ticket in tickets:
            await result_of(ticket)

    assert relative_error(workbench.latents[1], alone) < TOLERANCE


async def test_without_a_negative_prompt_the_models_own_rule_holds(
    workbench: Workbench, pipe: StableDiffusionXLPipeline
) -> None:
    """No negative words give what the pipeline gives for None: zeros, as this model's index says."""
    words = prompt("a cat", negative="")
    asked = ask(5, prompt=words)
    expected = pipe(
        words.text_of(words.prompt),
        prompt_2=words.text_of(words.prompt_2),
        width=32,
        height=32,
        num_inference_steps=4,
        guidance_scale=5.0,
        generator=torch.Generator().manual_seed(5),
        output_type="latent",
    ).images

    async with workbench.engine() as engine:
        await result_of(engine.submit(asked))

    assert relative_error(workbench.latents[5], expected) < TOLERANCE


async def test_a_draft_overtakes_a_long_picture(workbench: Workbench) -> None:
    """A request of few steps that comes later takes the next tick and is finished first."""
    workbench.hold()
    async with workbench.engine(max_rows_per_tick=2) as engine:
        long = engine.submit(ask(1, num_steps=40))
        await workbench.at_gate()
        draft = engine.submit(ask(2, num_steps=2))
        await workbench.pass_(3)
        workbench.let_go()
        await result_of(draft)
        await result_of(long)

    assert [(1,), (2,), (2,), (1,)] == workbench.companies[:4]


async def test_a_draft_is_finished_before_a_picture_of_130_steps(workbench: Workbench) -> None:
    """Submitted in the middle of it, by what was measured, without a limit on rows."""
    async with workbench.engine(rows_per_tick=None, is_profiled=True) as engine:
        workbench.companies.clear()  # of the measurement
        workbench.hold()
        long = engine.submit(ask(1, num_steps=130))
        await workbench.at_gate()
        await workbench.pass_(5)
        draft = engine.submit(ask(2, num_steps=4, priority=Priority.DRAFT))
        await workbench.pass_(5)
        workbench.let_go()
        await result_of(draft)
        await result_of(long)

    with_draft = [number for number, company in enumerate(workbench.companies) if 2 in company]
    assert [6, 7, 8, 9] == with_draft  # it came while the sixth tick stood at the gate


async def test_a_measured_engine_promises_a_time_at_once(workbench: Workbench) -> None:
    """The start-up measurement gives the first request an ETA before its first step."""
    async with workbench.engine(is_profiled=True) as engine:
        workbench.hold()
        ticket = engine.submit(ask(1))
        first = await anext(ticket.progress())
        workbench.let_go()
        await result_of(ticket)

    assert RenderPhase.WAITING == first.phase
    assert first.eta_s is not None
    assert 0 < first.eta_s < LIMIT_S


async def test_a_cancel_frees_the_row_by_the_next_tick(workbench: Workbench) -> None:
    """Cancelled during a tick, a request is in no later one, and its result is Cancelled at once."""
    workbench.hold()
    async with workbench.engine() as engine:
        staying, leaving = engine.submit(ask(1)), engine.submit(ask(2))
        await workbench.at_gate()
        leaving.cancel()
        leaving.cancel()
        with pytest.raises(Cancelled):
            await result_of(leaving)
        workbench.let_go()
        await result_of(staying)

    assert [(1, 2), (1,), (1,), (1,)] == workbench.companies


async def test_a_waiter_that_gives_up_cancels_nobody(workbench: Workbench) -> None:
    """Cancelling the task that waits leaves the request and its other waiters alone."""
    workbench.hold()
    async with workbench.engine() as engine:
        ticket = engine.submit(ask(1))
        await workbench.at_gate()
        impatient = asyncio.create_task(ticket.result())
        patient = asyncio.create_task(ticket.result())
        await asyncio.sleep(0)
        impatient.cancel()
        workbench.let_go()

        assert 1 == (await asyncio.wait_for(patient, LIMIT_S)).seed
        assert impatient.cancelled()


def spoil(request: Request) -> None:
    """Poison a request's latents."""
    assert request.drawing is not None
    request.drawing.latents = request.drawing.latents * torch.nan


def raise_out_of_memory(_: Request) -> None:
    """Fail as a full device does."""
    raise OutOfGpuMemory


def raise_bug(_: Request) -> None:
    """Fail as our own mistake would."""
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("fault", "error"),
    [(spoil, PictureNotFinite), (raise_out_of_memory, OutOfGpuMemory), (raise_bug, EngineFailed)],
    ids=["not a number", "out of memory", "bug"],
)
async def test_a_poisoned_request_fails_alone(
    fault: Callable[[Request], None], error: type[Exception], workbench: Workbench
) -> None:
    """Its neighbours in the same ticks draw what they draw without it, and the thread lives on."""
    async with workbench.engine() as engine:
        await result_of(engine.submit(ask(1)))
        expected = workbench.latents.pop(1)
        workbench.faults[2] = fault
        healthy, poisoned = engine.submit(ask(1)), engine.submit(ask(2))

        with pytest.raises(error):
            await result_of(poisoned)
        await result_of(healthy)
        await result_of(engine.submit(ask(3)))

    assert relative_error(workbench.latents[1], expected) < TOLERANCE


@pytest.mark.parametrize("sampler", SamplerName)
async def test_a_step_that_failed_once_is_taken_back(
    sampler: SamplerName, workbench: Workbench, pipe: StableDiffusionXLPipeline
) -> None:
    """A sampler that had advanced when its tick failed takes the step anew, and draws the same."""
    asked = [ask(seed, sampler=sampler, num_steps=6) for seed in (1, 2)]
    expected = {one.seed: draw_plainly(pipe, one) for one in asked}

    def fail_once(request: Request) -> None:
        if request.index == 3:
            del workbench.step_faults[2]
            raise_out_of_memory(request)

    workbench.step_faults[2] = fail_once
    workbench.hold()
    async with workbench.engine() as engine:
        tickets = [engine.submit(one) for one in asked]
        workbench.let_go()
        for ticket in tickets:
            await result_of(ticket)

    assert {} == workbench.step_faults
    assert (2,) in workbench.companies, "it was redone alone"
    for seed, latents in expected.items():
        assert relative_error(workbench.latents[seed], latents) < TOLERANCE


async def test_a_prompt_that_cannot_be_encoded_fails_alone(workbench: Workbench) -> None:
    """What goes wrong before the first step is one request's matter too."""
    async with workbench.engine() as engine:
        too_long, healthy = engine.submit(ask(1, prompt=prompt("x" * 99))), engine.submit(ask(2))

        with pytest.raises(EngineFailed):
            await result_of(too_long)
        assert 2 == (await result_of(healthy)).seed


async def test_the_queue_is_bounded(workbench: Workbench) -> None:
    """One more than may wait is refused at once, and a place that is given up is free at once."""
    workbench.hold()
    async with workbench.engine(max_requests=2) as engine:
        first, _ = engine.submit(ask(1)), engine.submit(ask(2))
        await workbench.at_gate()
        with pytest.raises(QueueFull) as refused:
            engine.submit(ask(3))
        first.cancel()
        engine.submit(ask(4))
        workbench.let_go()

    assert 2 == refused.value.num_waiting


async def test_it_says_how_it_does(workbench: Workbench) -> None:
    """Who waits, who is drawn, and the ticks that there were can be read while it works, and after."""
    workbench.hold()
    async with workbench.engine(max_rows_per_tick=2) as engine:
        idle = engine.stats()
        tickets = [engine.submit(ask(seed, num_steps=3)) for seed in (1, 2)]
        await workbench.at_gate()
        await workbench.pass_(2)
        busy = engine.stats()
        workbench.let_go()
        for ticket in tickets:
            await result_of(ticket)
    done = engine.stats()

    assert (0, 0, 0, 0.0) == (idle.num_waiting, idle.num_running, idle.num_ticks, idle.ticks_s)
    assert (1, 1, 2) == (busy.num_waiting, busy.num_running, busy.num_ticks)
    assert (0, 0, 6) == (done.num_waiting, done.num_running, done.num_ticks)
    assert {32 * 32} == done.tick_s.keys()
    assert done.ticks_s > busy.ticks_s > 0.0


async def test_what_the_model_cannot_draw_never_enters(workbench: Workbench) -> None:
    """A rejected request costs no tick."""
    async with workbench.engine() as engine:
        with pytest.raises(UnsupportedSteps):
            engine.submit(ask(1, num_steps=151))

    assert [] == workbench.companies


async def test_progress_goes_forward_and_sharpens(workbench: Workbench) -> None:
    """Steps never go back, phases come in order, previews appear before the picture does."""
    async with workbench.engine() as engine:
        ticket = engine.submit(ask(1, num_steps=12))
        async with asyncio.timeout(LIMIT_S):
            news = [progress async for progress in ticket.progress()]

    order = list(RenderPhase)
    assert (
        RenderProgress(phase=RenderPhase.WAITING, place=0, step=0, num_steps=12, eta_s=None)
        == news[0]
    )
    assert news == sorted(news, key=lambda one: (order.index(one.phase), one.step))
    assert all(one.eta_s is not None for one in news[1:])
    previews = [one.preview for one in news if one.preview is not None]
    assert len(set(previews)) > 1
    assert (32, 32) == (previews[0].width_px, previews[0].height_px)


async def test_a_slow_reader_gets_the_latest_only(workbench: Workbench) -> None:
    """What happened while a reader was busy is told in one piece of news."""
    workbench.hold()
    async with workbench.engine() as engine:
        ticket = engine.submit(ask(1, num_steps=9))
        news = ticket.progress()
        await anext(news)
        await workbench.at_gate()
        await workbench.pass_(5)
        await asyncio.sleep(0)

        assert 5 == (await anext(news)).step
        workbench.let_go()


async def test_a_waiting_request_knows_its_place(workbench: Workbench) -> None:
    """With room for one at a time, the third finishes after two others."""
    workbench.hold()
    async with workbench.engine(max_rows_per_tick=2) as engine:
        tickets = [engine.submit(ask(seed)) for seed in range(3)]

        places = [(await anext(ticket.progress())).place for ticket in tickets]

    assert [0, 1, 2] == places


async def test_close_leaves_no_thread_and_no_waiter(workbench: Workbench) -> None:
    """Closing ends the thread between two ticks and fails all that wait; a second close is nothing."""
    workbench.hold()
    async with workbench.engine() as engine:
        tickets = [engine.submit(ask(seed)) for seed in (1, 2)]
        await workbench.at_gate()
        workbench.let_go()
        await engine.close()
        await engine.close()

        for ticket in tickets:
            with pytest.raises(ShuttingDown):
                await result_of(ticket)
        with pytest.raises(ShuttingDown):
            engine.submit(ask(3))

    assert "engine" not in {thread.name for thread in threading.enumerate()}


async def test_an_engine_that_never_started_can_be_closed(workbench: Workbench) -> None:
    """Closing needs no thread."""
    engine = Engine(EngineOptions(model=model_options()), open_model=workbench.opened)

    await engine.close()

    with pytest.raises(ShuttingDown):
        await engine.start()


async def test_a_model_that_cannot_be_loaded_is_named_by_start() -> None:
    """The error of the loading thread reaches the caller, and the thread is gone."""
    engine = Engine(EngineOptions(model=model_options("/nowhere")))

    with pytest.raises(ModelNotLoaded, match="/nowhere"):
        await asyncio.wait_for(engine.start(), LIMIT_S)

    await engine.close()
    assert "engine" not in {thread.name for thread in threading.enumerate()}


def test_importing_the_engine_does_not_import_torch() -> None:
    """Torch is loaded with the model, on the engine's thread; a page can be served meanwhile."""
    program = "import sys, pipeline.engine.engine\nassert 'torch' not in sys.modules"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)

    assert 0 == done.returncode, done.stderr.decode()
