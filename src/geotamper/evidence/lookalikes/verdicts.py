"""The entry of this package: inexact copies of a picture, accepted or left undecided."""

import math
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from geotamper.control import Control
from geotamper.evidence.direction import GridJudge, Judgement, RimJudge
from geotamper.evidence.hypotheses import CandidatePool
from geotamper.evidence.lookalikes.measuring import Candidate
from geotamper.evidence.lookalikes.scoring import Scoring, load_scoring
from geotamper.evidence.lookalikes.search import MAX_OVERLAP, CandidateSearch
from geotamper.evidence.lookalikes.spreading import completed
from geotamper.evidence.lookalikes.views import Views
from geotamper.evidence.pair import CopyPair
from geotamper.evidence.pattern import belongs_to_pattern
from geotamper.evidence.planes import Planes
from geotamper.evidence.rims import Likeness
from geotamper.evidence.settings import EvidenceSettings

UNDECIDED_FROM = 0.5
"""Probability from which a pair that is not accepted is mentioned as undecided."""

LEAST_BLOCK_SEAM = -0.1
"""Seam share that a pair shifted by whole JPEG blocks must have; copies of folds train and val had at least 0.01."""

JUDGES = (GridJudge(), RimJudge())
"""Tell source from copy, the most trusted first."""


@dataclass(frozen=True)
class LikenessSearch:
    """The whole search for copies that are no longer exact.

    Attributes:
        candidates: How pairs are found.
    """

    candidates: CandidateSearch = field(default_factory=CandidateSearch)

    def without_large_tables(self) -> "LikenessSearch":
        """The search that needs little memory."""
        origins = tuple(origin for origin in self.candidates.origins if not origin.is_large)
        return LikenessSearch(replace(self.candidates, origins=origins))

    def run(
        self, pool: CandidatePool, *, settings: EvidenceSettings, workers: int, control: Control
    ) -> tuple[list[CopyPair], list[CopyPair]]:
        """Look for inexact copies.

        Args:
            pool: The picture's candidates.
            settings: The false-alarm rate and the number of findings are used.
            workers: Threads.
            control: Progress, cancellation and limits.

        Returns:
            Accepted pairs and undecided ones, each in falling probability. Pairs that show a place already accepted
            are left out.
        """
        scoring = load_scoring()
        threshold = scoring.threshold(settings.false_alarm_rate)
        scored = [
            (scoring.copy.log_odds(candidate.features), candidate)
            for candidate in self.candidates.run(pool, workers=workers, control=control)
            if not _echoes_blocks(candidate)
        ]
        accepted: list[CopyPair] = []
        undecided: list[CopyPair] = []
        for odds, candidate in sorted(scored, key=lambda pair: -pair[0]):
            is_clear = odds >= threshold
            if len(accepted) >= settings.max_findings or not (
                is_clear or scoring.probability(odds) >= UNDECIDED_FROM
            ):
                break
            direction = _direction(pool.planes, candidate)
            pair = _as_pair(candidate, direction, odds, scoring)
            if any(_overlap(pair, known) for known in accepted + undecided):
                continue
            if not belongs_to_pattern(pool.planes, pair.copy, pair.matrix):
                pair = _as_pair(_completed(pool.planes, candidate), direction, odds, scoring)
                (accepted if is_clear else undecided).append(pair)
        return accepted, undecided


def _completed(planes: Planes, candidate: Candidate) -> Candidate:
    """The candidate with further parts of its regions, unless the two would then overlap."""
    grown = completed(Views.of(planes), candidate.grown)
    image = grown.region.moved(grown.fit.matrix, (planes.height, planes.width))
    if grown.region.shared_with(image) > MAX_OVERLAP * min(grown.region.area, image.area):
        return candidate
    return replace(candidate, grown=grown, image=image)


def _echoes_blocks(candidate: Candidate) -> bool:
    """Whether a pair is what JPEG makes of periodic texture: equal blocks, and no step along either outline."""
    return bool(candidate.features["grid_shift"]) and candidate.features["seam"] < LEAST_BLOCK_SEAM


def _overlap(pair: CopyPair, known: CopyPair) -> bool:
    """Whether a pair shows the place that a known one does: no place is pasted over twice."""
    parts = ((pair.copy, known.copy), (pair.copy, known.source), (pair.source, known.copy))
    return any(one.shared_with(other) > 0.3 * min(one.area, other.area) for one, other in parts)


def _direction(planes: Planes, candidate: Candidate) -> Judgement:
    """Log odds of the grown region being the pasted one, by the first judge that has an opinion."""
    pair = Likeness((candidate.grown.region, candidate.image), candidate.grown.fit.matrix)
    judgement = JUDGES[0].compare(planes, pair)
    return judgement if judgement.log_odds != 0.0 else JUDGES[1].compare(planes, pair)


def _as_pair(candidate: Candidate, direction: Judgement, odds: float, scoring: Scoring) -> CopyPair:
    grown, features = candidate.grown, candidate.features
    matrix, sigma = grown.fit.matrix, grown.fit.pose_sigma
    copy, source, residual = grown.region, candidate.image, features["residual"]
    if direction.log_odds < 0:
        scale = math.hypot(matrix[0, 0], matrix[0, 1])
        matrix, sigma = np.asarray(cv2.invertAffineTransform(matrix), np.float64), sigma / scale**2
        copy, source, residual = source, copy, features["residual_back"]
    return CopyPair(
        source=source,
        copy=copy,
        matrix=matrix,
        pose_sigma=sigma,
        direction=Judgement(abs(direction.log_odds), direction.basis),
        probability=scoring.probability(odds),
        measurements={
            "likeness": features["middle"],
            "residual_q75": residual,
            "contrast": features["contrast"],
            "precision_px": math.exp(features["precision"]) - 0.02,
        },
    )
