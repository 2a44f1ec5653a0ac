"""Which answers are taken for which: one matrix per question type, as CSV and drawn."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geotamper.evaluation.examinee import is_of_other_type
from geotamper.evaluation.outcomes import PictureOutcome
from geotamper.plotting import plot
from geotamper.task.catalogue import QUESTION_TYPES, TYPE_NAMES, TypeName

OTHER = "other type"
"""Column of answers that belong to another type than was asked."""

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Confusion:
    """Counts of one question type.

    Attributes:
        expected: Names of the rows: the right answers.
        given: Names of the columns: the same, then `OTHER` where such answers were given.
        counts: (rows, columns) questions.
    """

    expected: tuple[str, ...]
    given: tuple[str, ...]
    counts: Counts

    def csv(self) -> str:
        """The matrix with heads; rows are right answers, columns given ones."""
        stream = io.StringIO()
        write = csv.writer(stream, lineterminator="\n").writerow
        write(["expected", *self.given])
        for name, row in zip(self.expected, self.counts.tolist(), strict=True):
            write([name, *row])
        return stream.getvalue()


def confusions(outcomes: Sequence[PictureOutcome]) -> Mapping[TypeName, Confusion]:
    """The matrix of every type that was asked.

    Answers that the catalogue lacks get a row of their own.
    """
    pairs: dict[TypeName, list[tuple[str, str]]] = {}
    for outcome in outcomes:
        for item in outcome.answers:
            given = OTHER if is_of_other_type(item.given) else item.given
            pairs.setdefault(item.type, []).append((item.expected, given))
    return {name: _confusion(name, pairs[name]) for name in TYPE_NAMES if name in pairs}


def _confusion(name: TypeName, pairs: Sequence[tuple[str, str]]) -> Confusion:
    known = QUESTION_TYPES[name].answers
    strange = sorted({text for pair in pairs for text in pair} - set(known) - {OTHER})
    rows = (*known, *strange)
    columns = (*rows, OTHER) if any(given == OTHER for _, given in pairs) else rows
    counts = np.zeros((len(rows), len(columns)), dtype=np.int64)
    for expected, given in pairs:
        counts[rows.index(expected), columns.index(given)] += 1
    return Confusion(rows, columns, counts)


def draw_confusions(path: Path, matrices: Mapping[TypeName, Confusion]) -> None:
    """Draw all matrices into one picture; colours are shares of the row, numbers are questions.

    Args:
        path: A PNG file.
        matrices: At least one.

    Raises:
        MissingLibraryError: matplotlib is not installed.
        OutputError: The file cannot be written.
    """
    columns = min(4, len(matrices))
    rows = math.ceil(len(matrices) / columns)
    with plot(path, width=4.2 * columns, height=3.8 * rows) as figure:
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes in panels[len(matrices) :]:
            axes.set_visible(False)
        for axes, (name, matrix) in zip(panels, matrices.items(), strict=False):
            totals = np.maximum(matrix.counts.sum(axis=1, keepdims=True), 1)
            shares = matrix.counts / totals
            axes.imshow(shares, vmin=0, vmax=1, cmap="Blues", aspect="auto")
            axes.set_title(name, fontsize=9)
            axes.set_xticks(range(len(matrix.given)), matrix.given, rotation=45, ha="right", fontsize=6)
            axes.set_yticks(range(len(matrix.expected)), matrix.expected, fontsize=6)
            for row, column in np.argwhere(matrix.counts > 0).tolist():
                axes.text(
                    column,
                    row,
                    str(matrix.counts[row, column]),
                    ha="center",
                    va="center",
                    fontsize=5,
                    color="white" if shares[row, column] > 0.5 else "black",
                )
        figure.supxlabel("given", fontsize=9)
        figure.supylabel("expected", fontsize=9)
