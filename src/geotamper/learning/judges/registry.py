"""Every judge by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from geotamper.errors import SpecificationError
from geotamper.learning.judges.direction.settings import DirectionSettings
from geotamper.learning.judges.job import Learned, Materials
from geotamper.learning.judges.object_class.settings import ObjectClassSettings
from geotamper.learning.judges.settings import JudgeSettings


@dataclass(frozen=True)
class JudgeEntry:
    """A judge that can be trained.

    Attributes:
        title: What it tells, in a few words.
        settings: Type of its settings.
        weights: Name of the file that a training writes.
        packaged: Files of `geotamper.weights` that were trained so.
        needs_torch: Whether PyTorch must be installed.
        train: From settings of this type and materials.
    """

    title: str
    settings: type[JudgeSettings]
    weights: str
    packaged: tuple[str, ...]
    needs_torch: bool
    train: Callable[[Any, Materials], Learned]


def _train_direction(settings: DirectionSettings, materials: Materials) -> Learned:
    from geotamper.learning.judges.direction.training import train

    return train(settings, materials)


def _train_object_class(settings: ObjectClassSettings, materials: Materials) -> Learned:
    from geotamper.learning.judges.object_class.training import train

    return train(settings, materials)


JUDGES: dict[str, JudgeEntry] = {
    "object-class": JudgeEntry(
        title="what a region shows",
        settings=ObjectClassSettings,
        weights="objects.onnx",
        packaged=("objects-research.onnx", "objects-permissive.onnx"),
        needs_torch=True,
        train=_train_object_class,
    ),
    "direction": JudgeEntry(
        title="which of two alike regions is the copy",
        settings=DirectionSettings,
        weights="direction.json",
        packaged=("direction.json",),
        needs_torch=False,
        train=_train_direction,
    ),
}
"""Judges by name."""


def judge_entry(name: str) -> JudgeEntry:
    """The judge of this name.

    Raises:
        SpecificationError: There is none.
    """
    if name not in JUDGES:
        raise SpecificationError(f"there is no judge '{name}'; choose one of {', '.join(JUDGES)}")
    return JUDGES[name]
