"""Batched sub-pixel registration of hypotheses on small discs, and how exact they are then.

The steps: a correlation gate throws out guesses whose discs do not resemble each other;
robust Gauss-Newton refines the four parameters of the similarity; the exactness score counts textured pixels
that the other place predicts to within rounding, because only a copy is that exact.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from geotamper.evidence.compiled import for_slices
from geotamper.evidence.hypotheses import Hypotheses
from geotamper.evidence.loops.discs import correlate_discs, count_exact, judge_discs, refine_discs
from geotamper.evidence.planes import Planes

FloatPlane = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Registered:
    """Hypotheses after refinement, with what the refined discs show.

    Attributes:
        hypotheses: n refined guesses.
        exactness: (n,) standardised count of exactly predicted textured pixels; above 3 is unusual for
            look-alikes, a copy reaches 5 to 20.
        residual: (n,) 75th percentile of the grey-level residual.
        texture: (n,) total texture weight of the disc, 0 for a flat one.
    """

    hypotheses: Hypotheses
    exactness: Floats
    residual: Floats
    texture: Floats

    def __len__(self) -> int:
        return len(self.hypotheses)

    def subset(self, index: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> "Registered":
        """The members that `index` selects, in its order."""
        return Registered(
            self.hypotheses.subset(index), self.exactness[index], self.residual[index], self.texture[index]
        )

    @classmethod
    def joined(cls, *parts: "Registered") -> "Registered":
        """All members of several batches, in order."""
        return cls(
            Hypotheses.joined(*(p.hypotheses for p in parts)),
            np.concatenate([p.exactness for p in parts]),
            np.concatenate([p.residual for p in parts]),
            np.concatenate([p.texture for p in parts]),
        )


class Gate(Protocol):
    """Something that throws out hypotheses whose discs do not resemble each other."""

    def passed(self, planes: Planes, hypotheses: Hypotheses, *, most: int, workers: int) -> Hypotheses:
        """The best of those that pass, at most `most`."""
        ...


def _best(hypotheses: Hypotheses, score: Floats, passing: npt.NDArray[np.bool_], most: int) -> Hypotheses:
    kept = np.flatnonzero(passing)
    if len(kept) > most:
        kept = kept[np.argsort(-score[kept], kind="stable")[:most]]
    return hypotheses.subset(kept)


@dataclass(frozen=True)
class CorrelationGate:
    """Passes discs whose luma correlates.

    Attributes:
        radius: Of the discs, pixels.
        at_least: Smallest zero-mean normalised correlation that passes, -1 to 1.
        spread: Smallest standard deviation that passes, grey levels.
    """

    radius: float = 9.0
    at_least: float = 0.75
    spread: float = 1.5

    def passed(self, planes: Planes, hypotheses: Hypotheses, *, most: int, workers: int) -> Hypotheses:
        """The best correlated hypotheses."""
        n = len(hypotheses)
        score, spread = np.empty(n), np.empty(n)
        centres, poses = hypotheses.centres, hypotheses.poses

        def work(start: int, stop: int) -> None:
            part = slice(start, stop)
            correlate_discs(
                planes.grey, centres[part], poses[part], self.radius, 1.5, score[part], spread[part]
            )

        for_slices(work, n, workers)
        return _best(hypotheses, score, (score > self.at_least) & (spread > self.spread), most)


@dataclass(frozen=True)
class ExactGate:
    """Refines coarsely, then passes the discs that become most exact: only a copy becomes exact at all.

    Attributes:
        radius: Of the discs, pixels.
        steps: Gauss-Newton steps, on every second row and column.
        strayed: Distance, in pixels, beyond which a refinement has lost its way.
        at_least: Smallest exactness that passes.
    """

    radius: int = 6
    steps: int = 3
    strayed: float = 5.0
    at_least: float = 0.0

    def passed(self, planes: Planes, hypotheses: Hypotheses, *, most: int, workers: int) -> Hypotheses:
        """The most exact hypotheses after a coarse refinement."""
        n = len(hypotheses)
        poses = hypotheses.poses.copy()
        moved, exactness = np.empty(n), np.empty(n)
        radii = np.full(n, self.radius, np.int64)
        grey, gradients = planes.grey, (planes.gradient_x, planes.gradient_y)

        def work(start: int, stop: int) -> None:
            part = slice(start, stop)
            centres = hypotheses.centres[part]
            refine_discs(grey, *gradients, centres, poses[part], radii[part], 2, self.steps, moved[part])
            count_exact(grey, planes.grey_range, centres, poses[part], self.radius, exactness[part])

        for_slices(work, n, workers)
        passing = (exactness > self.at_least) & (moved < self.strayed)
        return _best(Hypotheses(hypotheses.centres, poses), exactness, passing, most)


def register(
    planes: Planes,
    hypotheses: Hypotheses,
    *,
    radii: Ints,
    iterations: int,
    workers: int,
) -> Registered:
    """Refine guesses by Gauss-Newton and score how exact they become.

    Args:
        planes: The picture.
        hypotheses: n guesses, within a few pixels and a few per cent of the truth.
        radii: (n,) disc radii, 3 to 16 pixels.
        iterations: Gauss-Newton steps at most.
        workers: Threads.

    Returns:
        The refined guesses, in order; those that failed or ran away have exactness -9.
    """
    n = len(hypotheses)
    poses = hypotheses.poses.copy()
    moved = np.empty(n)
    exactness, residual, texture = np.zeros(n), np.full(n, 99.0), np.zeros(n)

    def work(start: int, stop: int) -> None:
        part = slice(start, stop)
        centres = hypotheses.centres[part]
        refine_discs(
            planes.grey,
            planes.gradient_x,
            planes.gradient_y,
            centres,
            poses[part],
            radii[part],
            1,
            iterations,
            moved[part],
        )
        judge_discs(
            planes.grey,
            planes.grey_range,
            centres,
            poses[part],
            radii[part],
            exactness[part],
            residual[part],
            texture[part],
        )

    for_slices(work, n, workers)
    lost = moved > 6.0
    exactness[lost] = -9.0
    return Registered(Hypotheses(hypotheses.centres, poses), exactness, residual, texture)


def register_reversed(planes: Planes, registered: Registered, *, radius: int, workers: int) -> Registered:
    """Register the same pairs from the other side.

    Only the copy is exactly predictable from its source, not the source from its copy, so a guess made in the
    wrong direction never becomes exact. The disc shrinks or grows with the scale, within 5 to `radius` pixels.
    """
    a, b, u, v = registered.hypotheses.poses.T
    scale = np.hypot(a, b)
    fits = (scale > 0.3) & (scale < 3.0) & (registered.exactness > -9.0)
    fits &= (u > 3) & (v > 3) & (u < planes.width - 4) & (v < planes.height - 4)
    turned = registered.hypotheses.subset(fits).reversed()
    radii = np.clip(np.rint(radius * scale[fits]), min(5, radius), radius).astype(np.int64)
    return register(planes, turned, radii=radii, iterations=4, workers=workers)
