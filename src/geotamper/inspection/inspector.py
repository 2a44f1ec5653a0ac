"""The default detector: geometry of the pixels, a network for the object's class, and the rules of the task."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Protocol

from geotamper.control import Control
from geotamper.evidence.objects.network import ClassShares
from geotamper.evidence.results import Evidence
from geotamper.evidence.scenes.keypoints import FindKeypoints
from geotamper.evidence.search import available_workers, find_evidence
from geotamper.evidence.settings import EvidenceSettings
from geotamper.imagery.area import PixelArea
from geotamper.imagery.picture import Picture, Pixels
from geotamper.imagery.pixel_source import PixelSource
from geotamper.inspection.answering import Priors, answer_all
from geotamper.inspection.cases import case_of_findings
from geotamper.inspection.findings import BoolMask, Finding, Findings
from geotamper.inspection.questions import Question
from geotamper.inspection.report import Answer, ObjectClassGuess, WeightsInfo
from geotamper.inspection.scenes.findings import SceneFindings
from geotamper.inspection.verdict import is_too_small, judge, refuse_small
from geotamper.weights import BLUR, DIRECTION, LOOKALIKES, PackagedWeights

LIMITS = (
    "Only regions copied within this picture are looked for, not spliced or generated content.",
    "Objects removed by filling are seen only where the filling repeats another part of the picture.",
    "Mirrored, sheared or perspectively distorted copies are not looked for.",
    "Regions that were blurred, pixelated or painted over are seen only where the rest of the picture is sharper.",
    "Copies of very small, very smooth or strictly repeating content may be missed.",
    "Lossy compression, resizing and noise after the forgery make it likelier that forged regions are missed.",
    "Genuine look-alikes, such as serially built roofs or parked vehicles, may rarely be taken for copies.",
    "A verdict is a probability about the pixels; it does not tell who changed them or why.",
)


NO_CLASS_LIMIT = "The class of the forged object is not determined, since no class model is at hand."
CLASS_LIMIT = (
    "The class of the forged object is told from few collections of pictures: other sensors, seasons and regions may "
    "mislead it."
)


class EvidenceSearch(Protocol):
    """How evidence is found; `geotamper.evidence.search.find_evidence` by default."""

    def __call__(self, pixels: Pixels, *, settings: EvidenceSettings, control: Control) -> Evidence:
        """Look for copies and blurred regions in (H, W, 3) uint8 RGB pixels."""


class Classifier(Protocol):
    """Tells what a region shows; `geotamper.evidence.objects.network.ObjectClassifier` in detectors built by name."""

    @property
    def weights(self) -> PackagedWeights:
        """What it learned."""

    def classify(self, pixels: Pixels, target: BoolMask, source: BoolMask | None = None) -> ClassShares:
        """Probabilities of the classes of a forged region; see `ObjectClassifier.classify`."""


class Inspector:
    """Finds copies by geometry, and blurred regions, and answers by the rules of the task.

    Args:
        settings: Of the search for evidence.
        search: Finds the evidence.
        priors: Probabilities of answers by open question type, used by forced answers only.
        classifier: Tells what forged regions show; without one the object is `unknown`.
    """

    def __init__(
        self,
        settings: EvidenceSettings | None = None,
        *,
        search: EvidenceSearch = find_evidence,
        priors: Priors | None = None,
        classifier: Classifier | None = None,
    ) -> None:
        self._settings = settings or EvidenceSettings()
        self._search = search
        self._priors = priors or {}
        self._classifier = classifier

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
        """What it learned: to judge re-saved copies, directions, blurred regions and classes."""
        used = [LOOKALIKES, BLUR, DIRECTION]
        if self._classifier is not None:
            used.append(self._classifier.weights)
        return tuple(WeightsInfo(name=w.name, sha256=w.digest(), licence=w.licence) for w in used)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The settings of the search for evidence that its outcome depends on."""
        settings = asdict(self._settings)
        del settings["workers"]
        return settings

    @property
    def limits(self) -> tuple[str, ...]:
        """What the method cannot see, in sentences."""
        return (*LIMITS, NO_CLASS_LIMIT if self._classifier is None else CLASS_LIMIT)

    def detect(self, picture: Picture, control: Control) -> Findings:
        """Look for copied and blurred regions; see `Detector.detect`.

        Raises:
            CancelledError: The caller asked to stop.
            MissingLibraryError: ONNX Runtime, which tells the class of what was found, is not installed.
        """
        if is_too_small(picture):
            return refuse_small(picture)
        findings = judge(picture, self._search(picture.pixels, settings=self._settings, control=control))
        if self._classifier is None:
            return findings
        items = tuple(_classified(item, picture.pixels, self._classifier) for item in findings.items)
        return replace(findings, items=items)

    def inspect_scene(
        self,
        source: PixelSource,
        control: Control,
        *,
        area: PixelArea | None = None,
        thorough: bool = False,
        find: FindKeypoints | None = None,
    ) -> SceneFindings:
        """Look for forged regions in a scene that memory need not hold; see `geotamper.inspection.scenes.inspector`.

        Args:
            source: The scene, read window by window.
            control: Progress, cancellation and limits.
            area: The part to search; None for all of it.
            thorough: Inspect each tile as a picture too, small discs and blurred regions included.
            find: Finds the keypoints of tiles; in this process by default.

        Raises:
            InputError: The file is damaged, or the memory bound too small for any scene.
            OutputError: There is no room for a temporary file.
            CancelledError: The caller asked to stop.
        """
        from geotamper.inspection.scenes.inspector import ScenePlan, inspect_scene

        settings = replace(self._settings, workers=self._settings.workers or available_workers())
        plan = ScenePlan(self._detect_part, self._classifier, settings, thorough=thorough, find=find)
        return inspect_scene(source, plan, control, area=area)

    def _detect_part(self, picture: Picture, share: float, control: Control) -> Findings:
        """`detect` with a share of the false-alarm rate: one of many parts of a scene."""
        settings = replace(self._settings, false_alarm_rate=share * self._settings.false_alarm_rate)
        part = Inspector(settings, search=self._search, classifier=self._classifier)
        return part.detect(picture, control)

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

    def with_priors(self, priors: Priors) -> "Inspector":
        """The same detector with other priors; see `Detector.with_priors`."""
        return Inspector(self._settings, search=self._search, priors=priors, classifier=self._classifier)


def _classified(item: Finding, pixels: Pixels, classifier: Classifier) -> Finding:
    source = None if item.kind == "blur" else item.source
    found = classifier.classify(pixels, item.target, source)
    regions = "the blurred region" if source is None else "both regions"
    return replace(
        item,
        object_class=ObjectClassGuess(label=found.label, confidence=min(1.0, found.confidence)),
        best_class=found.best_class,
        object_basis=class_basis(regions, classifier),
    )


def class_basis(regions: str, classifier: Classifier) -> str:
    """What a class rests on: the regions that were looked at, and by which weights."""
    weights = classifier.weights
    return f"told from {regions} and their surroundings by {weights.name} ({weights.licence})"
