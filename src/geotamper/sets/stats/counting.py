"""Counts of a set, from its lists and its sidecar alone: no picture is opened."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from geotamper.sets.layout import FOLDS, NO_FOLD, PictureRecord, SetPicture, TamperSet, type_number
from geotamper.sets.questions import answer_counts
from geotamper.task.catalogue import QUESTION_TYPES, QuestionSet, TypeName
from geotamper.task.classes import OBJECT_CLASSES
from geotamper.task.facts import TAMPER_KINDS, TamperKind

STATS_SCHEMA: Literal["geotamper.stats/1"] = "geotamper.stats/1"

UNKNOWN = "unknown"
UNASSIGNED = "no fold"

AREA_STEP = 0.01
ROTATION_STEP = 30
SCALE_STEP = 0.1
LARGEST_AREA = 0.15
"""Shares of the frame above this are counted together: the paper's sets have none."""


class FoldCounts(BaseModel):
    """Pictures with at least one question in a fold, and the questions."""

    model_config = ConfigDict(frozen=True)

    pictures: int
    questions: int


class SetStatistics(BaseModel):
    """All counts of a set; inactive pictures and questions are left out.

    Attributes:
        schema_: Name and version of the format.
        name: Of the set's folder.
        balanced: Whether the questions are those of the balanced subset.
        pictures: Active pictures.
        questions: Active questions.
        groups: Groups of pictures that may show the same ground; None where the set does not tell.
        folds: By fold.
        kinds: Pictures by what was done to them; "unknown" where the list does not tell.
        origins: Pictures by set of raw imagery.
        regions: By region and kind: pictures. The set of raw imagery stands in where no region is known.
        classes: Tampered pictures by class of the object.
        types: Questions by type.
        answers: Questions by type and answer.
        areas: Tampered pictures by share of the frame that the forged region covers, in steps of 1 %.
        rotations: Copies by turn, in steps of 30 degrees; "0" for those that were not turned. None without sidecar.
        scales: Copies by length ratio, in steps of 0.1; "1" for those that were not scaled. None without sidecar.
        blurs: Blurred pictures by method; None without sidecar.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    schema_: Literal["geotamper.stats/1"] = Field(default=STATS_SCHEMA, alias="schema")
    name: str
    balanced: bool
    pictures: int
    questions: int
    groups: int | None
    folds: dict[str, FoldCounts]
    kinds: dict[str, int]
    origins: dict[str, int]
    regions: dict[str, dict[str, int]]
    classes: dict[str, int]
    types: dict[TypeName, int]
    answers: dict[TypeName, dict[str, int]]
    areas: dict[str, int]
    rotations: dict[str, int] | None
    scales: dict[str, int] | None
    blurs: dict[str, int] | None

    def to_json(self) -> str:
        """The counts as a JSON document."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"


def collect_statistics(opened: TamperSet) -> SetStatistics:
    """Count a set.

    Args:
        opened: Made here or released, the full set or its balanced subset.

    Raises:
        InputError: The lists cannot be read.
    """
    table = opened.questions.take(opened.questions.active)
    question_set = opened.vocabulary.question_set
    pictures = [picture for picture in opened.pictures.values() if picture.active]
    records = opened.records
    known = [records[picture.id] for picture in pictures if picture.id in records]
    kinds = {p.id: kind_of_picture(p, records.get(p.id), question_set) for p in pictures}
    answers = answer_counts(table, question_set)
    ordered = {
        name: _ordered(answers[name], QUESTION_TYPES[name].answers)
        for name in QUESTION_TYPES
        if name in answers
    }
    copies = [record.transform for record in known if record.transform is not None]
    return SetStatistics(
        name=opened.root.resolve().name,
        balanced=opened.balanced,
        pictures=len(pictures),
        questions=len(table),
        groups=len({record.group for record in known}) if known else None,
        folds=_folds(opened),
        kinds=_ordered(Counter(kind or UNKNOWN for kind in kinds.values()), (*TAMPER_KINDS, UNKNOWN)),
        origins=_falling(Counter(picture.origin_dataset or UNKNOWN for picture in pictures)),
        regions=_regions(pictures, records, kinds),
        classes=_ordered(
            Counter(
                str(name)
                for picture in pictures
                if (name := _told(picture, "object", question_set)) is not None
                and kinds[picture.id] != "none"
            ),
            OBJECT_CLASSES,
        ),
        types={name: sum(counts.values()) for name, counts in ordered.items()},
        answers=ordered,
        areas=_areas(pictures, question_set),
        rotations=_binned((t.rotation_deg for t in copies), ROTATION_STEP, 0.0) if known else None,
        scales=_binned((t.scale for t in copies), SCALE_STEP, 1.0) if known else None,
        blurs=_falling(Counter(r.blur.method for r in known if r.blur is not None)) if known else None,
    )


