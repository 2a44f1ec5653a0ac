"""The folder of a benchmark for readers: tables, plots, and a page that shows them and says what they are worth."""

import platform
from collections.abc import Iterator
from importlib import metadata

from geotamper._version import __version__
from geotamper.atomic import write_text
from geotamper.errors import MissingLibraryError
from geotamper.evaluation.benchmarking.figures import CURVES_FILE, RADAR_FILE, draw_all
from geotamper.evaluation.benchmarking.plan import Plan
from geotamper.evaluation.benchmarking.runner import Benchmark
from geotamper.evaluation.benchmarking.tables import csv_text, latex, markdown
from geotamper.processes import usable_cores

PAGE_FILE = "README.md"
TABLE_FILE = "table"

_PICTURES = {
    RADAR_FILE: "Accuracy by question type; the dashed line is published for another set.",
    CURVES_FILE: "Accuracy on the val fold while the networks were trained.",
}


def write_benchmark(benchmark: Benchmark, command: str) -> tuple[str, ...]:
    """Write tables, plots and the page, also of a benchmark that is not finished.

    Args:
        benchmark: What came of it.
        command: By which it is repeated.

    Returns:
        What was left out and why, in sentences.

    Raises:
        OutputError: A file cannot be written.
    """
    out = benchmark.plan.conditions.out
    for ending, text in (
        ("md", markdown(benchmark)),
        ("csv", csv_text(benchmark)),
        ("tex", latex(benchmark)),
    ):
        write_text(out / f"{TABLE_FILE}.{ending}", text)
    notes: tuple[str, ...] = ()
    drawn: tuple[str, ...] = ()
    try:
        drawn = draw_all(out, benchmark)
    except MissingLibraryError as error:
        notes = (f"no plot was drawn: {error}",)
    write_text(out / PAGE_FILE, page(benchmark, command, drawn))
    return notes


def page(benchmark: Benchmark, command: str, drawn: tuple[str, ...]) -> str:
    """The Markdown page.

    Args:
        benchmark: What came of it.
        command: By which it is repeated.
        drawn: Plots beside it.
    """
    plan = benchmark.plan
    parts = [
        f"# Benchmark on {plan.conditions.data.resolve().name}",
        f"```console\n{command}\n```",
        "\n".join(f"- {line}" for line in _conditions(plan)),
        "## What the numbers are worth",
        "\n".join(f"- {line}" for line in _reservations(plan)),
        "## Tables",
        markdown(benchmark).strip(),
    ]
    if drawn:
        parts.append("## Plots")
        parts += [f"![{_PICTURES[name]}]({name})\n\n{_PICTURES[name]}" for name in drawn]
    if benchmark.failed:
        parts.append("## Rows without numbers")
        parts.append(
            "\n".join(f"- {outcome.row.title}: {outcome.problem}" for outcome in benchmark.failed)
            + "\n\nThe same command tries them again; finished rows are not repeated."
        )
    return "\n\n".join(parts) + "\n"


def _conditions(plan: Plan) -> Iterator[str]:
    chosen = plan.conditions
    which = "" if chosen.pictures is None else f", {chosen.pictures} pictures drawn by chance"
    yield f"set `{chosen.data.resolve().name}`, fold {chosen.split}{which}, questions: {' and '.join(plan.subsets)}"
    yield f"networks: preset `{chosen.preset}`, {chosen.budget:g} minutes of training each at most"
    if chosen.settings:
        yield f"changed for every network: {', '.join(f'`{text}`' for text in chosen.settings)}"
    libraries = ", ".join(f"{name} {_version(name)}" for name in ("torch", "numpy", "onnxruntime"))
    yield f"geotamper {__version__}, Python {platform.python_version()}, {libraries}"
    yield f"{platform.system()} {platform.machine()}, {usable_cores()} processors"


def _reservations(plan: Plan) -> Iterator[str]:
    if plan.conditions.preset != "paper":
        yield (
            f"These are networks of the preset `{plan.conditions.preset}`: far smaller than the published ones, "
            "trained for minutes on a set that is far smaller than theirs."
        )
    yield (
        "Differences within the 95 % intervals rank nothing. The intervals are those of the questions asked; another "
        "seed may move a network by more."
    )
    yield (
        "The published figures were measured by their authors on their own sets. They show the size of things, not "
        "whether a network of this page is better or worse."
    )
    yield (
        "Floors answer from the question or from the look of the picture alone; a network that does not clearly beat "
        "them has not learnt to relate the two."
    )
    yield (
        "The budget counts training steps and validations; a network that comes to the last epoch of its preset ends "
        "sooner. Weights are those of the epoch that was best on the val fold."
    )
    yield (
        "Milliseconds are the median for a picture with all its questions, on the machine as it was. Memory is "
        "the most that the row's process held, training and decoded pictures of the set included."
    )
    yield (
        "Rows with equal settings share one training. Decoded pictures are shared by all networks; every network "
        "trains its own mask network, and towers are trained too, so that nothing of them is kept."
    )


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
