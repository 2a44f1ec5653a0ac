"""What other refined guesses say of a guess: parts of one copy share one transform, and nothing rivals it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.evidence.compiled import for_slices
from geotamper.evidence.hypotheses import Hypotheses
from geotamper.evidence.loops.likeness import LINK_CELL, RIVAL_CELL, VOTING_CELL, count_voters, find_rivals

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


NO_RIVAL = 0.6
"""Unlikeness stated where nothing rivals a guess: that of discs that have little in common."""


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


@dataclass(frozen=True)
class _Grid:
    """Links sorted by square cells of the picture, row by row.

    Attributes:
        order: (2n,) indices of the links.
        place: (2n,) where each link comes in that order.
        starts: First of each cell in that order, and one entry more.
        across: Cells in one row.
        down: Cells in one column.
    """

    order: Ints
    place: Ints
    starts: Ints
    across: int
    down: int

    @classmethod
    def of(cls, links: Links, shape: tuple[int, int], cell: int) -> "_Grid":
        """Sort links by cells of `cell` pixels; those beyond the upper and left frame belong to none."""
        x, y = links.points.T
        # the images of guesses near the frame may lie a little beyond it
        across = int(max(x.max(initial=0), shape[1])) // cell + 1
        down = int(max(y.max(initial=0), shape[0])) // cell + 1
        inside = (x >= 0) & (y >= 0)
        number = np.where(
            inside, y.astype(np.int64) // cell * across + x.astype(np.int64) // cell, across * down
        )
        order = np.argsort(number, kind="stable")
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        starts = np.searchsorted(number[order], np.arange(across * down + 1)).astype(np.int64)
        return cls(order, place, starts, across, down)


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
    grid = _Grid.of(links, shape, LINK_CELL)
    table = np.concatenate([links.points, links.images, links.turns], axis=1)[grid.order].astype(np.float32)
    stamps = (grid.down * LINK_CELL // VOTING_CELL + 1, grid.across * LINK_CELL // VOTING_CELL + 1)
    asked = grid.place[: len(hypotheses)]
    support = np.zeros(len(hypotheses))

    def work(start: int, stop: int) -> None:
        count_voters(table, grid.starts, grid.across, asked[start:stop], stamps, support[start:stop])

    for_slices(work, len(hypotheses), workers)
    return support


def rival_unlikeness(
    hypotheses: Hypotheses, unlikeness: Floats, *, shape: tuple[int, int], workers: int
) -> Floats:
    """How alike the best other guess is that takes one end of a guess somewhere else.

    A copy resembles its source more than anything else does; a roof in an array resembles many alike.

    Args:
        hypotheses: Refined guesses.
        unlikeness: (n,) of them, 0 for equal discs.
        shape: Rows and columns of the picture.
        workers: Threads.

    Returns:
        (n,) geometric mean over the two ends, each at most `NO_RIVAL`.
    """
    links = Links.of(hypotheses)
    grid = _Grid.of(links, shape, RIVAL_CELL)
    twice = np.concatenate([unlikeness, unlikeness])[grid.order]
    table = np.column_stack([links.points, links.images, links.turns])[grid.order]
    found = np.empty(len(table))

    def work(start: int, stop: int) -> None:
        find_rivals(table, twice, grid.starts, grid.across, grid.place[start:stop], found[start:stop])

    for_slices(work, len(table), workers)
    ends = np.minimum(found, NO_RIVAL).reshape(2, -1)
    return np.asarray(np.sqrt(ends[0] * ends[1]), np.float64)
