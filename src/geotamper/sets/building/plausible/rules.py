"""The rules of placement: each looks at one side of a place, and names what is wrong with it."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from geotamper.sets.building.objects import TileObject
from geotamper.sets.building.plausible.ground import Ground
from geotamper.sets.building.plausible.stamp import SECTORS, Stamp
from geotamper.sets.sources.labels import LABEL_IDS

MIN_ON_GROUND = 0.98
"""Share of a copy that must stand on labels which fit its class."""

MAX_COLOUR = 9.0
"""Distance in CIE Lab between the mean colours of two bands."""

MAX_LOG_RATIO = 0.5
"""Natural logarithm of the ratio of contrast or of gradient of two bands."""

MAX_SIDE_COLOUR = 8.0
"""Mean distance in CIE Lab between the colours on the same sides of source and copy; one side may have twice this."""

UNDER_FACTOR = 1.4
"""What will be covered may differ by so much more than the band: nobody sees it any longer."""


MIN_ALIKE = 0.9
"""Share of the pixels under a copy and its margin that must have colours which occur around the source."""

COLOUR_SLACK = (5.0, 4.0, 4.0)
"""Units of CIE Lab by which a colour may lie beyond those around the source."""

JOINT = 10
"""Pixels to the next piece of road for a copied one to be its branch."""


@dataclass(frozen=True, eq=False)
class Placement:
    """A place under consideration.

    Attributes:
        ground: The tile.
        chosen: The object that is copied.
        stamp: How it will look.
        shift: Whole pixels (x, y) from where it is.
    """

    ground: Ground
    chosen: TileObject
    stamp: Stamp
    shift: tuple[int, int]


class PlacementRule(Protocol):
    """One condition that a place must meet."""

    @property
    def trouble(self) -> str:
        """What is wrong with a place that does not meet it, in a few words."""
        ...

    def distance(self, placement: Placement) -> float:
        """How far a place is from meeting the condition: 0 is best, above 1 it does not."""
        ...


@dataclass(frozen=True)
class KeepsSource:
    """The copy and its margin leave the object itself alone."""

    trouble: str = "no place beside the object itself"

    def distance(self, placement: Placement) -> float:
        """0 or 2."""
        stamp = placement.stamp
        return 2.0 if stamp.under(placement.chosen.mask, stamp.near, placement.shift).any() else 0.0


@dataclass(frozen=True)
class HitsNothing:
    """The copy and its margin touch no other thing that stands on the ground, and no part without data."""

    trouble: str = "other objects in the way"

    def distance(self, placement: Placement) -> float:
        """0 or 2."""
        stamp = placement.stamp
        return 2.0 if stamp.under(placement.ground.things, stamp.near, placement.shift).any() else 0.0


@dataclass(frozen=True)
class StandsOnFittingGround:
    """The labels under the copy are such that its class may stand on."""

    trouble: str = "no ground that fits the class"

    def distance(self, placement: Placement) -> float:
        """0 or 2."""
        ground, stamp, name = placement.ground, placement.stamp, placement.chosen.object_class
        flags = ground.allowed(name)
        if name == "Ship" and ground.has_water:
            flags[LABEL_IDS["Other"]] = False
        labels = stamp.under(ground.tile.labels, stamp.target, placement.shift)
        return 0.0 if flags[labels].mean() >= MIN_ON_GROUND else 2.0


@dataclass(frozen=True, eq=False)
class ResemblesSurroundings:
    """The band around the copy, and what it covers, look like the band around the source.

    Attributes:
        around_source: `look_of` the band around the source.
    """

    around_source: npt.NDArray[np.float64]
    trouble: str = "no surroundings that look alike"

    def distance(self, placement: Placement) -> float:
        """The largest of six differences, each divided by its limit."""
        looks, stamp = placement.ground.looks, placement.stamp
        ring = look_of(stamp.under(looks, stamp.ring, placement.shift))
        under = look_of(stamp.under(looks, stamp.target, placement.shift))
        return max(
            _difference(ring, self.around_source), _difference(under, self.around_source) / UNDER_FACTOR
        )


@dataclass(frozen=True, eq=False)
class KeepsItsSides:
    """Each side of the copy borders on what the same side of the source borders on.

    A copy that lies across the edge of a road or of a field differs from its source on some sides, even where all
    sides together look alike. The sides turn with the object.

    Attributes:
        sides_of_source: `sides_of` the source.
    """

    sides_of_source: npt.NDArray[np.float64]
    trouble: str = "no place with the same on each side"

    def distance(self, placement: Placement) -> float:
        """The mean difference in colour over the sides, or half the largest one, divided by its limit."""
        sides = sides_of(placement.ground, placement.stamp, placement.shift)
        apart = np.linalg.norm(sides - self.sides_of_source, axis=1)
        known = apart[np.isfinite(apart)]  # sides outside the frame are not known
        if len(known) < SECTORS // 2:
            return np.inf
        return float(max(known.mean(), known.max() / 2)) / MAX_SIDE_COLOUR


@dataclass(frozen=True, eq=False)
class CoversNothingElse:
    """Nearly every pixel under the copy and its margin has a colour that occurs around the source.

    The mean of what is covered says little: half a roof and half an apron have the mean of something else.

    Attributes:
        lowest: (3,) in CIE Lab.
        highest: (3,).
    """

    lowest: npt.NDArray[np.float64]
    highest: npt.NDArray[np.float64]
    trouble: str = "something else in part of the place"

    @classmethod
    def of(cls, around_source: npt.NDArray[np.float32]) -> "CoversNothingElse":
        """Take the range of colours from the (N, 5) looks of the band around the source."""
        if not len(around_source):
            return cls(np.full(3, np.inf), np.full(3, -np.inf))
        low, high = np.percentile(around_source[:, :3], (2, 98), axis=0)
        return cls(low - COLOUR_SLACK, high + COLOUR_SLACK)

    def distance(self, placement: Placement) -> float:
        """The share of other colours, divided by the largest that is allowed."""
        stamp = placement.stamp
        colours = stamp.under(placement.ground.looks, stamp.near, placement.shift)[:, :3]
        alike = ((colours >= self.lowest) & (colours <= self.highest)).all(axis=1)
        return float(1 - alike.mean()) / (1 - MIN_ALIKE)


@dataclass(frozen=True)
class JoinsItsKind:
    """A piece of road leads to a road; other things stand for themselves."""

    trouble: str = "no road to join"

    def distance(self, placement: Placement) -> float:
        """0 or 2."""
        if placement.chosen.object_class != "Road":
            return 0.0
        stamp, labels = placement.stamp, placement.ground.tile.labels
        reach = stamp.around(JOINT)
        return 0.0 if (stamp.under(labels, reach, placement.shift) == LABEL_IDS["Road"]).any() else 2.0


def sides_of(ground: Ground, stamp: Stamp, shift: tuple[int, int]) -> npt.NDArray[np.float64]:
    """(8, 3) mean colours in CIE Lab of the band around an object by direction; not finite where there is none."""
    colours, sectors = stamp.under_sectors(ground.looks, shift)
    counts = np.bincount(sectors, minlength=SECTORS + 1)[1:]
    sums = [np.bincount(sectors, colours[:, band], minlength=SECTORS + 1)[1:] for band in range(3)]
    with np.errstate(invalid="ignore"):
        means: npt.NDArray[np.float64] = np.stack(sums, axis=1) / counts[:, np.newaxis]
    return means


def look_of(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Mean colour (3), contrast and gradient of some pixels.

    Args:
        values: (N, 5) as in `Ground.looks`.

    Returns:
        5 numbers; not finite where there are no pixels.
    """
    if not len(values):
        return np.full(5, np.inf)
    mean = values.mean(axis=0, dtype=np.float64)
    contrast = max(mean[3] - mean[0] ** 2, 0.0) ** 0.5
    return np.array([mean[0], mean[1], mean[2], contrast, mean[4]])


def _difference(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return np.inf
    colour = float(np.linalg.norm(one[:3] - other[:3])) / MAX_COLOUR
    # a little is added, because the ratio of two small contrasts says nothing
    contrast = abs(float(np.log((one[3] + 1.0) / (other[3] + 1.0)))) / MAX_LOG_RATIO
    gradient = abs(float(np.log((one[4] + 0.5) / (other[4] + 0.5)))) / MAX_LOG_RATIO
    return max(colour, contrast, gradient)
