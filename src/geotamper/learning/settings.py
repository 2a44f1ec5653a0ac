"""Every choice of a training, with the recommended defaults of the published method."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from geotamper.errors import SpecificationError

Model = TypeVar("Model", bound=BaseModel)
MaskLossName = Literal["rmse", "mae", "both", "none"]
Preset = Literal["paper", "compact", "tiny"]

_ABSENT = ("none", "null")
"""How a setting that may be None is taken back in text."""


class TrainingSettings(BaseModel):
    """How a network is trained.

    Attributes:
        epochs: Passes over the train fold, after the mask epochs of two-step training.
        batch: "pictures": pictures with all their questions; "questions": shuffled questions that each bring
            their picture, as published.
        batch_size: Pictures or questions of an optimiser step, over all processes.
        accumulate: Parts that a batch is computed in; the gradient of the cross-entropy is the same.
        seed: Of initial weights, order and dropout.
        balanced: Train and validate on the balanced subset.
        alpha: Weight of the cross-entropy; the mask loss has 1 - alpha (section 7, Fig. 9).
        mask_loss: Which mask loss (Table VII).
        rmse: One root over three channels together (code), or the sum of one root per channel (paper).
        mask_weight: A picture weighs as much as it has questions, as in the published loop, or all weigh alike.
        one_step: Joint training; otherwise the mask network is trained alone first, its best state kept and frozen.
        mask_epochs: Epochs of the mask network alone in two-step training; None for `freeze_epoch`.
        mask_only_loss: Loss of these epochs: RMSE (paper) or MAE + MSE (code).
        mask_only_learning_rate: First learning rate of these epochs.
        mask_only_learning_rate_end: Last learning rate of these epochs.
        single_optimiser: One Adam for all parameters.
        learning_rate: First learning rate of everything but the mask network.
        learning_rate_end: Where its cosine ends.
        pretrained_learning_rate: First learning rate of parameters that begin pretrained; None for the same.
        mask_learning_rate: First learning rate of the mask network.
        mask_learning_rate_end: Where its cosine would end if it were not frozen.
        freeze_epoch: First epoch with a frozen mask network; None for two thirds of the epochs, `epochs` for never.
        freeze_bn: Freeze the statistics of its BatchNorm too.
        curriculum: `easy_to_hard`: questions are admitted as they become easy, see `Curriculum`; `none`: all at once.
        precision: "32", or "bf16" for bfloat16 autocast.
        channels_last: Memory format of pictures and convolutions.
        max_minutes: Time budget; schedules, the freeze and the steps of two-step training then run over the spent
            share of it.
        checkpoint_minutes: A resumable state is written this often, and after every epoch.
        validate_every: Epochs from one validation to the next; the last epoch always validates.
        limit_pictures: At most so many pictures of each fold; None for all.
        device: "auto", "cpu" or "cuda".
        devices: Processes that share a batch.
        logger: A further logger beside TensorBoard and log.jsonl.
        cache: Folder of decoded pictures; None for one beside the run. Trainings with the same one share pictures,
            features, and the mask network of two-step training where they would train the same.
        cache_features: Keep what a frozen image tower says of every picture there too: the tower then works in the
            first epoch only, for 4 bytes per number and picture (0.5 MB with ResNet-152 at 256 pixels).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(default=20, ge=1)
    batch: Literal["pictures", "questions"] = "questions"
    batch_size: int = Field(default=32, ge=1)
    accumulate: int = Field(default=1, ge=1)
    seed: int = Field(default=3407, ge=0)
    balanced: bool = False
    alpha: float = Field(default=0.7, ge=0, le=1)
    mask_loss: MaskLossName = "rmse"
    rmse: Literal["together", "per_channel"] = "together"
    mask_weight: Literal["questions", "pictures"] = "questions"
    one_step: bool = True
    mask_epochs: int | None = Field(default=None, ge=1)
    mask_only_loss: Literal["rmse", "mae_mse"] = "rmse"
    mask_only_learning_rate: float = Field(default=5e-4, gt=0)
    mask_only_learning_rate_end: float = Field(default=1e-4, ge=0)
    single_optimiser: bool = False
    learning_rate: float = Field(default=5e-5, gt=0)
    learning_rate_end: float = Field(default=1e-6, ge=0)
    pretrained_learning_rate: float | None = Field(default=None, gt=0)
    mask_learning_rate: float = Field(default=1e-3, gt=0)
    mask_learning_rate_end: float = Field(default=1e-4, ge=0)
    freeze_epoch: int | None = Field(default=None, ge=0)
    freeze_bn: bool = False
    curriculum: Literal["none", "easy_to_hard"] = "none"
    precision: Literal["32", "bf16"] = "32"
    channels_last: bool = False
    max_minutes: float | None = Field(default=None, gt=0)
    checkpoint_minutes: float = Field(default=10.0, gt=0)
    validate_every: int = Field(default=1, ge=1)
    limit_pictures: int | None = Field(default=None, ge=1)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    devices: int = Field(default=1, ge=1)
    logger: Literal["none", "wandb", "mlflow"] = "none"
    cache: Path | None = None
    cache_features: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> "TrainingSettings":
        if self.batch_size < self.accumulate * self.devices:
            raise ValueError(
                f"batch_size {self.batch_size} cannot be divided into {self.accumulate} parts "
                f"for {self.devices} processes; raise batch_size"
            )
        return self

    @property
    def mask_only_epochs(self) -> int:
        """Epochs in which the mask network is trained alone; 0 for joint training."""
        if self.one_step:
            return 0
        return self.mask_epochs or max(1, self.frozen_from)

    @property
    def total_epochs(self) -> int:
        """Epochs of the whole training."""
        return self.mask_only_epochs + self.epochs

    @property
    def frozen_from(self) -> int:
        """First joint epoch with a frozen mask network."""
        return self.epochs * 2 // 3 if self.freeze_epoch is None else self.freeze_epoch


