"""A set that was opened: questions, pictures and masks, read when they are asked for."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np

from geotamper.errors import InputError
from geotamper.imagery.picture import Pixels
from geotamper.sets.layout.documents import load_document
from geotamper.sets.layout.folds import FoldConflicts, join_folds
from geotamper.sets.layout.names import (
    ALL_QUESTIONS_FILE,
    ANSWERS_FILE,
    FOLD_FILES,
    FOLDS,
    IMAGES_FILES,
    JSON_FOLDER,
    SIDECAR_FILE,
    Fold,
    MaskRole,
    Role,
    json_folder,
)
from geotamper.sets.layout.picture_files import LooseFiles, PictureStore
from geotamper.sets.layout.picture_json import read_pictures
from geotamper.sets.layout.png import BoolMask, GreyFile, decode_grey, decode_rgb
from geotamper.sets.layout.question_json import read_questions
from geotamper.sets.layout.records import SetPicture
from geotamper.sets.layout.sidecar import PictureRecord, Sidecar, read_sidecar
from geotamper.sets.layout.table import QuestionTable, build_table
from geotamper.sets.layout.vocabulary import AnswerVocabulary, parse_vocabulary


class SetStorage(Protocol):
    """How a set is kept on disk; the released files are one way, Parquet another."""

    @property
    def store(self) -> PictureStore:
        """The files of the pictures."""
        ...

    def vocabulary(self) -> AnswerVocabulary:
        """The answers with their class indices."""
        ...

    def pictures(self) -> Mapping[int, SetPicture]:
        """The picture list."""
        ...

    def fold_questions(self, fold: Fold) -> QuestionTable:
        """The list of one fold, possibly empty."""
        ...

    def all_questions(self) -> tuple[QuestionTable, FoldConflicts]:
        """All questions with their folds."""
        ...

    def sidecar(self) -> Sidecar | None:
        """What was done to the pictures, where the set tells."""
        ...


class ReleasedFiles:
    """A set in the released layout.

    Lists that are missing count as empty, as long as one of them is there.
    """

    def __init__(self, root: Path, *, balanced: bool = False) -> None:
        self.root = root
        self.folder = json_folder(root, balanced=balanced)
        self.store: PictureStore = LooseFiles(root)
        lists = (ALL_QUESTIONS_FILE, *FOLD_FILES.values())
        if not any((self.folder / name).is_file() for name in lists):
            what = "a folder" if self.folder.is_dir() else "no such folder"
            raise InputError(
                f"'{self.folder}' ({what}) holds none of {', '.join(lists)}; expected a set in the released "
                "layout: name the folder that holds JsonFiles, image, source and target"
            )

    def vocabulary(self) -> AnswerVocabulary:
        """As `SetStorage.vocabulary`."""
        path = self.folder / ANSWERS_FILE
        return parse_vocabulary(load_document(path), path)

    def pictures(self) -> Mapping[int, SetPicture]:
        """As `SetStorage.pictures`."""
        paths = [self.folder / name for name in IMAGES_FILES]
        return read_pictures(next((path for path in paths if path.is_file()), paths[0]))

    def fold_questions(self, fold: Fold) -> QuestionTable:
        """As `SetStorage.fold_questions`."""
        path = self.folder / FOLD_FILES[fold]
        return read_questions(path, fold) if path.is_file() else build_table((), fold)

    def all_questions(self) -> tuple[QuestionTable, FoldConflicts]:
        """As `SetStorage.all_questions`."""
        path = self.folder / ALL_QUESTIONS_FILE
        everything = read_questions(path) if path.is_file() else None
        return join_folds(everything, {fold: self.fold_questions(fold) for fold in FOLDS})

    def sidecar(self) -> Sidecar | None:
        """As `SetStorage.sidecar`."""
        return read_sidecar(self.root / SIDECAR_FILE)


class TamperSet:
    """A set of pictures, masks, questions and answers.

    Nothing is read before it is asked for; lists are kept once they were read, pixels are not.

    Attributes:
        root: Where the set is.
        balanced: Whether the questions are those of the balanced subset.
        storage: How it is kept.
    """

    def __init__(self, root: Path, storage: SetStorage, *, balanced: bool = False) -> None:
        self.root = root
        self.balanced = balanced
        self.storage = storage
        self._folds: dict[Fold, QuestionTable] = {}

    @cached_property
    def vocabulary(self) -> AnswerVocabulary:
        """The answers with their class indices, and the numbering of the types."""
        return self.storage.vocabulary()

    @cached_property
    def pictures(self) -> Mapping[int, SetPicture]:
        """Every picture by its id."""
        return self.storage.pictures()

    @cached_property
    def sidecar(self) -> Sidecar | None:
        """What was done to every picture; None for sets from elsewhere."""
        return self.storage.sidecar()

    @cached_property
    def records(self) -> Mapping[int, PictureRecord]:
        """What was done to every picture, by its id; empty for sets from elsewhere."""
        return {} if self.sidecar is None else self.sidecar.by_id()

    @cached_property
    def _joined(self) -> tuple[QuestionTable, FoldConflicts]:
        return self.storage.all_questions()

    @property
    def questions(self) -> QuestionTable:
        """All questions, inactive ones included."""
        return self._joined[0]

    @property
    def fold_conflicts(self) -> FoldConflicts:
        """How the lists of the folds disagree with the list of all questions."""
        return self._joined[1]

    def fold_questions(self, fold: Fold) -> QuestionTable:
        """All questions of one fold, inactive ones included; reads the list of that fold alone."""
        if fold not in self._folds:
            self._folds[fold] = self.storage.fold_questions(fold)
        return self._folds[fold]

    def usable_questions(self, fold: Fold) -> QuestionTable:
        """The active questions of one fold whose picture is in the set and active."""
        table = self.fold_questions(fold)
        usable = [number for number, picture in self.pictures.items() if picture.active]
        return table.take(table.active & np.isin(table.pictures, np.array(usable, dtype=np.int64)))

    def read_image(self, picture: int) -> Pixels:
        """(H, W, 3) uint8 RGB, the picture as it is shown.

        Raises:
            InputError: The file is missing or damaged.
        """
        return self._rgb(picture, "image")

    def read_original(self, picture: int) -> Pixels:
        """(H, W, 3) uint8 RGB, the picture before the forgery.

        Raises:
            InputError: As `read_image`.
        """
        return self._rgb(picture, "original")

    def read_mask(self, picture: int, role: MaskRole) -> BoolMask:
        """(H, W) bool, true above 127.

        Raises:
            InputError: As `read_image`.
        """
        return self.read_grey(picture, role).mask

    def read_grey(self, picture: int, role: Role) -> GreyFile:
        """A mask or class map as it is stored.

        Raises:
            InputError: As `read_image`.
        """
        return decode_grey(self.storage.store.read(picture, role), self.storage.store.name(picture, role))

    def _rgb(self, picture: int, role: Role) -> Pixels:
        return decode_rgb(self.storage.store.read(picture, role), self.storage.store.name(picture, role))


def open_set(path: Path | str, *, balanced: bool = False) -> TamperSet:
    """Open a set in the released layout or one that was converted to Parquet.

    Args:
        path: The folder that holds JsonFiles, or the manifest of a converted set.
        balanced: Read the questions of the balanced subset.

    Raises:
        InputError: The folder holds neither.
    """
    from geotamper.sets.parquet.names import MANIFEST_FILE

    root = Path(path)
    if not root.is_dir():
        raise InputError(f"'{root}' is no folder; expected the folder of a set")
    if (root / MANIFEST_FILE).is_file() and not (root / JSON_FOLDER).is_dir():
        from geotamper.sets.parquet.reading import ParquetFiles

        return TamperSet(root, ParquetFiles(root, balanced=balanced), balanced=balanced)
    return TamperSet(root, ReleasedFiles(root, balanced=balanced), balanced=balanced)


def open_lists(path: Path | str) -> tuple[TamperSet, ...]:
    """Open the full set and its balanced subset, in this order; some releases hold only one of them.

    Raises:
        InputError: The folder holds neither.
    """
    found: list[TamperSet] = []
    refused: list[InputError] = []
    for balanced in (False, True):
        try:
            found.append(open_set(path, balanced=balanced))
        except InputError as error:
            refused.append(error)
    if not found:
        raise refused[0]
    return tuple(found)
