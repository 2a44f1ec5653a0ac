"""The report as data: the models behind `report.json`, schema "geotamper.report/1".

The models are frozen and refuse fields they do not know, so that a report that was written once is read back
as it was or not at all. Coordinates are source pixels, x right, y down, pixel centres at +0.5.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from geotamper.task.catalogue import TypeName

REPORT_SCHEMA: Literal["geotamper.report/1"] = "geotamper.report/1"
ERROR_SCHEMA: Literal["geotamper.error/1"] = "geotamper.error/1"

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Point = tuple[float, float]
Row = tuple[float, float, float]
FindingKind = Literal["copy-move", "blur"]
VerdictKind = Literal["none", "copy-move", "blur"]


class ReportModel(BaseModel):
    """Base of every part of the report: frozen, and closed to unknown fields."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        allow_inf_nan=False,
        json_schema_serialization_defaults_required=True,
    )


class ImageInfo(ReportModel):
    """The picture that was inspected.

    Attributes:
        path: As the caller gave it.
        sha256: Of the file, or of the pixels where there is no file.
        width: Columns.
        height: Rows.
        bands: Bands of the file, an alpha band included.
        dtype: Of the file's values, as NumPy names it.
        crs: Coordinate reference system, or None.
        geotransform: The six GDAL coefficients, or None.
        pixel_area_m2: Ground area of one pixel in square metres, or None.
    """

    path: str
    sha256: str
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    bands: int = Field(ge=1)
    dtype: str
    crs: str | None
    geotransform: tuple[float, float, float, float, float, float] | None
    pixel_area_m2: float | None


class Verdict(ReportModel):
    """Whether the picture was tampered with.

    Attributes:
        tampered: None means that the evidence does not decide.
        kind: Of the primary finding; "none" for an untouched picture, None where nothing is decided.
        score: P(tampered).
        confidence: That `tampered` is right; 0 where it is None.
    """

    tampered: bool | None
    kind: VerdictKind | None
    score: Probability
    confidence: Probability


class Region(ReportModel):
    """An area of the picture.

    Attributes:
        bbox: (x0, y0, x1, y1), pixels; x1 and y1 are the outer edges of the last column and row.
        centroid: (x, y), mean of the pixel centres.
        area_px: Number of pixels.
        area_fraction: Share of the picture, 0 to 1.
        polygon: Rings of all parts, each a list of (x, y) corners.
    """

    bbox: tuple[int, int, int, int]
    centroid: Point
    area_px: int = Field(ge=0)
    area_fraction: Probability
    polygon: tuple[tuple[Point, ...], ...]


class ObjectClassGuess(ReportModel):
    """The class of the tampered object, and how sure it is."""

    label: str
    confidence: Probability


class Transform(ReportModel):
    """The similarity that takes the source to the target.

    Attributes:
        rotation_deg: Counter-clockwise on the screen, -180 < r <= 180.
        scale: Length ratio target over source.
        rotation_sigma: Standard deviation, degrees.
        scale_sigma: Standard deviation.
        matrix: `[[s cos r, s sin r, tx], [-s sin r, s cos r, ty]]`.
    """

    rotation_deg: float = Field(gt=-180.0, le=180.0)
    scale: float = Field(gt=0.0)
    rotation_sigma: float = Field(ge=0.0)
    scale_sigma: float = Field(ge=0.0)
    matrix: tuple[Row, Row]


class BlurInfo(ReportModel):
    """How the detail of a blurred region was removed; the strength is in pixels, None when unknown."""

    method: Literal["gaussian", "mosaic", "oil"]
    strength: float | None


class FindingEntry(ReportModel):
    """One forged region.

    Attributes:
        id: 1, 2, ... in falling confidence.
        group: Shared by the copies of one source.
        kind: What was done.
        confidence: That the region was forged.
        object_class: What it shows, or None where no class model is at hand.
        source: The region that was copied; for a blur the region itself.
        target: The forged region.
        transform: From source to target, or None.
        direction_confidence: That source and target are not exchanged, or None for a blur.
        blur: How it was blurred, or None for a copy.
    """

    id: int = Field(ge=1)
    group: int = Field(ge=1)
    kind: FindingKind
    confidence: Probability
    object_class: ObjectClassGuess | None
    source: Region | None
    target: Region
    transform: Transform | None
    direction_confidence: Probability | None
    blur: BlurInfo | None


class Answer(ReportModel):
    """A question and what the inspection answers.

    Attributes:
        question: The text as asked.
        type: Its type of the catalogue, or None for a text outside it.
        answer: A string of the type's vocabulary, or `undecided`, `not applicable`, `unknown` or
            `not answerable`.
        confidence: That the answer is right; 0 where the inspection abstains.
        finding: The finding it concerns, or None.
        basis: What the answer rests on, or why there is none.
    """

    question: str
    type: TypeName | None
    answer: str
    confidence: Probability
    finding: int | None
    basis: str


class Artifacts(ReportModel):
    """Where the files of a saved report are; None for those that were not written."""

    source_mask: str | None = None
    target_mask: str | None = None
    overlay: str | None = None
    html: str | None = None
    geojson: str | None = None


class WeightsInfo(ReportModel):
    """One file of trained weights that took part."""

    name: str
    sha256: str
    licence: str


class RunInfo(ReportModel):
    """How the report was made.

    Attributes:
        version: Of geotamper.
        detector: Its name.
        weights: Trained weights that took part; empty for a detector without any.
        device: Where the work ran.
        seconds: Wall-clock time of the detection.
        peak_memory_mb: Largest memory use of the process so far, 10^6 bytes.
        parameters: What the caller chose.
    """

    version: str
    detector: str
    weights: tuple[WeightsInfo, ...]
    device: str
    seconds: float = Field(ge=0.0)
    peak_memory_mb: float = Field(ge=0.0)
    parameters: dict[str, Any]


class InspectionReport(ReportModel):
    """Everything that one inspection found, decided and answered."""

    schema_name: Literal["geotamper.report/1"] = Field(alias="schema")
    image: ImageInfo
    verdict: Verdict
    findings: tuple[FindingEntry, ...]
    answers: tuple[Answer, ...]
    artifacts: Artifacts
    limits: tuple[str, ...]
    run: RunInfo

    def to_dict(self) -> dict[str, Any]:
        """The report as plain lists, dictionaries, numbers and strings, in the order of the schema."""
        return self.model_dump(mode="json", by_alias=True)

    def to_json(self, *, indent: int | None = None) -> str:
        """The report as JSON text; one line without `indent`."""
        return self.model_dump_json(by_alias=True, indent=indent)


class ErrorLine(ReportModel):
    """The line that stands for an input that could not be inspected.

    Attributes:
        path: The input as given.
        error: What was wrong with it and what to do, in one line.
    """

    schema_name: Literal["geotamper.error/1"] = Field(alias="schema")
    path: str
    error: str

    @classmethod
    def of(cls, path: str, error: str) -> "ErrorLine":
        """The error line of one input."""
        return cls(schema_name=ERROR_SCHEMA, path=printable(path), error=printable(error))

    def to_json(self) -> str:
        """The error as one line of JSON."""
        return self.model_dump_json(by_alias=True)


def printable(text: str) -> str:
    """Text that UTF-8 can hold: what is no UTF-8 in a file name or an argument becomes replacement characters."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
