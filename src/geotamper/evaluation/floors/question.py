"""The question-only floor: the most likely answer of every question, whatever the picture."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from geotamper.evaluation.examinee import Examination, Reply
from geotamper.evaluation.floors.counts import QuestionKey, shares, train_questions
from geotamper.imagery.picture import Picture
from geotamper.inspection.questions import Question
from geotamper.metrics import RegionPair
from geotamper.sets.layout import TamperSet
from geotamper.task.catalogue import QUESTION_TYPES

Table = Mapping[QuestionKey, Mapping[str, float]]


class QuestionFloor:
    """Answers as the train questions of the same type and option were answered most often.

    A question that was never asked in training is answered like all of its type, and the first answer of the
    vocabulary is given where there were none.

    Args:
        table: Shares of the answers by type and option, and by type alone (option None).
    """

    NAME = "question-floor"

    def __init__(self, table: Table) -> None:
        self._table = table

    @classmethod
    def fit(cls, opened: TamperSet) -> "QuestionFloor":
        """Count the train questions of a set.

        Raises:
            InputError: The set has none.
        """
        counted: dict[QuestionKey, Counter[str]] = {}
        for question in train_questions(opened):
            name, _ = question.key
            for key in {question.key, (name, None)}:
                counted.setdefault(key, Counter())[question.answer] += 1
        return cls({key: shares(counts) for key, counts in counted.items()})

    @property
    def name(self) -> str:
        """As `Examinee.name`."""
        return self.NAME

    @property
    def device(self) -> str:
        """As `Examinee.device`."""
        return "cpu"

    def settings(self) -> Mapping[str, Any]:
        """As `Examinee.settings`."""
        table = {f"{name} {option or ''}": dict(known) for (name, option), known in self._table.items()}
        return {"detector": self.NAME, "table": dict(sorted(table.items()))}

    def examine(self, picture: Picture, questions: Sequence[Question]) -> Examination:
        """As `Examinee.examine`; the picture is not looked at."""
        score = self._table.get(("tampered", None), {}).get("Yes", 0.5)
        return Examination(
            verdict=score >= 0.5,
            score=score,
            regions=RegionPair.empty((picture.height, picture.width)),
            transform=None,
            replies=tuple(self._reply(question) for question in questions),
        )

    def _reply(self, question: Question) -> Reply:
        if question.type is None:
            return Reply("", forced=True)
        known = self._table.get((question.type, question.option))
        if known is None:
            known = self._table.get((question.type, None), {})
        text = max(QUESTION_TYPES[question.type].answers, key=lambda one: known.get(one, 0.0))
        return Reply(text, forced=not known)
