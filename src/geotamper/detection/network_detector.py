"""A trained network behind the seam that all detectors share."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geotamper.control import Control
from geotamper.detection.classes import AnswerClasses
from geotamper.detection.predictor import MASK_CUT, Predictor, Seen, cut_masks
from geotamper.errors import SpecificationError
from geotamper.imagery.picture import Picture
from geotamper.inspection.answering import NOT_ANSWERABLE, NOT_APPLICABLE, UNDECIDED, Priors
from geotamper.inspection.findings import Finding, Findings
from geotamper.inspection.questions import Question
from geotamper.inspection.report import Answer, FindingKind, ObjectClassGuess, WeightsInfo
from geotamper.task.catalogue import TypeName, types_for
from geotamper.task.facts import TamperKind

LIMITS = (
    "The network answers every question, and has learnt from one set: it knows nothing of pictures unlike those.",
    "Pictures are seen at the network's own small size, so small regions may vanish.",
    "Rotation, scale and shift are not measured.",
    "Several forged regions are not told apart: masks are unions.",
    "A verdict is a probability about the pixels; it does not tell who changed them or why.",
)


class NetworkDetector:
    """Answers by a trained network: its own verdict, class and masks.

    Free text goes through the task parser to the wording that the network was trained on. Confidences are
    softmax probabilities among the answers of the question's type.

    Args:
        predictor: The network.
    """

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor
        self._classes: AnswerClasses = predictor.card.classes
        self._last: tuple[Picture, Seen] | None = None

    @property
    def name(self) -> str:
        """The path that it was opened from."""
        return self.predictor.card.source

    @property
    def device(self) -> str:
        """Where it computes."""
        return self.predictor.device

    @property
    def weights(self) -> tuple[WeightsInfo, ...]:
        """The file of its weights."""
        return (self.predictor.card.weights,)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What steers it."""
        return {"model": self.predictor.card.name, "size": self.predictor.card.size, "mask_cut": MASK_CUT}

    @property
    def limits(self) -> tuple[str, ...]:
        """What the method cannot see, in sentences."""
        return LIMITS

    def with_priors(self, priors: Priors) -> "NetworkDetector":
        """The same detector: a network answers every question by itself."""
        del priors
        return self

    def detect(self, picture: Picture, control: Control) -> Findings:
        """Look at the picture once; see `Detector.detect`."""
        control.checkpoint(0.0, "network")
        seen = self._see(picture)
        shares = self._shares(seen, "tampered")
        if not shares:
            return Findings(
                picture, None, 0.5, 0.0, basis="the network was not trained to tell tampered pictures"
            )
        score = shares.get("Yes", 0.0)
        if score < 0.5:
            basis = "the network's own answer"
            return Findings(picture, tampered=False, score=score, confidence=1 - score, basis=basis)
        kind: FindingKind = "copy-move"
        if max((told := self._shares(seen, "kind")), key=lambda text: told[text], default="") == "Blur":
            kind = "blur"
        item = self._finding(picture, seen, kind, score)
        note = () if item else ("The predicted masks show no pair of regions, so none is listed.",)
        return Findings(
            picture=picture,
            tampered=True,
            score=score,
            confidence=score,
            items=(item,) if item else (),
            basis="the network's own answer",
            notes=note,
            kind=kind,
        )

    def answers(
        self,
        findings: Findings,
        questions: Sequence[Question],
        *,
        finding: int | None = None,
        forced: bool = False,
    ) -> tuple[Answer, ...]:
        """Answer questions by the network alone; see `Detector.answers`.

        Raises:
            SpecificationError: No finding has this id, or a forced question is outside the catalogue.
        """
        chosen = findings.select(finding)
        number = chosen.id if chosen else None
        seen = self._see(findings.picture)
        kind: TamperKind | None = findings.kind if findings.tampered else "none"
        return tuple(self._answer(seen, question, kind, number, forced=forced) for question in questions)

    def _answer(
        self, seen: Seen, question: Question, kind: TamperKind | None, finding: int | None, *, forced: bool
    ) -> Answer:
        if question.type is None:
            if forced:
                raise SpecificationError(
                    f"'{question.text}' is outside the catalogue and has no answers to choose from; "
                    "force only questions that have a type"
                )
            return _told(question, NOT_ANSWERABLE, 0.0, None, question.refusal)
        has_meaning = kind is None or question.type in types_for(kind)
        if not has_meaning and not forced:
            why = "the question has no meaning for what the network takes the picture for"
            return _told(question, NOT_APPLICABLE, 0.0, finding, why)
        shares = self._shares(seen, question.type, question.option)
        if not shares:
            why = "the network was not trained on this question"
            return _told(question, UNDECIDED, 0.0, finding, why)
        text = max(shares, key=lambda one: shares[one])
        wording = self.predictor.card.wordings[question.type, question.option]
        about = None if question.type == "tampered" and text == "No" else finding
        basis = f'the most probable of {len(shares)} answers of the network to "{wording}"'
        return _told(question, text, shares[text], about, basis)

    def _see(self, picture: Picture) -> Seen:
        if self._last is None or self._last[0] is not picture:
            self._last = (picture, self.predictor.see(picture.pixels))
        return self._last[1]

    def _shares(self, seen: Seen, name: TypeName, option: str | None = None) -> Mapping[str, float]:
        """Probabilities of the answers to a question; empty where the network was not trained on it."""
        wording = self.predictor.card.wordings.get((name, option))
        if wording is None:
            return {}
        return self._classes.within(self.predictor.answer(seen, [wording])[0], name)

    def _finding(self, picture: Picture, seen: Seen, kind: FindingKind, score: float) -> Finding | None:
        if seen.masks is None:
            return None
        source, target = cut_masks(seen.masks, (picture.height, picture.width))
        if kind == "blur":
            source = target = np.logical_or(source, target)
        if not (source.any() and target.any()):
            return None
        shares = self._shares(seen, "object")
        label = max(shares, key=lambda text: shares[text], default=None)
        return Finding(
            id=1,
            group=1,
            kind=kind,
            confidence=score,
            source=source,
            target=target,
            object_class=ObjectClassGuess(label=label, confidence=shares[label]) if label else None,
        )


def _told(question: Question, text: str, confidence: float, finding: int | None, basis: str) -> Answer:
    return Answer(
        question=question.text,
        type=question.type,
        answer=text,
        confidence=confidence,
        finding=finding,
        basis=basis,
    )
