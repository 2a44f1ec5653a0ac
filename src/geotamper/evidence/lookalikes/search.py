"""The search for inexact copies: refine, vote, grow, measure, score."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

import numpy as np
import numpy.typing as npt

from geotamper.control import Control
from geotamper.evidence.ahead import Ahead
from geotamper.evidence.dense import DenseCandidates
from geotamper.evidence.growing import pose_matrix
from geotamper.evidence.hypotheses import CandidatePool, CandidateSource, Hypotheses
from geotamper.evidence.keypoints import KeypointCandidates
from geotamper.evidence.lookalikes.measuring import Candidate, compare_candidates, measure_candidate
from geotamper.evidence.lookalikes.settling import Proposal, Rough, Settling
from geotamper.evidence.lookalikes.spreading import Spread, spread
from geotamper.evidence.lookalikes.support import Links, count_support, rival_unlikeness
from geotamper.evidence.lookalikes.views import Views
from geotamper.imagery.region import Region, Window

LEAST_AREA = 90
LEAST_IMAGE_AREA = 60
MAX_OVERLAP = 0.1
"""Largest part of the smaller region that a pair may share."""

MOST_SUPPORT = 40.0
"""Voters beyond these do not raise a guess's rank: large regular scenes have as many."""

LEAST_UNLIKENESS = 0.05
"""Added to unlikeness before ratios are taken: what noise leaves between equal discs."""

LEAST_DETAIL = 1.0
LEAST_SPREAD = 2.0
"""Regions with less high-pass or standard deviation, in grey levels, are saturated or empty: likeness says nothing."""


@dataclass(frozen=True)
class Origin:
    """A candidate source and how its guesses are refined.

    Attributes:
        source: Where guesses come from.
        radius: Of the discs on which they are refined, pixels.
        is_large: Whether its tables need much memory.
    """

    source: CandidateSource
    radius: int
    is_large: bool = False


ORIGINS = (Origin(KeypointCandidates(), 9), Origin(DenseCandidates(), 6, is_large=True))
"""The exact search's own candidates, before any of its gates: nothing is found twice."""


@dataclass(frozen=True)
class Ranked:
    """Refined guesses from the best to the worst, with what their rank rests on.

    Attributes:
        hypotheses: n refined guesses in any order; all of them witness for or against a region.
        order: (k,) indices of those worth growing, the best first.
        rank: (n,) relative residual times the doubt that votes and rivals leave, small for good ones.
        support: (n,) votes.
        uniqueness: (n,) unlikeness over that of the best rival.
        scene: Log of how many guesses are alike: many in a scene that repeats itself.
    """

    hypotheses: Hypotheses
    order: npt.NDArray[np.int64]
    rank: npt.NDArray[np.float64]
    support: npt.NDArray[np.float64]
    uniqueness: npt.NDArray[np.float64]
    scene: float

    def features(self, index: int) -> dict[str, float]:
        """What the score takes from the guess that a region grew from."""
        return {
            "support": math.log(self.support[index]),
            "seed": math.log(self.rank[index] + 0.01),
            "unique": math.log(self.uniqueness[index]),
            "scene": self.scene,
        }


