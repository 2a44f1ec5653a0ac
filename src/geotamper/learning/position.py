"""Where a training stands, and what it has told so far: all that a resumable state holds beside tensors."""

from dataclasses import asdict, dataclass, field
from typing import Any

Entry = dict[str, Any]
"""One epoch in log.jsonl."""


@dataclass(frozen=True)
class StepReport:
    """What a progress bar shows after a step.

    Attributes:
        epoch: From 1.
        epochs: All.
        step: From 1.
        steps: All of the epoch.
        loss: Of this step.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float


@dataclass
class Position:
    """Where a training stands.

    Attributes:
        epoch: Epochs that were finished.
        step: Optimiser steps of the current epoch that were finished.
        seconds: Time that earlier processes spent on the training.
        stage: What the current epoch trains.
        best: Best validation OA so far.
        best_epoch: Its epoch, from 1.
        best_mask_loss: Best validation loss of the mask network alone.
        sums: Of the losses of the current epoch, each weighted by questions.
        questions: Seen in the current epoch.
        epoch_seconds: Spent on steps of the current epoch.
        history: Finished epochs.
    """

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    stage: str = "answers"
    best: float | None = None
    best_epoch: int | None = None
    best_mask_loss: float | None = None
    sums: dict[str, float] = field(default_factory=dict)
    questions: int = 0
    epoch_seconds: float = 0.0
    history: list[Entry] = field(default_factory=list)

    def count(self, numbers: dict[str, float], questions: int) -> None:
        """Add the losses of a step."""
        for name, value in numbers.items():
            self.sums[name] = self.sums.get(name, 0.0) + value * questions
        self.questions += questions
        self.step += 1

    def means(self) -> dict[str, float]:
        """Mean losses of the current epoch."""
        return {name: value / self.questions for name, value in self.sums.items()}

    def next_epoch(self, entry: Entry) -> None:
        """Close the current epoch."""
        self.history.append(entry)
        self.epoch += 1
        self.step = self.questions = 0
        self.sums, self.epoch_seconds = {}, 0.0

    def to_plain(self) -> dict[str, Any]:
        """Everything as numbers, texts and lists."""
        return asdict(self)
