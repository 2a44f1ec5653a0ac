"""How many other refined guesses confirm a guess: parts of one copy share one transform."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.evidence.compiled import for_slices
from geotamper.evidence.hypotheses import Hypotheses
from geotamper.evidence.loops.likeness import LINK_CELL, VOTING_CELL, count_voters

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


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
    def of(cls, hypotheses: Hypotheses) -> "Links":
        """Read refined guesses both ways."""
        a, b, u, v = hypotheses.poses.T
        here = hypotheses.centres.astype(np.float64)
        there = np.stack([u, v], axis=1)
        inverse = 1.0 / (a + 1j * b)
        return cls(
            np.concatenate([here, there]),
            np.concatenate([there, here]),
            np.concatenate([np.stack([a, b], axis=1), np.stack([inverse.real, inverse.imag], axis=1)]),
        )


def count_support(hypotheses: Hypotheses, *, shape: tuple[int, int], workers: int) -> Floats:
    """Count the voters of each guess.

    Args:
        hypotheses: Refined guesses.
        shape: Rows and columns of the picture.
        workers: Threads.

    Returns:
        (n,) number of distinct 3-pixel cells that vote for each guess, its own included.
    """
    links = Links.of(hypotheses)
    x, y = links.points.T
    # the images of guesses near the frame may lie a little beyond it
    across, down = (
        int(max(x.max(initial=0), shape[1])) // LINK_CELL + 1,
        int(max(y.max(initial=0), shape[0])) // LINK_CELL + 1,
    )
    inside = (x >= 0) & (y >= 0)
    cell = np.where(
        inside, y.astype(np.int64) // LINK_CELL * across + x.astype(np.int64) // LINK_CELL, across * down
    )
    order = np.argsort(cell, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    table = np.concatenate([links.points, links.images, links.turns], axis=1)[order].astype(np.float32)
    starts = np.searchsorted(cell[order], np.arange(across * down + 1)).astype(np.int64)
    stamps = (down * LINK_CELL // VOTING_CELL + 1, across * LINK_CELL // VOTING_CELL + 1)
    asked = place[: len(hypotheses)]
    support = np.zeros(len(hypotheses))

    def work(start: int, stop: int) -> None:
        count_voters(table, starts, across, asked[start:stop], stamps, support[start:stop])

    for_slices(work, len(hypotheses), workers)
    return support
