"""One inspection as the service keeps it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from geotamper.inspection.report import Verdict

JobState = Literal["queued", "running", "done", "failed", "cancelled"]
STATES: tuple[JobState, ...] = ("queued", "running", "done", "failed", "cancelled")
ENDED: tuple[JobState, ...] = ("done", "failed", "cancelled")

Band = Annotated[int, Field(ge=1, le=65_535)]
Percent = Annotated[float, Field(ge=0, le=100)]
Pixel = Annotated[int, Field(ge=0, le=10**9)]
QuestionText = Annotated[str, Field(min_length=1, max_length=500)]


class JobOptions(BaseModel):
    """What a client may choose for one inspection: the options of `geotamper inspect` under the same names."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    questions: tuple[QuestionText, ...] = Field(
        default=(), max_length=50, description="In free English; none means every open question that applies."
    )
    finding: int | None = Field(
        default=None, ge=1, le=10_000, description="Answer for this finding instead of the surest."
    )
    detector: str = Field(
        default="inspector",
        min_length=1,
        max_length=1000,
        description="A name that `/models` lists, or the path of a trained network under an allowed root.",
    )
    false_alarm_rate: float = Field(
        default=0.01, gt=0, lt=1, description="Share of untouched pictures that may be called tampered."
    )
    weights: Literal["research", "permissive"] = Field(
        default="research", description="Class network: trained on all data, or usable for any purpose."
    )
    time_limit: float | None = Field(
        default=None, gt=0, le=1e6, description="Seconds after which the search ends with what it has."
    )
    bands: tuple[Band, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=3,
        description="One band for grey, or three for RGB; from 1.",
    )
    stretch: tuple[Percent, Percent] | None = Field(
        default=None,
        description="Percentiles of the samples that become black and white; in a form `0.5,99.5`.",
    )
    window: tuple[Pixel, Pixel, Pixel, Pixel] | None = Field(
        default=None,
        description="Search this part alone: column, row, width, height, pixels; in a form `0,0,500,500`.",
    )
    bbox: tuple[float, float, float, float] | None = Field(
        default=None,
        description="Search this part alone: xmin, ymin, xmax, ymax in the picture's coordinate system.",
    )
    max_memory: int | None = Field(
        default=None,
        ge=1,
        le=10**15,
        description="Bytes that the search may hold; at most what the service allows.",
    )

    @field_validator("bands", "stretch", "window", "bbox", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Forms carry several numbers as one text."""
        return value.split(",") if isinstance(value, str) else value


@dataclass(frozen=True)
class Job:
    """The state of one inspection.

    Attributes:
        number: Grows with every inspection; later ones have larger numbers.
        id: Unguessable name in addresses.
        state: Where it stands.
        progress: Finished part, 0 to 1.
        stage: What is being done, in a few words.
        name: The picture's name as the client gave it, for display alone.
        path: The picture on the machine of the service, for inspections by path; None for uploads.
        options: What the client chose.
        created: Seconds since 1970.
        started: Likewise, or None.
        ended: Likewise, or None.
        attempts: How often work on it was begun.
        error: Why it failed, or None.
        verdict: Of the report, or None.
        revision: Grows with every change.
    """

    number: int
    id: str
    state: JobState
    progress: float
    stage: str
    name: str
    path: Path | None
    options: JobOptions
    created: float
    started: float | None
    ended: float | None
    attempts: int
    error: str | None
    verdict: Verdict | None
    revision: int

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in ENDED


@dataclass(frozen=True)
class NewJob:
    """What a client asks for.

    Attributes:
        id: As `Job.id`.
        name: As `Job.name`.
        path: As `Job.path`.
        options: As `Job.options`.
        key: Of the client against doing it twice, or None.
        fingerprint: Digest of picture and options, which tells a repetition from another request with the same key.
    """

    id: str
    name: str
    path: Path | None
    options: JobOptions
    key: str | None = None
    fingerprint: str = ""
