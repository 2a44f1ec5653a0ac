"""`geotamper convert`."""

from pathlib import Path
from typing import Annotated

import typer

from geotamper.cli import options
from geotamper.cli.failures import one_line_failures

EPILOG = """\b
Examples:
  geotamper convert sets/my-rs-cmqa sets/my-rs-cmqa-parquet --to parquet --shards
  geotamper convert sets/my-rs-cmqa-parquet sets/back --to released
  geotamper convert sets/my-rs-cmqa sets/my-rs-cmqa-224 --to released --size 224 --jobs 4
"""


def convert(  # noqa: PLR0913 - one parameter per option
    data: options.SetFolder,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new or empty folder.")],
    *,
    to: Annotated[
        str, typer.Option("--to", metavar="LAYOUT", help="released: JSON and PNG files; parquet: columns.")
    ],
    size: Annotated[
        int | None,
        typer.Option(
            "--size", metavar="PX", min=8, help="Side of the pictures. Default: bytes stay as they are."
        ),
    ] = None,
    shards: Annotated[
        bool, typer.Option("--shards", help="With parquet: pictures in tar files instead of single ones.")
    ] = False,
    jobs: options.Jobs = 1,
    debug: options.Debug = False,
) -> None:
    """Write a set in another layout, or with smaller pictures.

    Without --size nothing is lost on the way there and back. Questions and answers stay those of the full size.
    """
    with one_line_failures(debug=debug):
        from geotamper.cli.progress import stage_bar
        from geotamper.control import Control
        from geotamper.sets.card import write_card
        from geotamper.sets.conversion import LAYOUTS, Conversion, convert_set

        if to not in LAYOUTS:
            raise typer.BadParameter(f"'{to}' is none; choose {' or '.join(LAYOUTS)}", param_hint="--to")
        if shards and to != "parquet":
            raise typer.BadParameter("shards go with --to parquet", param_hint="--shards")
        layout = next(one for one in LAYOUTS if one == to)
        conversion = Conversion(layout, size=size, storage="shards" if shards else "files", jobs=jobs)
        with stage_bar() as progress:
            control = Control() if progress is None else Control(on_progress=progress)
            convert_set(data, out, conversion, control=control)
        write_card(out)
        typer.echo(f"written: {out}")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EPILOG)(convert)
