"""The rows of a benchmark side by side, and beside what is published for them: Markdown, CSV and LaTeX."""

import csv
import io
import statistics
from collections.abc import Iterator

from geotamper.evaluation.benchmarking.grid import Grid, number, percent
from geotamper.evaluation.benchmarking.jobs import Subset
from geotamper.evaluation.benchmarking.runner import Benchmark, RowOutcome
from geotamper.evaluation.document import MetricsDocument
from geotamper.evaluation.published import Figures, published_set
from geotamper.task.catalogue import TYPE_NAMES

TOTALS = ("OA", "AA")
COSTS = (
    "parameters",
    "milliseconds_per_picture",
    "peak_memory_mb",
    "training_minutes",
    "epochs",
    "validation_OA",
)
_HEAD = (
    "row",
    "kind",
    "OA %",
    "95 %",
    "AA %",
    "95 %",
    "OA % within type",
    "published OA",
    "published AA",
    "parameters",
    "ms per picture",
    "peak MB",
    "minutes",
    "epochs",
    "note",
)


def grids(benchmark: Benchmark) -> tuple[Grid, ...]:
    """All tables: for every list of questions the totals and the types, at last what seeds make of them."""
    found: list[Grid] = []
    for subset in benchmark.plan.subsets:
        found += [_totals(benchmark, subset), _types(benchmark, subset)]
        over = _over_seeds(benchmark, subset)
        if over.lines:
            found.append(over)
    return tuple(found)


def markdown(benchmark: Benchmark) -> str:
    """All tables for a Markdown document."""
    return "\n".join(grid.markdown() for grid in grids(benchmark))


def latex(benchmark: Benchmark) -> str:
    """All tables for a paper."""
    return "\n".join(grid.latex() for grid in grids(benchmark))


def csv_text(benchmark: Benchmark) -> str:
    """One line for every number, accuracies in fractions; missing values are empty."""
    stream = io.StringIO()
    write = csv.writer(stream, lineterminator="\n").writerow
    write(("row", "kind", "seed", "questions", "measure", "value", "low", "high", "within_type", "published"))
    for outcome in benchmark.outcomes:
        head = (outcome.row.name, outcome.row.kind, "" if outcome.row.seed is None else outcome.row.seed)
        for subset, document in outcome.documents.items():
            for measure, *values in _accuracies(outcome, document):
                write((*head, subset, measure, *("" if value is None else value for value in values)))
        for measure, value in _costs(outcome).items():
            if value is not None:
                write((*head, "", measure, value, "", "", "", ""))
        if outcome.problem is not None:
            write((*head, "", "problem", outcome.problem, "", "", "", ""))
    return stream.getvalue()


def published_of(outcome: RowOutcome, document: MetricsDocument) -> Figures:
    """What is published for the row on the set whose questions are like those of the evaluation."""
    return outcome.row.published.get(published_set(document), {})


def _accuracies(
    outcome: RowOutcome, document: MetricsDocument
) -> Iterator[tuple[str, float | None, float | None, float | None, float | None, float | None]]:
    """Measure, value, ends of the interval, value within the type, published value."""
    published, within = published_of(outcome, document), document.within_type
    for measure in (*document.per_type, *TOTALS):
        is_total = measure in TOTALS
        entry = None if within is None or is_total else within.per_type.get(measure)  # type: ignore[call-overload]
        inside = entry.accuracy if entry is not None else None
        if within is not None and is_total:
            inside = within.OA if measure == "OA" else within.AA
        ends = document.confidence_intervals.get(measure if is_total else f"per_type.{measure}")
        low, high = (None, None) if ends is None else ends
        yield measure, _value(document, measure), low, high, inside, published.get(measure)


def _value(document: MetricsDocument, measure: str) -> float | None:
    if measure in TOTALS:
        return document.OA if measure == "OA" else document.AA
    return next((entry.accuracy for name, entry in document.per_type.items() if name == measure), None)


def _costs(outcome: RowOutcome) -> dict[str, float | None]:
    record, documents = outcome.record, list(outcome.documents.values())
    latency = documents[0].latency if documents else None
    found: dict[str, float | None] = dict.fromkeys(COSTS)
    if latency is not None:
        found["milliseconds_per_picture"] = 1000 * latency.median
    if record is not None:
        found |= {
            "parameters": record.parameters,
            "peak_memory_mb": record.peak_memory_mb,
            "training_minutes": record.training_minutes,
            "epochs": record.epochs,
            "validation_OA": record.validation_oa,
        }
    return found


