"""How failures look to the user: one line and an exit code."""

import contextlib
import traceback
from collections.abc import Iterator

import typer

from geotamper.errors import GeotamperError

FAILED = 1
TAMPERED = 3
INTERRUPTED = 130


def report_failure(message: str) -> None:
    """Print one line about a failure to stderr."""
    typer.echo(f"geotamper: {' '.join(message.split())}", err=True)


@contextlib.contextmanager
def one_line_failures(*, debug: bool) -> Iterator[None]:
    """Turn errors of the block into one line and an exit code; with `debug` the traceback comes first.

    Raises:
        typer.Exit: With 1 after an error of geotamper, with 130 after Ctrl-C.
    """
    try:
        yield
    except GeotamperError as error:
        if debug:
            traceback.print_exc()
        report_failure(str(error))
        raise typer.Exit(FAILED) from None
    except KeyboardInterrupt:
        report_failure("interrupted; finished reports stay, nothing was left half-written")
        raise typer.Exit(INTERRUPTED) from None
