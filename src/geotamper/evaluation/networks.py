"""Trained networks as examinees: the answer over all classes as published, and the one within the type."""

from collections.abc import Mapping, Sequence
from typing import Any

from geotamper.detection.classes import AnswerClasses, Logits
from geotamper.detection.network_detector import NetworkDetector
from geotamper.detection.predictor import MASK_CUT, Predictor, Seen, cut_masks
from geotamper.evaluation.examinee import Examination, Reply, answer_of_other_type, most_probable
from geotamper.imagery.picture import Picture
from geotamper.inspection.answering import Priors
from geotamper.inspection.questions import Question
from geotamper.metrics import RegionPair

NO_CLASS = "class of no type"


class NetworkExaminee:
    """A network that is asked in the words of the set: a picture passes once, its questions share it.

    Args:
        detector: The network.
        priors: Answer questions of types that the network has no class for.
    """

    def __init__(self, detector: NetworkDetector, priors: Priors) -> None:
        self._detector = detector
        self._priors = priors
        self._classes: AnswerClasses = detector.predictor.card.classes

    @property
    def name(self) -> str:
        """As `Examinee.name`."""
        return self._detector.name

    @property
    def device(self) -> str:
        """As `Examinee.device`."""
        return self._detector.device

    @property
    def predictor(self) -> Predictor:
        """The network itself."""
        return self._detector.predictor

    def settings(self) -> Mapping[str, Any]:
        """As `Examinee.settings`; the path is left out, so that a moved run stays the same."""
        return {
            "detector": self.predictor.card.name,
            "weights": self.predictor.card.weights.sha256,
            "mask_cut": MASK_CUT,
        }

    def examine(self, picture: Picture, questions: Sequence[Question]) -> Examination:
        """As `Examinee.examine`."""
        seen = self.predictor.see(picture.pixels)
        logits = self.predictor.answer(seen, [question.text for question in questions])
        score = self._score(seen, questions, logits)
        regions = RegionPair.empty((picture.height, picture.width))
        if seen.masks is not None and score >= 0.5:
            regions = RegionPair(*cut_masks(seen.masks, (picture.height, picture.width)))
        return Examination(
            verdict=score >= 0.5,
            score=score,
            regions=regions,
            transform=None,
            replies=tuple(
                self._reply(question, row) for question, row in zip(questions, logits, strict=True)
            ),
        )

    def _reply(self, question: Question, logits: Logits) -> Reply:
        name = question.type
        if name is None:
            return Reply("", forced=True, within="")
        shares = self._classes.within(logits, name)
        forced = not shares
        within = (
            max(shares, key=lambda text: shares[text]) if shares else most_probable(question, self._priors)
        )
        chosen = self._classes.over_all(logits)
        if chosen is None:
            return Reply(f"{NO_CLASS} (unknown)", forced=forced, within=within)
        given = chosen[1] if chosen[0] == name else answer_of_other_type(*chosen)
        return Reply(given, forced=forced, within=within)

    def _score(self, seen: Seen, questions: Sequence[Question], logits: Logits) -> float:
        """P(tampered): of the picture's own question where it is asked, else of the wording of the training."""
        for question, row in zip(questions, logits, strict=True):
            if question.type == "tampered":
                return self._classes.within(row, "tampered").get("Yes", 0.5)
        wording = self.predictor.card.wordings.get(("tampered", None))
        if wording is None:
            return 0.5
        return self._classes.within(self.predictor.answer(seen, [wording])[0], "tampered").get("Yes", 0.5)
