"""The lists and the sidecar of a set whose pictures are all made."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from geotamper._version import __version__
from geotamper.sets.building.making import PictureOutcome
from geotamper.sets.building.plan import Plan
from geotamper.sets.building.presets import PRESETS, BuildSettings
from geotamper.sets.building.workspace import Identity
from geotamper.sets.layout import (
    AnswerVocabulary,
    PictureRecord,
    SetLists,
    SetPicture,
    Sidecar,
    TableBuilder,
    write_lists,
    write_sidecar,
)
from geotamper.sets.layout.names import SIDECAR_FILE
from geotamper.sets.questions import QuestionStyle, ask_picture, number_questions, picture_info
from geotamper.sets.screening.log import SCREENING_FILE, write_decisions
from geotamper.sets.screening.selection import Screening
from geotamper.sets.sources.protocol import TILE_SIDE, SourceInfo
from geotamper.task.facts import TAMPER_KINDS, TamperFacts

LIBRARIES = ("numpy", "opencv-python-headless", "pillow", "rasterio")
"""Libraries whose versions shape the pixels of a set."""


@dataclass(frozen=True)
class Course:
    """What happened while a set was built.

    Attributes:
        identity: Of the set.
        plan: Which pictures it was to have.
        screening: Which tiles were left out.
        outcomes: Of every picture and attempt.
        failures: One line for each raw file that could not be used.
        notes: What else was met, in sentences.
        tables: The user's tables of classes, by the folder of the source that they hold for.
    """

    identity: Identity
    plan: Plan
    screening: Screening
    outcomes: Sequence[PictureOutcome]
    failures: Sequence[str]
    notes: Sequence[str]
    tables: Mapping[str, Mapping[str, Any]]


def write_set(root: Path, settings: BuildSettings, info: SourceInfo, course: Course) -> Sidecar:
    """Write the lists and what screening decided, then the sidecar, which tells that the set is complete.

    Args:
        root: The folder of the set, with its pictures.
        settings: What was wanted.
        info: Of the source.
        course: What happened.

    Raises:
        OutputError: A file cannot be written.
    """
    preset = PRESETS[settings.preset]
    style = QuestionStyle(preset.question_set, wording=settings.wording, seed=settings.seed)
    made = sorted(
        (entry for entry in course.outcomes if entry.record is not None), key=lambda entry: entry.id
    )
    write_lists(root, _lists(made, style))
    write_decisions(root / SCREENING_FILE, course.screening.decisions)
    sidecar = Sidecar(
        name=preset.name,
        question_set=preset.question_set,
        wording=settings.wording,
        seed=settings.seed,
        size=(TILE_SIDE, TILE_SIDE),
        versions=_versions(),
        settings=_settings(settings, info, course),
        pictures=tuple(entry.record for entry in made if entry.record is not None),
    )
    write_sidecar(root / SIDECAR_FILE, sidecar)
    return sidecar


def _lists(made: Iterable[PictureOutcome], style: QuestionStyle) -> SetLists:
    questions, pictures = TableBuilder(), []
    for outcome in made:
        record = outcome.record
        if record is None:
            continue
        facts = _facts(record, outcome)
        asked = ask_picture(facts, record.id, style)
        numbered = tuple(number_questions(asked, record.id, style.question_set))
        for question in numbered:
            questions.add(question, record.fold)
        pictures.append(
            SetPicture(
                id=record.id,
                question_ids=tuple(question.id for question in numbered),
                origin_dataset=record.origin_dataset,
                info=picture_info(asked, facts, style.question_set),
            )
        )
    return SetLists(questions.build(), pictures, AnswerVocabulary.standard(style.question_set))


def _facts(record: PictureRecord, outcome: PictureOutcome) -> TamperFacts:
    return TamperFacts(
        width=TILE_SIDE,
        height=TILE_SIDE,
        kind=record.kind,
        object_class=record.object_class,
        source=outcome.source,
        target=outcome.target,
        scale=record.transform.scale if record.transform else None,
        rotation_deg=record.transform.rotation_deg if record.transform else None,
    )


def _settings(settings: BuildSettings, info: SourceInfo, course: Course) -> dict[str, Any]:
    rejected = Counter(entry.rejected for entry in course.outcomes if entry.rejected)
    left_out = Counter(entry.rule for entry in course.screening.rejected)
    return {
        "identity": dict(course.identity),
        "images": settings.images,
        "per_object": settings.per_object,
        "source": {"name": info.name, "title": info.title, "licence": info.licence},
        "classes": {folder: dict(table) for folder, table in course.tables.items()},
        "tiles": {
            "listed": course.identity["tiles"],
            "used": len(course.plan.groups),
            "left_out": dict(sorted(left_out.items())),
        },
        "wanted": {kind: course.plan.wanted[kind] for kind in TAMPER_KINDS},
        "tried": sum(1 for entry in course.outcomes if not entry.failure),
        "rejected": dict(sorted(rejected.items())),
        "failures": list(course.failures),
        "notes": list(course.notes),
    }


def _versions() -> dict[str, str]:
    found: Mapping[str, str] = {name: text for name in LIBRARIES if (text := _version(name))}
    return {"geotamper": __version__, **found}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:  # OpenCV comes in several packages
        return None
