"""What can be evaluated: a picture and its questions go in, a verdict, masks and answers come out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from geotamper.control import Control
from geotamper.imagery.picture import Picture
from geotamper.imagery.similarity import Similarity
from geotamper.inspection.answering import Priors
from geotamper.inspection.detector import Detector
from geotamper.inspection.questions import Question
from geotamper.metrics import RegionPair
from geotamper.task.catalogue import QUESTION_TYPES, TypeName


@dataclass(frozen=True)
class Reply:
    """The answer to one question.

    Attributes:
        given: A string of the type's vocabulary, or, of a network that answered as if asked for another type, one
            with that type behind it (see `answer_of_other_type`).
        forced: That the examinee would rather have abstained.
        within: Of a network, the most probable answer among those of the type.
    """

    given: str
    forced: bool = False
    within: str | None = None


@dataclass(frozen=True)
class Examination:
    """What an examinee made of one picture.

    Attributes:
        verdict: Whether the picture is tampered; None where it abstains.
        score: P(tampered), 0 to 1.
        regions: What it claims to be source and target; empty masks where it claims nothing.
        transform: From the first source to the first target; None where it measured none.
        replies: One per question, in order.
    """

    verdict: bool | None
    score: float
    regions: RegionPair
    transform: Similarity | None
    replies: tuple[Reply, ...]


class Examinee(Protocol):
    """Whatever answers questions about pictures; the truth is never shown to it."""

    @property
    def name(self) -> str:
        """The name it goes by in the metrics."""

    @property
    def device(self) -> str:
        """Where it computes."""

    def settings(self) -> Mapping[str, Any]:
        """What its outcomes depend on, as plain values; kept with the outcomes of an interrupted evaluation."""

    def examine(self, picture: Picture, questions: Sequence[Question]) -> Examination:
        """Look at a picture once and answer its questions, all of a known type.

        The option of a check question is None where its text cannot be read.
        """


def answer_of_other_type(name: TypeName, text: str) -> str:
    """How an answer is kept that belongs to another type than was asked: it is never right.

    Example:
        >>> answer_of_other_type("direction", "Upper")
        'Upper (direction)'
    """
    return f"{text} ({name})"


def is_of_other_type(given: str) -> bool:
    """Whether an answer was kept by `answer_of_other_type`; no answer of the catalogue ends with a bracket."""
    return given.endswith(")")


class DetectorExaminee:
    """A detector with forced answers; see "Forced answers" of the metrics.

    Args:
        detector: Without priors.
        priors: Probabilities of answers among the train questions.
    """

    def __init__(self, detector: Detector, priors: Priors) -> None:
        self._detector = detector.with_priors(priors)
        self._priors = priors

    @property
    def name(self) -> str:
        """As `Examinee.name`."""
        return self._detector.name

    @property
    def device(self) -> str:
        """As `Examinee.device`."""
        return self._detector.device

    def settings(self) -> Mapping[str, Any]:
        """As `Examinee.settings`."""
        return {
            "detector": self._detector.name,
            "parameters": dict(self._detector.parameters),
            "weights": [item.model_dump() for item in self._detector.weights],
        }

    def examine(self, picture: Picture, questions: Sequence[Question]) -> Examination:
        """As `Examinee.examine`."""
        findings = self._detector.detect(picture, Control())
        readable = [item for item in questions if can_be_read(item)]
        answers = iter(self._detector.answers(findings, readable, forced=True))
        replies: list[Reply] = []
        for item in questions:
            if can_be_read(item):
                answer = next(answers)
                replies.append(Reply(answer.answer, forced=answer.basis.startswith("forced")))
            else:
                replies.append(Reply(most_probable(item, self._priors), forced=True))
        regions = RegionPair.empty((picture.height, picture.width))
        primary = None
        if findings.tampered:  # candidates of an open verdict are no claim
            regions = RegionPair(findings.source_union(), findings.target_union())
            primary = findings.select(None)
        return Examination(
            verdict=findings.tampered,
            score=findings.score,
            regions=regions,
            transform=primary.transform if primary else None,
            replies=tuple(replies),
        )


def can_be_read(question: Question) -> bool:
    """Whether it is known what is asked: a check needs its option."""
    return question.option is not None or (question.type is not None and not _is_check(question.type))


def most_probable(question: Question, priors: Priors) -> str:
    """The most frequent answer of the question's type, the first of the vocabulary where none is known."""
    if question.type is None:
        return ""
    known = priors.get(question.type, {})
    return max(QUESTION_TYPES[question.type].answers, key=lambda text: known.get(text, 0.0))


def _is_check(name: TypeName) -> bool:
    return QUESTION_TYPES[name].is_check
