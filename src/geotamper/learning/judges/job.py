"""What a judge is trained from, and what comes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from geotamper.control import Control
from geotamper.learning.judges.examples import ExampleFolder
from geotamper.sets.layout import TamperSet


@dataclass(frozen=True)
class Materials:
    """What a judge is trained from.

    Attributes:
        sets: Made by the builder, so that all of them say what was done to their pictures.
        examples: Keeps what was computed from them.
        control: Progress and cancellation.
    """

    sets: tuple[TamperSet, ...]
    examples: ExampleFolder
    control: Control


@dataclass(frozen=True)
class Learned:
    """A trained judge.

    Attributes:
        write: Writes its weights to a path, in the format that the inspector reads.
        report: Tables and figures, Markdown below a heading of the first level.
        metrics: The most important figures by name.
    """

    write: Callable[[Path], None]
    report: str
    metrics: Mapping[str, float]
