"""The search for inexact copies: refine, vote, grow, measure, score."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.control import Control
from geotamper.evidence.growing import pose_matrix
from geotamper.evidence.hypotheses import Hypotheses
from geotamper.evidence.lookalikes.measuring import Candidate, compare_candidates, measure_candidate
from geotamper.evidence.lookalikes.settling import Proposal, Rough, Settling
from geotamper.evidence.lookalikes.spreading import spread
from geotamper.evidence.lookalikes.support import Links, count_support
from geotamper.evidence.lookalikes.views import Views
from geotamper.evidence.planes import Planes
from geotamper.evidence.region import Region, Window

LEAST_AREA = 90
LEAST_IMAGE_AREA = 60
MAX_OVERLAP = 0.1
"""Largest part of the smaller region that a pair may share."""

MOST_SUPPORT = 40.0
"""Voters beyond these do not raise a guess's rank: large regular scenes have as many."""

LEAST_DETAIL = 1.0
LEAST_SPREAD = 2.0
"""Regions with less high-pass or standard deviation, in grey levels, are saturated or empty: likeness says nothing."""


@dataclass(frozen=True)
class Budget:
    """How much is tried.

    Attributes:
        refined: Guesses refined on the picture itself at most, the most alike and best supported.
        rank: Largest seed rank (relative residual over the root of the support) that is grown.
        seeds: Guesses grown at most.
    """

    refined: int = 1500
    rank: float = 0.4
    seeds: int = 24


def find_candidates(
    planes: Planes,
    proposals: Sequence[Proposal],
    *,
    workers: int,
    control: Control,
    settling: Settling | None = None,
    budget: Budget | None = None,
) -> list[Candidate]:
    """Grow and measure the pairs that guesses lead to.

    Args:
        planes: The picture.
        proposals: Rough guesses of the candidate sources.
        workers: Threads.
        control: Progress, cancellation and limits.
        settling: How guesses are refined.
        budget: How much is tried.
    """
    budget = budget or Budget()
    views = Views.of(planes)
    control.checkpoint(0.7, "refining rough guesses")
    settling = settling or Settling()
    parts = [settling.roughly(views, proposal, workers) for proposal in proposals]
    if not parts:
        return []
    rough = Rough.joined(parts)
    support = count_support(rough.hypotheses, shape=views.shape, workers=workers)
    voices = np.sqrt(np.clip(support, 1.0, MOST_SUPPORT))
    chosen = np.argsort((rough.unlikeness + 0.05) / voices, kind="stable")[: budget.refined]
    settled = settling.finely(views, rough, chosen, workers)
    rank = settled.relative / voices[chosen]
    control.checkpoint(0.8, "comparing regions")
    scene = math.log1p(float(np.count_nonzero(settled.relative < 0.4)))
    walk = _Walk(views, settled.hypotheses, {"scene": scene})
    best = np.argsort(rank, kind="stable")
    for index in best[rank[best] < budget.rank]:
        if walk.tried >= budget.seeds or control.time_left() <= 0:
            break
        seed = {"support": math.log(support[chosen[index]]), "seed": math.log(rank[index] + 0.01)}
        walk.visit(int(index), seed)
    return compare_candidates(walk.candidates)


class _Walk:
    """Grows seeds one after the other and remembers what they covered."""

    def __init__(self, views: Views, hypotheses: Hypotheses, scene: dict[str, float]) -> None:
        self.candidates: list[Candidate] = []
        self.tried = 0
        self._scene = scene
        self._views = views
        self._hypotheses = hypotheses
        self._links = Links.of(hypotheses)
        self._here = np.zeros(views.shape, bool)
        self._there = np.zeros(views.shape, bool)

    def visit(self, index: int, seed: dict[str, float]) -> None:
        """Grow one guess unless both its ends are covered."""
        centre = self._hypotheses.centres[index]
        pose = self._hypotheses.poses[index]
        if self._covered(centre, pose):
            return
        self.tried += 1
        x, y = int(centre[0]), int(centre[1])
        grown = spread(self._views, (x, y), pose_matrix(centre, pose))
        mark = Window.around(x, y, 4, self._views.shape)
        self._here[mark.slices] = True
        self._there[mark.slices] = True
        if grown is None:
            return
        image = grown.region.moved(grown.fit.matrix, self._views.shape)
        self._cover(grown.region.dilated(1, self._views.shape), self._here)
        if grown.region.area < LEAST_AREA or image.area < LEAST_IMAGE_AREA:
            return
        if grown.region.shared_with(image) > MAX_OVERLAP * min(grown.region.area, image.area):
            return
        self._cover(image, self._here)
        candidate = measure_candidate(self._views, grown, image, self._links)
        candidate.features.update(self._scene | seed)
        if candidate.features["detail"] >= LEAST_DETAIL and candidate.features["spread"] >= LEAST_SPREAD:
            self.candidates.append(candidate)

    def _covered(self, centre: npt.NDArray[np.int64], pose: npt.NDArray[np.float64]) -> bool:
        height, width = self._views.shape
        x, y = int(centre[0]), int(centre[1])
        u, v = min(max(int(pose[2]), 0), width - 1), min(max(int(pose[3]), 0), height - 1)
        return bool(self._here[y, x] and (self._there[y, x] or self._here[v, u]))

    @staticmethod
    def _cover(region: Region, plane: npt.NDArray[np.bool_]) -> None:
        plane[region.window.slices] |= region.mask
