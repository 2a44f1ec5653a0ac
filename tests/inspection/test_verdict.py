from collections.abc import Callable

import numpy as np
import pytest

from geotamper.evidence.results import CopyEvidence, Evidence
from geotamper.imagery.picture import Picture
from geotamper.inspection.findings import Findings
from geotamper.inspection.verdict import SCORE_WITHOUT_EVIDENCE, is_too_small, judge, refuse_small


def test_judge_accepted_evidence_is_tampered(judged: Callable[..., Findings]) -> None:
    findings = judged()
    assert findings.tampered is True
    assert findings.score == findings.confidence == 0.98
    assert len(findings.items) == 1


def test_judge_nothing_found_is_untouched(picture: Picture) -> None:
    findings = judge(picture, Evidence())
    assert findings.tampered is False
    assert findings.items == ()
    assert findings.score == pytest.approx(SCORE_WITHOUT_EVIDENCE)
    assert findings.confidence == pytest.approx(1 - SCORE_WITHOUT_EVIDENCE)


def test_judge_candidates_leave_the_verdict_open_and_are_listed(
    picture: Picture, make_copy: Callable[..., CopyEvidence]
) -> None:
    findings = judge(picture, Evidence(undecided=(make_copy(probability=0.4), make_copy(probability=0.6))))
    assert findings.tampered is None
    assert findings.confidence == 0
    assert findings.score == 0.6
    assert [item.confidence for item in findings.items] == [0.6, 0.4]


def test_judge_ignores_candidates_beside_accepted_evidence(
    picture: Picture, make_copy: Callable[..., CopyEvidence]
) -> None:
    findings = judge(picture, Evidence(copies=(make_copy(),), undecided=(make_copy(probability=0.4),)))
    assert findings.tampered is True
    assert len(findings.items) == 1


def test_judge_search_cut_short_decides_nothing(picture: Picture) -> None:
    findings = judge(picture, Evidence(complete=False, notes=("the time limit was reached",)))
    assert findings.tampered is None
    assert findings.score == 0.5
    assert findings.notes == ("the time limit was reached",)


def test_judge_search_cut_short_keeps_what_was_found(
    picture: Picture, make_copy: Callable[..., CopyEvidence]
) -> None:
    assert judge(picture, Evidence(copies=(make_copy(),), complete=False)).tampered is True


@pytest.mark.parametrize(("shape", "small"), [((1, 1), True), ((31, 400), True), ((32, 32), False)])
def test_is_too_small_by_the_shorter_side(shape: tuple[int, int], small: bool) -> None:
    assert is_too_small(Picture.from_array(np.zeros((*shape, 3), np.uint8))) is small


def test_refuse_small_says_why() -> None:
    findings = refuse_small(Picture.from_array(np.zeros((1, 1, 3), np.uint8)))
    assert findings.tampered is None
    assert "1 x 1 pixels, too small" in findings.notes[0]
