"""Two-step training: a mask network that was trained alone once serves all trainings that would do the same."""

import json
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError

import torch

from geotamper.atomic import atomic_path
from geotamper.learning.digests import state_digest
from geotamper.learning.parameters import MaskPart
from geotamper.learning.position import Position
from geotamper.learning.settings import TrainingSettings
from geotamper.learning.task import QuestionTask
from geotamper.models.protocol import QuestionNetwork

_OF_THE_STAGE = (
    "epochs",
    "batch",
    "batch_size",
    "accumulate",
    "seed",
    "balanced",
    "rmse",
    "mask_weight",
    "one_step",
    "mask_epochs",
    "mask_only_loss",
    "mask_only_learning_rate",
    "mask_only_learning_rate_end",
    "freeze_epoch",
    "precision",
    "channels_last",
    "max_minutes",
    "limit_pictures",
    "devices",
)
"""Settings that decide how the mask network alone is trained, and for how long."""


@dataclass(frozen=True)
class SharedMasks:
    """Where the result of the mask epochs is kept: the mask network and the position behind them.

    Attributes:
        path: The file; named after everything that the result follows from.
    """

    path: Path

    def keep(self, task: QuestionTask) -> None:
        """Keep what the mask epochs came to, unless it is there already.

        Raises:
            OutputError: The file cannot be written.
        """
        if task.best_mask_state is None or self.path.is_file():
            return
        plain = task.position.to_plain()
        plain["seconds"] = task.seconds
        plain["history"] = [{**entry, "shared": True} for entry in plain["history"]]
        with atomic_path(self.path) as temporary:
            torch.save({"masks": task.best_mask_state, "position": plain}, temporary)

    def take(self, task: QuestionTask) -> bool:
        """Put a new training behind its mask epochs; the time they took counts as spent.

        Returns:
            Whether there was something to take. A file that cannot be read is as good as none.
        """
        try:
            found = torch.load(self.path, map_location="cpu", weights_only=True)
            position = Position(**found["position"])
            state = dict(found["masks"])
        except (OSError, RuntimeError, KeyError, TypeError, ValueError, EOFError, UnpicklingError):
            return False
        task.position, task.best_mask_state = position, state
        return True


def shared_masks(
    folder: Path, network: QuestionNetwork, settings: TrainingSettings, data: str
) -> SharedMasks | None:
    """The place of a training that begins with its mask network alone; None for all others.

    Args:
        folder: The cache that trainings share.
        network: Before the first step: mask networks that begin alike end alike.
        settings: Of the training.
        data: What it learns from and how predictions are scaled, as a text.
    """
    part = MaskPart(network)
    if settings.one_step or not part:
        return None
    chosen = {
        name: value for name, value in settings.model_dump(mode="json").items() if name in _OF_THE_STAGE
    }
    digest = state_digest(part.state(), json.dumps([data, chosen], sort_keys=True))
    return SharedMasks(folder / f"masks-{digest}.pt")
