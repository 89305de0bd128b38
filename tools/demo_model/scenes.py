"""Scenes of one or two emoji on a background: what is in them, and their pixels.

A scene is drawn without chance: two equal scenes are two equal pictures. What differs between
seeds (where the sun stands, which stars) is part of the scene, in a few variants only, because
every thing that words do not decide is a thing that a small model must learn to guess.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tools.demo_model.glyphs import tinted
from tools.demo_model.vocabulary import COLOURS, GROUNDS, NO_GROUND, SIZES, TIMES, concepts

SIDE_PX = 64
CANVAS_PX = 256
"""Backgrounds are drawn this large and reduced."""

NUM_VARIANTS = 3
COLOUR_NAMES = tuple(colour.name for colour in COLOURS)
SIZE_NAMES = tuple(size.name for size in SIZES)
GROUND_NAMES = (NO_GROUND, *(ground.name for ground in GROUNDS))
TIME_NAMES = tuple(time.name for time in TIMES)

PLAIN_RGB: dict[str, tuple[int, int, int]] = {
    "red": (238, 88, 84),
    "orange": (250, 172, 92),
    "yellow": (253, 232, 122),
    "green": (122, 204, 126),
    "blue": (112, 172, 246),
    "purple": (180, 138, 228),
    "pink": (253, 192, 216),
    "white": (255, 255, 255),
    "black": (24, 24, 28),
    "brown": (172, 126, 90),
    "gray": (172, 172, 178),
}

SINGLE_PX = {None: 46, "big": 60, "small": 30}
PAIR_PX = {None: 30, "big": 34, "small": 22}
HORIZON = 0.64
"""Where land or water meets the sky, as a part of the height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One emoji of a scene."""

    concept: str
    colour: str | None = None
    size: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """Either a plain colour, or a ground under a sky."""

    plain: str | None = None

    ground: str = NO_GROUND
    time: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything that decides the pixels of one picture."""

    things: tuple[Thing, ...]
    background: Background
    variant: int = 0
    shift_px: tuple[tuple[int, int], ...] = ((0, 0), (0, 0))


def compose(
    rng: random.Random, *, names: tuple[str, ...], shift_px: int = 0, pair_share: float = 0.3
) -> Scene:
    """Choose a scene of one or two of `names`, each moved by up to `shift_px`."""
    pair = rng.random() < pair_share
    if pair and rng.random() < 0.08:
        name = rng.choice(names)
        chosen = [name, name]
    else:
        chosen = rng.sample(names, 2) if pair else [rng.choice(names)]
    background = choose_background(rng)
    things = tuple(
        Thing(
            concept=name,
            colour=rng.choice(COLOUR_NAMES) if rng.random() < 0.5 else None,
            size=rng.choice(SIZE_NAMES) if rng.random() < 0.2 else None,
        )
        for name in chosen
    )
    if pair and chosen[0] == chosen[1]:
        things = (things[0], things[0])
    shifts = tuple(
        (rng.randint(-shift_px, shift_px), rng.randint(-shift_px, shift_px)) for _ in range(2)
    )
    return Scene(
        things=things, background=background, variant=rng.randrange(NUM_VARIANTS), shift_px=shifts
    )


def choose_background(rng: random.Random) -> Background:
    """Choose white often, then other plain colours, then a ground and a time."""
    chance = rng.random()
    if chance < 0.2:
        return Background(plain="white")
    if chance < 0.5:
        return Background(plain=rng.choice(COLOUR_NAMES))
    ground = rng.choice(GROUND_NAMES) if chance < 0.85 else NO_GROUND
    time = "day" if ground != NO_GROUND and rng.random() < 0.4 else rng.choice(TIME_NAMES)
    return Background(ground=ground, time=time)


def draw(scene: Scene) -> NDArray[np.uint8]:
    """Return the picture, (64, 64, 3) uint8."""
    pixels = background_pixels(scene.background, scene.variant).copy()
    single = len(scene.things) == 1
    anchors = ((32, 33),) if single else ((16, 36), (48, 36))
    for thing, anchor, shift in zip(scene.things, anchors, scene.shift_px, strict=False):
        side = (SINGLE_PX if single else PAIR_PX)[thing.size]
        _blend(
            pixels,
            stamp(thing.concept, thing.colour, side),
            (anchor[0] + shift[0], anchor[1] + shift[1]),
        )
    return pixels.round().clip(0, 255).astype(np.uint8)


@lru_cache(maxsize=1)
def _emoji_by_name() -> dict[str, str]:
    return {concept.name: concept.emoji for concept in concepts()}


