"""How many other refined guesses confirm a guess: parts of one copy share one transform."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.evidence.compiled import compiled
from geotamper.evidence.lookalikes.settling import Settled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

REACH = 70.0
"""Distance, in pixels, over which guesses are asked to confirm each other."""

CELL = 3
"""Voters in one cell of this many pixels count once: keypoints with several orientations are no independent witnesses."""


@dataclass(frozen=True)
class Links:
    """Refined guesses read in both directions: 2 n statements that a point shows what another one shows.

    Attributes:
        points: (2n, 2) columns and rows.
        images: (2n, 2) where their content is found again.
        turns: (2n, 2) a and b of the pose from point to image.
    """

    points: Floats
    images: Floats
    turns: Floats

    @classmethod
    def of(cls, settled: Settled) -> "Links":
        """Read refined guesses both ways."""
        a, b, u, v = settled.hypotheses.poses.T
        here = settled.hypotheses.centres.astype(np.float64)
        there = np.stack([u, v], axis=1)
        inverse = 1.0 / (a + 1j * b)
        return cls(
            np.concatenate([here, there]),
            np.concatenate([there, here]),
            np.concatenate([np.stack([a, b], axis=1), np.stack([inverse.real, inverse.imag], axis=1)]),
        )


@compiled
def _count(
    points: Floats, images: Floats, turns: Floats, order: Ints, shape: Ints, reach: float, support: Floats
) -> None:
    """Voters for each guess in `order`, which must not have more members than `points`; the points are sorted by x."""
    stamp = np.full((shape[0] // CELL + 2, shape[1] // CELL + 2), -1, np.int64)
    columns = points[:, 0].copy()
    for k in range(len(order)):
        i = order[k]
        x, y = points[i, 0], points[i, 1]
        u, v = images[i, 0], images[i, 1]
        a, b = turns[i, 0], turns[i, 1]
        size = 0.12 * 0.12 * (a * a + b * b)
        votes = 0
        j = np.searchsorted(columns, x - reach)
        while j < len(points) and points[j, 0] <= x + reach:
            dx, dy = points[j, 0] - x, points[j, 1] - y
            square = dx * dx + dy * dy
            if square < reach * reach:
                da, db = turns[j, 0] - a, turns[j, 1] - b
                if da * da + db * db < size:
                    eu = u + a * dx + b * dy - images[j, 0]
                    ev = v - b * dx + a * dy - images[j, 1]
                    allowed = 1.0 + 0.03 * np.sqrt(square)
                    if eu * eu + ev * ev < allowed * allowed:
                        row, column = int(points[j, 1]) // CELL, int(points[j, 0]) // CELL
                        if 0 <= row < stamp.shape[0] and 0 <= column < stamp.shape[1]:
                            if stamp[row, column] != k:
                                stamp[row, column] = k
                                votes += 1
            j += 1
        support[k] = votes


def count_support(settled: Settled, *, shape: tuple[int, int], most: int) -> tuple[Ints, Floats]:
    """Count the voters of the best guesses.

    Args:
        settled: Refined guesses.
        shape: Rows and columns of the picture.
        most: Guesses counted for at most, those with the smallest relative residual.

    Returns:
        Indices into `settled`, and the number of distinct 3-pixel cells that vote for each, the guess's own included.
    """
    links = Links.of(settled)
    by_column = np.argsort(links.points[:, 0], kind="stable")
    place = np.empty(len(by_column), np.int64)
    place[by_column] = np.arange(len(by_column))
    chosen = np.argsort(settled.relative, kind="stable")[:most].astype(np.int64)
    support = np.zeros(len(chosen))
    _count(
        links.points[by_column],
        links.images[by_column],
        links.turns[by_column],
        place[chosen],
        np.array(shape, np.int64),
        REACH,
        support,
    )
    return chosen, support
