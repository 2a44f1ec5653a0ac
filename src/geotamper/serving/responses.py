"""What the service answers, as models: OpenAPI is made from them."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from geotamper.inspection.report import Answer, Artifacts, InspectionReport, Verdict, WeightsInfo
from geotamper.serving.jobs import Job, JobOptions, JobState, QuestionText
from geotamper.serving.service import Service
from geotamper.serving.tiles import LAYERS, TILE_SIDE, max_zoom

API = "/api/v1"


class Links(BaseModel):
    """Addresses that belong to an inspection."""

    self: str
    events: str
    questions: str
    artifacts: str
    tiles: str = Field(description="With {layer}, {z}, {x} and {y} to be put in.")


class View(BaseModel):
    """What a viewer of tiles needs to know."""

    width: int = Field(description="Of the picture, pixels.")
    height: int = Field(description="Of the picture, pixels.")
    tile_size: int = Field(description="Side of a tile, pixels.")
    max_zoom: int = Field(
        description="At this zoom a pixel of a tile is a pixel of the picture; at 0 one tile holds all."
    )
    layers: list[str] = Field(description="Layers that have tiles.")


class Summary(BaseModel):
    """An inspection without its report."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    id: str = Field(examples=["3f1c5c0f6d2a4b7e9a0c1d2e"])
    state: JobState
    progress: float = Field(ge=0, le=1, description="Finished part.")
    stage: str = Field(description="What is being done, in a few words.")
    name: str = Field(description="Of the picture, as it was given.", examples=["scene.tif"])
    created: datetime
    started: datetime | None
    ended: datetime | None
    error: str | None = Field(description="Why it failed.")
    verdict: Verdict | None = Field(description="Of the report, once it is done.")
    links: Links


class Inspection(Summary):
    """An inspection."""

    queue_position: int | None = Field(description="How many are begun before it; null once it was begun.")
    options: JobOptions
    view: View | None = Field(description="For a viewer of tiles, once it is done.")
    report: InspectionReport | None = Field(
        description="Once it is done; its artifacts are addresses on this service."
    )


class Page(BaseModel):
    """Inspections, newest first."""

    items: list[Summary]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class Ask(BaseModel):
    """A question."""

    model_config = ConfigDict(extra="forbid")

    text: QuestionText = Field(description="In free English.", examples=["Was the copy rotated?"])
    finding: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None, description="Id of the finding that it concerns; null for the one of the report."
    )


class Asked(BaseModel):
    """A line of the transcript."""

    asked: datetime
    answer: Answer


class Transcript(BaseModel):
    """What was asked about an inspection, oldest first."""

    items: list[Asked]


class Artifact(BaseModel):
    """A file of an inspection."""

    name: str = Field(examples=["source_mask.png"])
    media_type: str = Field(examples=["image/png"])
    size: int = Field(description="Bytes.")
    link: str


class ArtifactList(BaseModel):
    """The files of an inspection."""

    items: list[Artifact]


class Health(BaseModel):
    """That the service runs."""

    status: str = Field(examples=["ok"])
    version: str
    jobs: dict[str, int] = Field(description="Inspections by state.")


class DetectorInfo(BaseModel):
    """A detector that may be asked for by name."""

    name: str
    is_default: bool


class Models(BaseModel):
    """Detectors and the trained weights that come with the package."""

    detectors: list[DetectorInfo]
    weights: list[WeightsInfo]


class Event(BaseModel):
    """One server-sent event: where the inspection stands."""

    id: str
    state: JobState
    progress: float
    stage: str
    error: str | None


def summary_of(job: Job) -> Summary:
    """An inspection without its report."""
    return Summary(**_common(job))


def inspection_of(job: Job, service: Service) -> Inspection:
    """An inspection with its report."""
    report = service.report(job) if job.state == "done" else None
    return Inspection(
        **_common(job),
        queue_position=service.store.waiting_before(job) if job.state == "queued" else None,
        options=job.options,
        view=None if report is None else _view(report),
        report=None if report is None else _with_addresses(report, job.id),
    )


def event_of(job: Job) -> Event:
    """The event that tells where an inspection stands."""
    return Event(id=job.id, state=job.state, progress=job.progress, stage=job.stage, error=job.error)


def moment(seconds: float) -> datetime:
    """A point in time from seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def address_of(job_id: str) -> str:
    """The address of an inspection."""
    return f"{API}/inspections/{job_id}"


def _common(job: Job) -> dict[str, object]:
    place = address_of(job.id)
    return {
        "id": job.id,
        "state": job.state,
        "progress": job.progress,
        "stage": job.stage,
        "name": job.name,
        "created": moment(job.created),
        "started": None if job.started is None else moment(job.started),
        "ended": None if job.ended is None else moment(job.ended),
        "error": job.error,
        "verdict": job.verdict,
        "links": Links(
            self=place,
            events=f"{place}/events",
            questions=f"{place}/questions",
            artifacts=f"{place}/artifacts",
            tiles=f"{place}/tiles/{{layer}}/{{z}}/{{x}}/{{y}}.png",
        ),
    }


def _view(report: InspectionReport) -> View:
    image = report.image
    return View(
        width=image.width,
        height=image.height,
        tile_size=TILE_SIDE,
        max_zoom=max_zoom(image.width, image.height),
        layers=list(LAYERS),
    )


def _with_addresses(report: InspectionReport, job_id: str) -> InspectionReport:
    """The report with addresses in place of paths on the service's machine."""
    files = {
        kind: None if path is None else f"{address_of(job_id)}/artifacts/{path.rpartition('/')[2]}"
        for kind, path in report.artifacts.model_dump().items()
    }
    return report.model_copy(update={"artifacts": Artifacts(**files)})
