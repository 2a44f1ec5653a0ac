from collections.abc import Callable
from dataclasses import replace

import pytest

from geotamper.errors import SpecificationError
from geotamper.evidence.results import BlurEvidence, CopyEvidence
from geotamper.inspection.answering import answer_question, exchange, force_answer
from geotamper.inspection.cases import case_of_findings
from geotamper.inspection.findings import Findings
from geotamper.inspection.questions import Question, open_questions
from geotamper.inspection.report import Answer, ObjectClassGuess
from geotamper.task.catalogue import QUESTION_TYPES, TYPE_NAMES, TypeName

Judge = Callable[..., Findings]
MakeCopy = Callable[..., CopyEvidence]
MakeBlur = Callable[..., BlurEvidence]


def ask(
    findings: Findings, name: TypeName, option: str | None = None, *, finding: int | None = None
) -> Answer:
    return answer_question(case_of_findings(findings, finding), Question("?", name, option))


def any_question(name: TypeName) -> Question:
    kind = QUESTION_TYPES[name]
    return Question("?", name, kind.options[0] if kind.is_check else None)


@pytest.mark.parametrize(
    ("name", "option", "expected"),
    [
        ("tampered", None, "Yes"),
        ("kind", None, "Copy-Move"),
        ("source_location", None, "Lower Left"),
        ("source_location_check", "Upper", "No"),
        ("target_location", None, "Upper Right"),
        ("target_location_check", "Upper Right", "Yes"),
        ("area", None, "One to Five Percent"),
        ("area_check", "Less than One Percent", "No"),
        ("direction", None, "Right side"),
        ("direction_check", "Right side", "Yes"),
        ("size_change", None, "Bigger"),
        ("size_change_check", "Same", "No"),
        ("rotated", None, "Yes"),
    ],
)
def test_answer_question_of_a_copy(judged: Judge, name: TypeName, option: str | None, expected: str) -> None:
    answer = ask(judged(), name, option)
    assert answer.answer == expected
    assert 0.5 < answer.confidence <= 0.98
    assert answer.finding == 1
    assert answer.basis


def test_answer_question_rests_on_the_direction_only_where_it_matters(judged: Judge) -> None:
    findings = judged()
    assert "direction from resampling residuals (0.95)" in ask(findings, "size_change").basis
    assert ask(findings, "size_change").confidence == pytest.approx(0.98 * 0.95, abs=1e-3)
    assert "direction from" not in ask(findings, "rotated").basis
    assert ask(findings, "rotated").confidence == pytest.approx(0.98, abs=1e-3)


def test_answer_question_withholds_what_an_unknown_direction_decides(
    judged: Judge, make_copy: MakeCopy
) -> None:
    findings = judged(copies=(make_copy(direction_probability=0.5),))
    for name in ("source_location", "target_location", "direction", "size_change"):
        answer = ask(findings, name)
        assert (answer.answer, answer.confidence) == ("undecided", 0)
        assert "no likelier than not" in answer.basis
    assert ask(findings, "rotated").answer == "Yes"


def test_answer_question_object_needs_a_class_model(judged: Judge) -> None:
    assert ask(judged(), "object").answer == "unknown"
    assert ask(judged(), "object_check", "Car").answer == "undecided"
    assert "no model of the object classes" in ask(judged(), "object").basis


def classified(findings: Findings, label: str, confidence: float) -> Findings:
    item = replace(
        findings.items[0],
        object_class=ObjectClassGuess(label=label, confidence=confidence),
        best_class="Ship",
        object_basis="told from both regions",
    )
    return replace(findings, items=(item,))


def test_answer_question_object_is_that_of_the_class_model(judged: Judge) -> None:
    findings = classified(judged(), "Ship", 0.8)
    answer = ask(findings, "object")
    assert (answer.answer, answer.finding) == ("Ship", 1)
    assert answer.confidence == pytest.approx(0.98 * 0.8)
    assert answer.basis == "Ship with probability 0.80; told from both regions"
    assert ask(findings, "object_check", "Ship").answer == "Yes"
    assert ask(findings, "object_check", "Car").answer == "No"


def test_answer_question_object_is_unknown_where_it_is_none_of_the_classes(judged: Judge) -> None:
    findings = classified(judged(), "other", 0.7)
    answer = ask(findings, "object")
    assert (answer.answer, answer.confidence) == ("unknown", 0)
    assert "none of the seven classes (0.70); told from both regions" in answer.basis
    assert ask(findings, "object_check", "Car").answer == "undecided"


def test_answer_question_object_is_withheld_where_no_class_is_likely(judged: Judge) -> None:
    answer = ask(classified(judged(), "Ship", 0.4), "object")
    assert answer.answer == "undecided"
    assert "no likelier than not" in answer.basis


@pytest.mark.parametrize(("label", "confidence"), [("Ship", 0.4), ("other", 0.7)])
def test_force_answer_object_takes_the_best_class(judged: Judge, label: str, confidence: float) -> None:
    case = case_of_findings(classified(judged(), label, confidence))
    priors: dict[TypeName, dict[str, float]] = {"object": {"Road": 1.0}}
    assert force_answer(case, Question("?", "object"), priors).answer == "Ship"
    assert force_answer(case, Question("?", "object_check", "Ship"), priors).answer == "Yes"
    assert force_answer(case, Question("?", "object_check", "Road"), priors).answer == "No"


