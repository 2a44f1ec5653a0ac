"""Writing a set as Parquet."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from geotamper._version import __version__
from geotamper.atomic import write_bytes
from geotamper.errors import InputError
from geotamper.sets.layout.names import FOLDS, SIDECAR_FILE, Fold, Role
from geotamper.sets.layout.opened import TamperSet
from geotamper.sets.layout.sidecar import write_sidecar
from geotamper.sets.layout.table import NO_FOLD, QuestionTable
from geotamper.sets.parquet.columns import ABSENT_ROW, Integers, write_picture_list, write_question_file
from geotamper.sets.parquet.manifest import FoldEntry, ListEntry, Manifest, describe_file, write_manifest
from geotamper.sets.parquet.names import FILES_FILE, ListName, data_folder, pictures_file
from geotamper.sets.parquet.shards import FileIndex, write_shards

ROWS_PER_FILE = 500_000

Storage = Literal["files", "shards"]
PictureFile = tuple[int, Role, bytes]


@dataclass(frozen=True)
class ParquetOptions:
    """How a set is written.

    Attributes:
        name: Of the set.
        storage: Single picture files or tar shards.
        size: Width and height that pictures were brought to, or None.
        rows_per_file: Questions per Parquet file.
    """

    name: str
    storage: Storage = "files"
    size: tuple[int, int] | None = None
    rows_per_file: int = ROWS_PER_FILE


def write_parquet(
    root: Path, sets: dict[ListName, TamperSet], files: Iterable[PictureFile], options: ParquetOptions
) -> Manifest:
    """Write pictures, lists and sidecar, and last the manifest, so that a folder that has one is complete.

    Args:
        root: A folder that is empty or not there.
        sets: The full set and its balanced subset, or one of them.
        files: Picture, role and content of every file; those of one picture follow each other.
        options: How to write.

    Raises:
        InputError: The lists of the set contradict each other, so that they could not be written back.
        OutputError: A file cannot be written.
    """
    for source in sets.values():
        check_lists(source)
    written = _write_pictures(root, files, options.storage)
    lists: dict[ListName, ListEntry] = {}
    for name, source in sets.items():
        lists[name] = _write_list(root, name, source, options.rows_per_file)
        written += [lists[name].pictures]
        written += [
            path for fold in (*lists[name].folds.values(), lists[name].unassigned) for path in fold.files
        ]
    sidecar = next(iter(sets.values())).sidecar
    if sidecar is not None:
        write_sidecar(root / SIDECAR_FILE, sidecar)
        written.append(SIDECAR_FILE)
    manifest = Manifest(
        name=options.name,
        version=__version__,
        size=options.size,
        storage=options.storage,
        lists=lists,
        sidecar=sidecar is not None,
        files={name: describe_file(root / name) for name in sorted(written)},
    )
    write_manifest(root, manifest)
    return manifest


def check_lists(source: TamperSet) -> None:
    """Refuse lists that cannot be written back as they are.

    Raises:
        InputError: A question comes twice, stands in two folds, or differs between two lists.
    """
    conflicts = source.fold_conflicts
    for what, ids in (
        ("come twice in one list", conflicts.repeated),
        ("stand in two folds", conflicts.in_two_folds),
        ("differ between the list of all questions and that of their fold", conflicts.different),
    ):
        if ids:
            raise InputError(
                f"{len(ids)} questions of '{source.root}' {what}, such as {ids[0]}; a set like that cannot be "
                "converted without loss: see what 'geotamper check' says and mend the lists"
            )


def _write_pictures(root: Path, files: Iterable[PictureFile], storage: Storage) -> list[str]:
    index = FileIndex()
    shards: list[str] = []
    if storage == "shards":
        shards = write_shards(root, files, index)
    else:
        for picture, role, content in files:
            path = f"{role}/{picture}.png"
            write_bytes(root / path, content)
            index.add(picture, role, path, content)
    index.write(root)
    return [FILES_FILE, *shards]


def _write_list(root: Path, name: ListName, source: TamperSet, rows_per_file: int) -> ListEntry:
    everything = source.questions
    absent = np.isin(everything.ids, np.array(source.fold_conflicts.missing, dtype=np.int64))
    places = np.where(absent, ABSENT_ROW, np.arange(len(everything)))
    order = np.argsort(everything.ids, kind="stable")

    def places_of(table: QuestionTable) -> Integers:
        found: Integers = places[order[np.searchsorted(everything.ids[order], table.ids)]].astype(np.int64)
        return found

    def write(table: QuestionTable, label: str) -> FoldEntry:
        rows = places_of(table)
        count = -(-len(table) // rows_per_file)
        paths = [f"{data_folder(name)}/{label}-{part:05d}-of-{count:05d}.parquet" for part in range(count)]
        for part, path in enumerate(paths):
            chosen = np.arange(part * rows_per_file, min((part + 1) * rows_per_file, len(table)))
            write_question_file(root / path, table.take(chosen), rows[chosen], source.vocabulary)
        return FoldEntry(rows=len(table), files=tuple(paths))

    folds: dict[Fold, FoldEntry] = {fold: write(source.fold_questions(fold), fold) for fold in FOLDS}
    write_picture_list(root / pictures_file(name), source.pictures.values())
    return ListEntry(
        folds=folds,
        unassigned=write(everything.take(everything.folds == NO_FOLD), "unassigned"),
        pictures=pictures_file(name),
        question_set=source.vocabulary.question_set,
        answers=tuple(dict(answers) for answers in source.vocabulary.indices),
    )
