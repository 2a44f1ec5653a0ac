"""`geotamper demo`."""

from typing import Annotated

import typer

from geotamper.cli import options
from geotamper.cli.failures import one_line_failures

EPILOG = """\b
Examples:
  geotamper demo
  geotamper demo --out demo
"""


def demo(
    *,
    out: Annotated[
        str, typer.Option("--out", metavar="DIR", help="Where the pictures and the report go.")
    ] = "geotamper-demo",
    debug: options.Debug = False,
) -> None:
    """Draw a forged scene, inspect it and write its report.

    The scene is the same on every run; no real place is shown.
    """
    with one_line_failures(debug=debug):
        from geotamper.cli.showcase import run_showcase

        for line in run_showcase(out):
            typer.echo(line)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EPILOG)(demo)
