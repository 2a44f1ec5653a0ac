"""The seam between detectors and everything that uses them."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from geotamper.classical.names import METHOD_NAMES, MethodName
from geotamper.control import Control
from geotamper.errors import SpecificationError
from geotamper.evidence.objects.network import CLASS_NETWORKS, DEFAULT_NETWORK, ClassNetworkName
from geotamper.imagery.picture import Picture
from geotamper.inspection.answering import Priors
from geotamper.inspection.findings import Findings
from geotamper.inspection.questions import Question
from geotamper.inspection.report import Answer, WeightsInfo


class Detector(Protocol):
    """Finds forged regions and answers questions about them."""

    @property
    def name(self) -> str:
        """The name it goes by in reports."""

    @property
    def device(self) -> str:
        """Where it computes."""

    @property
    def weights(self) -> tuple[WeightsInfo, ...]:
        """The trained weights it uses."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What steers it, as plain values for the report."""

    @property
    def limits(self) -> tuple[str, ...]:
        """What the method cannot see, in sentences."""

    def detect(self, picture: Picture, control: Control) -> Findings:
        """Look for forged regions.

        Raises:
            CancelledError: The caller asked to stop.
        """

    def answers(
        self,
        findings: Findings,
        questions: Sequence[Question],
        *,
        finding: int | None = None,
        forced: bool = False,
    ) -> tuple[Answer, ...]:
        """Answer questions about the picture that was searched.

        Args:
            findings: What `detect` returned.
            questions: Read from text, or of the catalogue.
            finding: Id of the finding that the answers shall concern; None for the primary one.
            forced: Give an answer of the type's vocabulary where the detector would abstain.

        Raises:
            SpecificationError: No finding has this id, or a forced question is outside the catalogue.
        """

    def with_priors(self, priors: Priors) -> "Detector":
        """The same detector, which guesses by these probabilities where an answer is forced.

        Args:
            priors: Probabilities of answers by open question type; uniform where a type is missing.
        """


def _build_inspector(false_alarm_rate: float, workers: int, weights: ClassNetworkName) -> Detector:
    from geotamper.evidence.objects.network import NETWORKS, ObjectClassifier
    from geotamper.evidence.settings import EvidenceSettings
    from geotamper.inspection.inspector import Inspector

    settings = EvidenceSettings(false_alarm_rate=false_alarm_rate, workers=workers)
    return Inspector(settings, classifier=ObjectClassifier(NETWORKS[weights]))


def _build_classical(
    name: MethodName, false_alarm_rate: float, workers: int, weights: ClassNetworkName
) -> Detector:
    from geotamper.inspection.classical import ClassicalDetector

    del false_alarm_rate, workers, weights  # fixed thresholds, one thread, no class network
    return ClassicalDetector(name)


DETECTORS: Mapping[str, Callable[[float, int, ClassNetworkName], Detector]] = {
    "inspector": _build_inspector,
    **{name: partial(_build_classical, name) for name in METHOD_NAMES},
}
"""Builders by name; each takes the false-alarm rate, the number of threads and the weights of the class network."""

DEFAULT_DETECTOR = "inspector"


def check_detector_name(name: str) -> None:
    """Refuse a name that no detector has, before any picture is read.

    Raises:
        SpecificationError: With the names there are, the nearest first.
    """
    if name not in DETECTORS:
        near = difflib.get_close_matches(name, DETECTORS, n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise SpecificationError(f"unknown detector '{name}'; {hint}available: {', '.join(DETECTORS)}")


def build_detector(
    name: str = DEFAULT_DETECTOR,
    *,
    false_alarm_rate: float = 0.01,
    workers: int = 0,
    weights: str = DEFAULT_NETWORK,
) -> Detector:
    """Build a detector by name.

    Args:
        name: One of `DETECTORS`.
        false_alarm_rate: Share of untouched pictures that may be called tampered, between 0 and 1; the classical
            detectors have fixed thresholds.
        workers: Threads for one picture, 0 for the detector's own choice; it does not change the result.
        weights: "research" or "permissive": which class network tells what was forged; the classical ones have none.

    Raises:
        SpecificationError: Unknown name or weights, or a rate out of range.
    """
    check_detector_name(name)
    return DETECTORS[name](false_alarm_rate, workers, check_weights(weights))


def check_weights(name: str) -> ClassNetworkName:
    """The class network of this name.

    Raises:
        SpecificationError: There is none.
    """
    for known in CLASS_NETWORKS:
        if known == name:
            return known
    raise SpecificationError(
        f"unknown weights '{name}'; choose research (the default: all collections, for research use only) or "
        "permissive (unrestricted collections and drawn scenes, for any use)"
    )
