"""The metrics file: `geotamper.metrics/1`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from geotamper.task.catalogue import Group, TypeName

METRICS_SCHEMA: Literal["geotamper.metrics/1"] = "geotamper.metrics/1"

Ends = tuple[float, float]
"""Lower and upper end of a 95 % interval."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class TypeEntry(_Part):
    """Accuracy of one question type, and how often it was asked."""

    accuracy: float
    asked: int


class WithinTypeEntry(_Part):
    """Accuracies of a network whose answer is the most probable one among those of the question's type."""

    OA: float | None
    AA: float | None
    per_type: dict[TypeName, TypeEntry]


class LatencyEntry(_Part):
    """Seconds for one picture with all its questions."""

    median: float
    p95: float


class ImageLevelEntry(_Part):
    """Verdicts on whole pictures; None where the set has no picture that the number could be taken from."""

    accuracy: float | None
    false_alarm_rate: float | None
    recall: float | None
    auc: float | None
    abstention_rate: float | None
    ece: float | None


class OverlapEntry(_Part):
    """Agreement of masks."""

    iou: float
    f1: float


class LocalisationEntry(_Part):
    """Masks over tampered pictures; None where there is no such picture."""

    found_rate: float | None
    swap_rate: float | None
    source: OverlapEntry | None
    target: OverlapEntry | None
    union: OverlapEntry | None
    blur_found_rate: float | None


class TransformEntry(_Part):
    """Errors of turn (degrees) and scale over copies that were found and not exchanged."""

    rotation_median_deg: float
    rotation_mae_deg: float
    scale_median: float
    scale_mae: float


class Unavailable(_Part):
    """A field that is null, or lacks some pictures.

    Attributes:
        field: Its name, with a dot where it lies in another.
        reason: Why, in a few words.
        pictures: How many pictures that concerns; None where it concerns the set.
    """

    field: str
    reason: str
    pictures: int | None = None


class MetricsDocument(_Part):
    """All numbers of one detector on one fold of a set.

    The fields follow the published interface; `absent_types`, `unavailable`, `failures` and `notes` say what the
    numbers leave out. Accuracies and rates are fractions.

    Attributes:
        degrade: What happened to the pictures before they were shown, such as "jpeg:90".
        per_group: As `per_type`, by the paper's groups of types.
        within_type: Second column of networks; None for detectors that only answer within the type.
        outside_type: Share of answers that belong to another type than was asked; None as `within_type`.
        latency: Of single pictures; None without pictures.
    """

    schema_: Literal["geotamper.metrics/1"] = Field(default=METRICS_SCHEMA, alias="schema")
    model: str
    data: str
    split: str
    balanced: bool
    degrade: str = "none"
    images: int
    questions: int
    OA: float | None
    AA: float | None
    per_type: dict[TypeName, TypeEntry]
    absent_types: tuple[TypeName, ...]
    per_group: dict[Group, TypeEntry]
    within_type: WithinTypeEntry | None
    outside_type: float | None
    coverage: float | None
    image_level: ImageLevelEntry
    localisation: LocalisationEntry | None
    transform: TransformEntry | None
    seconds_per_image: float | None
    latency: LatencyEntry | None
    device: str | None
    version: str
    data_sha256: str
    confidence_intervals: dict[str, Ends]
    unavailable: tuple[Unavailable, ...]
    failures: int
    notes: tuple[str, ...]

    @property
    def fold_name(self) -> str:
        """The fold in words, with what was done to its pictures."""
        subset = " of the balanced subset" if self.balanced else ""
        change = "" if self.degrade == "none" else f" after {self.degrade}"
        return f"{self.split} fold{subset}{change}"

    def to_json(self) -> str:
        """The file's content."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"