@dataclass(frozen=True)
class CandidateSearch:
    """How pairs that may be inexact copies are found.

    Attributes:
        origins: Where guesses come from.
        settling: How they are pulled in.
        uniqueness: Power with which a guess's likeness relative to that of its rivals counts in its rank.
        refined: Guesses refined on the picture itself at most.
        rank: Largest rank that is grown.
        seeds: Guesses grown at most.
    """

    origins: tuple[Origin, ...] = ORIGINS
    settling: Settling = field(default_factory=Settling)
    uniqueness: float = 0.75
    refined: int = 1500
    rank: float = 0.4
    seeds: int = 14

    def run(self, pool: CandidatePool, *, workers: int, control: Control) -> list[Candidate]:
        """Grow and measure the pairs that guesses lead to.

        Args:
            pool: The picture's candidates.
            workers: Threads.
            control: Progress, cancellation and limits.
        """
        if not self.origins:
            return []
        views, ranked = pool.ahead.result(self, partial(self._prepared, pool, workers))
        control.checkpoint(0.8, "comparing regions")
        walk = _Walk(views, ranked, pool.ahead)
        fresh = (int(index) for index in ranked.order if walk.is_new(index))
        for index in islice(fresh, self.seeds):
            if control.time_left() <= 0:
                break
            walk.begin_after(index)
            walk.grow(index)
        return compare_candidates(walk.candidates)

    def begin(self, pool: CandidatePool, *, workers: int) -> None:
        """Have all that comes before the first growing done ahead."""
        if self.origins:
            pool.ahead.begin(self, partial(self._prepared, pool, workers))

    def _prepared(self, pool: CandidatePool, workers: int, control: Control) -> tuple[Views, Ranked]:
        views = Views.of(pool.planes)
        sources = [(pool.of(origin.source, control=control), origin.radius) for origin in self.origins]
        control.checkpoint(0.7, "refining rough guesses")
        return views, self.ranked(views, [Proposal(*source) for source in sources], workers)

    def ranked(self, views: Views, proposals: Sequence[Proposal], workers: int) -> Ranked:
        """Pull all guesses in and rank the best of them; at least one batch of guesses."""
        rough = Rough.joined([self.settling.roughly(views, proposal, workers) for proposal in proposals])
        support = count_support(rough.hypotheses, shape=views.shape, workers=workers)
        rivals = rival_unlikeness(rough.hypotheses, rough.unlikeness, shape=views.shape, workers=workers)
        own = rough.unlikeness + LEAST_UNLIKENESS
        uniqueness = own / (rivals + LEAST_UNLIKENESS)
        doubt = uniqueness**self.uniqueness / np.sqrt(np.clip(support, 1.0, MOST_SUPPORT))
        chosen = np.argsort(own * doubt, kind="stable")[: self.refined]
        settled = self.settling.finely(views, rough, chosen, workers)
        rank = settled.relative * doubt[chosen]
        order = np.argsort(rank, kind="stable")
        return Ranked(
            hypotheses=settled.hypotheses,
            order=order[rank[order] < self.rank],
            rank=rank,
            support=support[chosen],
            uniqueness=uniqueness[chosen],
            scene=math.log1p(float(np.count_nonzero(settled.relative < 0.4))),
        )


class _Walk:
    """Grows seeds one after the other and remembers what they covered."""

    def __init__(self, views: Views, ranked: Ranked, ahead: Ahead) -> None:
        self.candidates: list[Candidate] = []
        self._views = views
        self._ranked = ranked
        self._ahead = ahead
        self._hypotheses = ranked.hypotheses
        self._links = Links.of(ranked.hypotheses)
        self._here = np.zeros(views.shape, bool)
        self._there = np.zeros(views.shape, bool)

    def grow(self, index: int) -> None:
        """Grow one guess, and measure its region where it may be a copy."""
        centre = self._hypotheses.centres[index]
        x, y = int(centre[0]), int(centre[1])
        grown = self._ahead.result(("region", index), partial(self._spread, index))
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
        candidate.features.update(self._ranked.features(index))
        if candidate.features["detail"] >= LEAST_DETAIL and candidate.features["spread"] >= LEAST_SPREAD:
            self.candidates.append(candidate)

    def begin_after(self, index: int) -> None:
        """Have the next new guess grown ahead; in vain where the region of this one will cover it."""
        order = self._ranked.order
        later = order[int(np.argmax(order == index)) + 1 :]
        following = next((int(other) for other in later if self.is_new(other)), None)
        if following is not None:
            self._ahead.begin(("region", following), partial(self._spread, following))

    def _spread(self, index: int, _: Control) -> Spread | None:
        centre = self._hypotheses.centres[index]
        pose = pose_matrix(centre, self._hypotheses.poses[index])
        return spread(self._views, (int(centre[0]), int(centre[1])), pose)

    def is_new(self, index: int) -> bool:
        """Whether not both ends of a guess are covered."""
        centre, pose = self._hypotheses.centres[index], self._hypotheses.poses[index]
        height, width = self._views.shape
        x, y = int(centre[0]), int(centre[1])
        u, v = min(max(int(pose[2]), 0), width - 1), min(max(int(pose[3]), 0), height - 1)
        return not (self._here[y, x] and (self._there[y, x] or self._here[v, u]))

    @staticmethod
    def _cover(region: Region, plane: npt.NDArray[np.bool_]) -> None:
        plane[region.window.slices] |= region.mask