def test_answer_question_untouched_picture(judged: Judge) -> None:
    findings = judged(copies=())
    assert ask(findings, "tampered").answer == "No"
    assert {ask(findings, name, any_question(name).option).answer for name in TYPE_NAMES[1:]} == {
        "not applicable"
    }


def test_answer_question_open_verdict_is_undecided(judged: Judge, make_copy: MakeCopy) -> None:
    findings = judged(undecided=(make_copy(probability=0.4),))
    assert {ask(findings, name, any_question(name).option).answer for name in TYPE_NAMES} == {"undecided"}


def test_answer_question_open_verdict_answers_for_a_chosen_candidate(
    judged: Judge, make_copy: MakeCopy
) -> None:
    findings = judged(undecided=(make_copy(probability=0.4),))
    assert ask(findings, "tampered", finding=1).answer == "undecided"
    rotated = ask(findings, "rotated", finding=1)
    assert rotated.answer == "Yes"
    assert rotated.confidence == pytest.approx(0.4, abs=1e-3)


def test_answer_question_tampered_without_regions_is_undecided(judged: Judge) -> None:
    from dataclasses import replace

    findings = replace(judged(), items=())
    assert ask(findings, "tampered").answer == "Yes"
    assert ask(findings, "source_location").answer == "undecided"


def test_answer_question_blur_has_one_region(judged: Judge, make_blur: MakeBlur) -> None:
    findings = judged(blurs=(make_blur(),))
    assert ask(findings, "kind").answer == "Blur"
    assert ask(findings, "source_location").answer == "Lower Left"
    for name in ("target_location", "direction", "size_change", "rotated"):
        assert ask(findings, name).answer == "not applicable"


def test_answer_question_outside_the_catalogue_gives_the_reason(judged: Judge) -> None:
    answer = answer_question(case_of_findings(judged()), Question("Who?", None, refusal="it asks for who"))
    assert (answer.type, answer.answer, answer.basis) == (None, "not answerable", "it asks for who")


def test_answer_question_concerns_the_chosen_finding(judged: Judge, make_copy: MakeCopy) -> None:
    plain = make_copy()
    back = make_copy(
        source=plain.target, target=plain.source, transform=plain.transform.inverse(), probability=0.9
    )
    findings = judged(copies=(plain, back))
    assert ask(findings, "size_change").answer == "Bigger"
    assert ask(findings, "size_change", finding=2).answer == "Smaller"
    assert ask(findings, "size_change", finding=2).finding == 2


def test_answer_question_plain_move_is_same_and_not_rotated(judged: Judge, make_copy: MakeCopy) -> None:
    from geotamper.imagery.similarity import Similarity

    shift = Similarity(1.0, 0.0, 80.0, -50.0)
    findings = judged(copies=(make_copy(transform=shift, rotation_sigma=0.0, scale_sigma=0.0),))
    assert ask(findings, "size_change").answer == "Same"
    assert ask(findings, "rotated").answer == "No"


def test_exchange_twice_is_the_identity(judged: Judge) -> None:
    subject = case_of_findings(judged()).subject
    assert subject is not None
    twice = exchange(exchange(subject.facts))
    assert twice.source == subject.facts.source
    assert twice.scale == pytest.approx(subject.facts.scale)
    assert twice.scale_sigma == pytest.approx(subject.facts.scale_sigma)


@pytest.mark.parametrize("name", TYPE_NAMES)
def test_force_answer_stays_within_the_vocabulary(judged: Judge, make_copy: MakeCopy, name: TypeName) -> None:
    for findings in (
        judged(),
        judged(copies=()),
        judged(copies=(make_copy(direction_probability=0.5),)),
        judged(undecided=(make_copy(probability=0.4),)),
    ):
        answer = force_answer(case_of_findings(findings), any_question(name), {})
        assert answer.answer in QUESTION_TYPES[name].answers


def test_force_answer_follows_the_priors_where_nothing_is_known(judged: Judge) -> None:
    case = case_of_findings(judged(copies=()))
    priors: dict[TypeName, dict[str, float]] = {"object": {"Ship": 0.6, "Car": 0.4}}
    assert force_answer(case, Question("?", "object"), priors).answer == "Ship"
    assert force_answer(case, Question("?", "object_check", "Ship"), priors).answer == "Yes"
    assert force_answer(case, Question("?", "object_check", "Car"), priors).answer == "No"


def test_force_answer_keeps_a_plain_answer(judged: Judge) -> None:
    case = case_of_findings(judged())
    for question in open_questions("copy-move"):
        if question.type != "object":
            assert force_answer(case, question, {}) == answer_question(case, question)


def test_force_answer_refuses_a_text_outside_the_catalogue(judged: Judge) -> None:
    with pytest.raises(SpecificationError, match="outside the catalogue"):
        force_answer(case_of_findings(judged()), Question("Who?", None), {})
