"""From findings to answers, by the rules of the task.

Answers need numbers only, so a saved report answers new questions as the inspection itself did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from geotamper.errors import SpecificationError
from geotamper.imagery.region import Region as PixelRegion
from geotamper.inspection.findings import BoolMask, Finding, Findings, no_such_finding
from geotamper.inspection.margins import margin
from geotamper.inspection.questions import Question
from geotamper.inspection.regions import centroid
from geotamper.inspection.report import Answer, FindingEntry, InspectionReport, ObjectClassGuess, Region
from geotamper.inspection.scenes.findings import SceneFinding, SceneFindings
from geotamper.task.catalogue import QUESTION_TYPES, TypeName, types_for
from geotamper.task.classes import OBJECT_CLASSES, ObjectClass
from geotamper.task.facts import RegionFacts, TamperFacts, TamperKind
from geotamper.task.rules import UndecidableQuestion, answer

UNDECIDED = "undecided"
NOT_APPLICABLE = "not applicable"
UNKNOWN = "unknown"
NOT_ANSWERABLE = "not answerable"

SMALLEST_SIGMA = 1e-6
"""The rules take a sigma of 0 for an exact fact; a measurement never is one."""

EVEN_ODDS = 0.5 + 1e-6
"""An answer that is not more likely than this is withheld."""

Priors = Mapping[TypeName, Mapping[str, float]]


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
    probability = f"{subject.object_confidence:.2f}"
    return f"the region probably shows none of the seven classes ({probability}); {subject.object_basis}"


def _probability(subject: Subject, name: TypeName, option: str | None, text: str) -> tuple[float, str]:
    """P(the answer is right | the region was forged), and what it rests on.

    Source and target may be exchanged: then the answer is right only if the exchanged facts give it too.
    """
    if name in ("object", "object_check"):
        return subject.object_confidence, (
            f"{subject.facts.object_class} with probability {subject.object_confidence:.2f}; {subject.object_basis}"
        )
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
    return probability, f"{measured.basis}; {subject.direction_basis} ({share:.2f})"


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
