"""How far a training is, and what follows from it: learning rates, the freeze, the stage."""

import math
from dataclasses import dataclass
from typing import Literal

from geotamper.learning.settings import TrainingSettings

Stage = Literal["masks", "answers"]
"""Two-step training begins with the mask network alone."""


@dataclass(frozen=True)
class Rate:
    """A learning rate over a stage.

    Attributes:
        first: Where it starts.
        last: Where its cosine ends.
    """

    first: float
    last: float

    def at(self, progress: float) -> float:
        """The rate after a part (0 to 1) of the stage, on half a cosine."""
        return self.last + (self.first - self.last) * (1 + math.cos(math.pi * min(1.0, progress))) / 2


@dataclass(frozen=True)
class Schedule:
    """The plan of a training: everything follows from the epoch and, with a time budget, from the spent time.

    Without a budget the rates change once per epoch and their period is the number of epochs (section 7). With one,
    the spent share of the budget counts where it is ahead of the epochs, so that a training that will not reach its
    last epoch still anneals and freezes.

    Attributes:
        settings: Epochs, rates, budget.
    """

    settings: TrainingSettings

    def overall(self, epoch: int, seconds: float) -> float:
        """The finished part of the training, 0 to 1."""
        by_epochs = epoch / self.settings.total_epochs
        if self.settings.max_minutes is None:
            return by_epochs
        return min(1.0, max(by_epochs, seconds / (60 * self.settings.max_minutes)))

    def stage(self, epoch: int, seconds: float) -> Stage:
        """What is trained now; without a budget it changes between epochs only."""
        return "masks" if self.overall(epoch, seconds) < self._boundary - 1e-9 else "answers"

    def progress(self, stage: Stage, epoch: int, seconds: float) -> float:
        """The finished part of a stage, 0 to 1."""
        overall = self.overall(epoch, seconds)
        if stage == "masks":
            return overall / self._boundary
        return max(0.0, overall - self._boundary) / (1 - self._boundary)

    def is_frozen(self, stage: Stage, epoch: int, seconds: float) -> bool:
        """Whether the mask network is frozen."""
        if stage == "masks":
            return False
        if not self.settings.one_step:
            return True
        freeze = self.settings.frozen_from / self.settings.epochs
        return self.progress(stage, epoch, seconds) >= freeze - 1e-9 and freeze < 1

    def is_over(self, epoch: int, seconds: float) -> bool:
        """Whether the last epoch was trained or the time budget is spent."""
        return self.overall(epoch, seconds) >= 1

    def main(self) -> Rate:
        """Of everything but the mask network."""
        return Rate(self.settings.learning_rate, self.settings.learning_rate_end)

    def pretrained(self) -> Rate:
        """Of what began pretrained."""
        first = self.settings.pretrained_learning_rate
        if first is None:
            return self.main()
        return Rate(first, min(first, self.settings.learning_rate_end))

    def mask(self, stage: Stage) -> Rate:
        """Of the mask network."""
        settings = self.settings
        if stage == "masks":
            return Rate(settings.mask_only_learning_rate, settings.mask_only_learning_rate_end)
        if settings.single_optimiser:
            return self.main()
        return Rate(settings.mask_learning_rate, settings.mask_learning_rate_end)

    @property
    def _boundary(self) -> float:
        return self.settings.mask_only_epochs / self.settings.total_epochs
