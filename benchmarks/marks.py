"""What the marks of a picture cost, beyond writing the same picture as a plain PNG.

    python -m benchmarks.marks [--side 1024] [--repeats 20]

Both are done in turns in one run, on the same pixels: noise, the slowest to write, and a gradient, which
is quick to write, so that the marks weigh most. Counted is the processor's time of all threads. The last line of standard output is one JSON object.
"""

import argparse
import io
import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from PIL import Image

from benchmarks.setting import machine
from bot import certificates
from pipeline import Pixels, Receipt, SigningKey, SourceType, mark, sign

MAX_EXTRA_MS = 40.0  # of a picture of 1024 by 1024
_COMPRESSION = 4  # as marked pictures are written
_RECEIPT = Receipt(
    text="노을 지는 바다 위의 고래",
    english="a whale above the sea at sunset",
    prompt="a whale above the sea at sunset",
    prompt_2="a whale above the sea at sunset, photorealistic, sharp focus, natural light",
    negative_prompt="lowres, blurry, watermark, text",
    weights=(("a whale above the sea at sunset", 1.0),),
    seed=7,
    width_px=1024,
    height_px=1024,
    num_steps=30,
    guidance_scale=7.5,
    sampler="dpmpp_2m",
    model="sdxl",
    version="0.1.0",
)


def plain(image: Image.Image) -> int:
    """Write a picture without marks; gives its bytes."""
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=_COMPRESSION)
    return len(file.getvalue())


def marked(pixels: Pixels, key: SigningKey) -> int:
    """Write the same picture with the label, the texts and the signature; gives its bytes."""

    def signed(data: bytes, source_type: SourceType) -> bytes:
        return sign(data, key, source_type=source_type, version="0.1.0")

    side_px = max(pixels.width_px, pixels.height_px)
    return len(mark(pixels, _RECEIPT, display_px=side_px, has_label=True, sign=signed).png)


def took_ms(work: Callable[[], int]) -> tuple[float, int]:
    """Do something once; gives milliseconds of the processor, whatever else runs, and what it gave."""
    start_s = time.process_time()
    size_bytes = work()
    return 1000 * (time.process_time() - start_s), size_bytes


def measure(image: Image.Image, *, repeats: int) -> dict[str, float]:
    """Compare the two in turns, after one of each that does not count."""
    pixels = Pixels(width_px=image.width, height_px=image.height, rgb=image.tobytes())
    key = certificates.made(datetime.now(UTC)).signing_key()
    ways = (partial(plain, image), partial(marked, pixels, key))
    rounds = [tuple(took_ms(way) for way in ways) for _ in range(repeats + 1)][1:]
    extra_ms = [with_marks[0] - without[0] for without, with_marks in rounds]
    return {
        "plain_ms": round(statistics.median(without[0] for without, _ in rounds), 1),
        "marked_ms": round(statistics.median(with_marks[0] for _, with_marks in rounds), 1),
        "extra_ms": round(statistics.median(extra_ms), 1),
        "extra_p90_ms": round(sorted(extra_ms)[int(0.9 * len(extra_ms))], 1),
        "extra_bytes": rounds[0][1][1] - rounds[0][0][1],
    }


def main() -> None:
    """Measure both pictures and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--side", type=int, default=1024, metavar="PX")
    parser.add_argument("--repeats", type=int, default=20)
    options = parser.parse_args()
    size = (options.side, options.side)
    images = {
        "noise": Image.effect_noise(size, 60).convert("RGB"),
        "gradient": Image.radial_gradient("L").resize(size).convert("RGB"),
    }
    figures = {name: measure(image, repeats=options.repeats) for name, image in images.items()}
    for name, found in figures.items():
        print(f"{name}: plain {found['plain_ms']} ms, marks {found['extra_ms']} ms more")
    within = all(found["extra_ms"] < MAX_EXTRA_MS for found in figures.values())
    print(json.dumps({"machine": machine(), "side_px": options.side, **figures, "within": within}))


if __name__ == "__main__":
    main()
