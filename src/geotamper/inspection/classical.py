"""The classical detectors behind the seam of all detectors, as references."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geotamper.classical.matches import Match
from geotamper.classical.names import MethodName
from geotamper.classical.search import LARGEST_SIDE, METHODS, ClassicalMethod
from geotamper.control import Control
from geotamper.evidence.results import CopyEvidence
from geotamper.imagery.picture import Picture
from geotamper.inspection.answering import Priors, answer_all
from geotamper.inspection.cases import case_of_findings
from geotamper.inspection.findings import Findings, number_findings
from geotamper.inspection.questions import Question
from geotamper.inspection.report import Answer, WeightsInfo
from geotamper.inspection.verdict import is_too_small, refuse_small

NO_DIRECTION = 0.5

MISSED_SHARE = 0.75
"""Share of forgeries that a classical detector is taken to miss, see docs/explanation/classical.md."""

SCORE_WITHOUT_MATCH = MISSED_SHARE / (1 + MISSED_SHARE)
"""P(tampered) where nothing is alike, with even odds before and next to no false alarms."""

DIRECTION_BASIS = "the method cannot tell source from copy: the region further left is called source"

LIMITS = (
    "This is a textbook method, a reference for comparison; the detector 'inspector' finds more and errs less.",
    "Source and copy are not told apart.",
    "The class of what was copied is not determined.",
    "Blurred regions are not looked for.",
    "The threshold is fixed for about one false alarm in twenty pictures, whatever rate is asked for.",
    "Limits of time and memory have no effect.",
    f"Pictures of more than {LARGEST_SIDE} pixels a side are reduced first.",
    "Confidences rise with the evidence and are not calibrated probabilities.",
)


class ClassicalDetector:
    """A textbook method that answers by the rules of the task.

    Args:
        name: Of the method.
        priors: Probabilities of answers by open question type, used by forced answers only.
    """

    def __init__(self, name: MethodName, priors: Priors | None = None) -> None:
        self._name: MethodName = name
        self._method: ClassicalMethod = METHODS[name]
        self._priors = priors or {}

    @property
    def name(self) -> str:
        """The name it goes by in reports."""
        return self._name

    @property
    def device(self) -> str:
        """Where it computes."""
        return "cpu"

    @property
    def weights(self) -> tuple[WeightsInfo, ...]:
        """None: nothing was learned but the threshold."""
        return ()

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What its outcome depends on."""
        method = self._method
        return {"method": method.title, "threshold": method.threshold, "strength": method.counts}

    @property
    def limits(self) -> tuple[str, ...]:
        """What the method cannot see, in sentences."""
        return LIMITS

    def detect(self, picture: Picture, control: Control) -> Findings:
        """Look for regions that are alike; see `Detector.detect`.

        Raises:
            CancelledError: The caller asked to stop.
        """
        if is_too_small(picture):
            return refuse_small(picture)
        matches = self._method.matches(picture.pixels, control)
        strongest = max(matches, key=lambda match: match.strength, default=None)
        probability = 0.0 if strongest is None else self._method.probability(strongest)
        basis = self._basis(strongest)
        accepted = [match for match in matches if match.strength >= self._method.threshold]
        if not accepted:
            score = SCORE_WITHOUT_MATCH + (0.5 - SCORE_WITHOUT_MATCH) * 2 * probability  # below one half
            return Findings(picture, tampered=False, score=score, confidence=1 - score, basis=basis)
        items = number_findings([self._evidence(match) for match in accepted])
        return Findings(
            picture, tampered=True, score=probability, confidence=probability, items=items, basis=basis
        )

    def answers(
        self,
        findings: Findings,
        questions: Sequence[Question],
        *,
        finding: int | None = None,
        forced: bool = False,
    ) -> tuple[Answer, ...]:
        """Answer questions by the rules of the task; see `Detector.answers`.

        Raises:
            SpecificationError: No finding has this id, or a forced question is outside the catalogue.
        """
        case = case_of_findings(findings, finding)
        return answer_all(case, questions, self._priors if forced else None)

    def with_priors(self, priors: Priors) -> "ClassicalDetector":
        """The same detector with other priors; see `Detector.with_priors`."""
        return ClassicalDetector(self._name, priors)

    def _basis(self, strongest: Match | None) -> str:
        method = self._method
        if strongest is None:
            return f"no two regions are alike ({method.title})"
        return f"{strongest.strength:.0f} {method.counts} in the strongest match, {method.threshold:g} are needed"

    def _evidence(self, match: Match) -> CopyEvidence:
        return CopyEvidence(
            source=np.asarray(match.source, np.bool_),
            target=np.asarray(match.target, np.bool_),
            transform=match.transform,
            rotation_sigma=math.degrees(match.sigma),
            scale_sigma=match.sigma,
            probability=self._method.probability(match),
            direction_probability=NO_DIRECTION,
            direction_basis=DIRECTION_BASIS,
            measurements={self._method.counts: match.strength},
        )
