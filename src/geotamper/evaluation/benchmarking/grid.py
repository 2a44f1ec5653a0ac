"""A table of texts as Markdown and LaTeX."""

from dataclasses import dataclass

from geotamper.evaluation.comparison import MISSING, latex_text


@dataclass(frozen=True)
class Grid:
    """Texts in lines and columns.

    Attributes:
        caption: What the table shows, in sentences.
        head: Of the columns.
        lines: As many texts each as the head has.
        texts: How many columns from the left are text; the others are numbers.
    """

    caption: str
    head: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    texts: int = 1

    def markdown(self) -> str:
        """The table, its caption first."""
        numbers = len(self.head) - self.texts
        rule = f"|{' --- |' * self.texts}{' ---: |' * numbers}"
        rows = [_piped(self.head), rule, *map(_piped, self.lines)]
        return "\n".join([self.caption, "", *rows, ""])

    def latex(self) -> str:
        """The table for a paper that loads booktabs."""
        columns = "l" * self.texts + "r" * (len(self.head) - self.texts)
        rows = [rf"{' & '.join(latex_text(text) for text in line)} \\" for line in self.lines]
        return "\n".join(
            [
                r"\begin{table}",
                rf"\caption{{{latex_text(self.caption)}}}",
                rf"\begin{{tabular}}{{{columns}}}",
                r"\toprule",
                rf"{' & '.join(latex_text(text) for text in self.head)} \\",
                r"\midrule",
                *rows,
                r"\bottomrule",
                r"\end{tabular}",
                r"\end{table}",
                "",
            ]
        )


def percent(share: float | None) -> str:
    """A fraction in percent."""
    return MISSING if share is None else f"{100 * share:.2f}"


def number(value: float | None, digits: int = 1) -> str:
    """A number with thousands marked."""
    return MISSING if value is None else f"{value:,.{digits}f}"


def _piped(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(text.replace('|', '/') for text in cells)} |"
