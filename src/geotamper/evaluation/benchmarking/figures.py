"""Two plots of a benchmark: all rows around the question types, and how the networks learnt."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geotamper.evaluation.benchmarking.jobs import Subset
from geotamper.evaluation.benchmarking.runner import Benchmark, RowOutcome
from geotamper.evaluation.comparison import Comparison
from geotamper.evaluation.published import DEFAULT_MODEL, published_figures, published_set
from geotamper.evaluation.radar import COLOURS, LINES, draw_radar
from geotamper.evaluation.results import FEWEST_TYPES
from geotamper.plotting import plot, tidy
from geotamper.task.catalogue import QUESTION_TYPES, TYPE_NAMES

RADAR_FILE = "radar.png"
CURVES_FILE = "validation_oa.png"
LOG_FILE = "log.jsonl"


def draw_all(out: Path, benchmark: Benchmark) -> tuple[str, ...]:
    """Draw what there are numbers for.

    Args:
        out: Folder of the benchmark.
        benchmark: What came of it.

    Returns:
        Names of the files.

    Raises:
        MissingLibraryError: matplotlib is not installed.
        OutputError: A file cannot be written.
    """
    drawn: list[str] = []
    comparison = side_by_side(benchmark, benchmark.plan.subsets[0])
    if comparison is not None and len(comparison.rows) >= FEWEST_TYPES:
        draw_radar(out / RADAR_FILE, comparison)
        drawn.append(RADAR_FILE)
    curves = list(validation_curves(benchmark))
    if curves:
        _draw_curves(out / CURVES_FILE, curves)
        drawn.append(CURVES_FILE)
    return tuple(drawn)


def side_by_side(benchmark: Benchmark, subset: Subset) -> Comparison | None:
    """Every finished row as a column, the published figures of the authors' own network last; None without rows."""
    finished = [outcome for outcome in benchmark.outcomes if subset in outcome.documents]
    if not finished:
        return None
    documents = [outcome.documents[subset] for outcome in finished]
    name = published_set(documents[0])
    published = published_figures().get((name, DEFAULT_MODEL), {})
    columns = (*(outcome.row.title for outcome in finished), f"{DEFAULT_MODEL} as published on {name}")
    rows = []
    for kind in TYPE_NAMES:
        entries = [document.per_type.get(kind) for document in documents]
        if any(entries):
            values = tuple(None if entry is None else entry.accuracy for entry in entries)
            rows.append((kind, QUESTION_TYPES[kind].group, (*values, published.get(kind))))
    return Comparison("", columns, tuple(rows))


Curve = tuple[str, list[float], list[float]]
"""Title, minutes of training, validation OA in percent."""


def validation_curves(benchmark: Benchmark) -> Iterator[Curve]:
    """The curve of every row that was trained, begun ones too."""
    for outcome in benchmark.outcomes:
        minutes, values = [], []
        spent = 0.0
        for entry in _history(outcome):
            spent += entry["seconds"] / 60
            if "val" in entry and entry["stage"] == "answers":
                minutes.append(spent)
                values.append(100 * entry["val"]["OA"])
        if values:
            yield outcome.row.title, minutes, values


def _history(outcome: RowOutcome) -> list[dict[str, Any]]:
    if outcome.job is None or not outcome.row.is_trained:
        return []
    try:
        lines = (outcome.job.run_folder / LOG_FILE).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [json.loads(line) for line in lines]


def _draw_curves(path: Path, curves: list[Curve]) -> None:
    with plot(path, width=7.5, height=4.6) as figure:
        axes = figure.subplots()
        for place, (title, minutes, values) in enumerate(curves):
            colour, line = COLOURS[place % len(COLOURS)], LINES[place // len(COLOURS) % len(LINES)]
            axes.plot(minutes, values, marker="o", ms=3, color=colour, linestyle=line, label=title)
        axes.set_xlabel("minutes of training steps")
        axes.set_ylabel("validation OA, %")
        axes.set_xlim(left=0)
        axes.grid(axis="y", alpha=0.3)
        figure.legend(loc="outside right upper", fontsize=8, frameon=False)
        tidy(figure)
