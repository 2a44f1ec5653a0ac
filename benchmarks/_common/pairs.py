"""Copied regions with known direction, outlined as the two searches would: what train_direction.py learns from."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.errors import ForgeryError, SpecificationError
from geotamper.evidence.acceptance import ExactTest
from geotamper.evidence.direction import Judgement, Pair
from geotamper.evidence.growing import Grown
from geotamper.evidence.lookalikes.spreading import spread
from geotamper.evidence.lookalikes.views import Views
from geotamper.evidence.planes import Planes
from geotamper.evidence.region import Matrix, Region, Window
from geotamper.evidence.verification import verify
from geotamper.forge.choice import draw_copy_move
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.degradation import degrade, parse_degradations
from geotamper.forge.forgery import BoolMask, Forgery
from geotamper.sets.building.forgers import TOOLS
from geotamper.sets.building.plausible.blending import poisson_blended
from geotamper.sets.building.plausible.stamp import Stamp

Pixels = npt.NDArray[np.uint8]

EDGES = ("hard", "feather", "poisson")
PLAIN = 0.6
"""Share of moves without turn and scale: they are the difficult ones."""

PLACES = 40
"""Places of which the one most like the source's surroundings is taken, for half of the copies."""

LEAST_IOU = 0.4
"""Intersection over union of both outlines with the truth from which a pair counts as found."""


@dataclass(frozen=True, eq=False)
class Specimen:
    """A forged picture and the two regions as a search outlines them.

    Attributes:
        group: Tiles of one group may show the same ground.
        source_name: The collection of the tile.
        edge: How the outline was pasted.
        plain: Neither turned nor scaled.
        degradation: As `parse_degradations` reads it.
        pixels: (H, W, 3) uint8 RGB.
        regions: The first outline and the second.
        matrix: From the first region to the second, index coordinates.
        first_is_copy: Which of them was pasted.
        exact: Whether the exact search outlined them.
        pair: Of the exact search, with both predictions; None otherwise.
    """

    group: str
    source_name: str
    edge: str
    plain: bool
    degradation: str
    pixels: Pixels
    regions: tuple[Region, Region]
    matrix: Matrix
    first_is_copy: bool
    exact: bool
    pair: Pair | None


class _Recorder:
    """A judge without an opinion that remembers what it was asked."""

    def __init__(self) -> None:
        self.pair: Pair | None = None

    def judge(self, planes: Planes, pair: Pair) -> Judgement:  # noqa: ARG002 - a judge's signature
        """Remember the pair."""
        self.pair = pair
        return Judgement(0.0, "")


def forge_object(pixels: Pixels, mask: BoolMask, edge: str, rng: np.random.Generator) -> Forgery | None:
    """Copy an object; half of the copies go where it looks as around the source. None where there is no room."""
    drawn = draw_copy_move(rng, TOOLS)
    if rng.random() < PLAIN:
        drawn = dataclasses.replace(drawn, rotation_deg=0.0, scale=1.0)
    if edge == "feather":
        drawn = dataclasses.replace(drawn, edge="feather", feather_radius=float(rng.uniform(1.0, 2.5)))
    try:
        if rng.random() < 0.5:
            drawn = dataclasses.replace(drawn, placement=_alike_place(pixels, mask, drawn, rng))
        made = copy_move(pixels, mask, drawn, rng=rng)
        return poisson_blended(made).forgery if edge == "poisson" else made
    except (ForgeryError, SpecificationError):
        return None


def _alike_place(
    pixels: Pixels, mask: BoolMask, parameters: CopyMoveParameters, rng: np.random.Generator
) -> tuple[float, float] | None:
    stamp = Stamp.of(mask, parameters)
    (low_x, high_x), (low_y, high_y) = stamp.bounds(mask.shape)
    if low_x > high_x or low_y > high_y:
        return None
    band = Stamp.of(mask, CopyMoveParameters())
    wanted = _look(band.under(pixels, band.ring, (0, 0)))
    best, least = None, np.inf
    for _ in range(PLACES):
        shift = int(rng.integers(low_x, high_x + 1)), int(rng.integers(low_y, high_y + 1))
        if stamp.under(mask, stamp.target, shift).any():
            continue
        unlike = float(np.abs(_look(stamp.under(pixels, stamp.ring, shift)) - wanted).sum())
        if unlike < least:
            best, least = stamp.place(shift), unlike
    return best


