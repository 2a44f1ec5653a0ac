"""Which of two alike regions is the copy."""

import math
from dataclasses import dataclass
from typing import Protocol

from geotamper.evidence.planes import Planes
from geotamper.evidence.region import Region
from geotamper.evidence.resynthesis import Explanation
from geotamper.evidence.seams import find_seam
from geotamper.imagery.kernels import NEAREST

BOTH_EXACT = 0.85
"""Share of exact pixels from which a region follows from the other."""

ODDS_PER_KINK = 10.0
"""Log odds that a difference of 1 in the kinks of two outlines stands for.

Less than a fit on true outlines of folds train and val gives: outlines that were found are less exact.
"""


@dataclass(frozen=True)
class Pair:
    """Two regions, each with the prediction of it from the other.

    Attributes:
        regions: The two outlines.
        explanations: How each is predicted from the other's place, in the same order.
    """

    regions: tuple[Region, Region]
    explanations: tuple[Explanation, Explanation]


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


class SeamJudge:
    """A paste leaves sharp breaks along its outline that the place it was taken from does not have."""

    def judge(self, planes: Planes, pair: Pair) -> Judgement:
        """Compare the kinks along the two outlines."""
        first, second = (find_seam(planes, region).kink for region in pair.regions)
        return Judgement(
            ODDS_PER_KINK * (first - second), "seam: sharp breaks along the outline of one region"
        )


def judge_direction(planes: Planes, pair: Pair, judges: tuple[DirectionJudge, ...]) -> Judgement:
    """The opinion of the first judge that has one, in the order given; the last one's otherwise."""
    judgement = Judgement(0.0, "nothing distinguishes the two regions")
    for judge in judges:
        judgement = judge.judge(planes, pair)
        if judgement.log_odds != 0.0:
            break
    return judgement
