"""Pictures to learn from: untouched, degraded and blurred variants of tiles and drawn scenes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from _common.tiles import CLASS_IDS, Tile, data_folder, tile_objects, tile_pixels
from geotamper.errors import ForgeryError, SpecificationError
from geotamper.forge.blur import BlurParameters, blur_region
from geotamper.forge.choice import find_objects
from geotamper.forge.degradation import degrade_picture, parse_degradations
from geotamper.scenes import SceneKind, draw_scene

Pixels = npt.NDArray[np.uint8]
BoolMask = npt.NDArray[np.bool_]
Method = Literal["gaussian", "mosaic", "oil"]
SMALLEST_REGION = 200
"""Pixels; what is smaller after shrinking the picture teaches nothing."""

METHODS: tuple[Method, ...] = get_args(Method)


@dataclass(frozen=True)
class Base:
    """A picture with objects, before anything is done to it.

    Attributes:
        group: Pictures of one group may show the same ground.
        pixels: (H, W, 3) uint8 RGB.
        objects: Masks of its objects.
    """

    group: str
    pixels: Pixels
    objects: tuple[BoolMask, ...]


@dataclass(frozen=True)
class Specimen:
    """One picture to learn from.

    Attributes:
        group: As of its base.
        pixels: (H, W, 3) uint8 RGB.
        region: (H, W) bool, what was blurred; None for an untouched picture.
        method: How; None for an untouched picture.
        strength: Sigma, block or radius; 0 for an untouched picture.
        degradation: What happened to an untouched picture, "none" or a list as `parse_degradations` reads it.
        resized: The picture was shrunk or enlarged, before it was blurred or instead.
        altered: The whole picture was changed in a way that looks like a blur, see `ALTERATIONS`.
    """

    group: str
    pixels: Pixels
    region: BoolMask | None = None
    method: Method | None = None
    strength: float = 0.0
    degradation: str = "none"
    resized: bool = False
    altered: bool = False


def tile_base(tile: Tile) -> Base:
    """A tile of the shared data."""
    data = data_folder()
    masks = tuple(found.mask for found in tile_objects(data, tile))
    return Base(tile.group, tile_pixels(data, tile), masks)


def scene_base(number: int) -> Base:
    """A drawn scene; every number gives another one."""
    kinds: Sequence[SceneKind] = get_args(SceneKind)
    scene = draw_scene(kind=kinds[number % len(kinds)], size=512, seed=50_000 + number)
    found = find_objects(scene.labels, CLASS_IDS, scene.instances)
    return Base(f"scene/{number}", scene.pixels, tuple(one.mask for one in found))


def specimens(base: Base, rng: np.random.Generator, rounds: int) -> Iterator[Specimen]:
    """Untouched and blurred variants of one picture.

    Args:
        base: The picture.
        rng: Source of chance.
        rounds: How many times each method is applied, and how many degraded variants stay untouched.
    """
    yield Specimen(base.group, base.pixels)
    for _ in range(rounds):
        name = _draw_degradation(rng)
        pixels = degrade_picture(base.pixels, parse_degradations(name), rng=rng)
        yield Specimen(base.group, pixels, degradation=name, resized="resize" in name)
        name = str(rng.choice(list(ALTERATIONS)))
        yield Specimen(base.group, ALTERATIONS[name](base.pixels, rng), degradation=name, altered=True)
        for method in METHODS:
            changed = _changed(base, rng)
            region = _draw_region(changed, rng)
            if np.count_nonzero(region) < SMALLEST_REGION:
                continue
            parameters = draw_parameters(method, rng)
            try:
                forgery = blur_region(changed.pixels, region, parameters)
            except (ForgeryError, SpecificationError):
                continue
            resized = changed.pixels.shape != base.pixels.shape
            yield Specimen(base.group, forgery.pixels, region, method, parameters.strength, resized=resized)


def _soft(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A lens out of focus, with or without compression after it."""
    softened = np.asarray(cv2.GaussianBlur(pixels, (0, 0), float(rng.uniform(0.5, 2.5))), dtype=np.uint8)
    return (
        softened if rng.random() < 0.5 else degrade_picture(softened, parse_degradations("jpeg:92"), rng=rng)
    )


