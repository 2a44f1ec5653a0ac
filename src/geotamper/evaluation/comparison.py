"""Accuracies side by side, with the published ones: Markdown, CSV and LaTeX."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from geotamper.errors import SpecificationError
from geotamper.evaluation.document import MetricsDocument
from geotamper.evaluation.published import DEFAULT_MODEL, figures_of, published_set
from geotamper.task.catalogue import QUESTION_TYPES, TYPE_NAMES

MISSING = "-"


@dataclass(frozen=True)
class Comparison:
    """A table of accuracies.

    Attributes:
        caption: What the columns were measured on, in a sentence.
        columns: Heads of the columns of numbers.
        rows: Name, group and one fraction per column; None where there is no number.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[float | None, ...]], ...]

    def markdown(self) -> str:
        """The table for a Markdown document, in percent."""
        head = ["type", "group", *self.columns]
        lines = [f"| {' | '.join(head)} |", f"|{' --- |' * 2}{' ---: |' * len(self.columns)}"]
        for name, group, values in self.rows:
            lines.append(f"| {' | '.join([f'`{name}`' if group else name, group, *map(_percent, values)])} |")
        return "\n".join([self.caption, "", *lines, ""])

    def csv(self) -> str:
        """The table for spreadsheets, in fractions; missing numbers are empty."""
        stream = io.StringIO()
        write = csv.writer(stream, lineterminator="\n").writerow
        write(["type", "group", *self.columns])
        for name, group, values in self.rows:
            write([name, group, *("" if value is None else value for value in values)])
        return stream.getvalue()

    def latex(self) -> str:
        """The table for a paper that loads booktabs, in percent."""
        head = " & ".join(latex_text(name) for name in ("type", "group", *self.columns))
        lines = [
            r"\begin{table}",
            rf"\caption{{{latex_text(self.caption)}}}",
            rf"\begin{{tabular}}{{ll{'r' * len(self.columns)}}}",
            r"\toprule",
            rf"{head} \\",
            r"\midrule",
        ]
        for name, group, values in self.rows:
            if name == "OA":
                lines.append(r"\midrule")
            cells = [latex_text(name), latex_text(group), *map(_percent, values)]
            lines.append(rf"{' & '.join(cells)} \\")
        return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}", ""])


def compare(documents: Sequence[MetricsDocument], model: str = DEFAULT_MODEL) -> Comparison:
    """Put evaluations of one fold side by side, and the published figures of a network in the last column.

    A network has two columns: the most probable of all classes, as published, and of the question's type.

    Args:
        documents: At least one; all of the same questions.
        model: Whose published figures.

    Raises:
        SpecificationError: The evaluations asked different questions, or no figures of `model` are published.
    """
    _check_same_questions(documents)
    first = documents[0]
    name = published_set(first)
    published = figures_of(name, model)
    columns: list[str] = []
    values: list[dict[str, float | None]] = []
    for document in documents:
        columns.append(document.model)
        values.append(_accuracies(document))
        if document.within_type is not None:
            columns.append(f"{document.model}, within type")
            values.append(_accuracies_within(document))
    columns.append(f"{model} as published on {name}")
    values.append(dict(published))
    asked = [kind for kind in TYPE_NAMES if any(kind in document.per_type for document in documents)]
    rows: list[tuple[str, str, tuple[float | None, ...]]] = [
        (kind, QUESTION_TYPES[kind].group, tuple(column.get(kind) for column in values)) for kind in asked
    ]
    rows += [(total, "", tuple(column.get(total) for column in values)) for total in ("OA", "AA")]
    return Comparison(_caption(first, name), tuple(columns), tuple(rows))


def _check_same_questions(documents: Sequence[MetricsDocument]) -> None:
    if not documents:
        raise SpecificationError("there is no evaluation to compare; give at least one")
    asked = {(document.data, document.fold_name, document.questions) for document in documents}
    if len(asked) > 1:
        listed = "; ".join(f"{count} questions of {data}, {fold}" for data, fold, count in sorted(asked))
        raise SpecificationError(f"the evaluations asked different questions ({listed}); compare equal folds")


def _caption(document: MetricsDocument, name: str) -> str:
    return (
        f"Accuracy in percent on {document.questions} questions about {document.images} pictures of the "
        f"{document.fold_name} of {document.data}. The published column was measured by its authors on "
        f"{name}, which has other pictures."
    )


def _accuracies(document: MetricsDocument) -> dict[str, float | None]:
    return {
        **{name: entry.accuracy for name, entry in document.per_type.items()},
        "OA": document.OA,
        "AA": document.AA,
    }


def _accuracies_within(document: MetricsDocument) -> dict[str, float | None]:
    within = document.within_type
    if within is None:
        return {}
    return {
        **{name: entry.accuracy for name, entry in within.per_type.items()},
        "OA": within.OA,
        "AA": within.AA,
    }


def _percent(value: float | None) -> str:
    return MISSING if value is None else f"{100 * value:.2f}"


def latex_text(text: str) -> str:
    """Text with the letters escaped that LaTeX takes for commands."""
    return "".join(f"\\{letter}" if letter in "_%&#$" else letter for letter in text)
