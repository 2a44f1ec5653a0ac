"""`geotamper stats`."""

from pathlib import Path
from typing import Annotated

import typer

from geotamper.cli import options
from geotamper.cli.failures import one_line_failures

EPILOG = """\b
Examples:
  geotamper stats sets/my-rs-cmqa
  geotamper stats sets/my-rs-cmqa --out figures
  geotamper stats RS_CMQA_224 --json - | jq .answers
"""


def stats(  # noqa: PLR0913 - one parameter per option
    data: options.SetFolder,
    *,
    balanced: options.Balanced = False,
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="DIR", help="Write plots and a contact sheet of pictures here."),
    ] = None,
    sheet: Annotated[
        int, typer.Option("--sheet", metavar="N", min=1, help="Pictures on the contact sheet.")
    ] = 24,
    seed: Annotated[int, typer.Option("--seed", metavar="S", min=0, help="Which pictures are drawn.")] = 0,
    json: options.Json = None,
    debug: options.Debug = False,
) -> None:
    """Count a set: pictures and questions by fold, kind, class, answer, size, angle, scale and region."""
    with one_line_failures(debug=debug):
        from geotamper.cli.sinks import STDOUT, writer
        from geotamper.reporting.folder import check_writable
        from geotamper.sets.layout import open_set
        from geotamper.sets.stats import collect_statistics, statistics_text, write_figures

        if out is not None:
            check_writable(out)
        opened = open_set(data, balanced=balanced)
        found = collect_statistics(opened)
        if json is not None:
            with writer(json) as write:
                write(found.to_json())
        if json != STDOUT:
            typer.echo(statistics_text(found))
        if out is not None:
            for path in write_figures(opened, found, Path(out), pictures=sheet, seed=seed):
                typer.echo(f"written: {path}", err=json == STDOUT)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EPILOG)(stats)