@lru_cache(maxsize=30000)
def stamp(concept: str, colour: str | None, side_px: int) -> NDArray[np.uint8]:
    """Return the glyph at its final size, (side, side, 4) uint8."""
    picture = tinted(_emoji_by_name()[concept], colour)
    premultiplied = picture.convert("RGBa").resize((side_px, side_px), Image.Resampling.BOX)
    return np.asarray(premultiplied.convert("RGBA")).copy()


def _blend(pixels: NDArray[np.float32], thing: NDArray[np.uint8], centre: tuple[int, int]) -> None:
    side = thing.shape[0]
    left, top = centre[0] - side // 2, centre[1] - side // 2
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + side, SIDE_PX), min(top + side, SIDE_PX)
    part = thing[y0 - top : y1 - top, x0 - left : x1 - left].astype(np.float32)
    alpha = part[..., 3:] / 255
    pixels[y0:y1, x0:x1] += alpha * (part[..., :3] - pixels[y0:y1, x0:x1])


@lru_cache(maxsize=512)
def background_pixels(background: Background, variant: int) -> NDArray[np.float32]:
    """Return the picture without things, (64, 64, 3), 0 to 255."""
    if background.plain is not None:
        return np.full((SIDE_PX, SIDE_PX, 3), PLAIN_RGB[background.plain], dtype=np.float32)
    time = background.time or "day"
    canvas = _sky(time, variant)
    if background.ground != NO_GROUND:
        _paint_ground(canvas, background.ground, time, variant)
    if time == "rain":
        _paint_rain(canvas, variant)
    reduced = canvas.resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX)
    return np.asarray(reduced).astype(np.float32)


SKIES = {
    "day": ((70, 155, 240), (190, 228, 255)),
    "sunset": ((105, 55, 140), (255, 150, 60)),
    "night": ((8, 10, 42), (38, 44, 100)),
    "rain": ((105, 115, 130), (165, 172, 182)),
}
LIGHT = {
    "day": (1.0, 1.0, 1.0),
    "sunset": (0.95, 0.62, 0.5),
    "night": (0.36, 0.4, 0.58),
    "rain": (0.62, 0.66, 0.7),
}
"""What a time of day does to the colours of the ground."""


def _sky(time: str, variant: int) -> Image.Image:
    top, bottom = (np.array(rgb, dtype=np.float32) for rgb in SKIES[time])
    fall = np.linspace(0, 1, CANVAS_PX, dtype=np.float32)[:, None, None]
    canvas = Image.fromarray(
        np.broadcast_to(top + (bottom - top) * fall, (CANVAS_PX, CANVAS_PX, 3)).astype(np.uint8)
    )
    brush = ImageDraw.Draw(canvas)
    if time == "day":
        for x, y in ((30, 40), (190, 26), (110, 16))[variant:] + ((30, 40), (190, 26))[:variant]:
            _cloud(brush, x, y)
    elif time == "sunset":
        x = (40, 128, 216)[variant]
        brush.ellipse((x - 30, 112, x + 30, 172), fill=(255, 232, 130))
    elif time == "night":
        _stars(brush, variant)
    return canvas


def _cloud(brush: ImageDraw.ImageDraw, x: int, y: int) -> None:
    for dx, dy, radius in ((0, 0, 14), (18, -6, 18), (38, 0, 14)):
        brush.ellipse(
            (x + dx - radius, y + dy - radius, x + dx + radius, y + dy + radius),
            fill=(250, 252, 255),
        )


def _stars(brush: ImageDraw.ImageDraw, variant: int) -> None:
    rng = random.Random(variant)
    for row in range(6):
        for column in range(6):
            x, y = column * 43 + rng.randint(8, 34), row * 43 + rng.randint(8, 34)
            radius = rng.choice((3, 4, 5))
            brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 250, 205))


def _paint_rain(canvas: Image.Image, variant: int) -> None:
    brush = ImageDraw.Draw(canvas)
    for row in range(5):
        for column in range(6):
            x, y = column * 46 + (row % 2) * 23 + variant * 8, row * 54 + (column % 2) * 20
            brush.line((x, y, x - 10, y + 30), fill=(215, 232, 250), width=6)