def _stretched(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """More contrast: gaps in the histogram, black and white areas."""
    middle, gain = float(rng.uniform(60, 190)), float(rng.uniform(1.2, 2.5))
    table = np.clip(np.rint((np.arange(256) - middle) * gain + 128), 0, 255).astype(np.uint8)
    return np.asarray(table[pixels], dtype=np.uint8)


def _palette(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A picture of 256 colours or fewer levels, as GIF and maps have them."""
    if rng.random() < 0.5:
        step = int(rng.integers(3, 17))
        return np.asarray(pixels // step * step + step // 2, dtype=np.uint8)
    with Image.fromarray(pixels) as picture:
        return np.asarray(picture.quantize(256, dither=Image.Dither.NONE).convert("RGB"), dtype=np.uint8)


def _coarse(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A picture enlarged by whole pixels, all of it or a part, or a resampled mosaic of the whole."""
    factor = int(rng.integers(2, 9))
    small = pixels[: pixels.shape[0] // factor, : pixels.shape[1] // factor]
    return np.ascontiguousarray(small.repeat(factor, axis=0).repeat(factor, axis=1))


def _smoothed(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Noise taken out of the whole picture: edges stay, flat ground becomes smooth."""
    if rng.random() < 0.5:
        return np.asarray(cv2.medianBlur(pixels, int(rng.choice([3, 5]))), dtype=np.uint8)
    return np.asarray(cv2.bilateralFilter(pixels, 7, float(rng.uniform(8, 30)), 3.0), dtype=np.uint8)


def _shadowed(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Shadows and glaring roofs: parts much darker or much brighter, with sharp edges or soft ones."""
    gain = np.ones(pixels.shape[:2], np.float32)
    for _ in range(int(rng.integers(1, 6))):
        part = _draw_region(Base("", pixels, ()), rng)
        gain[part] = rng.uniform(0.12, 0.6) if rng.random() < 0.7 else rng.uniform(1.5, 4)
    if rng.random() < 0.5:
        gain = np.asarray(cv2.GaussianBlur(gain, (0, 0), float(rng.uniform(0.5, 2))), dtype=np.float32)
    lit = np.clip(np.rint(pixels * gain[..., np.newaxis]), 0, 255).astype(np.uint8)
    return lit if rng.random() < 0.6 else degrade_picture(lit, parse_degradations("jpeg:95"), rng=rng)


ALTERATIONS: dict[str, Callable[[Pixels, np.random.Generator], Pixels]] = {
    "soft": _soft,
    "stretched": _stretched,
    "palette": _palette,
    "coarse": _coarse,
    "smoothed": _smoothed,
    "shadowed": _shadowed,
}
"""Untouched pictures that look blurred all over, or in parts."""


def draw_parameters(method: Method, rng: np.random.Generator) -> BlurParameters:
    """Strength of a blur, from the ranges of `geotamper.forge.choice.draw_blur`."""
    match method:
        case "gaussian":
            return BlurParameters(method, float(rng.uniform(2.0, 5.0)))
        case "mosaic":
            return BlurParameters(method, float(rng.integers(6, 13)))
        case "oil":
            return BlurParameters(method, float(rng.integers(3, 6)), oil_bins=int(rng.integers(6, 11)))


def _draw_degradation(rng: np.random.Generator) -> str:
    parts = []
    if rng.random() < 0.45:
        parts.append(f"resize:{rng.uniform(0.6, 1.5):.2f}")
    if rng.random() < 0.15:
        parts.append(f"noise:{rng.uniform(0.5, 4):.1f}")
    if rng.random() < 0.6 or not parts:
        parts.append(f"jpeg:{rng.integers(50, 98)}")
    return "+".join(parts)


def _changed(base: Base, rng: np.random.Generator) -> Base:
    """Often recompressed, sometimes resized, stretched, soft or grey, as users bring them; else as it is."""
    draw = rng.random()
    if draw < 0.2:
        factor = float(rng.uniform(0.5, 0.9) if rng.random() < 0.6 else rng.uniform(1.1, 1.5))
        shrunk = _resized(base, factor, rng)
        return _compressed(shrunk, rng) if rng.random() < 0.7 else shrunk
    if draw < 0.6:
        return _compressed(base, rng)
    if draw < 0.66:
        return Base(base.group, _stretched(base.pixels, rng), base.objects)
    if draw < 0.7:
        return _compressed(Base(base.group, _soft(base.pixels, rng), base.objects), rng)
    if draw < 0.74:
        grey = np.rint(base.pixels @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
        return Base(base.group, np.repeat(grey[..., np.newaxis], 3, axis=2), base.objects)
    return base


def _compressed(base: Base, rng: np.random.Generator) -> Base:
    quality = int(rng.integers(50, 97))
    pixels = degrade_picture(base.pixels, parse_degradations(f"jpeg:{quality}"), rng=rng)
    return Base(base.group, pixels, base.objects)


def _resized(base: Base, factor: float, rng: np.random.Generator) -> Base:
    pixels = degrade_picture(base.pixels, parse_degradations(f"resize:{factor:.2f}"), rng=rng)
    size = (pixels.shape[1], pixels.shape[0])
    masks = tuple(
        cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0 for mask in base.objects
    )
    return Base(base.group, pixels, masks)


def _draw_region(base: Base, rng: np.random.Generator) -> BoolMask:
    """Mostly an object of the picture, else a drawn shape: a blob or a strip."""
    if base.objects and rng.random() < 0.55:
        return base.objects[int(rng.integers(len(base.objects)))]
    height, width = base.pixels.shape[:2]
    largest = 0.12 if rng.random() < 0.5 else 0.01
    smallest = min(0.01, max(0.001, SMALLEST_REGION / (height * width)))
    area = height * width * float(np.exp(rng.uniform(np.log(smallest), np.log(largest))))
    canvas = np.zeros((height, width), np.uint8)
    centre = rng.uniform(0.15, 0.85, 2) * (width, height)
    if rng.random() < 0.25:
        thickness = int(rng.integers(8, 25))
        length = min(area / thickness, 1.2 * width)
        turn = np.cumsum(rng.normal(0, 0.35, 6)) + rng.uniform(0, 2 * np.pi)
        steps = np.stack([np.cos(turn), np.sin(turn)], axis=1) * length / 6
        points = np.cumsum(steps, axis=0) - steps.sum(axis=0) / 2 + centre
        cv2.polylines(
            canvas, [np.rint(points).astype(np.int32)], isClosed=False, color=1, thickness=thickness
        )
    else:
        angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        waves = sum(rng.normal(0, 0.25 / k) * np.cos(k * angles + rng.uniform(0, 6.3)) for k in range(1, 5))
        radius = np.sqrt(area / np.pi) * np.maximum(0.4, 1 + waves)
        stretch, lean = float(np.exp(rng.normal(0, 0.3))), rng.uniform(0, np.pi)
        shape = np.stack([radius * np.cos(angles) * stretch, radius * np.sin(angles) / stretch], axis=1)
        turned = shape @ np.array([[np.cos(lean), -np.sin(lean)], [np.sin(lean), np.cos(lean)]]) + centre
        cv2.fillPoly(canvas, [np.rint(turned).astype(np.int32)], 1)
    mask: BoolMask = canvas > 0
    if mask.sum() < 0.001 * mask.size:
        cv2.circle(canvas, (width // 2, height // 2), max(6, width // 40), 1, -1)
        mask = canvas > 0
    return mask