PRESETS: Mapping[Preset, TrainingSettings] = {
    "paper": TrainingSettings(),
    "compact": TrainingSettings(
        epochs=30,
        batch="pictures",
        batch_size=16,
        learning_rate=1e-3,
        learning_rate_end=1e-5,
        pretrained_learning_rate=2e-4,
        channels_last=True,
    ),
    "tiny": TrainingSettings(
        epochs=3, batch="pictures", batch_size=4, learning_rate=2e-3, learning_rate_end=1e-4
    ),
}
"""Training settings by preset: as published, for two cores, and for tests."""


def training_settings(preset: Preset, changes: Mapping[str, Any]) -> TrainingSettings:
    """The settings of a preset with changes.

    Args:
        preset: Which settings to begin with.
        changes: New values by name; strings are read as the type of the setting.

    Raises:
        SpecificationError: A name is unknown, or a value has the wrong type or range.
    """
    return changed_settings(PRESETS[preset], changes)


def changed_settings(settings: TrainingSettings, changes: Mapping[str, Any]) -> TrainingSettings:
    """Settings with changes, as `training_settings`."""
    return read_settings(TrainingSettings, settings.model_dump(), changes)


def read_settings(kind: type[Model], values: Mapping[str, Any], changes: Mapping[str, Any]) -> Model:
    """Settings of any type.

    Args:
        kind: Type of the settings.
        values: To begin with, by name; those left out have their defaults.
        changes: New values by name; strings are read as the type of the setting.

    Raises:
        SpecificationError: A name is unknown or missing, or a value has the wrong type or range.
    """
    known = kind.model_fields
    for name in (*values, *changes):
        if name not in known:
            raise SpecificationError(unknown_key(name, tuple(known)))
    optional = {name for name, field in known.items() if field.default is None}
    new = {name: None if name in optional and value in _ABSENT else value for name, value in changes.items()}
    try:
        return kind.model_validate({**values, **new})
    except ValidationError as error:
        raise SpecificationError(_first_problem(error)) from error


def unknown_key(name: str, known: Sequence[str]) -> str:
    """A message that names an unknown key and the ones that resemble it."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    meant = f"did you mean {' or '.join(near)}?" if near else f"choose from {', '.join(sorted(known))}"
    return f"'{name}' is no setting; {meant}"


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "missing":
        return f"the setting '{name}' is missing; give it with --set {name}=VALUE"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{name}: {message}, got {problem['input']!r}" if name else message
