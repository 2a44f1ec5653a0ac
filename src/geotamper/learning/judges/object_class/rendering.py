"""One object as it may look in a forged picture: turned, scaled, pasted elsewhere, blurred, re-saved."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.errors import ForgeryError, SpecificationError
from geotamper.evidence.objects.views import CONTEXT, SMALLEST_CONTEXT, RegionViews, region_views
from geotamper.forge.blur import blur_region
from geotamper.forge.choice import draw_blur
from geotamper.learning.judges.object_class.ground import Ground, Thing

Pixels = npt.NDArray[np.uint8]
BoolMask = npt.NDArray[np.bool_]

SMALLEST_REGION = 60
"""Pixels; smaller objects are scaled up to it at least."""

_INTERPOLATIONS = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC)


@dataclass(frozen=True)
class Chances:
    """How often each change happens."""

    turned: float = 0.6
    scaled: float = 0.6
    pasted: float = 0.4
    blurred: float = 0.1
    inexact: float = 0.5
    coloured: float = 0.7
    grey: float = 0.06
    exchanged: float = 0.06
    noisy: float = 0.2
    compressed: float = 0.4


def render(
    thing: Thing, grounds: Sequence[Ground], rng: np.random.Generator, chances: Chances | None = None
) -> RegionViews:
    """A variant of an object, as the network takes it.

    Args:
        thing: The object.
        grounds: Of the same source: where a copy may be pasted.
        rng: Source of chance.
        chances: Of the changes.
    """
    chance = chances or Chances()
    pixels, region = _moved(thing, rng, chance)
    if rng.random() < chance.pasted:
        pixels = _pasted(pixels, region, grounds, rng)
    if rng.random() < chance.blurred:
        pixels = _blurred(pixels, region, rng)
    pixels = _developed(pixels, rng, chance)
    if rng.random() < chance.inexact:
        region = _inexact(region, rng)
    return region_views(pixels, region)


def _moved(thing: Thing, rng: np.random.Generator, chance: Chances) -> tuple[Pixels, BoolMask]:
    """A window around the object, turned, mirrored and scaled."""
    tall, wide = thing.mask.shape
    angle = rng.uniform(0, 2 * math.pi) if rng.random() < chance.turned else 0.0
    scale = math.exp(rng.uniform(math.log(0.5), math.log(1.5))) if rng.random() < chance.scaled else 1.0
    scale = max(scale, math.sqrt(SMALLEST_REGION / np.count_nonzero(thing.mask)))
    side = math.ceil(max(SMALLEST_CONTEXT, CONTEXT * math.hypot(tall, wide) * scale * 0.85)) + 8
    mirror = -1 if rng.random() < 0.5 else 1
    middle = (thing.corner[0] + wide / 2, thing.corner[1] + tall / 2)
    pixels, region = _window(thing, middle, (scale, angle, mirror), (side, rng))
    return pixels, region


def _window(
    thing: Thing,
    middle: tuple[float, float],
    move: tuple[float, float, int],
    frame: tuple[int, np.random.Generator],
) -> tuple[Pixels, BoolMask]:
    (scale, angle, mirror), (side, rng) = move, frame
    matrix = _matrix(middle, scale, angle, mirror, side)
    method = _INTERPOLATIONS[int(rng.integers(3))] if (scale, angle) != (1.0, 0.0) else cv2.INTER_NEAREST
    pixels = cv2.warpAffine(
        thing.ground.pixels, matrix, (side, side), flags=method, borderMode=cv2.BORDER_REFLECT_101
    )
    whole = 255 * thing.full().astype(np.uint8)
    mask = cv2.warpAffine(whole, matrix, (side, side), flags=cv2.INTER_LINEAR)
    return np.asarray(pixels, dtype=np.uint8), np.asarray(mask > 127, dtype=np.bool_)


def _matrix(
    middle: tuple[float, float], scale: float, angle: float, mirror: int, side: int
) -> npt.NDArray[np.float64]:
    cosine, sine = scale * math.cos(angle), scale * math.sin(angle)
    turn = np.array([[mirror * cosine, sine], [-mirror * sine, cosine]])
    shift = np.array([side / 2, side / 2]) - turn @ np.array(middle)
    return np.column_stack([turn, shift])


def _pasted(pixels: Pixels, region: BoolMask, grounds: Sequence[Ground], rng: np.random.Generator) -> Pixels:
    """The same object on ground from elsewhere in the source."""
    ground = grounds[int(rng.integers(len(grounds)))]
    height, width = ground.pixels.shape[:2]
    middle = (float(rng.uniform(0.1, 0.9)) * width, float(rng.uniform(0.1, 0.9)) * height)
    side = region.shape[0]
    matrix = _matrix(middle, 1.0, math.pi / 2 * int(rng.integers(4)), 1, side)
    below = cv2.warpAffine(
        ground.pixels, matrix, (side, side), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.where(region[..., np.newaxis], pixels, below).astype(np.uint8)


def _blurred(pixels: Pixels, region: BoolMask, rng: np.random.Generator) -> Pixels:
    try:
        return blur_region(pixels, region, draw_blur(rng)).pixels
    except (ForgeryError, SpecificationError):  # too small for this blur, or nothing would change
        return pixels


def _developed(pixels: Pixels, rng: np.random.Generator, chance: Chances) -> Pixels:
    """Other light, colours, noise and compression."""
    values: npt.NDArray[np.floating] = pixels.astype(np.float32)
    if rng.random() < chance.coloured:
        values = 255 * np.clip(values / 255, 0, 1) ** math.exp(rng.normal(0, 0.25))
        values = (values - 128) * math.exp(rng.normal(0, 0.2)) + 128 + rng.normal(0, 15)
        values = values * np.exp(rng.normal(0, 0.08, 3)) + rng.normal(0, 5, 3)
    if rng.random() < chance.grey:
        values = np.repeat(values.mean(axis=2, keepdims=True), 3, axis=2)
    elif rng.random() < chance.exchanged:
        values = values[..., rng.permutation(3)]
    if rng.random() < chance.noisy:
        values = values + rng.normal(0, rng.uniform(1, 8), values.shape)
    result: npt.NDArray[np.uint8] = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    if rng.random() < chance.compressed:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 96))]
        _, stream = cv2.imencode(".jpg", result, quality)
        result = np.asarray(cv2.imdecode(stream, cv2.IMREAD_COLOR), dtype=np.uint8)
    return result


def _inexact(region: BoolMask, rng: np.random.Generator) -> BoolMask:
    """As a detector outlines it: a little too wide or too narrow, shifted, or with a part missing."""
    mask = region.astype(np.uint8)
    width = math.sqrt(float(np.count_nonzero(region)))
    reach = int(rng.integers(1, 2 + min(4, int(width / 12))))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    changed = (cv2.dilate if rng.random() < 0.5 else cv2.erode)(mask, kernel) > 0
    if rng.random() < 0.4:
        rows, columns = np.nonzero(region)
        angle = rng.uniform(0, 2 * math.pi)
        along = np.cos(angle) * np.arange(mask.shape[1]) + np.sin(angle) * np.arange(mask.shape[0])[:, None]
        cut = np.quantile(along[rows, columns], rng.uniform(0.6, 0.95))
        changed = changed & (along < cut)
    changed = np.roll(changed, tuple(rng.integers(-2, 3, 2)), axis=(0, 1))
    return changed if np.count_nonzero(changed) >= min(30, int(region.sum())) else region
