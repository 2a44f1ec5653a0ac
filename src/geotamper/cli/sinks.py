"""Where the results of a run go: JSON, CSV, Parquet and the terminal."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import typer

from geotamper.atomic import atomic_path
from geotamper.cli.summary import summary
from geotamper.cli.worker import Outcome
from geotamper.inspection.report import ErrorLine
from geotamper.reporting.parquet_table import parquet_table
from geotamper.reporting.table import Row, csv_header, csv_line, error_row, report_row

STDOUT = "-"
Sink = Callable[[Outcome], None]


@contextlib.contextmanager
def writer(target: str) -> Iterator[Callable[[str], None]]:
    """Give a function that writes text to a file, which appears when the block ends well, or to stdout.

    Raises:
        OutputError: The file cannot be written.
    """
    if target == STDOUT:
        yield _to_stdout
        return
    with atomic_path(Path(target)) as temporary, temporary.open("w", encoding="utf-8") as stream:
        yield lambda text: _write(stream.write, text)


def _write(write: Callable[[str], int], text: str) -> None:
    write(text)


def _to_stdout(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


@contextlib.contextmanager
def json_sink(target: str, *, lines: bool) -> Iterator[Sink]:
    """JSON Lines, or one readable JSON object where there is a single input."""
    with writer(target) as write:

        def sink(outcome: Outcome) -> None:
            if outcome.report is None:
                write(ErrorLine.of(outcome.path, outcome.error).to_json() + "\n")
            else:
                write(outcome.report.to_json(indent=None if lines else 2) + "\n")

        yield sink


@contextlib.contextmanager
def csv_sink(target: str) -> Iterator[Sink]:
    """A table with one row per input."""
    with writer(target) as write:
        write(csv_header())
        yield lambda outcome: write(csv_line(_row(outcome)))


@contextlib.contextmanager
def parquet_sink(target: str) -> Iterator[Sink]:
    """The same table as a Parquet file.

    Raises:
        MissingLibraryError: pyarrow is not installed.
        OutputError: The file cannot be written.
    """
    with parquet_table(Path(target)) as add:
        yield lambda outcome: add(_row(outcome))


def _row(outcome: Outcome) -> Row:
    if outcome.report is None:
        return error_row(ErrorLine.of(outcome.path, outcome.error))
    return report_row(outcome.report)


def terminal_sink(*, detailed: bool) -> Sink:
    """A short summary of each picture on stdout; errors go to stderr elsewhere."""

    def sink(outcome: Outcome) -> None:
        if outcome.report is not None:
            typer.echo(summary(outcome.report, detailed=detailed))

    return sink
