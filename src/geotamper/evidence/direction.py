"""Which of two alike regions is the copy."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from geotamper.evidence.grid import grid_of
from geotamper.evidence.planes import Planes
from geotamper.evidence.resynthesis import Explanation
from geotamper.evidence.rim_model import load_model
from geotamper.evidence.rims import Likeness
from geotamper.imagery.kernels import NEAREST
from geotamper.imagery.region import Region

BOTH_EXACT = 0.85
"""Share of exact pixels from which a region follows from the other."""

GRID_STRENGTH = 2.0
"""Mean log likelihood ratio of the blocks of a picture from which it is taken to have been a JPEG."""

GRID_MOVED = 8.0
"""Sum of the log likelihood ratio against lying on the grid, over the blocks of a region, from which it breaks it."""

GRID_KEPT = 4.0
"""The same sum for lying on the grid that the other region must have."""

ODDS_PER_RATIO = 0.1
"""Share of these sums that counts: the coefficients of a block, and neighbouring blocks, repeat each other."""


@dataclass(frozen=True)
class Pair:
    """Two regions, each with the prediction of it from the other.

    Attributes:
        regions: The two outlines.
        explanations: How each is predicted from the other's place, in the same order.
    """

    regions: tuple[Region, Region]
    explanations: tuple[Explanation, Explanation]

    @property
    def likeness(self) -> Likeness:
        """The pair as the judges see it that need no exact prediction."""
        return Likeness(self.regions, self.explanations[0].matrix)


@dataclass(frozen=True)
class Judgement:
    """An opinion on the direction.

    Attributes:
        log_odds: Of the first region being the copy; 0 says nothing.
        basis: What the opinion rests on.
    """

    log_odds: float
    basis: str

    @property
    def probability(self) -> float:
        """That the more likely direction is right, 0.5 to 1."""
        return 1.0 / (1.0 + math.exp(-min(abs(self.log_odds), 30.0)))


class DirectionJudge(Protocol):
    """Something that has an opinion on which of two regions is the copy."""

    def judge(self, planes: Planes, pair: Pair) -> Judgement:
        """Weigh the two directions."""
        ...


class LikenessJudge(Protocol):
    """A judge that needs the two outlines and the transform, but no exact prediction."""

    def compare(self, planes: Planes, pair: Likeness) -> Judgement:
        """Weigh the two directions."""
        ...


class ResamplingJudge:
    """The copy follows from the source exactly, the source from the copy does not.

    Says nothing about plain moves and nearest-pixel enlargements, where both directions are exact.
    """

    def judge(self, planes: Planes, pair: Pair) -> Judgement:  # noqa: ARG002 - the explanations hold all
        """Compare exact shares and residuals of the two predictions."""
        first, second = pair.explanations
        share = first.share - second.share
        ratio = math.log((first.residual + 0.3) / (second.residual + 0.3))
        log_odds = 0.0
        both_exact = min(first.share, second.share) > BOTH_EXACT
        if both_exact and NEAREST in (first.kernel, second.kernel):
            # an enlargement by nearest pixels holds every pixel of its source: each follows from the other
            return Judgement(0.0, "resampling: both regions follow exactly from each other")
        if abs(share) > 0.06 or abs(ratio) > 0.35:
            log_odds = 12.0 * (share - 0.3 * ratio)
        return Judgement(log_odds, "resampling: one region follows exactly from the other, not the reverse")


class GridJudge:
    """A paste breaks the block grid that an earlier JPEG compression left; its source keeps it.

    Says nothing where the picture has no such grid or neither region breaks it: after moves by whole blocks, and where
    the picture was compressed, resized or made noisy since.
    """

    def judge(self, planes: Planes, pair: Pair) -> Judgement:
        """Compare how the blocks that the two regions touch lie on the picture's grid."""
        return self.compare(planes, pair.likeness)

    def compare(self, planes: Planes, pair: Likeness) -> Judgement:
        """As `judge`, of regions without predictions."""
        grid = grid_of(planes)
        if grid is None or grid.strength < GRID_STRENGTH:
            return Judgement(0.0, "grid: no earlier compression to be seen")
        first, second = (grid.lying(planes, region) for region in pair.regions)
        if min(first, second) > -GRID_MOVED or max(first, second) < GRID_KEPT:
            return Judgement(0.0, "grid: both regions lie alike on the grid of an earlier compression")
        return Judgement(
            ODDS_PER_RATIO * (second - first), "grid: one region breaks the grid of an earlier compression"
        )


class RimJudge:
    """The rim of a paste is joined to its new ground; a learned judgement of profiles across both outlines."""

    def judge(self, planes: Planes, pair: Pair) -> Judgement:
        """Compare the two outlines."""
        return self.compare(planes, pair.likeness)

    def compare(self, planes: Planes, pair: Likeness) -> Judgement:
        """As `judge`, of regions without predictions."""
        return Judgement(
            load_model().log_odds(planes, pair), "rim: how the outlines meet what is around them"
        )


def judge_direction(planes: Planes, pair: Pair, judges: tuple[DirectionJudge, ...]) -> Judgement:
    """The opinion of the first judge that has one, in the order given; the last one's otherwise."""
    return first_opinion(judge.judge(planes, pair) for judge in judges)


def first_opinion(judgements: Iterable[Judgement]) -> Judgement:
    """The first judgement that says something, asked for one by one; the last one where none does."""
    judgement = Judgement(0.0, "nothing distinguishes the two regions")
    for judgement in judgements:
        if judgement.log_odds != 0.0:
            break
    return judgement
