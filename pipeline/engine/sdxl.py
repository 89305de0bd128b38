"""The model: enter, predict, step, decode. `loading.py` makes the pipeline whose modules it uses.

Never calls the pipeline itself: its `__call__` knows one timestep, one guidance scale and
one schedule for everybody. Does not know who is picked, nor when. GPU thread only, after loading.

Axes: B requests, R rows (one or two for each request), C latent channels, h and w latent cells,
H and W pixels, T tokens, D and P widths.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diffusers
import torch
from torch import Tensor

from pipeline.engine.conditioning import Conditioning, Embedded
from pipeline.engine.faults import free_memory, named
from pipeline.engine.loading import choose_num_threads, load_model
from pipeline.engine.lora import Loras
from pipeline.engine.memory import Recipe
from pipeline.engine.noise import draw_noise
from pipeline.engine.options import ModelOptions
from pipeline.engine.preview import Shot
from pipeline.engine.request import Drawing, Request, Settings
from pipeline.engine.sampler import Sampler
from pipeline.engine.taesd import load_taesd
from pipeline.engine.trial import try_out
from pipeline.engine.vae import Vae
from pipeline.types import Fragment, ModelFacts, Pixels, Quality, WeightSet


@contextmanager
def open_model(options: ModelOptions) -> Iterator["Sdxl"]:
    """Load a model and keep it in inference mode on this thread until the block is left.

    Raises ModelNotLoaded.
    """
    torch.set_num_threads(options.num_threads or choose_num_threads())
    loaded = load_model(options)
    with torch.inference_mode():  # a mode of the thread, not of the process
        taesd = load_taesd(options, like=loaded.pipe.unet)
        model = Sdxl(loaded.pipe, options=options, recipe=loaded.recipe, taesd=taesd)
        try_out(model, options=options)
        model.prepare_previews()
        yield model


class Sdxl:
    """A loaded model. Holds no request: whatever belongs to one is in its `Drawing`."""

    def __init__(
        self, pipe: Any, *, options: ModelOptions, recipe: Recipe | None = None, taesd: Any = None
    ) -> None:
        most = recipe.max_requests_per_tick if recipe else None
        self.max_rows = most and 2 * most  # that the device has room for; None: nobody knows
        self._recipe_name = recipe.name if recipe else "none"
        self._unet, self._options = pipe.unet, options
        # Diffusers looks through all modules for these: once is enough.
        self._device, self._dtype = pipe.unet.device, pipe.unet.dtype
        self._schedule_config = pipe.scheduler.config
        self._has_zero_negative = bool(pipe.config.force_zeros_for_empty_prompt)
        self._conditioning = Conditioning(pipe)
        self._loras = Loras(pipe, Path(options.lora_dir) if options.lora_dir else None)
        self._cell_px: int = pipe.vae_scale_factor
        cache = Path(options.cache_dir) if options.cache_dir else None
        self._vae = Vae(pipe.vae, cell_px=self._cell_px, taesd=taesd, cache=cache)
        num_halvings = len(self._unet.config.block_out_channels) - 1
        self.facts = ModelFacts(
            name=options.name,
            width_px=options.width_px,
            height_px=options.height_px,
            min_side_px=options.min_side_px,
            max_side_px=options.max_side_px,
            max_area_px=options.max_area_px,
            side_multiple_px=max(options.side_step_px, self._cell_px * 2**num_halvings),
            steps={quality: options.steps[quality] for quality in Quality},
            guidance_scale=options.guidance_scale,
            sampler=options.sampler,
            display_px=options.display_px,
            loras=self._loras.names,
            can_enlarge=options.can_enlarge,
            can_look_real=options.can_look_real,
        )

    @property
    def identity(self) -> dict[str, str]:
        """Name all that decides how long a tick takes."""
        device = self._device
        is_cuda = device.type == "cuda"
        return {
            "device": torch.cuda.get_device_name(device) if is_cuda else device.type,
            "num_threads": str(torch.get_num_threads()),
            "torch": torch.__version__,
            "diffusers": diffusers.__version__,
            "model": f"{self._options.name} {self._options.path} {self._options.revision}",
            "dtype": str(self._dtype),
            "recipe": self._recipe_name,
            "compile": self._options.compile,
        }

    def use(self, weights: WeightSet) -> bool:
        """Let exactly these LoRA files act from now on; False where they did. Raises LoraNotLoaded."""
        with named():
            return self._loras.use(weights)

    def enter(self, request: Request) -> None:
        """Make what a request needs before its first step: embeddings, schedule, latents."""
        settings, prompt = request.settings, request.prompt
        self.use(request.group.weights)
        halves = [self._encode(request, prompt.prompt, prompt.prompt_2)]
        if request.guided:
            halves.insert(0, self._encode_negative(request))
        # A CPU generator: the same seed gives the same noise on every device.
        generator = torch.Generator().manual_seed(settings.seed)
        sampler = Sampler(
            settings.sampler,
            config=self._schedule_config,
            num_steps=settings.num_steps,
            num_skipped=settings.num_skipped,
            generator=generator,
        )
        assert sampler.num_steps == request.num_steps
        # In diffusers' order: the generator is drawn from for the picture first, then for the noise.
        clean = self._clean(settings, generator)
        height, width = settings.height_px // self._cell_px, settings.width_px // self._cell_px
        noise = draw_noise(
            (1, self._unet.config.in_channels, height, width),
            generator=generator,
            variation=settings.variation,
            device=self._device,
            dtype=self._dtype,
        )
        latents = sampler.begin(noise, clean=clean)
        # Original size, crop from the top left, target size: drawn as wanted, not cropped.
        size = (settings.height_px, settings.width_px)
        time_ids = torch.tensor([[*size, 0, 0, *size]], dtype=latents.dtype, device=latents.device)
        request.drawing = Drawing(
            sampler=sampler,
            latents=latents,
            embeds=torch.cat([half.embeds for half in halves]),  # (R, T, D)
            pooled=torch.cat([half.pooled for half in halves]),  # (R, P)
            time_ids=time_ids.expand(len(halves), -1),  # (R, 6)
        )

    def predict(self, requests: Sequence[Request]) -> list[Tensor]:
        """Ask the UNet once about the next step of every request; changes none of them.

        Returns B predictions, (1, C, h, w) each, after the request's own guidance.
        """
        self.use(requests[0].group.weights)
        latents, timesteps, embeds, pooled, time_ids = [], [], [], [], []
        for request in requests:
            drawing, num_rows = _drawing(request), request.num_rows
            drawing.scaled = drawing.sampler.scale(drawing.latents, index=request.index)
            latents += [drawing.scaled] * num_rows
            timesteps += [drawing.sampler.timestep(request.index)] * num_rows
            # The positive row is the last one, and alone where this step is not guided.
            embeds.append(drawing.embeds[-num_rows:])
            pooled.append(drawing.pooled[-num_rows:])
            time_ids.append(drawing.time_ids[-num_rows:])
        with named():
            answers = self._unet(
                torch.cat(latents),  # (R, C, h, w)
                torch.tensor(timesteps, device=self._device),  # (R,)
                encoder_hidden_states=torch.cat(embeds),  # (R, T, D)
                added_cond_kwargs={
                    "text_embeds": torch.cat(pooled),  # (R, P)
                    "time_ids": torch.cat(time_ids),  # (R, 6)
                },
                return_dict=False,
            )[0]  # (R, C, h, w)
        own_rows = answers.split([request.num_rows for request in requests])
        return [
            _guide(rows, scale=request.settings.guidance_scale)
            for request, rows in zip(requests, own_rows, strict=True)
        ]

    def step(self, request: Request, prediction: Tensor) -> None:
        """Take a request one step further with its prediction, (1, C, h, w)."""
        drawing = _drawing(request)
        drawing.prediction = prediction
        with named():
            drawing.latents = drawing.sampler.step(
                prediction, latents=drawing.latents, index=request.index
            )
        request.index += 1

    def keep(self, request: Request) -> Callable[[], None]:
        """Note a request's state; what is returned brings it back there, mid-step too."""
        drawing = _drawing(request)
        index, latents, sampler_back = request.index, drawing.latents, drawing.sampler.keep()

        def go_back() -> None:
            request.index, drawing.latents = index, latents
            sampler_back()

        return go_back

    def wait(self) -> None:
        """Wait until the device has done what it was told, so that a tick's time is its own."""
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)

    def prepare_previews(self) -> None:
        """Make what previews of the usual size need, before anybody waits for one."""
        self._vae.prepare_previews(self.facts.width_px * self.facts.height_px)

    def preview(self, request: Request) -> Shot:
        """Show the clean picture that the last step's prediction stands for, small.

        Returns at once; the picture is there when the device has come to it.
        """
        drawing = _drawing(request)
        assert drawing.scaled is not None
        assert drawing.prediction is not None
        clean = drawing.sampler.clean(
            drawing.prediction, scaled=drawing.scaled, index=request.index - 1
        )
        with named():
            return Shot(self._vae.show(clean))

    def decode(self, request: Request) -> Pixels:
        """Turn the latents of a request that took all its steps into the picture.

        Raises PictureNotFinite.
        """
        with named():
            return Shot(self._vae.decode(_drawing(request).latents)).read()

    def _clean(self, settings: Settings, generator: torch.Generator) -> Tensor | None:
        """Encode the picture that a request starts from, (1, C, h, w); None without one."""
        if settings.start is None:
            return None
        with named():
            return self._vae.encode(settings.start.pixels, generator=generator, dtype=self._dtype)

    def _encode(
        self,
        request: Request,
        fragments: tuple[Fragment, ...],
        fragments_2: tuple[Fragment, ...],
    ) -> Embedded:
        """Encode a prompt by the encoders as the request's weights leave them."""
        with named():
            return self._conditioning.encode(
                fragments, fragments_2, self._loras.on_encoders(request.group.weights)
            )

    def relieve(self, *, tile: bool) -> None:
        """Make room after the memory ran out, outside the handler; with `tile`, decode in tiles from now on."""
        free_memory()
        if tile:
            self._vae.tile()

    def _encode_negative(self, request: Request) -> Embedded:
        """Encode what the picture is pushed away from; without words, what the model was trained with."""
        negative = request.prompt.negative_prompt
        embedded = self._encode(request, negative, negative)
        if negative or not self._has_zero_negative:
            return embedded
        return Embedded(
            embeds=torch.zeros_like(embedded.embeds), pooled=torch.zeros_like(embedded.pooled)
        )


def _guide(rows: Tensor, *, scale: float) -> Tensor:
    """Push a request's prediction away from its negative one.

    rows: (2, C, h, w), negative first; or (1, C, h, w), which is given back.

    Returns (1, C, h, w). Source: arXiv 2207.12598, equation 6.
    """
    if len(rows) == 1:
        return rows
    negative, positive = rows.chunk(2)
    return negative + scale * (positive - negative)


def _drawing(request: Request) -> Drawing:
    assert request.drawing is not None
    return request.drawing
