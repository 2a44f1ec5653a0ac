"""Reading a converted set."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from geotamper.errors import InputError
from geotamper.sets.layout.folds import FoldConflicts
from geotamper.sets.layout.names import FOLDS, SIDECAR_FILE, Fold
from geotamper.sets.layout.picture_files import LooseFiles, PictureStore
from geotamper.sets.layout.records import SetPicture, SetQuestion
from geotamper.sets.layout.sidecar import Sidecar, read_sidecar
from geotamper.sets.layout.table import QuestionTable, build_table, concatenate
from geotamper.sets.layout.vocabulary import AnswerVocabulary
from geotamper.sets.parquet.columns import (
    ABSENT_ROW,
    CODED_COLUMNS,
    Integers,
    read_picture_list,
    read_question_file,
    table_of_arrow,
)
from geotamper.sets.parquet.manifest import FoldEntry, ListEntry, read_manifest
from geotamper.sets.parquet.names import ListName, arrow
from geotamper.sets.parquet.shards import ShardedFiles


class ParquetFiles:
    """A set that was converted to Parquet, behind the same protocol as the released files."""

    def __init__(self, root: Path, *, balanced: bool = False) -> None:
        self.root = root
        self.manifest = read_manifest(root)
        self.store: PictureStore = (
            ShardedFiles(root) if self.manifest.storage == "shards" else LooseFiles(root)
        )
        name: ListName = "balanced" if balanced else "full"
        if name not in self.manifest.lists:
            raise InputError(
                f"'{root}' has no {name} list of questions; it has {', '.join(self.manifest.lists)}"
            )
        self._list: ListEntry = self.manifest.lists[name]

    def vocabulary(self) -> AnswerVocabulary:
        """As `SetStorage.vocabulary`."""
        return AnswerVocabulary(self._list.answers, self._list.question_set)

    def pictures(self) -> Mapping[int, SetPicture]:
        """As `SetStorage.pictures`."""
        return read_picture_list(self.root / self._list.pictures)

    def fold_questions(self, fold: Fold) -> QuestionTable:
        """As `SetStorage.fold_questions`."""
        return self._rows(self._list.folds.get(fold), fold)[0]

    def all_questions(self) -> tuple[QuestionTable, FoldConflicts]:
        """As `SetStorage.all_questions`: in the order of the list that was converted."""
        parts = [self._rows(self._list.folds.get(fold), fold) for fold in FOLDS]
        parts.append(self._rows(self._list.unassigned, None))
        table = concatenate([part for part, _ in parts])
        rows = np.concatenate([places for _, places in parts])
        absent = rows == ABSENT_ROW
        order = np.argsort(np.where(absent, np.iinfo(np.int64).max, rows), kind="stable")
        return table.take(order), FoldConflicts(missing=tuple(table.ids[absent].tolist()))

    def sidecar(self) -> Sidecar | None:
        """As `SetStorage.sidecar`."""
        return read_sidecar(self.root / SIDECAR_FILE) if self.manifest.sidecar else None

    def first_questions(self, fold: Fold, count: int) -> list[SetQuestion]:
        """The first questions of a fold, without reading the rest of it.

        Raises:
            InputError: A file is missing or damaged.
        """
        pa, parquet = arrow()
        found: list[SetQuestion] = []
        for name in self._list.folds[fold].files if fold in self._list.folds else ():
            path = self.root / name
            try:
                with parquet.ParquetFile(path, read_dictionary=CODED_COLUMNS) as file:
                    for group in range(file.num_row_groups):
                        if len(found) >= count:
                            return found
                        table = table_of_arrow(file.read_row_group(group), fold)
                        part = np.arange(min(len(table), count - len(found)))
                        found.extend(table.take(part))
            except (OSError, pa.ArrowException) as error:
                raise InputError(f"'{path}' cannot be read as Parquet ({error})") from error
        return found

    def _rows(self, entry: FoldEntry | None, fold: Fold | None) -> tuple[QuestionTable, Integers]:
        parts = [read_question_file(self.root / name, fold) for name in (entry.files if entry else ())]
        if not parts:
            return build_table((), fold), np.zeros(0, dtype=np.int64)
        return concatenate([table for table, _ in parts]), np.concatenate([rows for _, rows in parts])
