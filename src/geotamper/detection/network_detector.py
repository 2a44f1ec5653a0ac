"""A trained network behind the seam that all detectors share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from geotamper.control import Control
from geotamper.detection.classes import AnswerClasses, Logits
from geotamper.detection.predictor import MASK_CUT, Predictor, QuestionKey, Seen, cut_masks
from geotamper.errors import SpecificationError
from geotamper.imagery.picture import Picture
from geotamper.inspection.answering import NOT_ANSWERABLE, NOT_APPLICABLE, UNDECIDED, Priors, make_answer
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


_DETECTION: tuple[QuestionKey, ...] = (("tampered", None), ("kind", None), ("object", None))
"""What `detect` asks."""


@dataclass(frozen=True, eq=False)
class _Look:
    """A picture that was looked at, and the logits of what was asked about it so far, by wording."""

    picture: Picture
    seen: Seen
    logits: dict[str, Logits] = field(default_factory=dict)


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
        self._last: _Look | None = None

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
        look = self._look(picture)
        self._ask(look, _DETECTION)
        shares = self._shares(look, "tampered")
        if not shares:
            return Findings(
                picture, None, 0.5, 0.0, basis="the network was not trained to tell tampered pictures"
            )
        score = shares.get("Yes", 0.0)
        if score < 0.5:
            basis = "the network's own answer"
            return Findings(picture, tampered=False, score=score, confidence=1 - score, basis=basis)
        kind: FindingKind = "copy-move"
        if max((told := self._shares(look, "kind")), key=lambda text: told[text], default="") == "Blur":
            kind = "blur"
        item = self._finding(look, kind, score)
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
        look = self._look(findings.picture)
        kind: TamperKind | None = findings.kind if findings.tampered else "none"
        asked = (q for q in questions if forced or (q.type is not None and _has_meaning(q.type, kind)))
        self._ask(look, ((q.type, q.option) for q in asked if q.type is not None))
        return tuple(self._answer(look, question, kind, number, forced=forced) for question in questions)

    def _answer(
        self, look: _Look, question: Question, kind: TamperKind | None, finding: int | None, *, forced: bool
    ) -> Answer:
        if question.type is None:
            if forced:
                raise SpecificationError(
                    f"'{question.text}' is outside the catalogue and has no answers to choose from; "
                    "force only questions that have a type"
                )
            return make_answer(question, NOT_ANSWERABLE, question.refusal)
        if not forced and not _has_meaning(question.type, kind):
            why = "the question has no meaning for what the network takes the picture for"
            return make_answer(question, NOT_APPLICABLE, why, finding=finding)
        shares = self._shares(look, question.type, question.option)
        if not shares:
            why = "the network was not trained on this question"
            return make_answer(question, UNDECIDED, why, finding=finding)
        text = max(shares, key=lambda one: shares[one])
        wording = self.predictor.card.wordings[question.type, question.option]
        about = None if question.type == "tampered" and text == "No" else finding
        basis = f'the most probable of {len(shares)} answers of the network to "{wording}"'
        return make_answer(question, text, basis, shares[text], finding=about)

    def _look(self, picture: Picture) -> _Look:
        if self._last is None or self._last.picture is not picture:
            self._last = _Look(picture, self.predictor.see(picture.pixels))
        return self._last

    def _ask(self, look: _Look, keys: Iterable[QuestionKey]) -> None:
        """Ask together what was not asked yet, since a predictor may have to look anew for every call."""
        known = self.predictor.card.wordings
        wordings = dict.fromkeys(known[key] for key in keys if key in known)
        new = [wording for wording in wordings if wording not in look.logits]
        if new:
            look.logits.update(zip(new, self.predictor.answer(look.seen, new), strict=True))

    def _shares(self, look: _Look, name: TypeName, option: str | None = None) -> Mapping[str, float]:
        """Probabilities of the answers to a question; empty where the network was not trained on it."""
        wording = self.predictor.card.wordings.get((name, option))
        if wording is None:
            return {}
        self._ask(look, [(name, option)])
        return self._classes.within(look.logits[wording], name)

    def _finding(self, look: _Look, kind: FindingKind, score: float) -> Finding | None:
        if look.seen.masks is None:
            return None
        source, target = cut_masks(look.seen.masks, (look.picture.height, look.picture.width))
        if kind == "blur":
            source = target = np.logical_or(source, target)
        if not (source.any() and target.any()):
            return None
        shares = self._shares(look, "object")
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


def _has_meaning(name: TypeName, kind: TamperKind | None) -> bool:
    """Whether a question can be put about what the network takes the picture for; None if it cannot tell."""
    return kind is None or name in types_for(kind)
