"""Taking rejected pictures out of use: they stay in the set, inactive."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from geotamper.errors import InputError
from geotamper.sets.layout import (
    FOLDS,
    QuestionTable,
    SetLists,
    TamperSet,
    concatenate,
    open_set,
    write_lists,
)
from geotamper.sets.layout.names import BALANCED_FOLDER
from geotamper.sets.layout.opened import ReleasedFiles
from geotamper.sets.review.decisions import Decisions


def apply_decisions(root: Path) -> tuple[int, int]:
    """Set rejected pictures and their questions inactive, and accepted ones active again.

    Pictures without a decision stay as they are. Inactive questions come last in every list, because some loaders
    count active questions and then take as many from the front.

    Args:
        root: Folder of a set in the released layout; its balanced subset is changed along.

    Returns:
        Numbers of accepted and of rejected pictures.

    Raises:
        InputError: The set cannot be read, or is a converted one.
        OutputError: A list cannot be written.
    """
    opened = open_set(root)
    if not isinstance(opened.storage, ReleasedFiles):
        raise InputError(
            f"'{root}' is a converted set, whose files are not changed; review the set that it was made from"
        )
    decisions = Decisions(root)
    made = decisions.all()
    for part in (opened, *([open_set(root, balanced=True)] if (root / BALANCED_FOLDER).is_dir() else [])):
        _apply(part, {picture: decision == "accepted" for picture, decision in made.items()})
    counts = decisions.counts()
    return counts["accepted"], counts["rejected"]


def _apply(opened: TamperSet, wanted: dict[int, bool]) -> None:
    lists = SetLists(
        questions=_settled(opened.questions, wanted),
        pictures=[
            replace(picture, active=wanted.get(picture.id, picture.active))
            for picture in opened.pictures.values()
        ],
        vocabulary=opened.vocabulary,
        folds={fold: _settled(opened.fold_questions(fold), wanted) for fold in FOLDS},
    )
    write_lists(opened.root, lists, balanced=opened.balanced)


def _settled(table: QuestionTable, wanted: dict[int, bool]) -> QuestionTable:
    active = table.active.copy()
    for value in (True, False):
        pictures = np.array([number for number, one in wanted.items() if one == value], dtype=np.int64)
        active[np.isin(table.pictures, pictures)] = value
    settled = replace(table, active=active)
    return concatenate((settled.take(active), settled.take(~active)))
