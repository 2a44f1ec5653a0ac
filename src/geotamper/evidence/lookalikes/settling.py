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
class Settled:
    """Guesses after refinement.

    Attributes:
        hypotheses: n refined guesses.
        relative: (n,) 75th percentile of the residual over that of the high-pass of the disc.
        residual: (n,) 75th percentile of the grey-level residual.
    """

    hypotheses: Hypotheses
    relative: Floats
    residual: Floats

    def __len__(self) -> int:
        return len(self.hypotheses)

    @classmethod
    def joined(cls, parts: Sequence["Settled"]) -> "Settled":
        """All members of several batches, in order; at least one batch."""
        return cls(
            Hypotheses.joined(*(part.hypotheses for part in parts)),
            np.concatenate([part.relative for part in parts]),
            np.concatenate([part.residual for part in parts]),
        )

    def subset(self, index: Ints | npt.NDArray[np.bool_]) -> "Settled":
        """The members that `index` selects, in its order."""
        return Settled(self.hypotheses.subset(index), self.relative[index], self.residual[index])


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
class Settling:
    """How guesses are refined and thinned out.

    Attributes:
        coarse_steps: Gauss-Newton steps on the smoothed picture, every second row and column.
        fine_steps: Steps on the picture itself.
        at_least: Smallest likeness (1 for equal discs) that is refined finely.
        most: Guesses refined finely at most, the most alike.
        strayed: Distance, in pixels, beyond which a refinement has lost its way.
    """

    coarse_steps: int = 3
    fine_steps: int = 5
    at_least: float = 0.5
    most: int = 5000
    strayed: float = 6.0

    def run(self, views: Views, proposal: Proposal, workers: int) -> Settled:
        """Refine guesses; those that stray or do not look alike are left out."""
        coarse = self._coarse(views, proposal, workers)
        n = len(coarse)
        poses = coarse.poses.copy()
        moved, relative, residual = np.empty(n), np.empty(n), np.empty(n)
        planes = views.planes
        disc = np.array([proposal.radius, 1, self.fine_steps], np.int64)

        def work(start: int, stop: int) -> None:
            part = slice(start, stop)
            centres = coarse.centres[part]
            settle_discs(
                planes.grey,
                planes.gradient_x,
                planes.gradient_y,
                centres,
                poses[part],
                disc,
                6.0,
                moved[part],
            )
            assess_discs(
                planes.grey, views.high, centres, poses[part], proposal.radius, relative[part], residual[part]
            )

        for_slices(work, n, workers)
        relative[moved > self.strayed] = LOST
        scale = np.hypot(poses[:, 0], poses[:, 1])
        kept = (relative < LOST) & (scale > 0.35) & (scale < 2.8)
        return Settled(Hypotheses(coarse.centres, poses), relative, residual).subset(kept)

    def _coarse(self, views: Views, proposal: Proposal, workers: int) -> Hypotheses:
        hypotheses = proposal.hypotheses
        n = len(hypotheses)
        poses = hypotheses.poses.copy()
        moved, score = np.empty(n), np.empty(n)
        disc = np.array([proposal.radius, 2, self.coarse_steps], np.int64)

        def work(start: int, stop: int) -> None:
            part = slice(start, stop)
            centres = hypotheses.centres[part]
            settle_discs(
                views.smooth,
                views.smooth_x,
                views.smooth_y,
                centres,
                poses[part],
                disc,
                8.0,
                moved[part],
            )
            compare_discs(views.planes.grey, centres, poses[part], proposal.radius, score[part])

        for_slices(work, n, workers)
        kept = np.flatnonzero((score > self.at_least) & (moved < self.strayed))
        if len(kept) > self.most:
            kept = np.sort(kept[np.argsort(-score[kept], kind="stable")[: self.most]])
        return Hypotheses(hypotheses.centres[kept], poses[kept])
