"""One table of all questions from the list of all and the lists of the folds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from geotamper.sets.layout.names import FOLDS, Fold
from geotamper.sets.layout.table import NO_FOLD, QuestionTable, concatenate


@dataclass(frozen=True)
class FoldConflicts:
    """How the lists of the folds disagree with the list of all questions; ids of questions.

    Attributes:
        missing: In a fold, not in the list of all.
        different: In both, with other content.
        in_two_folds: In more than one fold.
        repeated: More than once in one list.
    """

    missing: tuple[int, ...] = ()
    different: tuple[int, ...] = ()
    in_two_folds: tuple[int, ...] = ()
    repeated: tuple[int, ...] = ()


def join_folds(
    everything: QuestionTable | None, folds: Mapping[Fold, QuestionTable]
) -> tuple[QuestionTable, FoldConflicts]:
    """Give every question its fold.

    Args:
        everything: The list of all questions, whose order is kept; None where the set has none.
        folds: The list of each fold.

    Returns:
        All questions: those of the list of all with their folds, then those that only a fold has. Where the
        two differ the fold's row counts, because that is what is trained on and evaluated.
    """
    listed = concatenate([folds[name] for name in FOLDS if name in folds])
    repeated = _repeated_in_lists(everything, folds)
    in_two = _in_two_folds(listed)
    if everything is None:
        return listed, FoldConflicts(in_two_folds=in_two, repeated=repeated)
    both = concatenate((everything, listed))
    whole, parts = both.take(np.arange(len(everything))), both.take(np.arange(len(everything), len(both)))
    order = np.argsort(whole.ids, kind="stable")
    rows, known = _find(whole.ids[order], parts.ids)
    places = order[rows[known]]
    matched = np.flatnonzero(known)
    columns = ("pictures", "types", "text_codes", "answer_codes", "active")
    differs = np.zeros(len(places), dtype=np.bool_)
    merged = {name: getattr(whole, name).copy() for name in (*columns, "folds")}
    for name in columns:
        given = getattr(parts, name)[matched]
        differs |= getattr(whole, name)[places] != given
        merged[name][places] = given
    merged["folds"][places] = parts.folds[matched]
    joined = replace(whole, **merged)
    extra = parts.take(~known)
    conflicts = FoldConflicts(
        missing=tuple(extra.ids.tolist()),
        different=tuple(np.unique(whole.ids[places[differs]]).tolist()),
        in_two_folds=in_two,
        repeated=repeated,
    )
    return (concatenate((joined, extra)) if len(extra) else joined), conflicts


def _find(
    sorted_ids: np.ndarray[tuple[int], np.dtype[np.int64]], wanted: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> tuple[np.ndarray[tuple[int], np.dtype[np.intp]], np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Places of ids in a sorted array, and which of them are there."""
    if not len(sorted_ids):
        return np.zeros(len(wanted), dtype=np.intp), np.zeros(len(wanted), dtype=np.bool_)
    rows = np.minimum(np.searchsorted(sorted_ids, wanted), len(sorted_ids) - 1)
    return rows, sorted_ids[rows] == wanted


def _repeated_in_lists(
    everything: QuestionTable | None, folds: Mapping[Fold, QuestionTable]
) -> tuple[int, ...]:
    lists = [everything, *folds.values()]
    found: set[int] = set()
    for table in lists:
        if table is not None:
            ids, counts = np.unique(table.ids, return_counts=True)
            found.update(ids[counts > 1].tolist())
    return tuple(sorted(found))


def _in_two_folds(listed: QuestionTable) -> tuple[int, ...]:
    pairs = np.unique(np.stack([listed.ids, listed.folds.astype(np.int64)]), axis=1)
    ids, counts = np.unique(pairs[0][pairs[1] != NO_FOLD], return_counts=True)
    return tuple(ids[counts > 1].tolist())
