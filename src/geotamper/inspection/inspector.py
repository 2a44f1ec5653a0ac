"""The default detector: geometry of the pixels, and the rules of the task."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from geotamper.control import Control
from geotamper.evidence.results import Evidence
from geotamper.evidence.search import find_evidence
from geotamper.evidence.settings import EvidenceSettings
from geotamper.imagery.picture import Picture, Pixels
from geotamper.inspection.answering import Priors, answer_question, case_of_findings, force_answer
from geotamper.inspection.findings import Findings
from geotamper.inspection.questions import Question
from geotamper.inspection.report import Answer, WeightsInfo
from geotamper.inspection.verdict import is_too_small, judge, refuse_small
from geotamper.weights import PACKAGED

LIMITS = (
    "Only regions copied within this picture are looked for, not spliced or generated content.",
    "Objects removed by filling are seen only where the filling repeats another part of the picture.",
    "Mirrored, sheared or perspectively distorted copies are not looked for.",
    "Regions that were blurred, pixelated or painted over are seen only where the rest of the picture is sharper.",
    "Copies of very small, very smooth or strictly repeating content may be missed.",
    "Lossy compression, resizing and noise after the forgery make it likelier that forged regions are missed.",
    "Genuine look-alikes, such as serially built roofs or parked vehicles, may rarely be taken for copies.",
    "The class of the forged object is not determined, since no class model is at hand.",
    "A verdict is a probability about the pixels; it does not tell who changed them or why.",
)


class EvidenceSearch(Protocol):
    """How evidence is found; `geotamper.evidence.search.find_evidence` by default."""

    def __call__(self, pixels: Pixels, *, settings: EvidenceSettings, control: Control) -> Evidence:
        """Look for copies and blurred regions in (H, W, 3) uint8 RGB pixels."""


class Inspector:
    """Finds copies by geometry, and blurred regions, and answers by the rules of the task.

    Args:
        settings: Of the search for evidence.
        search: Finds the evidence.
        priors: Probabilities of answers by open question type, used by forced answers only.
    """

    def __init__(
        self,
        settings: EvidenceSettings | None = None,
        *,
        search: EvidenceSearch = find_evidence,
        priors: Priors | None = None,
    ) -> None:
        self._settings = settings or EvidenceSettings()
        self._search = search
        self._priors = priors or {}

    @property
    def name(self) -> str:
        """The name it goes by in reports."""
        return "inspector"

    @property
    def device(self) -> str:
        """Where it computes."""
        return "cpu"

    @property
    def weights(self) -> tuple[WeightsInfo, ...]:
        """The fitted numbers that the judgement of re-saved copies and of blurred regions rests on."""
        return tuple(WeightsInfo(name=w.name, sha256=w.digest(), licence=w.licence) for w in PACKAGED)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The settings of the search for evidence that its outcome depends on."""
        settings = asdict(self._settings)
        del settings["workers"]
        return settings

    @property
    def limits(self) -> tuple[str, ...]:
        """What the method cannot see, in sentences."""
        return LIMITS

    def detect(self, picture: Picture, control: Control) -> Findings:
        """Look for copied and blurred regions; see `Detector.detect`.

        Raises:
            CancelledError: The caller asked to stop.
        """
        if is_too_small(picture):
            return refuse_small(picture)
        return judge(picture, self._search(picture.pixels, settings=self._settings, control=control))

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
        if forced:
            return tuple(force_answer(case, question, self._priors) for question in questions)
        return tuple(answer_question(case, question) for question in questions)

    def with_priors(self, priors: Priors) -> "Inspector":
        """The same detector with other priors; see `Detector.with_priors`."""
        return Inspector(self._settings, search=self._search, priors=priors)
