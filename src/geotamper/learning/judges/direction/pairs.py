"""Copied regions whose direction is known, from sets of the builder."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.control import Control
from geotamper.evidence.rims import Likeness
from geotamper.forge.degradation import Resize, degrade_mask, degrade_picture, parse_degradations
from geotamper.imagery.region import Region, Window
from geotamper.imagery.similarity import Similarity
from geotamper.sets.layout import Fold, PictureRecord, TamperSet

Pixels = npt.NDArray[np.uint8]
BoolMask = npt.NDArray[np.bool_]

OFF_BY = {"hard": (-1, 1), "feather": (-2, 0), "poisson": (-1, 2)}
"""Pixels by which the outline of a search lies inside (-) or outside (+) the true one, at most, by kind of edge."""

APART = 0.5
"""Share of pairs whose outlines are moved by unlike amounts."""

_LEAST_AREA = 40
_BOX_3 = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which copies of a set are taken.

    Attributes:
        fold: Of the set.
        unrestricted: Only pictures whose collection restricts no use.
        most: Pictures at most, drawn by chance.
        degradations: Every picture is taken in each of them, as `parse_degradations` reads them.
        seed: Of all chance.
        begins: Finished part of the whole training before these copies, 0 to 1.
        share: Part of the whole training that they take, 0 to 1.
    """

    fold: Fold
    unrestricted: bool
    most: int
    degradations: tuple[str, ...]
    seed: int
    begins: float = 0.0
    share: float = 1.0


@dataclass(frozen=True, eq=False)
class KnownPair:
    """A forged picture and its two regions, the copy first.

    Attributes:
        record: What was done.
        degradation: What happened to the picture afterwards.
        pixels: (H, W, 3) uint8 RGB.
        pair: The regions, their outlines moved as a search might find them.
    """

    record: PictureRecord
    degradation: str
    pixels: Pixels
    pair: Likeness


def known_pairs(sets: Sequence[TamperSet], wanted: Wanted, control: Control) -> Iterator[KnownPair]:
    """Copies of some sets.

    Args:
        sets: With records of their pictures.
        wanted: Which copies.
        control: Progress and cancellation.

    Raises:
        InputError: A picture is missing or damaged.
    """
    for place, opened in enumerate(sets):
        records = [
            record
            for _, record in sorted(opened.records.items())
            if record.transform is not None
            and record.fold == wanted.fold
            and not (wanted.unrestricted and record.restricted is not False)
        ]
        order = np.random.default_rng(wanted.seed).permutation(len(records))[: wanted.most]
        for done, number in enumerate(order.tolist()):
            share = (place + done / len(order)) / len(sets)
            control.checkpoint(wanted.begins + share * wanted.share, f"copies of fold {wanted.fold}")
            yield from _of_picture(opened, records[number], wanted)


def _of_picture(opened: TamperSet, record: PictureRecord, wanted: Wanted) -> Iterator[KnownPair]:
    rng = np.random.default_rng([wanted.seed, record.id])
    pixels = opened.read_image(record.id)
    masks = opened.read_mask(record.id, "target"), opened.read_mask(record.id, "source")
    if record.transform is None:
        return
    back = Similarity.from_matrix(record.transform.matrix).inverse()
    low, high = OFF_BY[record.edge or "hard"]
    for name in wanted.degradations:
        steps = parse_degradations(name)
        degraded = degrade_picture(pixels, steps, rng=rng)
        frame = Window(0, 0, degraded.shape[1], degraded.shape[0])
        # the exact search outlines both regions by themselves, the other one carries the first over
        both = int(rng.integers(low, high + 1))
        apart = int(rng.integers(-1, 2)) if rng.random() < APART else 0
        copy, source = (
            Region.cut(frame, _moved_outline(degrade_mask(mask, steps), by))
            for mask, by in zip(masks, (both, both + apart), strict=True)
        )
        size = math.prod(step.factor for step in steps if isinstance(step, Resize))
        matrix = Similarity(back.a, back.b, size * back.tx, size * back.ty).index_matrix
        yield KnownPair(record, name, degraded, Likeness((copy, source), matrix))


def _moved_outline(mask: BoolMask, by: int) -> BoolMask:
    change = cv2.dilate if by > 0 else cv2.erode
    moved = np.asarray(change(mask.astype(np.uint8), _BOX_3, iterations=abs(by)) > 0)
    return moved if np.count_nonzero(moved) >= _LEAST_AREA else mask
