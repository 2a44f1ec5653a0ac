"""Accuracies of all types on one radar chart, as in the paper's Figure 10."""

import math
from collections.abc import Sequence
from pathlib import Path

from geotamper.errors import SpecificationError
from geotamper.evaluation.comparison import Comparison
from geotamper.plotting import MUTED, plot

RADAR_FILE = "radar.png"

COLOURS = ("#2f6f9f", "#c2622d", "#3d8f5f", "#8a5fa8", "#b0892f", "#4c9fb3")
LINES = ("-", "-.", ":")
"""Of one column after the other; where the colours are used up, they begin anew with the next kind of line."""

_FEW = 6
"""Columns whose legend fits below the chart."""


def draw_radar(path: Path, comparison: Comparison) -> None:
    """Draw every column of a comparison as one line around the question types.

    The last column, the published one, is dashed.

    Args:
        path: A PNG file.
        comparison: With at least three question types.

    Raises:
        SpecificationError: Fewer types.
        MissingLibraryError: matplotlib is not installed.
        OutputError: The file cannot be written.
    """
    rows = [row for row in comparison.rows if row[1]]
    if len(rows) < 3:
        raise SpecificationError(f"a radar chart needs at least three question types, got {len(rows)}")
    angles = [2 * math.pi * place / len(rows) for place in range(len(rows))]
    are_few = len(comparison.columns) <= _FEW
    with plot(path, width=7.0 if are_few else 9.5, height=6.4) as figure:
        axes = figure.add_subplot(projection="polar")
        axes.set_xticks(angles, [name for name, _, _ in rows], fontsize=8)
        axes.set_ylim(0, 100)
        for column, name in enumerate(comparison.columns):
            shares = [row[2][column] for row in rows]
            is_published = column == len(comparison.columns) - 1
            axes.plot(
                _closed(angles),
                _closed([math.nan if share is None else 100 * share for share in shares]),
                color=MUTED if is_published else COLOURS[column % len(COLOURS)],
                linestyle="--" if is_published else LINES[column // len(COLOURS) % len(LINES)],
                linewidth=1.4,
                label=name,
            )
        if are_few:
            figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
        else:
            figure.legend(loc="outside right upper", fontsize=7, frameon=False)


def _closed(values: Sequence[float]) -> list[float]:
    return [*values, values[0]]