def _look(values: Pixels) -> npt.NDArray[np.float64]:
    """Mean and spread of each colour."""
    return np.concatenate([values.mean(axis=0), values.std(axis=0)]) if len(values) else np.full(6, 1e3)


def outline_pair(
    forgery: Forgery, rng: np.random.Generator
) -> tuple[tuple[Region, Region], Matrix, bool, Pair | None] | None:
    """The two regions as found, their matrix, whether the first is the copy, and the exact search's pair."""
    if forgery.transform is None:
        return None
    frame = Window(0, 0, forgery.pixels.shape[1], forgery.pixels.shape[0])
    copy, source = (Region.cut(frame, mask) for mask in (forgery.target_mask, forgery.source_mask))
    matrix = forgery.transform.inverse().index_matrix
    planes = Planes.of(np.ascontiguousarray(forgery.pixels))
    shape = (planes.height, planes.width)
    recorder = _Recorder()
    found = verify(
        planes, Grown(copy.eroded(at_least=40), matrix), test=ExactTest(), judges=(recorder,), seed=0
    )
    if found is not None and found.probability >= 0.5:
        if recorder.pair is None:
            return None  # only one direction is exact: nothing is left to be judged
        pair = recorder.pair
        if _alike(pair.regions[0], copy) and _alike(pair.regions[1], source):
            return pair.regions, pair.explanations[0].matrix, True, pair
        return None
    first_is_copy = bool(rng.random() < 0.5)
    start, goal = (copy, source) if first_is_copy else (source, copy)
    there = matrix if first_is_copy else np.asarray(cv2.invertAffineTransform(matrix), np.float64)
    views = Views.of(planes)
    for seed in _seeds(start, rng):
        grown = spread(views, seed, there)
        if grown is None:
            continue
        image = grown.region.moved(grown.fit.matrix, shape)
        if _alike(grown.region, start) and _alike(image, goal):
            return (grown.region, image), grown.fit.matrix, first_is_copy, None
    return None


def _seeds(region: Region, rng: np.random.Generator) -> list[tuple[int, int]]:
    columns, rows = region.eroded(at_least=20).pixels()
    chosen = rng.integers(len(columns), size=4)
    return [(int(columns[i]), int(rows[i])) for i in chosen]


def _alike(one: Region, other: Region) -> bool:
    shared = one.shared_with(other)
    return shared > LEAST_IOU * (one.area + other.area - shared)


@dataclass(frozen=True, eq=False)
class Base:
    """A picture with objects, and where it is from."""

    group: str
    source_name: str
    pixels: Pixels
    objects: tuple[BoolMask, ...]


def specimens(
    base: Base, degradations: Sequence[str], rng: np.random.Generator, rounds: int
) -> Iterator[Specimen]:
    """Found pairs of forgeries of one picture, every one in one of the degradations.

    Args:
        base: The picture.
        degradations: Drawn from.
        rng: Source of chance.
        rounds: Forgeries of each edge at most.
    """
    for edge in EDGES:
        for _ in range(rounds if base.objects else 0):
            mask = base.objects[int(rng.integers(len(base.objects)))]
            forgery = forge_object(base.pixels, mask, edge, rng)
            if forgery is None:
                continue
            plain = forgery.interpolation == "none"
            name = str(degradations[int(rng.integers(len(degradations)))])
            forgery = degrade(forgery, parse_degradations(name), rng=rng)
            found = outline_pair(forgery, rng)
            if found is None:
                continue
            regions, matrix, first_is_copy, pair = found
            yield Specimen(
                group=base.group,
                source_name=base.source_name,
                edge=edge,
                plain=plain,
                degradation=name,
                pixels=forgery.pixels,
                regions=regions,
                matrix=matrix,
                first_is_copy=first_is_copy,
                exact=pair is not None,
                pair=pair,
            )
