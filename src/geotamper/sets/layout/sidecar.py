"""`geotamper.json`: what was done to every picture, exactly, beside the released files.

The released layout has no place for transforms, groups and versions. Sets made here carry them in this file;
sets from elsewhere have none, and what needs it cannot be checked there.
"""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from geotamper.atomic import atomic_path
from geotamper.errors import InputError
from geotamper.sets.layout.names import Fold
from geotamper.task.catalogue import QuestionSet
from geotamper.task.classes import ObjectClass
from geotamper.task.facts import TamperKind

SIDECAR_SCHEMA: Literal["geotamper.set/1"] = "geotamper.set/1"

Wording = Literal["own", "released"]
Row = tuple[float, float, float]


class SidecarModel(BaseModel):
    """Base of every part: frozen, and closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False)


class TransformRecord(SidecarModel):
    """How a copy was turned, scaled and moved.

    Attributes:
        rotation_deg: Counter-clockwise on the screen, degrees; 0 exactly where it was not turned.
        scale: Length ratio of copy to original; 1 exactly where it was not scaled.
        matrix: `[[a, b, tx], [-b, a, ty]]` between source and target points, pixel centres at +0.5.
    """

    rotation_deg: float
    scale: float = Field(gt=0)
    matrix: tuple[Row, Row]


class BlurRecord(SidecarModel):
    """How a region was blurred.

    Attributes:
        method: The kind of blur.
        strength: Sigma, block size or radius, pixels.
    """

    method: Literal["gaussian", "mosaic", "oil"]
    strength: float = Field(gt=0)


class PictureRecord(SidecarModel):
    """What was done to one picture.

    Attributes:
        id: As in `All_Images.json`.
        kind: What was done.
        group: Pictures of one group may show the same ground and never stand in two folds.
        fold: Where the group stands.
        origin_dataset: Name of the set of raw imagery.
        origin: The raw picture within that set, its window included where it was cut.
        region: Where on earth it was taken, as far as the raw set says.
        licence: Terms of the raw picture; None in sets of versions that did not record them.
        restricted: Whether the raw set marks the picture as restricted; None where it does not say.
        object_class: What was copied or blurred; None for an untouched picture.
        instance: Number of the object in the raw picture; None for an untouched picture.
        transform: Of a copy.
        interpolation: Of a copy, as `geotamper.forge.interpolation` names it.
        edge: How the outline of a copy was pasted.
        blur: Of a blurred region.
        ambiguous_rotation: The object was turned, but its outline looks as before.
        seed: Random state that the picture was made from.
    """

    id: int
    kind: TamperKind
    group: str
    fold: Fold
    origin_dataset: str
    origin: str
    region: str | None = None
    licence: str | None = None
    restricted: bool | None = None
    object_class: ObjectClass | None = None
    instance: int | None = None
    transform: TransformRecord | None = None
    interpolation: str | None = None
    edge: str | None = None
    blur: BlurRecord | None = None
    ambiguous_rotation: bool = False
    seed: int = 0

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.transform is not None) != (self.kind == "copy-move"):
            raise ValueError("a copy-move picture has a transform, and no other picture has one")
        if (self.blur is not None) != (self.kind == "blur"):
            raise ValueError("a blurred picture has a blur, and no other picture has one")
        if (self.object_class is not None) != (self.kind != "none"):
            raise ValueError("a tampered picture has an object class, and an untouched one has none")
        return self


class Sidecar(SidecarModel):
    """The whole file.

    Attributes:
        schema_: Name and version of the format.
        name: Of the set.
        question_set: How question types are numbered.
        wording: Which wordings the questions have.
        paraphrases: Whether wordings other than the canonical ones were drawn.
        seed: Of the run.
        size: Width and height of the frame that transforms and answers refer to, pixels; pictures that were made
            smaller later keep it.
        versions: Of this package and of the libraries that shape its output.
        settings: Everything else that the run was given.
        pictures: One record per picture, by rising id.
    """

    schema_: Literal["geotamper.set/1"] = Field(default=SIDECAR_SCHEMA, alias="schema")
    name: str
    question_set: QuestionSet
    wording: Wording = "own"
    paraphrases: bool = False
    seed: int
    size: tuple[int, int] = (512, 512)
    versions: dict[str, str] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)
    pictures: tuple[PictureRecord, ...] = ()

    def by_id(self) -> dict[int, PictureRecord]:
        """The records by picture id."""
        return {record.id: record for record in self.pictures}


def read_sidecar(path: Path) -> Sidecar | None:
    """Read a sidecar, or None where the set has none.

    Raises:
        InputError: The file is there but damaged or of another version.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"'{path}' cannot be read ({error.strerror or error})") from error
    try:
        return Sidecar.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "its content"
        raise InputError(
            f"'{path}' is no sidecar of version '{SIDECAR_SCHEMA}': {place}: {first['msg']} "
            f"({error.error_count()} such faults); make the set again or remove the file to read the set "
            "without it"
        ) from error


def write_sidecar(path: Path, sidecar: Sidecar) -> None:
    """Write a sidecar with one picture a line, whole or not at all.

    Raises:
        OutputError: The file cannot be written.
    """
    head = sidecar.model_dump_json(by_alias=True, exclude={"pictures"})
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        stream.write(head.removesuffix("}") + ', "pictures": [')
        separator = "\n"
        for record in sidecar.pictures:
            stream.write(separator + record.model_dump_json())
            separator = ",\n"
        stream.write("\n]}\n")
