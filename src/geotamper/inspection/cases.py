"""What is known of a picture, in the numbers that answers follow from.

A fresh inspection and a saved report give the same case, so both answer alike.
"""

from dataclasses import dataclass

from geotamper.errors import SpecificationError
from geotamper.imagery.region import Region as PixelRegion
from geotamper.inspection.findings import BoolMask, Finding, Findings, no_such_finding
from geotamper.inspection.regions import centroid
from geotamper.inspection.report import FindingEntry, InspectionReport, ObjectClassGuess, Region
from geotamper.inspection.scenes.findings import SceneFinding, SceneFindings
from geotamper.task.classes import OBJECT_CLASSES, ObjectClass
from geotamper.task.facts import RegionFacts, TamperFacts, TamperKind

SMALLEST_SIGMA = 1e-6
"""The rules take a sigma of 0 for an exact fact; a measurement never is one."""


@dataclass(frozen=True)
class Subject:
    """The one finding that answers concern, in numbers.

    Attributes:
        finding: Its id.
        confidence: That the region was forged, 0 to 1.
        facts: What was measured.
        direction_confidence: That source and target are not exchanged; 1 where there is no direction.
        direction_basis: What that rests on, in a few words.
        object_confidence: That the region shows the class of `facts`, or none of the seven where that is None.
        object_basis: What that rests on, in a few words; empty where no class model is at hand.
        best_class: The most probable of the seven classes, also where the region is taken to show none of them.
    """

    finding: int
    confidence: float
    facts: TamperFacts
    direction_confidence: float = 1.0
    direction_basis: str = ""
    object_confidence: float = 0.0
    object_basis: str = ""
    best_class: ObjectClass | None = None


@dataclass(frozen=True)
class Case:
    """A verdict and the finding that it and the answers concern.

    Attributes:
        tampered: None means not decided.
        score: P(tampered).
        confidence: That `tampered` is right.
        basis: What the verdict rests on.
        subject: None where there is no finding.
        chosen: Whether the caller picked the finding, which lets an open verdict answer for a candidate.
        claimed: What was done by a detector that knows it without a region.
    """

    tampered: bool | None
    score: float
    confidence: float
    basis: str
    subject: Subject | None
    chosen: bool = False
    claimed: TamperKind | None = None

    @property
    def kind(self) -> TamperKind | None:
        """What was done to the picture, or None where that is not known."""
        if self.tampered is False:
            return "none"
        if self.subject is None:
            return self.claimed if self.tampered else None
        if self.tampered is None and not self.chosen:
            return None
        return self.subject.facts.kind


def case_of_findings(findings: Findings | SceneFindings, finding: int | None = None) -> Case:
    """The case of a fresh inspection.

    Args:
        findings: With their masks or regions.
        finding: Id of the finding that answers shall concern; None for the primary one.

    Raises:
        SpecificationError: No finding has this id.
    """
    item = findings.select(finding)
    picture = findings.source if isinstance(findings, SceneFindings) else findings.picture
    return Case(
        tampered=findings.tampered,
        score=findings.score,
        confidence=findings.confidence,
        basis=findings.basis,
        subject=None if item is None else _subject_of_finding(item, picture.width, picture.height),
        chosen=finding is not None,
        claimed=findings.kind,
    )


def case_of_report(report: InspectionReport, finding: int | None = None) -> Case:
    """The case of a saved report; the same answers follow from it as from the inspection.

    Args:
        report: As written.
        finding: Id of the finding that answers shall concern; None for the one the report was made for.

    Raises:
        SpecificationError: No finding has this id.
    """
    if finding is None:
        finding = report.run.parameters.get("finding")
    entries = {entry.id: entry for entry in report.findings}
    if finding is not None and finding not in entries:
        raise SpecificationError(no_such_finding(finding, list(entries)))
    entry = entries[finding] if finding is not None else next(iter(report.findings), None)
    image = report.image
    return Case(
        tampered=report.verdict.tampered,
        score=report.verdict.score,
        confidence=report.verdict.confidence,
        basis=f"verdict of the saved report, made by geotamper {report.run.version}",
        subject=None if entry is None else _subject_of_entry(entry, image.width, image.height),
        chosen=finding is not None,
        claimed=report.verdict.kind,
    )


def _subject_of_finding(item: Finding | SceneFinding, width: int, height: int) -> Subject:
    target = _facts_of_area(item.target)
    return Subject(
        finding=item.id,
        confidence=item.confidence,
        facts=TamperFacts(
            width=width,
            height=height,
            kind=item.kind,
            object_class=_known_class(item.object_class),
            source=target if item.kind == "blur" else _facts_of_area(item.source),
            target=target,
            scale=item.transform.scale if item.transform else None,
            rotation_deg=item.transform.rotation_deg if item.transform else None,
            scale_sigma=max(item.scale_sigma, SMALLEST_SIGMA),
            rotation_sigma=max(item.rotation_sigma, SMALLEST_SIGMA),
        ),
        direction_confidence=1.0 if item.direction_confidence is None else item.direction_confidence,
        direction_basis=item.direction_basis,
        object_confidence=item.object_class.confidence if item.object_class else 0.0,
        object_basis=item.object_basis,
        best_class=item.best_class,
    )


def _subject_of_entry(entry: FindingEntry, width: int, height: int) -> Subject:
    transform = entry.transform
    return Subject(
        finding=entry.id,
        confidence=entry.confidence,
        facts=TamperFacts(
            width=width,
            height=height,
            kind=entry.kind,
            object_class=_known_class(entry.object_class),
            source=_facts_of_region(entry.source or entry.target),
            target=_facts_of_region(entry.target),
            scale=transform.scale if transform else None,
            rotation_deg=transform.rotation_deg if transform else None,
            scale_sigma=max(transform.scale_sigma if transform else 0.0, SMALLEST_SIGMA),
            rotation_sigma=max(transform.rotation_sigma if transform else 0.0, SMALLEST_SIGMA),
        ),
        direction_confidence=1.0 if entry.direction_confidence is None else entry.direction_confidence,
        direction_basis="direction as judged in the saved report",
        object_confidence=entry.object_class.confidence if entry.object_class else 0.0,
        object_basis="class as judged in the saved report" if entry.object_class else "",
        best_class=_known_class(entry.object_class),
    )


def _known_class(guess: ObjectClassGuess | None) -> ObjectClass | None:
    """The class of a guess, None where it is none of the seven."""
    return next((name for name in OBJECT_CLASSES if guess is not None and name == guess.label), None)


def _facts_of_area(mask: BoolMask | PixelRegion) -> RegionFacts:
    x, y, area = centroid(mask)
    return RegionFacts((x, y), area)


def _facts_of_region(region: Region) -> RegionFacts:
    return RegionFacts(region.centroid, region.area_px)
