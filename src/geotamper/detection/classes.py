"""The classes of a network as answers: from logits to strings of the catalogue with their probabilities."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.sets.layout import AnswerVocabulary
from geotamper.sets.questions import catalogue_answer
from geotamper.task.catalogue import TypeName

Logits = npt.NDArray[np.float32]


@dataclass(frozen=True)
class AnswerClasses:
    """Which type and answer every class stands for.

    Attributes:
        by_class: Type and answer, as the catalogue spells it, by class index.
        by_type: Class index of every answer of a type.
    """

    by_class: Mapping[int, tuple[TypeName, str]]
    by_type: Mapping[TypeName, Mapping[str, int]]

    @classmethod
    def of(cls, vocabulary: AnswerVocabulary) -> "AnswerClasses":
        """The classes of the vocabulary that a network was trained with; types outside the catalogue are left out."""
        by_class: dict[int, tuple[TypeName, str]] = {}
        by_type: dict[TypeName, dict[str, int]] = {}
        for number, answers in enumerate(vocabulary.indices, start=1):
            name = vocabulary.type_name(number)
            if name is None:
                continue
            for text, index in answers.items():
                spelled = catalogue_answer(name, text)
                by_class[index] = (name, spelled)
                by_type.setdefault(name, {})[spelled] = index
        return cls(by_class, by_type)

    def over_all(self, logits: Logits) -> tuple[TypeName, str] | None:
        """Type and answer of the most probable of all classes; None for a class of no known type.

        Args:
            logits: (C,) of one question.
        """
        return self.by_class.get(int(np.argmax(logits)))

    def within(self, logits: Logits, name: TypeName) -> Mapping[str, float]:
        """Probabilities of the answers of a type: the softmax over its classes alone; empty for an unknown type.

        Args:
            logits: (C,) of one question.
            name: Its type.
        """
        classes = self.by_type.get(name, {})
        if not classes:
            return {}
        values = logits[list(classes.values())].astype(np.float64)
        shares = np.exp(values - values.max())
        return dict(zip(classes, (shares / shares.sum()).tolist(), strict=True))