def _paint_ground(canvas: Image.Image, ground: str, time: str, variant: int) -> None:
    brush = ImageDraw.Draw(canvas)
    horizon = int(HORIZON * CANVAS_PX)
    lit = _Light(LIGHT[time])
    if ground == "sea":
        _paint_sea(brush, horizon, lit, variant)
    elif ground == "grass field":
        brush.ellipse((-160, horizon - 22, 200, 460), fill=lit((125, 200, 85)))
        brush.ellipse((60, horizon - 12, 440, 460), fill=lit((90, 175, 70)))
    elif ground == "snowy field":
        brush.ellipse((-160, horizon - 22, 200, 460), fill=lit((225, 236, 250)))
        brush.ellipse((60, horizon - 10, 440, 460), fill=lit((250, 252, 255)))
        _snowflakes(brush, lit, variant)
    elif ground == "desert":
        brush.ellipse((-120, horizon - 24, 170, 440), fill=lit((226, 178, 98)))
        brush.ellipse((70, horizon - 14, 420, 440), fill=lit((240, 200, 125)))
    elif ground == "forest":
        _paint_forest(brush, horizon, lit)
    elif ground == "city":
        _paint_city(brush, horizon, lit, bright_windows=time in {"night", "sunset"})
    elif ground == "beach":
        brush.rectangle((0, horizon - 18, 256, 256), fill=lit((45, 150, 215)))
        brush.ellipse((-80, horizon + 10, 336, 420), fill=lit((255, 255, 255)))
        brush.ellipse((-80, horizon + 20, 336, 430), fill=lit((245, 222, 165)))
    elif ground == "mountains":
        _paint_mountains(brush, horizon, lit)


class _Light:
    """Colours as a time of day shows them."""

    def __init__(self, factors: tuple[float, float, float]) -> None:
        self._factors = factors

    def __call__(self, rgb: tuple[int, int, int]) -> tuple[int, int, int]:
        red, green, blue = (
            int(part * factor) for part, factor in zip(rgb, self._factors, strict=True)
        )
        return red, green, blue


def _paint_sea(brush: ImageDraw.ImageDraw, horizon: int, lit: _Light, variant: int) -> None:
    brush.rectangle((0, horizon, 256, 256), fill=lit((25, 105, 195)))
    for row in range(4):
        for column in range(5):
            x = column * 60 + (row % 2) * 30 - 20 + variant * 10
            y = horizon + 10 + row * 22
            brush.line((x, y, x + 24, y), fill=lit((130, 200, 245)), width=5)


def _snowflakes(brush: ImageDraw.ImageDraw, lit: _Light, variant: int) -> None:
    rng = random.Random(variant)
    for row in range(4):
        for column in range(6):
            x, y = column * 43 + rng.randint(6, 36), row * 40 + rng.randint(4, 34)
            brush.ellipse((x - 5, y - 5, x + 5, y + 5), fill=lit((255, 255, 255)))


def _paint_forest(brush: ImageDraw.ImageDraw, horizon: int, lit: _Light) -> None:
    brush.rectangle((0, horizon, 256, 256), fill=lit((75, 120, 50)))
    for index, x in enumerate(range(-8, 280, 33)):
        top = 34 if index % 2 else 62
        brush.rectangle((x - 5, horizon - 10, x + 5, horizon + 10), fill=lit((100, 65, 35)))
        for tier in range(3):
            y = top + tier * 32
            brush.polygon(
                ((x, y), (x - 14 - tier * 6, y + 50), (x + 14 + tier * 6, y + 50)),
                fill=lit((25, 105 - tier * 10, 50)),
            )


def _paint_city(
    brush: ImageDraw.ImageDraw, horizon: int, lit: _Light, *, bright_windows: bool
) -> None:
    brush.rectangle((0, horizon + 14, 256, 256), fill=lit((95, 95, 102)))
    window = (255, 225, 120) if bright_windows else lit((205, 225, 245))
    walls = ((120, 125, 150), (150, 120, 115), (105, 130, 140))
    for index, (x, height) in enumerate(
        ((0, 110), (44, 140), (88, 90), (130, 128), (174, 150), (216, 104))
    ):
        brush.rectangle(
            (x, horizon + 14 - height, x + 38, horizon + 14), fill=lit(walls[index % 3])
        )
        for wy in range(horizon + 22 - height, horizon, 22):
            for wx in (x + 7, x + 22):
                brush.rectangle((wx, wy, wx + 9, wy + 11), fill=window)


def _paint_mountains(brush: ImageDraw.ImageDraw, horizon: int, lit: _Light) -> None:
    for x, top, width in ((60, 62, 120), (200, 44, 130), (130, 90, 100)):
        base = horizon + 30
        brush.polygon(((x, top), (x - width, base), (x + width, base)), fill=lit((105, 115, 140)))
        cap = 0.3
        y = int(top + (base - top) * cap)
        brush.polygon(
            ((x, top), (x - int(width * cap), y), (x + int(width * cap), y)),
            fill=lit((248, 250, 255)),
        )
    brush.rectangle((0, horizon + 28, 256, 256), fill=lit((110, 150, 95)))
