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
from geotamper.evidence.lookalikes.views import Smoothed, Views
from geotamper.evidence.loops.likeness import assess_discs, compare_discs, settle_discs

FloatPlane = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LOST = 9.0
"""Relative residual of a guess that could not be refined."""


OTHER_SCALE = 1.3
"""Length ratio from which the larger of two places is blurred more before they are compared."""


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


def _by_scale(views: Views, poses: Floats) -> list[tuple[Ints, Smoothed, Smoothed]]:
    """Guesses of like scale, with the planes for the disc and for the place it is compared with."""
    scale = np.hypot(poses[:, 0], poses[:, 1])
    fine, soft = views.smooth
    larger, smaller = scale > OTHER_SCALE, scale < 1 / OTHER_SCALE
    groups = ((larger, fine, soft), (smaller, soft, fine), (~larger & ~smaller, fine, fine))
    return [(np.flatnonzero(members), here, there) for members, here, there in groups if members.any()]


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
        parts = [Rough(Hypotheses.none(), np.zeros(0, np.int64), np.zeros(0))]
        for members, here, there in _by_scale(views, hypotheses.poses):
            group = Proposal(hypotheses.subset(members), proposal.radius)
            parts.append(self._pulled(views, group, (here, there), workers))
        rough = Rough.joined(parts)
        best = np.argsort(rough.unlikeness, kind="stable")[: self.most]
        return Rough(rough.hypotheses.subset(best), rough.radii[best], rough.unlikeness[best])

    def _pulled(
        self, views: Views, proposal: Proposal, planes: tuple[Smoothed, Smoothed], workers: int
    ) -> Rough:
        here, there = planes
        grey, gradients = views.planes.grey, (there.gradient_x, there.gradient_y)
        all_centres, poses = proposal.hypotheses.centres, proposal.hypotheses.poses.copy()
        n = len(poses)
        moved, likeness = np.empty(n), np.empty(n)
        disc, radii = np.array([2, self.coarse_steps], np.int64), np.full(n, proposal.radius, np.int64)

        def work(start: int, stop: int) -> None:
            part = slice(start, stop)
            centres, pulled = all_centres[part], poses[part]
            settle_discs(
                here.grey, there.grey, *gradients, centres, pulled, radii[part], disc, 8.0, moved[part]
            )
            compare_discs(grey, centres, pulled, proposal.radius, likeness[part])

        for_slices(work, n, workers)
        scale = np.hypot(poses[:, 0], poses[:, 1])
        kept = (1.0 - likeness < self.at_most) & (moved < self.strayed) & (scale > 0.35) & (scale < 2.8)
        return Rough(Hypotheses(all_centres[kept], poses[kept]), radii[kept], 1.0 - likeness[kept])

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
            settle_discs(picture.grey, *planes, centres, poses[part], radii[part], disc, 6.0, moved[part])
            assess_discs(picture.grey, views.high, centres, poses[part], radii[part], relative[part])

        for_slices(work, n, workers)
        scale = np.hypot(poses[:, 0], poses[:, 1])
        relative[(moved > self.strayed) | (scale < 0.35) | (scale > 2.8)] = LOST
        return Settled(Hypotheses(all_centres, poses), relative)
