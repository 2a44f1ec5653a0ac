"""What a batch of questions should be answered with."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from geotamper.learning.settings import TrainingSettings


@dataclass(frozen=True)
class Targets:
    """What a batch should be answered with.

    Attributes:
        labels: Class of every question, int64, shape (N,).
        masks: Float, shape (P, 3, H, W).
        counts: Questions of every picture, float, shape (P,).
        total_questions: Questions of the batch over all processes, at least N.
        total_pictures: Pictures of the batch over all processes, at least P.
        groups: Group of every question in the catalogue, -1 where it has none, int64, shape (N,).
        class_map: Class of every pixel, int64, shape (P, H, W); None where no network asks for it.
        weights: Weight of every question in its losses, float, shape (N,); over the whole optimiser step they add up
            to its questions. None: all weigh alike.
    """

    labels: Tensor
    masks: Tensor
    counts: Tensor
    total_questions: int
    total_pictures: int
    groups: Tensor | None = None
    class_map: Tensor | None = None
    weights: Tensor | None = None

    def to(self, device: torch.device) -> "Targets":
        """The same targets on a device."""
        return replace(
            self,
            labels=self.labels.to(device),
            masks=self.masks.to(device),
            counts=self.counts.to(device),
            groups=None if self.groups is None else self.groups.to(device),
            class_map=None if self.class_map is None else self.class_map.to(device),
            weights=None if self.weights is None else self.weights.to(device),
        )

    def shares(self, settings: TrainingSettings) -> Tensor:
        """Weights of the pictures in the mask loss, shape (P,)."""
        if settings.mask_weight == "questions":
            return self.counts / self.total_questions
        return torch.full_like(self.counts, 1 / self.total_pictures)

    def weighted(self, losses: Tensor) -> Tensor:
        """Losses of the questions times their weights, shape (N,)."""
        return losses if self.weights is None else losses * self.weights