def _totals(benchmark: Benchmark, subset: Subset) -> Grid:
    lines = tuple(_total_line(outcome, subset) for outcome in benchmark.outcomes)
    caption = f"Overall (OA) and average (AA) accuracy, {_asked(benchmark, subset)}"
    return Grid(caption, _HEAD, lines, texts=2)


def _total_line(outcome: RowOutcome, subset: Subset) -> tuple[str, ...]:
    document, costs = outcome.documents.get(subset), _costs(outcome)
    head = (outcome.row.title, outcome.row.kind)
    tail = (
        number(costs["parameters"], 0),
        number(costs["milliseconds_per_picture"]),
        number(costs["peak_memory_mb"], 0),
        number(costs["training_minutes"]),
        number(costs["epochs"], 0),
        _note(outcome, document),
    )
    if document is None:
        return (*head, *["-"] * 7, *tail)
    published, within = published_of(outcome, document), document.within_type
    return (
        *head,
        percent(document.OA),
        _between(document, "OA"),
        percent(document.AA),
        _between(document, "AA"),
        percent(within.OA if within is not None else None),
        percent(published.get("OA")),
        percent(published.get("AA")),
        *tail,
    )


def _note(outcome: RowOutcome, document: MetricsDocument | None) -> str:
    if outcome.problem is not None:
        return outcome.problem
    if document is not None and document.failures:
        return f"{document.failures} pictures could not be inspected"
    return ""


def _types(benchmark: Benchmark, subset: Subset) -> Grid:
    measured = [outcome for outcome in benchmark.outcomes if subset in outcome.documents]
    asked = [name for name in TYPE_NAMES if any(name in item.documents[subset].per_type for item in measured)]
    lines: list[tuple[str, ...]] = []
    for outcome in measured:
        document = outcome.documents[subset]
        lines.append((outcome.row.title, *(percent(_value(document, name)) for name in asked)))
        published = published_of(outcome, document)
        if any(name in published for name in asked):
            title = f"{outcome.row.name} as published"
            lines.append((title, *(percent(published.get(name)) for name in asked)))
    caption = f"Accuracy in percent by question type, {_asked(benchmark, subset)}"
    return Grid(caption, ("row", *asked), tuple(lines))


def _over_seeds(benchmark: Benchmark, subset: Subset) -> Grid:
    runs: dict[str, list[MetricsDocument]] = {}
    for outcome in benchmark.outcomes:
        if outcome.row.seed is not None and subset in outcome.documents:
            runs.setdefault(outcome.row.name, []).append(outcome.documents[subset])
    lines = tuple((name, str(len(found)), *_spread(found)) for name, found in runs.items() if len(found) > 1)
    caption = f"Mean and standard deviation over seeds, in percent, {_asked(benchmark, subset)}"
    return Grid(caption, ("row", "seeds", "OA", "deviation", "AA", "deviation"), lines)


def _spread(documents: list[MetricsDocument]) -> Iterator[str]:
    for measure in TOTALS:
        values = [value for item in documents if (value := _value(item, measure)) is not None]
        yield percent(statistics.fmean(values) if values else None)
        yield percent(statistics.stdev(values) if len(values) > 1 else None)


def _asked(benchmark: Benchmark, subset: Subset) -> str:
    """Which questions, in a sentence that a caption ends with."""
    documents = [item.documents[subset] for item in benchmark.outcomes if subset in item.documents]
    if not documents:
        return f"{subset} questions: no row is finished."
    first = documents[0]
    counts = sorted({(item.questions, item.images) for item in documents})
    listed = " or ".join(f"{questions} questions about {images} pictures" for questions, images in counts)
    return (
        f"{listed} of the {first.fold_name} of {first.data}. Published figures were measured by their authors "
        f"on {published_set(first)}, which has other pictures."
    )


def _between(document: MetricsDocument, measure: str) -> str:
    ends = document.confidence_intervals.get(measure)
    return "-" if ends is None else f"{100 * ends[0]:.1f} to {100 * ends[1]:.1f}"
