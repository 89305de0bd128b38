"""Small pictures from latents."""

import torch
from diffusers import StableDiffusionXLPipeline
from torch.nn import functional

from pipeline.engine.preview import LinearPreview, Shot


class FactorTwoVae:
    """A VAE whose latents are the pooled colours, mixed: a linear map is exact for it."""

    dtype, device = torch.float32, torch.device("cpu")
    mix = torch.tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 3.0], [1.0, 1.0, 1.0]])

    def encode(self, pictures: torch.Tensor) -> "FactorTwoVae":
        """Keep what is encoded."""
        self.latents = self.latents_of(pictures)
        return self

    def latents_of(self, pictures: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) to (N, 4, H / 2, W / 2)."""
        return torch.einsum("ck,nkhw->nchw", self.mix, functional.avg_pool2d(pictures, 2)) + 0.5

    @property
    def latent_dist(self) -> "FactorTwoVae":
        """Be one's own distribution."""
        return self

    def mode(self) -> torch.Tensor:
        """Give the latents."""
        return self.latents


def test_a_linear_vae_is_inverted() -> None:
    """Where colours and latents hang together linearly, the preview shows the pooled picture."""
    vae = FactorTwoVae()
    picture = torch.rand((1, 3, 8, 12), generator=torch.Generator().manual_seed(1)) * 2 - 1

    shown = LinearPreview.fit(vae, cell_px=2)(vae.latents_of(picture))

    assert (1, 3, 4, 6) == shown.shape
    assert (shown - functional.avg_pool2d(picture, 2)).abs().max() < 1e-4


@torch.no_grad()
def test_a_real_vae_gets_a_map(pipe: StableDiffusionXLPipeline) -> None:
    """The fit works on diffusers' class too, and gives a pixel for each cell."""
    preview = LinearPreview.fit(pipe.vae, cell_px=2)

    shown = Shot(preview(torch.randn(1, 4, 6, 10))).read()

    assert (10, 6, 10 * 6 * 3) == (shown.width_px, shown.height_px, len(shown.rgb))


def test_pixels_are_rounded_rows_from_the_top() -> None:
    """-1 is black, 1 is white, more is cut off, not-a-number is black."""
    image = torch.zeros(1, 3, 1, 4)
    image[0, :, 0] = torch.tensor([-1.0, 1.0, 7.0, torch.nan])
    image[0, 0, 0, 0] = 1.0

    pixels = Shot(image).read()

    assert bytes([255, 0, 0, 255, 255, 255, 255, 255, 255, 0, 0, 0]) == pixels.rgb
