"""The entry of this package: inexact copies of a picture, accepted or left undecided."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from geotamper.control import Control
from geotamper.evidence.direction import Judgement
from geotamper.evidence.lookalikes.measuring import Candidate
from geotamper.evidence.lookalikes.scoring import Scoring, load_scoring
from geotamper.evidence.lookalikes.search import find_candidates
from geotamper.evidence.lookalikes.settling import Proposal
from geotamper.evidence.planes import Planes
from geotamper.evidence.resynthesis import Explanation
from geotamper.evidence.settings import EvidenceSettings
from geotamper.evidence.verification import Verified
from geotamper.imagery.kernels import LINEAR

UNDECIDED_FROM = 0.0
"""Log odds from which a pair below the threshold is mentioned as undecided."""

SCALED_FROM = 0.03
"""|ln scale| from which the residuals of the two directions tell source from copy."""


def find_degraded_copies(
    planes: Planes,
    proposals: Sequence[Proposal],
    *,
    settings: EvidenceSettings,
    workers: int,
    control: Control,
) -> tuple[list[Verified], list[Verified]]:
    """Look for copies that are no longer exact.

    Args:
        planes: The picture.
        proposals: The rough guesses of the candidate sources, before any gate or registration.
        settings: The false-alarm rate and the number of findings are used.
        workers: Threads.
        control: Progress, cancellation and limits.

    Returns:
        Accepted pairs and undecided ones, each in falling probability. Pairs that show a place already accepted are
        left out.
    """
    scoring = load_scoring()
    candidates = find_candidates(planes, proposals, workers=workers, control=control)
    threshold = scoring.threshold(settings.false_alarm_rate)
    scored = [(scoring.copy.log_odds(candidate.features), candidate) for candidate in candidates]
    scored.sort(key=lambda pair: -pair[0])
    accepted: list[Verified] = []
    undecided: list[Verified] = []
    for odds, candidate in scored:
        if odds < min(threshold, UNDECIDED_FROM) or len(accepted) >= settings.max_findings:
            break
        verified = _verified(candidate, odds, scoring)
        if any(_overlap(verified, known) for known in accepted + undecided):
            continue
        (accepted if odds >= threshold else undecided).append(verified)
    return accepted, undecided


def _overlap(pair: Verified, known: Verified) -> bool:
    """Whether a pair shows the place that a known one does: no place is pasted over twice."""
    parts = ((pair.copy, known.copy), (pair.copy, known.source), (pair.source, known.copy))
    return any(one.shared_with(other) > 0.3 * min(one.area, other.area) for one, other in parts)


def _direction(candidate: Candidate, scoring: Scoring) -> Judgement:
    """Log odds of the grown region being the pasted one."""
    scaled = candidate.features["log_scale"] > SCALED_FROM
    evidence = {
        "kink_difference": candidate.features["kink_difference"],
        "residual_ratio": candidate.residual_ratio if scaled else 0.0,
    }
    odds = scoring.direction.log_odds(evidence)
    weights = scoring.direction.weights
    shares = {name: abs(weights[name] * value) for name, value in evidence.items()}
    basis = "seam: sharp breaks along the outline of one region"
    if shares["residual_ratio"] > shares["kink_difference"]:
        basis = "resampling: one region follows better from the other than the reverse"
    return Judgement(odds, basis)


def _verified(candidate: Candidate, odds: float, scoring: Scoring) -> Verified:
    grown, features = candidate.grown, candidate.features
    direction = _direction(candidate, scoring)
    matrix, sigma = grown.fit.matrix, grown.fit.pose_sigma
    copy, source, residual = grown.region, candidate.image, features["residual"]
    if direction.log_odds < 0:
        scale = math.hypot(matrix[0, 0], matrix[0, 1])
        matrix, sigma = np.asarray(cv2.invertAffineTransform(matrix), np.float64), sigma / scale**2
        copy, source, residual = source, copy, features["residual_back"]
    found = Explanation(
        matrix=matrix,
        kernel=LINEAR,
        widening=1.0,
        share=max(0.0, features["middle"]),
        residual=residual,
        information=float(copy.area),
        pose_sigma=sigma,
    )
    probability = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, odds))))
    return Verified(source, copy, found, Judgement(abs(direction.log_odds), direction.basis), probability)
