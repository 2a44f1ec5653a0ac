"""Pulling rough guesses to the nearest registration, and how alike their discs are then.

Unlike the exact search this one cannot recognise a copy from the rough guess or from single exact pixels, so all
guesses are first refined coarsely on a smoothed picture, and only then compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.evidence.compiled import for_slices
from geotamper.evidence.hypotheses import Hypotheses
from geotamper.evidence.lookalikes.views import Views
from geotamper.evidence.loops.likeness import assess_discs, compare_discs, settle_discs

FloatPlane = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LOST = 9.0
"""Relative residual of a guess that could not be refined."""


@dataclass(frozen=True)
class Proposal:
    """The guesses of one candidate source, as they were proposed.

    Attributes:
        hypotheses: Within a few pixels and a quarter of scale and angle of the truth, where they are right.
        radius: Of the discs on which they are refined, pixels.
    """

    hypotheses: Hypotheses
    radius: int


@dataclass(frozen=True)
class Rough:
    """Guesses after coarse refinement on the smoothed picture.

    Attributes:
        hypotheses: n of them.
        radii: (n,) of their discs, pixels.
        unlikeness: (n,) squared difference of the discs over the sum of their variances, 0 for equal ones.
    """

    hypotheses: Hypotheses
    radii: Ints
    unlikeness: Floats

    def __len__(self) -> int:
        return len(self.hypotheses)

    @classmethod
    def joined(cls, parts: Sequence["Rough"]) -> "Rough":
        """All members of several batches, in order; at least one batch."""
        return cls(
            Hypotheses.joined(*(part.hypotheses for part in parts)),
            np.concatenate([part.radii for part in parts]),
            np.concatenate([part.unlikeness for part in parts]),
        )


@dataclass(frozen=True)
class Settled:
    """Guesses after refinement on the picture itself.

    Attributes:
        hypotheses: n refined guesses.
        relative: (n,) 75th percentile of the residual over that of the high-pass of the disc.
    """

    hypotheses: Hypotheses
    relative: Floats

    def __len__(self) -> int:
        return len(self.hypotheses)


@dataclass(frozen=True)
class Settling:
    """How guesses are refined and thinned out.

    Attributes:
        coarse_steps: Gauss-Newton steps on the smoothed picture, every second row and column.
        fine_steps: Steps on the picture itself.
        at_most: Largest unlikeness of a guess that is kept after the coarse steps.
        most: Guesses kept of each source at most, the most alike.
        strayed: Distance, in pixels, beyond which a refinement has lost its way.
    """

    coarse_steps: int = 3
    fine_steps: int = 5
    at_most: float = 0.5
    most: int = 5000
    strayed: float = 6.0

    def roughly(self, views: Views, proposal: Proposal, workers: int) -> Rough:
        """Refine all guesses coarsely; those that stray or do not look alike then are left out."""
        hypotheses = proposal.hypotheses
        n = len(hypotheses)
        poses = hypotheses.poses.copy()
        moved, likeness = np.empty(n), np.empty(n)
        disc = np.array([2, self.coarse_steps], np.int64)
        radii = np.full(n, proposal.radius, np.int64)
        planes = (views.smooth, views.smooth_x, views.smooth_y)

        def work(start: int, stop: int) -> None:
            part = slice(start, stop)
            centres = hypotheses.centres[part]
            settle_discs(*planes, centres, poses[part], radii[part], disc, 8.0, moved[part])
            compare_discs(views.planes.grey, centres, poses[part], proposal.radius, likeness[part])

        for_slices(work, n, workers)
        unlikeness = 1.0 - likeness
        scale = np.hypot(poses[:, 0], poses[:, 1])
        fits = (unlikeness < self.at_most) & (moved < self.strayed) & (scale > 0.35) & (scale < 2.8)
        kept = np.flatnonzero(fits)
        if len(kept) > self.most:
            kept = np.sort(kept[np.argsort(unlikeness[kept], kind="stable")[: self.most]])
        return Rough(Hypotheses(hypotheses.centres[kept], poses[kept]), radii[kept], unlikeness[kept])

    def finely(self, views: Views, rough: Rough, chosen: Ints, workers: int) -> Settled:
        """Refine chosen guesses on the picture itself; those that fail are given a relative residual of `LOST`."""
        n = len(chosen)
        all_centres, poses = rough.hypotheses.centres[chosen], rough.hypotheses.poses[chosen].copy()
        moved, relative = np.empty(n), np.empty(n)
        disc = np.array([1, self.fine_steps], np.int64)
        radii = rough.radii[chosen]
        picture = views.planes
        planes = (picture.grey, picture.gradient_x, picture.gradient_y)

        def work(start: int, stop: int) -> None:
            part = slice(start, stop)
            centres = all_centres[part]
            settle_discs(*planes, centres, poses[part], radii[part], disc, 6.0, moved[part])
            assess_discs(picture.grey, views.high, centres, poses[part], radii[part], relative[part])

        for_slices(work, n, workers)
        scale = np.hypot(poses[:, 0], poses[:, 1])
        relative[(moved > self.strayed) | (scale < 0.35) | (scale > 2.8)] = LOST
        return Settled(Hypotheses(all_centres, poses), relative)
