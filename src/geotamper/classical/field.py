"""Approximate nearest neighbours of all places of a picture in the same picture, by random search."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.control import Control

STEP = 2
"""Pixels between the places of the grid that are matched; partners may lie at any pixel."""

_APART_PX = 24.0
_TRIES = 60
_SWEEPS = 8
_SEED = 7
_JUMPS = (1, 4)
"""Grid places over which a good offset spreads in one sweep."""

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Offsets:
    """From each place of the grid to its partner, pixels.

    Attributes:
        x: (h, w) int32.
        y: (h, w) int32.
    """

    x: Ints
    y: Ints


class _Field:
    """The best partners so far.

    Args:
        features: (H, W, n) float32.
    """

    def __init__(self, features: Floats) -> None:
        self.height, self.width, self.length = features.shape
        self.flat = features.reshape(-1, self.length)
        self.own = features[::STEP, ::STEP].reshape(-1, self.length)
        rows, columns = np.mgrid[0 : self.height : STEP, 0 : self.width : STEP].astype(np.int32)
        self.rows, self.columns = rows, columns
        self.x, self.y = np.zeros_like(columns), np.zeros_like(rows)
        self.cost = np.full(rows.shape, np.inf, np.float32)

    def offer(self, x: Ints, y: Ints) -> None:
        """Take these offsets where they lead to a better partner that is far enough away and inside."""
        there_x, there_y = self.columns + x, self.rows + y
        inside = (there_x >= 0) & (there_x < self.width) & (there_y >= 0) & (there_y < self.height)
        places = np.flatnonzero(inside & (np.hypot(x, y) > _APART_PX))
        partners = there_y.ravel()[places] * self.width + there_x.ravel()[places]
        difference = self.flat[partners] - self.own[places]
        cost = np.einsum("ij,ij->i", difference, difference)
        better = cost < self.cost.ravel()[places]
        chosen = places[better]
        self.cost.ravel()[chosen] = cost[better]
        self.x.ravel()[chosen] = x.ravel()[chosen]
        self.y.ravel()[chosen] = y.ravel()[chosen]

    def spread(self, jump: int) -> None:
        """Offer every place the offsets of its neighbours, as they are and continued linearly."""
        for axis in (0, 1):
            for step in (jump, -jump):
                x, y = (np.roll(offset, step, axis) for offset in (self.x, self.y))
                self.offer(x, y)
                further_x, further_y = (np.roll(offset, 2 * step, axis) for offset in (self.x, self.y))
                self.offer(2 * x - further_x, 2 * y - further_y)


def search_field(features: Floats, control: Control) -> Offsets:
    """Match every grid place with the place whose features are nearest to its own.

    Args:
        features: (H, W, n) float32.
        control: Progress and cancellation.
    """
    rng = np.random.default_rng(_SEED)  # the same picture shall give the same answer
    field = _Field(features)
    shape = field.rows.shape
    for _ in range(_TRIES):
        x = rng.integers(0, field.width, shape, np.int32) - field.columns
        y = rng.integers(0, field.height, shape, np.int32) - field.rows
        field.offer(x, y)
    for sweep in range(_SWEEPS):
        control.checkpoint(0.2 + 0.6 * sweep / _SWEEPS, "matching the field")
        for jump in _JUMPS:
            field.spread(jump)
        reach = max(field.height, field.width) >> sweep
        for radius in (max(reach, 8), 4, 1):
            dx, dy = (rng.integers(-radius, radius + 1, shape, np.int32) for _ in range(2))
            field.offer(field.x + dx, field.y + dy)
    return Offsets(field.x, field.y)
