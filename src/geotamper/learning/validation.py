"""How well a network answers a fold: OA, AA, accuracy of every type, losses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch

from geotamper.learning.data.batches import FoldData
from geotamper.learning.heads import class_map_at, map_errors
from geotamper.learning.losses import MASK_RANGE
from geotamper.learning.processes import current_share, summed
from geotamper.learning.targets import Targets
from geotamper.models.protocol import NetworkOutput, QuestionNetwork

BATCH = 32
"""Pictures at a time."""

_EXTRA = 7
"""Rows of the sums behind those of the types: cross-entropy, squared and absolute mask error, their pictures, error
and right share of class maps, their pictures."""


@dataclass(frozen=True)
class Validation:
    """What a network makes of a fold; accuracies are fractions.

    Attributes:
        OA: Right over asked.
        AA: Mean over the types that were asked.
        per_type: Accuracy by number of the type.
        answer_loss: Mean cross-entropy.
        mask_rmse: Root of the mean squared mask error over 255; None without masks.
        mask_mae: Mean absolute mask error over 255; None without masks.
        class_map_loss: Mean cross-entropy of the pixels' classes; None where no class map is predicted.
        class_map_accuracy: Right share of the pixels; None where no class map is predicted.
    """

    OA: float
    AA: float
    per_type: Mapping[int, float]
    answer_loss: float
    mask_rmse: float | None
    mask_mae: float | None
    class_map_loss: float | None = None
    class_map_accuracy: float | None = None

    @property
    def mask_error(self) -> float | None:
        """MAE + MSE on 0..255, by which the published code chooses the best mask network."""
        if self.mask_rmse is None or self.mask_mae is None:
            return None
        return MASK_RANGE * self.mask_mae + (MASK_RANGE * self.mask_rmse) ** 2

    def guide_loss(self, name: Literal["rmse", "mae_mse"]) -> float | None:
        """By which the best mask or segmentation network alone is chosen; None where there is none.

        Args:
            name: Which loss of masks; class maps have their cross-entropy.
        """
        if self.class_map_loss is not None:
            return self.class_map_loss
        return self.mask_rmse if name == "rmse" else self.mask_error

    def to_entry(self, type_names: Mapping[int, str]) -> dict[str, Any]:
        """Everything that is known, as it stands in the log.

        Args:
            type_names: Names of the types by number.
        """
        plain: dict[str, Any] = {
            "OA": self.OA,
            "AA": self.AA,
            "answer_loss": self.answer_loss,
            "per_type": {
                type_names.get(number, str(number)): value for number, value in self.per_type.items()
            },
        }
        guides = ("mask_rmse", "mask_mae", "class_map_loss", "class_map_accuracy")
        known = {name: getattr(self, name) for name in guides}
        return plain | {name: value for name, value in known.items() if value is not None}


@torch.no_grad()
def validate(
    network: QuestionNetwork, data: FoldData, device: torch.device, *, mask_scale: float = MASK_RANGE
) -> Validation:
    """Ask a network every question of a fold, arg-max over all classes.

    The processes of a training share the work; each gets the whole result. The network is left in evaluation mode.

    Args:
        network: On `device`.
        data: The fold.
        device: Where to compute.
        mask_scale: Value of a full mask in the predictions.
    """
    network.eval()
    share = current_share()
    types = int(data.questions.types.max())
    sums = torch.zeros(types + 1 + _EXTRA, 2, dtype=torch.float64, device=device)
    rows = np.arange(len(data.questions.pictures))[share.rank :: share.world]
    for start in range(0, len(rows), BATCH):
        part = data.by_pictures(rows[start : start + BATCH]).to(device, torch.contiguous_format)
        with data.recalled(part):
            output = network(part.pictures, part.tokens, part.picture_of, part.text_of)
        labels = part.targets.labels
        right = (output.logits.argmax(dim=1) == labels).double()
        asked = torch.stack((right, torch.ones_like(right)), dim=1)
        sums.index_add_(0, part.types, asked)
        losses = torch.nn.functional.cross_entropy(output.logits.float(), labels, reduction="sum")
        sums[types + 1, 0] += losses.double()
        sums[types + 2 :, 0] += _guide_sums(output, part.targets, mask_scale)
    return _result(summed(sums).cpu(), types)


def _guide_sums(output: NetworkOutput, targets: Targets, mask_scale: float) -> torch.Tensor:
    """The last six rows of the sums for the pictures of a batch."""
    found = torch.zeros(6, dtype=torch.float64, device=output.logits.device)
    if output.masks is not None:
        error = output.masks.float() / mask_scale - targets.masks / MASK_RANGE
        found[0] = error.square().mean(dim=(1, 2, 3)).sum()
        found[1] = error.abs().mean(dim=(1, 2, 3)).sum()
        found[2] = len(error)
    head = output.heads.get("class_map")
    if head is not None:
        right = head.logits.argmax(dim=1) == class_map_at(head.logits, targets)
        found[3] = map_errors(head.logits, targets).sum()
        found[4] = right.double().mean(dim=(1, 2)).sum()
        found[5] = len(right)
    return found


def _result(sums: torch.Tensor, types: int) -> Validation:
    right, asked = sums[: types + 1, 0], sums[: types + 1, 1]
    per_type = {
        number: float(right[number] / asked[number]) for number in range(1, types + 1) if asked[number]
    }
    squared, absolute, pictures, map_loss, map_right, maps = sums[types + 2 :, 0].tolist()
    return Validation(
        OA=float(right.sum() / asked.sum()),
        AA=float(np.mean(list(per_type.values()))),
        per_type=per_type,
        answer_loss=float(sums[types + 1, 0] / asked.sum()),
        mask_rmse=float((squared / pictures) ** 0.5) if pictures else None,
        mask_mae=absolute / pictures if pictures else None,
        class_map_loss=map_loss / maps if maps else None,
        class_map_accuracy=map_right / maps if maps else None,
    )
