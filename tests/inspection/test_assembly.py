from collections.abc import Callable

import jsonschema
import numpy as np
import pytest
from pydantic import ValidationError

from geotamper.errors import SpecificationError
from geotamper.evidence.results import BlurEvidence, CopyEvidence
from geotamper.inspection.answering import answer_question
from geotamper.inspection.assembly import Request, assemble_report, peak_memory_mb
from geotamper.inspection.cases import case_of_report
from geotamper.inspection.findings import Findings
from geotamper.inspection.inspector import Inspector
from geotamper.inspection.questions import Question
from geotamper.inspection.report import InspectionReport
from geotamper.inspection.schema import published_schema

Judge = Callable[..., Findings]


def report_of(findings: Findings, **request: object) -> InspectionReport:
    return assemble_report(Inspector(), findings, Request(**request), seconds=0.5)  # type: ignore[arg-type]


def test_assemble_report_fits_the_schema_and_survives_json(
    judged: Judge,
    make_copy: Callable[..., CopyEvidence],
    make_blur: Callable[..., BlurEvidence],
) -> None:
    for findings in (
        judged(),
        judged(copies=()),
        judged(blurs=(make_blur(strength=None),)),
        judged(undecided=(make_copy(probability=0.3),)),
        judged(copies=(make_copy(),), blurs=(make_blur(),)),
    ):
        report = report_of(findings)
        jsonschema.validate(report.to_dict(), published_schema())
        assert InspectionReport.model_validate_json(report.to_json()) == report


def test_assemble_report_survives_json_with_questions_that_are_no_utf_8(judged: Judge) -> None:
    report = report_of(judged(), questions=("\ud83d", "was the copy rotated\udcff?"))
    assert InspectionReport.model_validate_json(report.to_json()) == report


def test_assemble_report_describes_the_finding(judged: Judge) -> None:
    findings = judged()
    (entry,) = report_of(findings).findings
    target = findings.items[0].target
    rows, columns = np.nonzero(target)
    assert entry.target.area_px == np.count_nonzero(target)
    assert entry.target.bbox == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert entry.target.centroid == pytest.approx((columns.mean() + 0.5, rows.mean() + 0.5))
    assert entry.transform is not None
    assert entry.transform.rotation_deg == pytest.approx(30)
    assert entry.transform.scale == pytest.approx(1.2)
    assert np.allclose(entry.transform.matrix, findings.items[0].transform.matrix)  # type: ignore[union-attr]


def test_assemble_report_maps_the_source_centroid_onto_the_target(judged: Judge) -> None:
    (entry,) = report_of(judged()).findings
    assert entry.transform is not None
    assert entry.source is not None
    (a, b, tx), (c, d, ty) = entry.transform.matrix
    x, y = entry.source.centroid
    assert (a * x + b * y + tx, c * x + d * y + ty) == pytest.approx(entry.target.centroid, abs=0.2)


def test_assemble_report_answers_every_open_type_that_applies(
    judged: Judge, make_blur: Callable[..., BlurEvidence]
) -> None:
    types = {
        name: [answer.type for answer in report_of(findings).answers]
        for name, findings in {
            "copy": judged(),
            "clean": judged(copies=()),
            "blur": judged(blurs=(make_blur(),)),
        }.items()
    }
    assert types["clean"] == ["tampered"]
    assert types["blur"] == ["tampered", "kind", "object", "source_location", "area"]
    assert len(types["copy"]) == 9


def test_assemble_report_answers_the_questions_asked_in_their_order(judged: Judge) -> None:
    report = report_of(judged(), questions=("was it rotated?", "who did it?"))
    assert [(answer.question, answer.answer) for answer in report.answers] == [
        ("was it rotated?", "Yes"),
        ("who did it?", "not answerable"),
    ]


def test_assemble_report_of_a_blur_has_equal_regions(
    judged: Judge, make_blur: Callable[..., BlurEvidence]
) -> None:
    report = report_of(judged(blurs=(make_blur(),)))
    (entry,) = report.findings
    assert entry.source == entry.target
    assert report.verdict.kind == "blur"
    assert entry.blur is not None
    assert entry.direction_confidence is None


def test_assemble_report_verdict_follows_the_chosen_finding(
    judged: Judge, make_copy: Callable[..., CopyEvidence], make_blur: Callable[..., BlurEvidence]
) -> None:
    findings = judged(copies=(make_copy(),), blurs=(make_blur(),))
    assert report_of(findings).verdict.kind == "copy-move"
    assert report_of(findings, finding=2).verdict.kind == "blur"
    with pytest.raises(SpecificationError, match="no finding 3"):
        report_of(findings, finding=3)


def test_case_of_report_answers_as_the_inspection_did(judged: Judge) -> None:
    report = report_of(judged())
    case = case_of_report(report)
    for answer in report.answers:
        again = answer_question(case, Question(answer.question, answer.type))
        assert again.answer == answer.answer
        assert again.confidence == pytest.approx(answer.confidence)


def test_case_of_report_keeps_the_finding_of_the_run(
    judged: Judge, make_copy: Callable[..., CopyEvidence], make_blur: Callable[..., BlurEvidence]
) -> None:
    report = report_of(judged(copies=(make_copy(),), blurs=(make_blur(),)), finding=2)
    assert case_of_report(report).kind == "blur"
    assert case_of_report(report, 1).kind == "copy-move"
    with pytest.raises(SpecificationError, match="no finding 9; it has 1, 2"):
        case_of_report(report, 9)


def test_report_refuses_unknown_fields_and_changes(judged: Judge) -> None:
    report = report_of(judged())
    with pytest.raises(ValidationError, match="colour"):
        InspectionReport.model_validate({**report.to_dict(), "colour": "red"})
    with pytest.raises(ValidationError, match="frozen"):
        report.verdict.score = 0.1  # type: ignore[misc]


def test_assemble_report_turns_notes_into_sentences(judged: Judge) -> None:
    report = report_of(judged(complete=False, notes=("the time limit was reached",)))
    assert report.limits[-1] == "The time limit was reached."


def test_peak_memory_is_that_of_a_process_with_numpy() -> None:
    assert 10 < peak_memory_mb() < 1e6
