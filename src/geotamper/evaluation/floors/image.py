"""The image-only floor: the most likely answer of every type given the look of the picture, option ignored."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from geotamper.errors import MissingLibraryError
from geotamper.evaluation.examinee import Examination, Reply
from geotamper.evaluation.floors.counts import train_questions
from geotamper.evaluation.floors.features import Features, LiteFeatures
from geotamper.imagery.picture import Picture, Pixels
from geotamper.inspection.questions import Question
from geotamper.metrics import RegionPair
from geotamper.sets.layout import TamperSet
from geotamper.task.catalogue import QUESTION_TYPES, TypeName

STRENGTH = 0.01
"""Inverse strength of the quadratic penalty (scikit-learn's C) on standardised features.

Small, because there are about as many features as train pictures.
"""

Describe = Callable[[Pixels], Features]
Numbers = npt.NDArray[np.float64]


class _Classifier(Protocol):
    classes_: npt.NDArray[np.str_]

    def predict_proba(self, features: Numbers) -> Numbers:
        """(N, K) shares of the classes."""


@dataclass(frozen=True)
class _Fit:
    """A classifier, or the only answer that its type ever had."""

    answers: tuple[str, ...]
    classifier: _Classifier | None

    def shares(self, features: Numbers) -> Mapping[str, float]:
        if self.classifier is None:
            return {self.answers[0]: 1.0}
        values = self.classifier.predict_proba(features[np.newaxis])[0]
        return dict(zip(self.answers, values.tolist(), strict=True))


class ImageFloor:
    """Answers by a multinomial logistic regression per type on frozen features; the option is not read.

    Build with `fit`.
    """

    NAME = "image-floor"

    def __init__(
        self,
        describe: Describe,
        scale: tuple[Numbers, Numbers],
        fits: Mapping[TypeName, _Fit],
        digest: str,
    ) -> None:
        self._describe = describe
        self._mean, self._deviation = scale
        self._fits = fits
        self._digest = digest

    @classmethod
    def fit(
        cls,
        opened: TamperSet,
        watch: Callable[[int, int], None] | None = None,
        *,
        describe: Describe | None = None,
    ) -> "ImageFloor":
        """Describe the train pictures of a set and fit one classifier per type.

        Args:
            opened: The set.
            watch: Called with the number of described pictures and of all.
            describe: Gives the features of a picture; EfficientNet-Lite0 by default.

        Raises:
            InputError: The set has no train questions, or a picture cannot be read.
            MissingLibraryError: scikit-learn, PyTorch, timm or the package of the weights is not installed.
        """
        seen = describe or LiteFeatures()
        questions = list(train_questions(opened))
        pictures = sorted({question.picture for question in questions})
        rows = []
        for number, picture in enumerate(pictures, start=1):
            rows.append(seen(opened.read_image(picture)))
            if watch is not None:
                watch(number, len(pictures))
        features = np.stack(rows).astype(np.float64)
        mean, deviation = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-6)
        standard = (features - mean) / deviation
        place = {picture: row for row, picture in enumerate(pictures)}
        asked: dict[TypeName, list[tuple[int, str]]] = {}
        for question in questions:
            asked.setdefault(question.key[0], []).append((place[question.picture], question.answer))
        fits = {name: _fit(standard, pairs) for name, pairs in asked.items()}
        digest = hashlib.sha256(features.tobytes())
        digest.update(repr(sorted(asked.items())).encode())
        return cls(seen, (mean, deviation), fits, digest.hexdigest())

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
        return {"detector": self.NAME, "train": self._digest, "strength": STRENGTH}

    def examine(self, picture: Picture, questions: Sequence[Question]) -> Examination:
        """As `Examinee.examine`."""
        features = (self._describe(picture.pixels).astype(np.float64) - self._mean) / self._deviation
        shares = {name: fit.shares(features) for name, fit in self._fits.items()}
        score = shares.get("tampered", {}).get("Yes", 0.0 if "tampered" in shares else 0.5)
        return Examination(
            verdict=score >= 0.5,
            score=score,
            regions=RegionPair.empty((picture.height, picture.width)),
            transform=None,
            replies=tuple(_reply(question, shares) for question in questions),
        )


def _reply(question: Question, shares: Mapping[TypeName, Mapping[str, float]]) -> Reply:
    if question.type is None:
        return Reply("", forced=True)
    known = shares.get(question.type, {})
    text = max(QUESTION_TYPES[question.type].answers, key=lambda one: known.get(one, 0.0))
    return Reply(text, forced=not known)


def _fit(features: Numbers, pairs: Sequence[tuple[int, str]]) -> _Fit:
    """Fit one type; equal questions of one picture count as weights, not as rows of their own."""
    answers = sorted({answer for _, answer in pairs})
    if len(answers) == 1:
        return _Fit((answers[0],), None)
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise MissingLibraryError(
            "the image-only floor needs scikit-learn; install it with 'pip install geotamper[fit]'"
        ) from error
    weights: dict[tuple[int, str], float] = {}
    for pair in pairs:
        weights[pair] = weights.get(pair, 0.0) + 1.0
    rows = np.array([row for row, _ in weights])
    labels = [answer for _, answer in weights]
    classifier = LogisticRegression(C=STRENGTH, max_iter=200)
    classifier.fit(features[rows], labels, sample_weight=np.array(list(weights.values())))
    return _Fit(tuple(str(answer) for answer in classifier.classes_), classifier)
