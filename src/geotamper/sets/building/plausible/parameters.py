"""Turn and scale of a plausible copy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from geotamper.forge.copy_move import CopyMoveParameters
from geotamper.sets.building.forgers import TOOLS
from geotamper.task.classes import ObjectClass

SMALLEST_TURN = 15.0
"""Degrees; a smaller turn would not be seen (specification, section 4)."""

SHADOW_TURN = 30.0
"""Degrees by which things with light and shade may be turned before their light comes from elsewhere."""

CASTS_SHADOW: frozenset[ObjectClass] = frozenset({"Car", "Vegetation", "Airplane", "Building"})
"""Classes that show where the light comes from."""

ALIGNED: frozenset[ObjectClass] = frozenset({"Car"})
"""Classes that stand in lanes and rows: turned only into the direction of another one of the tile."""

FURROWED: frozenset[ObjectClass] = frozenset({"Farmland"})
"""Classes with furrows, which are turned only so that these keep their direction."""

MADE_IN_SERIES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"Car": (0.85, 1.18), "Airplane": (0.85, 1.18)}
)
"""Scales of things whose size everybody knows."""

ALONE = (0.75, 1.3)
"""Area of a copy relative to its source where the tile has no other object of the class."""

NEIGHBOUR_SLACK = 1.15
"""A copy may have so much more area than the largest object of its class in the tile, or less than the smallest."""

SMALLEST_CHANGE = 0.1
"""Of the scale; a smaller one would not be seen (specification, section 4)."""

SOFT: frozenset[ObjectClass] = frozenset({"Vegetation", "Farmland", "Road"})
"""Classes without a sharp edge, joined by Poisson blending; the edges of the others are feathered."""

FEATHER: Mapping[str, float] = MappingProxyType({"lowest": 1.0, "highest": 2.5})
"""Half the width of a feathered edge, pixels."""


@dataclass(frozen=True)
class Neighbourhood:
    """What the other objects of its class in the tile say about a copy.

    Attributes:
        areas: Of all objects of the class, its own included, pixels.
        turns: Degrees, -90 to 90, from the object to each other one by their long axes.
    """

    areas: Sequence[int] = ()
    turns: Sequence[float] = ()


def draw_parameters(
    rng: np.random.Generator, object_class: ObjectClass, area: int, neighbours: Neighbourhood
) -> CopyMoveParameters:
    """Draw turn, scale, interpolation and edge.

    Turned and scaled with probability one half each, as in the other sets; the turn is limited for things that
    show where the light comes from or stand in rows, the scale by the sizes of the objects of the same class
    around.

    Args:
        rng: Source of chance.
        object_class: What is copied.
        area: Of the object, pixels.
        neighbours: The objects of its class in the tile.
    """
    turned, scaled = rng.random(2) < 0.5
    turn = _draw_turn(rng, object_class, neighbours.turns)
    low, high = scale_limits(area, neighbours.areas)
    series = MADE_IN_SERIES.get(object_class, (0.0, np.inf))
    scale = _draw_scale(rng, max(low, series[0]), min(high, series[1]))
    tool = TOOLS[int(rng.integers(len(TOOLS)))]
    radius = float(rng.uniform(FEATHER["lowest"], FEATHER["highest"]))
    return CopyMoveParameters(
        rotation_deg=turn if turned else 0.0,
        scale=scale if scaled else 1.0,
        interpolation=tool,
        edge="hard" if object_class in SOFT else "feather",
        feather_radius=radius,
    )


def scale_limits(area: int, neighbours: Sequence[int]) -> tuple[float, float]:
    """Lowest and highest scale with which a copy is as large as others of its class, within 0.5 to 1.5."""
    others = sorted(neighbours)
    if len(others) > 1:
        low, high = others[0] / NEIGHBOUR_SLACK / area, others[-1] * NEIGHBOUR_SLACK / area
    else:
        low, high = ALONE
    return max(0.5, min(1.0, low**0.5)), min(1.5, max(1.0, high**0.5))


def _draw_turn(rng: np.random.Generator, object_class: ObjectClass, turns: Sequence[float]) -> float:
    """Degrees, 0 to 360; 0 where nothing fits."""
    limit = SHADOW_TURN if object_class in CASTS_SHADOW else 180.0
    size, sign, place = float(rng.uniform(SMALLEST_TURN, limit)), float(rng.random()), float(rng.random())
    if object_class in FURROWED:
        return 180.0
    if object_class in ALIGNED:
        fitting = [turn for turn in turns if SMALLEST_TURN <= abs(turn) <= limit]
        return fitting[int(place * len(fitting))] % 360 if fitting else 0.0
    return size if sign < 0.5 else 360.0 - size


def _draw_scale(rng: np.random.Generator, low: float, high: float) -> float:
    """A scale that can be seen, or 1 where the limits leave none."""
    smaller, larger = max(0.0, 1 - SMALLEST_CHANGE - low), max(0.0, high - 1 - SMALLEST_CHANGE)
    place = float(rng.random()) * (smaller + larger)
    if smaller + larger == 0:
        return 1.0
    return low + place if place < smaller else 1 + SMALLEST_CHANGE + (place - smaller)
