"""`geotamper doctor`."""

import typer

from geotamper.cli import options
from geotamper.cli.failures import one_line_failures

EPILOG = """\b
Examples:
  geotamper doctor
"""


def doctor(*, debug: options.Debug = False) -> None:
    """Print versions, devices and weights: what to add to a report of a problem."""
    with one_line_failures(debug=debug):
        from geotamper.cli.checkup import checkup

        for name, state in checkup():
            typer.echo(f"{name:<24}{state}")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EPILOG)(doctor)
