"""Lines of equal longitude and latitude across a window of a picture."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]

STEPS = tuple(
    step / unit
    for unit, steps in (
        (1.0, (45, 30, 20, 10, 5, 2, 1)),
        (60.0, (30, 20, 10, 5, 2, 1)),
        (3600.0, (30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)),
    )
    for step in steps
)
"""Distances between lines, degrees: round numbers of degrees, minutes and seconds."""

SAMPLES = 33
"""Points per side at which longitude and latitude are computed; between them they are taken to run straight."""


@dataclass(frozen=True)
class Meridian:
    """One line.

    Attributes:
        axis: 0 for a longitude, 1 for a latitude.
        value: Degrees.
        points: (N, 2), at least two, in the coordinates of the window.
        words: Its value, as degrees, minutes and seconds.
    """

    axis: int
    value: float
    points: Points
    words: str


def graticule(
    to_degrees: Callable[[Points], Points], box: tuple[float, float, float, float], *, lines: int = 3
) -> list[Meridian]:
    """The lines that cross a box.

    Args:
        to_degrees: Gives (N, 2) longitudes and latitudes of (N, 2) points; longitudes without jumps.
        box: x0, y0, x1, y1 in the coordinates that `to_degrees` takes.
        lines: How many of each kind there should be at least, where the steps allow.
    """
    x = np.linspace(box[0], box[2], SAMPLES)
    y = np.linspace(box[1], box[3], SAMPLES)
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    degrees = to_degrees(grid.reshape(-1, 2)).reshape(SAMPLES, SAMPLES, 2)
    found: list[Meridian] = []
    for axis in (0, 1):
        values = degrees[..., axis]
        low, high = float(values.min()), float(values.max())
        step = spacing(high - low, lines)
        for count in range(math.ceil(low / step), math.floor(high / step) + 1):
            points = _crossings(grid, values, count * step)
            if len(points) >= 2:
                found.append(Meridian(axis, count * step, points, sexagesimal(count * step, axis, step)))
    return found


def spacing(span: float, lines: int) -> float:
    """The largest step of `STEPS` that a span of degrees holds at least `lines` times."""
    return next((step for step in STEPS if span / step >= lines), STEPS[-1])


def sexagesimal(value: float, axis: int, step: float) -> str:
    """Degrees, minutes and seconds, no finer than the step needs.

    Args:
        value: Degrees.
        axis: 0 for a longitude, 1 for a latitude.
        step: Degrees between the lines.

    Example:
        >>> print(sexagesimal(-7.5, 0, 0.5), sexagesimal(47.0025, 1, 1 / 3600))
        7°30'W 47°00'09"N
    """
    if axis == 0:
        value = (value + 180) % 360 - 180
    side = ("EW", "NS")[axis][value < 0]
    digits = max(0, -math.floor(math.log10(step * 3600) + 1e-9))
    seconds = round(abs(value) * 3600, digits)
    degrees, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    words = f"{degrees:.0f}°"
    if step < 1:
        words += f"{minutes:02.0f}'"
    if step * 60 < 1:
        words += f'{rest:0{2 if digits == 0 else 3 + digits}.{digits}f}"'
    return words + side


def _crossings(grid: Points, values: npt.NDArray[np.float64], level: float) -> Points:
    """Where a level is crossed between neighbouring points of the grid, in order along the line."""
    found = [np.empty((0, 2))]
    for places, heights in ((grid, values), (grid.transpose(1, 0, 2), values.T)):
        before, after = heights[:, :-1], heights[:, 1:]
        crosses = (before <= level) != (after <= level)
        share = (level - before[crosses]) / (after[crosses] - before[crosses])
        start, end = places[:, :-1][crosses], places[:, 1:][crosses]
        found.append(start + share[:, np.newaxis] * (end - start))
    points = np.concatenate(found)
    if len(points) < 2:
        return points
    spread = points - points.mean(axis=0)
    along = np.linalg.svd(spread, full_matrices=False)[2][0]
    return np.asarray(points[np.argsort(spread @ along, kind="stable")])
