"""Tests that tell a copy from genuine look-alikes."""

import math
from dataclasses import dataclass
from typing import Protocol

from geotamper.evidence.resynthesis import Explanation
from geotamper.evidence.unknown_kernel import NAME
from geotamper.imagery.region import Region


class AcceptanceTest(Protocol):
    """Something that gives the probability that an explained region is a copy."""

    def promising(self, found: Explanation) -> bool:
        """Whether an explanation of part of a region may still become acceptable: what is not costs no more time."""
        ...

    @property
    def accepted_from(self) -> float:
        """Probability from which a region is accepted, 0 to 1."""
        ...

    def probability(self, copy: Region, found: Explanation) -> float:
        """Probability, 0 to 1."""
        ...


@dataclass(frozen=True)
class ExactTest:
    """Accepts what is predicted to within rounding, with enough texture to mean something.

    The thresholds lie between the true regions and the wrong candidates of the development tiles (folds train
    and val); all are needed, because tiny flat patches are often exact by chance.

    Attributes:
        share: Smallest information-weighted share of exact pixels.
        residual: Largest 75th percentile of the residual, grey levels.
        information: Smallest product of information and share, nats.
        area: Smallest region, pixels.
        unknown_information: As `information` where the kernel was estimated from the region itself, whose knots
            could fit a small region by chance.
        unknown_residual: As `residual` there: the kernel is known at its knots only.
        accepted_from: Probability on the thresholds. All 12 regions of fold val that lay close above them, below
            0.9 of a logistic that begins at 0.5, were copies: 13 of 14 by the rule of succession.
    """

    share: float = 0.90
    residual: float = 0.65
    information: float = 150.0
    area: int = 50
    unknown_information: float = 400.0
    unknown_residual: float = 0.85
    accepted_from: float = 0.93

    def promising(self, found: Explanation) -> bool:
        """Within reach of the thresholds: an outline that is not yet right lowers share and information a little."""
        return (
            found.share > self.share - 0.15
            and found.residual < self.residual + 1.35
            and found.information * found.share > 0.4 * self.information
        )

    def probability(self, copy: Region, found: Explanation) -> float:
        """A logistic of the distance to the nearest threshold, `accepted_from` on it."""
        evidence = found.information * found.share
        unknown = found.kernel.name == NAME
        wanted = self.unknown_information if unknown else self.information
        residual = self.unknown_residual if unknown else self.residual
        margins = (
            (found.share - self.share) / 0.02,
            (residual - found.residual) / 0.05,
            math.log(max(evidence, 1e-3) / wanted) / 0.12,
            (copy.area - self.area) / 10.0,
        )
        on_threshold = math.log(self.accepted_from / (1 - self.accepted_from))
        return 1.0 / (1.0 + math.exp(-max(-30.0, on_threshold + min(margins))))
