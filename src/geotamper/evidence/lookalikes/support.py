"""How many other refined guesses confirm a guess: parts of one copy share one transform."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.evidence.lookalikes.settling import Settled
from geotamper.evidence.loops.likeness import count_voters

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

REACH = 70.0
"""Distance, in pixels, over which guesses are asked to confirm each other."""


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
    count_voters(
        links.points[by_column],
        links.images[by_column],
        links.turns[by_column],
        place[chosen],
        np.array(shape, np.int64),
        REACH,
        support,
    )
    return chosen, support
