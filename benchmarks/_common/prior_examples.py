"""Forged pictures with labels of every pixel and the planes of the tamper prior: what train_prior.py learns from."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from _common.prior_planes import Guesses, prior_planes
from _common.specimens import METHODS, draw_parameters
from _common.tiles import Tile, data_folder, tile_objects, tile_pixels
from geotamper.control import Control
from geotamper.errors import ForgeryError, SpecificationError
from geotamper.evidence.hypotheses import CandidatePool
from geotamper.evidence.lookalikes.search import CandidateSearch
from geotamper.evidence.lookalikes.settling import Proposal
from geotamper.evidence.lookalikes.views import Views
from geotamper.evidence.planes import Planes
from geotamper.forge.blur import blur_region
from geotamper.forge.choice import draw_copy_move
from geotamper.forge.copy_move import copy_move
from geotamper.forge.degradation import degrade_picture, parse_degradations

Pixels = npt.NDArray[np.uint8]
BoolMask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.uint8]

SIDE = 320
"""Pixels of a picture: enough for source, copy and rivals, and a third of the work of a whole tile."""

INTERPOLATIONS = (
    "opencv-nearest",
    "opencv-linear",
    "opencv-cubic",
    "opencv-lanczos4",
    "pillow-bicubic",
    "skimage-spline3",
    "mitchell",
)
CLEAN, SOURCE, COPY, BLURRED = range(4)

UNTOUCHED = 0.25
"""Share of pictures that nothing is done to before they are degraded."""

DEGRADED = 0.75

_TRIES = 6
_LEAST_AREA, _MOST_AREA = 150, 12_000


@dataclass(frozen=True)
class PriorExample:
    """One picture, at half resolution.

    Attributes:
        planes: (16, h, w) float16, see `_common.prior_planes`.
        labels: (h, w) uint8: clean 0, source 1, copy 2, blurred 3.
        source_name: The collection of its tile.
    """

    planes: npt.NDArray[np.float16]
    labels: Labels
    source_name: str


def make_example(tiles: Sequence[Tile], number: int, seed: int) -> PriorExample:
    """Forge, degrade and search one picture.

    Args:
        tiles: Grounds and outlines are drawn from these; an outline may lie on any ground.
        number: Of the picture; the same numbers give the same picture.
        seed: Of all chance.
    """
    rng = np.random.default_rng([seed, number])
    tile = tiles[int(rng.integers(len(tiles)))]
    pixels = _cut(tile_pixels(data_folder(), tile), rng)
    labels = np.zeros(pixels.shape[:2], np.uint8)
    if rng.random() >= UNTOUCHED:
        pixels, labels = _forged(pixels, tiles, rng)
    if rng.random() < DEGRADED:
        pixels = degrade_picture(pixels, parse_degradations(_draw_degradation(rng)), rng=rng)
    size = (pixels.shape[1] // 2, pixels.shape[0] // 2)
    small = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)
    return PriorExample(_planes(pixels), np.asarray(small, np.uint8), tile.source_name)


def _cut(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    height, width = pixels.shape[:2]
    y = int(rng.integers(max(0, height - SIDE) + 1))
    x = int(rng.integers(max(0, width - SIDE) + 1))
    part = np.rot90(pixels[y : y + SIDE, x : x + SIDE], k=int(rng.integers(4)))
    return np.ascontiguousarray(part)


def _forged(pixels: Pixels, tiles: Sequence[Tile], rng: np.random.Generator) -> tuple[Pixels, Labels]:
    """One or two copies, or a blurred region, or both, each on ground that nothing was done to."""
    labels = np.zeros(pixels.shape[:2], np.uint8)
    copies = int(rng.choice([0, 1, 2], p=[0.25, 0.35, 0.4]))
    for turn in range(copies + int(copies == 0 or rng.random() < 0.15)):
        for _ in range(_TRIES):
            mask = _outline(tiles, pixels.shape[:2], rng)
            try:
                if turn < copies:
                    pixels, labels = _with_copy(pixels, labels, mask, rng)
                else:
                    pixels, labels = _with_blur(pixels, labels, mask, rng)
                break
            except (ForgeryError, SpecificationError):
                continue
    return pixels, labels


def _with_copy(
    pixels: Pixels, labels: Labels, mask: BoolMask, rng: np.random.Generator
) -> tuple[Pixels, Labels]:
    parameters = draw_copy_move(rng, INTERPOLATIONS)
    if rng.random() < 0.35:
        parameters = dataclasses.replace(
            parameters, edge="feather", feather_radius=float(rng.uniform(1.0, 3.0))
        )
    forgery = copy_move(pixels, mask, parameters, rng=rng)
    source, target = forgery.source_mask, forgery.target_mask
    if labels[source | target].any():
        raise ForgeryError("the place is taken; another one is drawn")
    marked = labels.copy()
    marked[source], marked[target] = SOURCE, COPY
    return forgery.pixels, marked


def _with_blur(
    pixels: Pixels, labels: Labels, mask: BoolMask, rng: np.random.Generator
) -> tuple[Pixels, Labels]:
    if labels[mask].any():
        raise ForgeryError("the place is taken; another one is drawn")
    method = METHODS[int(rng.integers(len(METHODS)))]
    forgery = blur_region(pixels, mask, draw_parameters(method, rng))
    marked = labels.copy()
    marked[mask] = BLURRED
    return forgery.pixels, marked


@lru_cache(maxsize=400)
def _outlines(tile: Tile) -> tuple[BoolMask, ...]:
    """Outlines of the objects of a tile, each cut to its box."""
    cut = []
    for found in tile_objects(data_folder(), tile):
        rows, columns = np.flatnonzero(found.mask.any(axis=1)), np.flatnonzero(found.mask.any(axis=0))
        cut.append(found.mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy())
    return tuple(cut)


def _outline(tiles: Sequence[Tile], shape: tuple[int, int], rng: np.random.Generator) -> BoolMask:
    """An outline of any object of any tile, turned by a quarter at random, anywhere; an ellipse where none fits."""
    canvas = np.zeros(shape, np.bool_)
    for _ in range(_TRIES):
        outlines = _outlines(tiles[int(rng.integers(len(tiles)))])
        if not outlines:
            continue
        part = np.rot90(outlines[int(rng.integers(len(outlines)))], k=int(rng.integers(4)))
        area = int(np.count_nonzero(part))
        room = shape[0] - part.shape[0] - 2, shape[1] - part.shape[1] - 2
        if min(room) > 0 and _LEAST_AREA <= area <= _MOST_AREA:
            y, x = 1 + int(rng.integers(room[0])), 1 + int(rng.integers(room[1]))
            canvas[y : y + part.shape[0], x : x + part.shape[1]] = part
            return canvas
    filled = canvas.astype(np.uint8)
    centre = [int(value) for value in rng.integers(60, min(shape) - 60, 2)]
    axes = [int(value) for value in rng.integers(8, 40, 2)]
    cv2.ellipse(filled, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1, -1)
    return filled > 0


def _draw_degradation(rng: np.random.Generator) -> str:
    parts = []
    if rng.random() < 0.3:
        parts.append(f"resize:{rng.uniform(0.7, 1.2):.2f}")
    if rng.random() < 0.25:
        parts.append(f"noise:{rng.uniform(1, 5):.1f}")
    if rng.random() < 0.6 or not parts:
        parts.append(f"jpeg:{rng.integers(60, 99)}")
    return "+".join(parts)


def _planes(pixels: Pixels) -> npt.NDArray[np.float16]:
    """What the network sees, as the search for inexact copies computes it."""
    control = Control()
    pool = CandidatePool(Planes.of(pixels), workers=1, control=control)
    search = CandidateSearch()
    proposals = [Proposal(pool.of(origin.source), origin.radius) for origin in search.origins]
    ranked = search.ranked(Views.of(pool.planes), proposals, 1)
    guesses = Guesses(ranked.hypotheses, ranked.rank, ranked.support, ranked.uniqueness)
    return prior_planes(pool.planes, guesses).astype(np.float16)
