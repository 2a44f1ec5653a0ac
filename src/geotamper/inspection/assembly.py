"""From findings to the report as data."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from geotamper._version import __version__
from geotamper.imagery.pixel_source import Described
from geotamper.inspection.answering import answer_all
from geotamper.inspection.cases import case_of_findings
from geotamper.inspection.detector import Detector
from geotamper.inspection.findings import Finding, Findings
from geotamper.inspection.questions import Question, open_questions, read_question
from geotamper.inspection.regions import describe_region
from geotamper.inspection.report import (
    REPORT_SCHEMA,
    Artifacts,
    BlurInfo,
    FindingEntry,
    ImageInfo,
    InspectionReport,
    RunInfo,
    Transform,
    Verdict,
    printable,
)
from geotamper.inspection.scenes.findings import SceneFinding, SceneFindings
from geotamper.task.facts import TamperKind

PATH_WITHOUT_FILE = "picture"
"""Stands in reports for the path of arrays and PIL images."""


@dataclass(frozen=True)
class Request:
    """What the caller asked for, beside the picture.

    Attributes:
        questions: Texts; none means every open type that applies.
        finding: Id of the finding that verdict and answers shall concern, or None for the primary one.
        parameters: What the caller chose besides, as plain values for the report.
    """

    questions: tuple[str, ...] = ()
    finding: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


def assemble_report(
    detector: Detector, findings: Findings | SceneFindings, request: Request, *, seconds: float
) -> InspectionReport:
    """Build the report of one picture or scene, without files.

    Args:
        detector: What found the findings.
        findings: With their masks or regions; those of a scene are answered by the rules of the task.
        request: What the caller asked for.
        seconds: Wall-clock time of the detection.

    Raises:
        SpecificationError: `request.finding` is not among the findings.
    """
    case = case_of_findings(findings, request.finding)
    questions = _questions(request.questions, case.kind or "none")
    picture: Described
    if isinstance(findings, SceneFindings):
        picture, answers = findings.source, answer_all(case, questions, None)
    else:
        picture = findings.picture
        answers = detector.answers(findings, questions, finding=request.finding)
    frame = picture.width * picture.height
    return InspectionReport(
        schema_name=REPORT_SCHEMA,
        image=_image_info(picture),
        verdict=Verdict(
            tampered=findings.tampered,
            kind=None if findings.tampered is None else case.kind,
            score=findings.score,
            confidence=findings.confidence,
        ),
        findings=tuple(_entry(item, frame) for item in findings.items),
        answers=answers,
        artifacts=Artifacts(),
        limits=(*detector.limits, *map(_sentence, (*picture.notes, *findings.notes))),
        run=reproducible_run(detector, request).model_copy(
            update={"seconds": seconds, "peak_memory_mb": peak_memory_mb()}
        ),
    )


def reproducible_run(detector: Detector, request: Request) -> RunInfo:
    """How a report is made, as far as that is known before: time and memory are 0.

    Args:
        detector: What looks for findings.
        request: What the caller asked for.
    """
    return RunInfo(
        version=__version__,
        detector=detector.name,
        weights=detector.weights,
        device=detector.device,
        seconds=0.0,
        peak_memory_mb=0.0,
        parameters={
            **detector.parameters,
            **request.parameters,
            "questions": [printable(text) for text in request.questions],
            "finding": request.finding,
        },
    )


def _questions(texts: Sequence[str], kind: TamperKind) -> tuple[Question, ...]:
    return tuple(read_question(text) for text in texts) if texts else open_questions(kind)


def _sentence(note: str) -> str:
    return note[:1].upper() + note[1:] + ("" if note.endswith(".") else ".")


def _image_info(picture: Described) -> ImageInfo:
    return ImageInfo(
        path=printable(picture.path or PATH_WITHOUT_FILE),
        sha256=picture.sha256,
        width=picture.width,
        height=picture.height,
        bands=picture.bands,
        dtype=picture.dtype,
        crs=picture.crs,
        geotransform=picture.geotransform,
        pixel_area_m2=picture.pixel_area_m2,
    )


def _entry(item: Finding | SceneFinding, frame: int) -> FindingEntry:
    target = describe_region(item.target, frame=frame)
    return FindingEntry(
        id=item.id,
        group=item.group,
        kind=item.kind,
        confidence=item.confidence,
        object_class=item.object_class,
        source=target if item.kind == "blur" else describe_region(item.source, frame=frame),
        target=target,
        transform=_transform(item),
        direction_confidence=item.direction_confidence,
        blur=BlurInfo(method=item.blur_method, strength=item.blur_strength) if item.blur_method else None,
    )


def _transform(item: Finding | SceneFinding) -> Transform | None:
    if item.transform is None:
        return None
    (m00, m01, m02), (m10, m11, m12) = item.transform.matrix.tolist()
    return Transform(
        rotation_deg=item.transform.rotation_deg,
        scale=item.transform.scale,
        rotation_sigma=item.rotation_sigma,
        scale_sigma=item.scale_sigma,
        matrix=((m00, m01, m02), (m10, m11, m12)),
    )


def peak_memory_mb() -> float:
    """Largest memory that this process has held so far, 10^6 bytes; 0 where the platform does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
