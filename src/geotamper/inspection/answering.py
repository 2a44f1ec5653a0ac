"""From a case to answers, by the rules of the task.

Answers need numbers only, so a saved report answers new questions as the inspection itself did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from geotamper.errors import SpecificationError
from geotamper.inspection.cases import Case, Subject
from geotamper.inspection.margins import margin
from geotamper.inspection.probabilities import probability_text
from geotamper.inspection.questions import Question
from geotamper.inspection.report import Answer
from geotamper.task.catalogue import QUESTION_TYPES, TypeName, types_for
from geotamper.task.facts import TamperFacts
from geotamper.task.rules import UndecidableQuestion, answer

UNDECIDED = "undecided"
NOT_APPLICABLE = "not applicable"
UNKNOWN = "unknown"
NOT_ANSWERABLE = "not answerable"

EVEN_ODDS = 0.5 + 1e-6
"""An answer that is not more likely than this is withheld."""

Priors = Mapping[TypeName, Mapping[str, float]]


def answer_question(case: Case, question: Question) -> Answer:
    """Answer one question, or say why not.

    Args:
        case: What was found.
        question: As read from text, or one of the catalogue.
    """
    if question.type is None:
        return make_answer(question, NOT_ANSWERABLE, question.refusal)
    if question.type == "tampered":
        return _answer_tampered(case, question)
    if case.kind == "none":
        why = "the question has no meaning for an untouched picture"
        return make_answer(question, NOT_APPLICABLE, why, case.confidence)
    if case.kind is None or case.subject is None:
        why = "no region was located" if case.tampered else f"the verdict is open: {case.basis}"
        return make_answer(question, UNDECIDED, why)
    if question.type not in types_for(case.kind):
        why = "the question has no meaning for a blurred region"
        return make_answer(
            question, NOT_APPLICABLE, why, case.subject.confidence, finding=case.subject.finding
        )
    return _answer_subject(case.subject, question, question.type)


def _answer_tampered(case: Case, question: Question) -> Answer:
    if case.tampered is None:
        return make_answer(question, UNDECIDED, case.basis)
    finding = case.subject.finding if case.subject else None
    return make_answer(
        question, "Yes" if case.tampered else "No", case.basis, case.confidence, finding=finding
    )


def _answer_subject(subject: Subject, question: Question, name: TypeName) -> Answer:
    try:
        text = answer(name, subject.facts, question.option)
    except UndecidableQuestion as error:
        about_class = name in ("object", "object_check")
        return make_answer(
            question,
            UNKNOWN if name == "object" else UNDECIDED,
            _why_no_class(subject) if about_class else str(error),
            finding=subject.finding,
        )
    probability, basis = _probability(subject, name, question.option, text)
    if probability <= EVEN_ODDS:
        basis = f"{basis}; '{text}' is no likelier than not"
        return make_answer(question, UNDECIDED, basis, finding=subject.finding)
    return make_answer(question, text, basis, subject.confidence * probability, finding=subject.finding)


def _why_no_class(subject: Subject) -> str:
    if not subject.object_basis:
        return "no model of the object classes is at hand"
    probability = probability_text(subject.object_confidence)
    return f"the region probably shows none of the seven classes ({probability}); {subject.object_basis}"


def _probability(subject: Subject, name: TypeName, option: str | None, text: str) -> tuple[float, str]:
    """P(the answer is right | the region was forged), and what it rests on.

    Source and target may be exchanged: then the answer is right only if the exchanged facts give it too.
    """
    if name in ("object", "object_check"):
        known = f"{subject.facts.object_class} with probability {probability_text(subject.object_confidence)}"
        return subject.object_confidence, f"{known}; {subject.object_basis}"
    measured = margin(name, subject.facts)
    if measured is None:
        return 1.0, _kind_basis(subject)
    kept = measured.probability
    if subject.facts.kind != "copy-move":
        return kept, measured.basis
    exchanged = exchange(subject.facts)
    same = _same_answer(name, exchanged, option, text)
    other = margin(name, exchanged) if same else None
    swapped = other.probability if other else 0.0
    share = subject.direction_confidence
    probability = share * kept + (1 - share) * swapped
    if same:
        return probability, measured.basis
    return probability, f"{measured.basis}; {subject.direction_basis} ({probability_text(share)})"


def _same_answer(name: TypeName, facts: TamperFacts, option: str | None, text: str) -> bool:
    try:
        return answer(name, facts, option) == text
    except UndecidableQuestion:
        return False


def _kind_basis(subject: Subject) -> str:
    if subject.facts.kind == "blur":
        return "the region has lost detail that its surroundings have"
    return "the region repeats another one under a fitted rotation, scale and shift"


def exchange(facts: TamperFacts) -> TamperFacts:
    """The facts if source and target were the other way round."""
    scale, rotation = facts.scale, facts.rotation_deg
    return replace(
        facts,
        source=facts.target,
        target=facts.source,
        scale=None if scale is None else 1 / scale,
        rotation_deg=None if rotation is None else -rotation,
        scale_sigma=facts.scale_sigma if scale is None else facts.scale_sigma / scale**2,
    )


def make_answer(
    question: Question, text: str, basis: str, confidence: float = 0.0, *, finding: int | None = None
) -> Answer:
    """The answer `text` to a question.

    Args:
        question: What was asked.
        text: An answer of the question's type, or one of `UNDECIDED`, `NOT_APPLICABLE`, `UNKNOWN`, `NOT_ANSWERABLE`.
        basis: What it rests on.
        confidence: Its probability, 0 to 1.
        finding: Id of the finding that it concerns.
    """
    return Answer(
        question=question.text,
        type=question.type,
        answer=text,
        confidence=confidence,
        finding=finding,
        basis=basis,
    )


def force_answer(case: Case, question: Question, priors: Priors) -> Answer:
    """Answer with a string of the type's vocabulary, whatever the evidence.

    Where the inspection abstains, the measured answer is given if there is one, else the most probable one
    under the priors. A check is answered "Yes" exactly if its option is the forced answer to its open type.

    Args:
        case: What was found.
        question: A question of the catalogue.
        priors: Probabilities of answers by open type; uniform where a type is missing.

    Raises:
        SpecificationError: The question is outside the catalogue.
    """
    if question.type is None:
        raise SpecificationError(
            f"'{question.text}' is outside the catalogue and has no answers to choose from; "
            "force only questions that have a type"
        )
    plain = answer_question(case, question)
    entry = QUESTION_TYPES[question.type]
    if plain.answer in entry.answers:
        return plain
    open_name = entry.checks or question.type
    text = _forced_open(case, open_name, priors)
    if entry.is_check:
        text = "Yes" if text == question.option else "No"
    return plain.model_copy(update={"answer": text, "basis": f"forced: {plain.basis}"})


def answer_all(case: Case, questions: Sequence[Question], priors: Priors | None) -> tuple[Answer, ...]:
    """Answer questions about one case.

    Args:
        case: What was found.
        questions: Read from text, or of the catalogue.
        priors: As of `force_answer`, to force every answer; None to abstain where the evidence does not decide.

    Raises:
        SpecificationError: A forced question is outside the catalogue.
    """
    if priors is None:
        return tuple(answer_question(case, question) for question in questions)
    return tuple(force_answer(case, question, priors) for question in questions)


def _forced_open(case: Case, name: TypeName, priors: Priors) -> str:
    if name == "tampered":
        return "Yes" if case.score >= 0.5 else "No"
    if case.subject is not None and name in types_for(case.subject.facts.kind):
        if name == "object" and case.subject.best_class is not None:
            return case.subject.best_class
        try:
            return answer(name, case.subject.facts)
        except UndecidableQuestion:
            pass
    known = priors.get(name, {})
    return max(QUESTION_TYPES[name].answers, key=lambda text: known.get(text, 0.0))