def kind_of_picture(
    picture: SetPicture, record: PictureRecord | None, question_set: QuestionSet
) -> TamperKind | None:
    """What was done to a picture, by its record or its answers; None where neither tells."""
    if record is not None:
        return record.kind
    tampered = _told(picture, "tampered", question_set)
    if tampered == "No":
        return "none"
    if tampered != "Yes":
        return None
    told = _told(picture, "kind", question_set)
    if told is None:
        return "copy-move" if question_set == "rs-cmqa" else None
    return "blur" if "blur" in str(told).casefold() else "copy-move"


def _told(picture: SetPicture, name: TypeName, question_set: QuestionSet) -> str | float | None:
    """The picture's own answer to an open question."""
    return picture.info.get(f"Q{type_number(name, question_set)}")


def _folds(opened: TamperSet) -> dict[str, FoldCounts]:
    table = opened.questions.take(opened.questions.active)
    found: dict[str, FoldCounts] = {}
    for code, name in (*enumerate(FOLDS), (NO_FOLD, UNASSIGNED)):
        part = table.take(table.folds == code)
        if len(part) or code != NO_FOLD:
            found[name] = FoldCounts(pictures=len(set(part.pictures.tolist())), questions=len(part))
    return found


def _regions(
    pictures: Iterable[SetPicture],
    records: Mapping[int, PictureRecord],
    kinds: Mapping[int, TamperKind | None],
) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for picture in pictures:
        record = records.get(picture.id)
        region = record.region if record is not None else None
        if region in (None, UNKNOWN):
            region = f"{picture.origin_dataset or UNKNOWN} (region {UNKNOWN})"
        found.setdefault(str(region), Counter())[kinds[picture.id] or UNKNOWN] += 1
    ranked = sorted(found, key=lambda name: (-found[name].total(), name))
    return {name: _ordered(found[name], (*TAMPER_KINDS, UNKNOWN)) for name in ranked}


def _areas(pictures: Iterable[SetPicture], question_set: QuestionSet) -> dict[str, int]:
    key = f"Q{type_number('area', question_set)}_tampered_size"
    shares = [value for p in pictures if isinstance(value := p.info.get(key), int | float)]
    steps = round(LARGEST_AREA / AREA_STEP)
    places = Counter(min(int(share / AREA_STEP + 1e-9), steps) for share in shares)
    return {
        f"above {100 * LARGEST_AREA:g} %" if place == steps else f"{place} to {place + 1} %": places[place]
        for place in range(max(places) + 1 if places else 0)
    }


def _binned(values: Iterable[float], step: float, neutral: float) -> dict[str, int]:
    """Counts in ranges of equal width; values that are exactly neutral have one of their own.

    Empty ranges between others are kept, so that a gap is seen as one.
    """
    found: Counter[int] = Counter()
    untouched = 0
    for value in values:
        if value == neutral:
            untouched += 1
        else:
            found[int((value + 1e-9) // step)] += 1
    places = range(min(found), max(found) + 1) if found else range(0)
    ranges = {f"{_edge(place, step)} to {_edge(place + 1, step)}": found[place] for place in places}
    return {f"{neutral:g}": untouched, **ranges}


def _edge(place: int, step: float) -> str:
    return f"{round(place * step, 6):g}"


def _ordered(counts: Mapping[str, int], order: Iterable[str]) -> dict[str, int]:
    """Counts in a given order, then what is not in it; zeros are left out."""
    names = [name for name in order if counts.get(name)]
    return {name: counts[name] for name in (*names, *sorted(set(counts) - set(names)))}


def _falling(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: counts[name] for name in sorted(counts, key=lambda name: (-counts[name], name))}
