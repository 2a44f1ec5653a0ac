"""Easy questions first, hard ones later: the self-paced curriculum of FEH (arXiv:2205.03147)."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch

from geotamper.learning.data.groups import GROUPS
from geotamper.learning.data.questions import FoldQuestions, Integers

Floats = npt.NDArray[np.float32]

_GROUP_DIFFICULTY = {"basic": 1.0, "independent": 3.0, "related": 4.0}
_TEXT_LENGTH = 50.0
_LEAST_LIMIT = 1e-6


def prior_difficulty(questions: FoldQuestions, groups: Integers) -> Floats:
    """How hard every question is taken to be before anything was learned, shape (N,).

    A weight of the question's group (1 basic, 3 independent, 4 related; 1 outside the catalogue) times the characters
    of its text over 50.

    Args:
        questions: Of the fold.
        groups: See `group_numbers`, shape (N,).
    """
    weights = np.array([*(_GROUP_DIFFICULTY[group] for group in GROUPS), 1.0])  # the last place is that of -1
    lengths = np.array([len(text) for text in questions.texts], dtype=np.float64)
    difficulty: Floats = (weights[groups] * lengths[questions.text_rows] / _TEXT_LENGTH).astype(np.float32)
    return difficulty


@dataclass(frozen=True)
class Pace:
    """How fast a curriculum admits questions.

    Attributes:
        easy_share: Part of the range of prior difficulty that counts as easy.
        growth: Factor of the limit from one epoch to the next.
        whole_from: Part of the training after which every question has its full weight.
    """

    easy_share: float = 0.6
    growth: float = 1.3
    whole_from: float = 0.7


class Curriculum:
    """Weights of the questions of a fold, set anew before every epoch.

    The first epoch trains the questions that are easy by their prior difficulty. Then a question with loss L weighs
    max(0, 1 - L / limit). The limit begins as the median loss of the easy questions in the first epoch and grows by a
    factor every epoch. An epoch that reaches into the last part of the training has all questions at full weight.

    Args:
        difficulty: Prior difficulty, shape (N,).
        pace: How fast questions are admitted.
    """

    def __init__(self, difficulty: Floats, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        low, high = float(difficulty.min()), float(difficulty.max())
        self._easy = difficulty <= low + self.pace.easy_share * (high - low)
        self._losses: Floats = np.full(len(difficulty), np.nan, dtype=np.float32)
        self._limit: float | None = None
        self.weights: Floats = self._easy.astype(np.float32)

    @property
    def limit(self) -> float | None:
        """Loss at which a question begins to count; None before the second epoch."""
        return self._limit

    def enter_epoch(self, reached: float) -> None:
        """Set the weights of an epoch from the losses of the one before.

        Args:
            reached: The part of the training that will be finished with this epoch, 0 to 1.
        """
        if reached > self.pace.whole_from + 1e-9:
            self.weights = np.ones_like(self.weights)
            return
        seen = np.isfinite(self._losses)
        if not seen.any():
            return  # the first epoch keeps the easy ones
        if self._limit is None:
            known = seen & self._easy
            self._limit = max(_LEAST_LIMIT, float(np.median(self._losses[known if known.any() else seen])))
        else:
            self._limit *= self.pace.growth
        soft = np.clip(1 - self._losses / np.float32(self._limit), 0, None)
        self.weights = np.where(seen, soft, self.weights).astype(np.float32)

    def record(self, rows: Integers, losses: Floats) -> None:
        """Remember the losses of questions.

        Args:
            rows: Of the questions in the fold, shape (K,).
            losses: Cross-entropy, shape (K,).
        """
        self._losses[rows] = losses

    def summary(self) -> dict[str, float]:
        """What an epoch's entry in the log tells: the share of admitted questions, their mean weight, the limit."""
        told = {"admitted": float((self.weights > 0).mean()), "mean_weight": float(self.weights.mean())}
        return told if self._limit is None else {**told, "limit": self._limit}

    def state(self) -> dict[str, Any]:
        """Everything from which it goes on exactly here."""
        return {
            "losses": torch.from_numpy(self._losses.copy()),
            "weights": torch.from_numpy(self.weights.copy()),
            "limit": self._limit,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        self._losses = state["losses"].numpy().copy()
        self.weights = state["weights"].numpy().copy()
        self._limit = state["limit"]


def build_curriculum(
    name: Literal["none", "easy_to_hard"], questions: FoldQuestions, groups: Integers
) -> Curriculum | None:
    """The curriculum of a training, or None.

    Args:
        name: As the settings name it.
        questions: Of the train fold.
        groups: See `group_numbers`, shape (N,).
    """
    return None if name == "none" else Curriculum(prior_difficulty(questions, groups))
