"""The loss of a batch: answers, masks and the network's own terms (cmfpf.md section 7, Table VII, Fig. 9)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from geotamper.learning.errors import DivergenceError
from geotamper.learning.heads import head_loss, map_errors
from geotamper.learning.settings import MaskLossName, TrainingSettings
from geotamper.learning.targets import Targets
from geotamper.models.protocol import NetworkOutput, Rows

MASK_RANGE = 255.0
"""Scale of the mask targets and of the predicted masks."""

_TINY = 1e-12


Pool = Callable[[Tensor], Tensor]
"""Adds up the parts of a sum that the processes of a training hold, with gradients."""


def alone(part: Tensor) -> Tensor:
    """The pool of a single process: its part is the sum."""
    return part


@dataclass(frozen=True)
class MaskLoss:
    """How predicted masks are compared with their targets.

    Attributes:
        name: "rmse", "mae", "both" for their sum, "mae_mse", or "none" for zero.
        rmse: One root over all channels, or the sum of one root per channel.
        scale: Value of a full mask in the predictions; 255 as published, 1 makes the term small.
    """

    name: MaskLossName | Literal["mae_mse"] = "rmse"
    rmse: Literal["together", "per_channel"] = "together"
    scale: float = MASK_RANGE

    def __call__(self, predicted: Tensor, target: Tensor, shares: Tensor, pool: Pool = alone) -> Tensor:
        """The loss of P pictures.

        Args:
            predicted: On `scale`, not clamped, shape (P, 3, H, W).
            target: 0..255 and a little above, shape (P, 3, H, W).
            shares: Weight of every picture, shape (P,); over all processes they add up to 1.
            pool: Adds up means over processes before roots are taken.
        """
        if self.name == "none":
            return predicted.new_zeros(())
        error = predicted.float() - target * (self.scale / MASK_RANGE)
        absolute = pool((shares * error.abs().mean(dim=(1, 2, 3))).sum())
        if self.name == "mae":
            return absolute
        squares = pool((shares[:, None] * error.square().mean(dim=(2, 3))).sum(dim=0))
        if self.name == "mae_mse":
            return absolute + squares.mean()
        root = self._root(squares)
        return root if self.name == "rmse" else root + absolute

    def _root(self, squares: Tensor) -> Tensor:
        # The slope of a root is infinite at zero; a perfect prediction must not become NaN.
        if self.rmse == "together":
            return squares.mean().clamp_min(_TINY).sqrt()
        return squares.clamp_min(_TINY).sqrt().sum()


@dataclass(frozen=True)
class Losses:
    """The terms of one batch, each a scalar over all processes.

    Attributes:
        total: What is optimised.
        answer: Cross-entropy.
        mask: Mask loss; zero for networks without masks.
        auxiliary: The network's own terms by name, those of its further scores with their weights.
        each: Cross-entropy of every question of this process, without gradients, shape (N,); None where only the mask
            network was trained.
    """

    total: Tensor
    answer: Tensor
    mask: Tensor
    auxiliary: Mapping[str, Tensor]
    each: Tensor | None = None

    def numbers(self) -> dict[str, float]:
        """All terms as numbers."""
        named = {"loss": self.total, "answer_loss": self.answer, "mask_loss": self.mask, **self.auxiliary}
        return {name: float(value.detach()) for name, value in named.items()}


def mask_loss_of(settings: TrainingSettings, scale: float = MASK_RANGE) -> MaskLoss:
    """The mask loss of joint training, for predictions on a scale."""
    return MaskLoss(settings.mask_loss, settings.rmse, scale)


@dataclass(frozen=True)
class Objective:
    """What a training minimises.

    Attributes:
        settings: Weights and options.
        mask_scale: Value of a full mask in the predictions.
        pool: Adds up parts of a batch over processes.
    """

    settings: TrainingSettings
    mask_scale: float = MASK_RANGE
    pool: Pool = alone

    def losses(self, output: NetworkOutput, targets: Targets) -> Losses:
        """Alpha * cross-entropy + (1 - alpha) * mask loss + the network's own terms.

        Without predicted masks the loss is the cross-entropy and the network's own terms (Table VI, no prompts).
        """
        settings, pool = self.settings, self.pool
        each = functional.cross_entropy(output.logits.float(), targets.labels, reduction="none")
        answer = pool(targets.weighted(each).sum() / targets.total_questions)
        share = len(targets.labels) / targets.total_questions
        auxiliary = {name: pool(term * share) for name, term in output.auxiliary.items()}
        for name, head in output.heads.items():
            auxiliary[name] = pool(head.weight * head_loss(head, targets, settings))
        extra = sum(auxiliary.values(), answer.new_zeros(()))
        if output.masks is None:
            return Losses(answer + extra, answer, answer.new_zeros(()), auxiliary, each.detach())
        loss = mask_loss_of(settings, self.mask_scale)
        mask = loss(output.masks, targets.masks, targets.shares(settings), pool)
        total = settings.alpha * answer + (1 - settings.alpha) * mask + extra
        return Losses(total, answer, mask, auxiliary, each.detach())

    def mask_only(self, pictures: Rows, targets: Targets) -> Losses:
        """The loss of the mask or segmentation network alone, in the first part of two-step training.

        Args:
            pictures: What the network says of the pictures, with "masks" or "class_map".
            targets: Of the batch.
        """
        settings, shares = self.settings, targets.shares(self.settings)
        if "class_map" in pictures.tensors:
            value = self.pool((shares * map_errors(pictures["class_map"], targets)).sum())
        else:
            loss = MaskLoss(settings.mask_only_loss, settings.rmse, self.mask_scale)
            value = loss(pictures["masks"], targets.masks, shares, self.pool)
        return Losses(value, value.new_zeros(()), value, {})


def require_finite(loss: Tensor, numbers: Mapping[str, float], place: str) -> None:
    """Stop before a loss that is no number reaches the weights.

    Raises:
        DivergenceError: The loss is infinite or no number.
    """
    if not bool(torch.isfinite(loss)):
        terms = ", ".join(f"{name} {value:g}" for name, value in numbers.items())
        raise DivergenceError(
            f"the loss is no number at {place} ({terms}); the last checkpoint of the run stays: lower the "
            "learning rates (--set learning_rate=...) or train with --set precision=32"
        )
