"""What the plan needs to know of every raw tile: what screening measures, and which objects it has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geotamper.sets.building.lines import relative_line
from geotamper.sets.building.objects import list_objects
from geotamper.sets.fingerprints import Fingerprint
from geotamper.sets.screening.rules import Examination, examine
from geotamper.sets.sources.errors import TileError
from geotamper.sets.sources.protocol import RawSource, TileRef
from geotamper.task.classes import ObjectClass


@dataclass(frozen=True)
class ObjectEntry:
    """An object as the plan sees it.

    Attributes:
        number: As `TileObject.number`.
        object_class: What it is.
        exact: As `TileObject.exact`.
    """

    number: int
    object_class: ObjectClass
    exact: bool


@dataclass(frozen=True)
class TileSurvey:
    """One tile.

    Attributes:
        examination: What screening measured.
        objects: The objects that may be forged.
    """

    examination: Examination
    objects: tuple[ObjectEntry, ...]


@dataclass(frozen=True)
class SurveyOutcome:
    """The survey of one tile, or why there is none.

    Attributes:
        tile: Place in the listing.
        survey: None where the tile cannot be read.
        failure: One line, empty where the tile can be read.
    """

    tile: int
    survey: TileSurvey | None
    failure: str = ""


@dataclass(frozen=True)
class Surveyor:
    """Surveys tiles; importable and picklable, so that other processes can share the work.

    Attributes:
        source: Where the tiles are.
    """

    source: RawSource

    def __call__(self, tiles: Sequence[tuple[int, TileRef]]) -> list[SurveyOutcome]:
        """Survey some tiles, given with their places in the listing."""
        return [self._survey(place, ref) for place, ref in tiles]

    def _survey(self, place: int, ref: TileRef) -> SurveyOutcome:
        try:
            tile = self.source.read(ref)
        except TileError as error:
            return SurveyOutcome(place, None, relative_line(error, self.source.root))
        objects = tuple(
            ObjectEntry(entry.number, entry.object_class, entry.exact) for entry in list_objects(tile)
        )
        return SurveyOutcome(place, TileSurvey(examine(tile), objects))


def survey_document(outcome: SurveyOutcome) -> dict[str, Any]:
    """A survey as JSON data; read back by `parse_survey`."""
    if outcome.survey is None:
        return {"tile": outcome.tile, "failure": outcome.failure}
    seen = outcome.survey.examination
    return {
        "tile": outcome.tile,
        "id": seen.tile,
        "group": seen.group,
        "fold": seen.fold,
        "values": dict(seen.values),
        "bits": f"{seen.look.bits:016x}",
        "thumbnail": seen.look.thumbnail.tobytes().hex(),
        "flat": seen.look.flat,
        "objects": [[entry.number, entry.object_class, entry.exact] for entry in outcome.survey.objects],
    }


def parse_survey(document: Mapping[str, Any]) -> SurveyOutcome:
    """Read what `survey_document` made."""
    if "failure" in document:
        return SurveyOutcome(document["tile"], None, document["failure"])
    thumbnail = np.frombuffer(bytes.fromhex(document["thumbnail"]), dtype=np.uint8)
    side = int(len(thumbnail) ** 0.5)
    look = Fingerprint(int(document["bits"], 16), thumbnail.reshape(side, side), document["flat"])
    examination = Examination(document["id"], document["group"], document["fold"], document["values"], look)
    objects = tuple(ObjectEntry(*entry) for entry in document["objects"])
    return SurveyOutcome(document["tile"], TileSurvey(examination, objects))
