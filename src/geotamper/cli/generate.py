"""`geotamper generate`."""

from typing import Annotated

import typer

from geotamper.cli import options
from geotamper.cli.failures import one_line_failures

EPILOG = """\b
Examples:
  geotamper generate LoveDA/ sets/rs-cmqa --preset rs-cmqa --images 4000 --jobs 8
  geotamper generate tiles/ sets/rs-tqa --preset rs-tqa --reader masks --seed 7
  geotamper generate tiles/ sets/real --preset real-rscm --images 300 --engine ray
"""


def generate(  # noqa: PLR0913 - one parameter per option
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="Folder with labelled imagery, whole files as downloaded.")
    ],
    out: Annotated[
        str, typer.Argument(metavar="OUT", help="Folder of the set: new, empty, or one that was begun.")
    ],
    *,
    preset: Annotated[
        str,
        typer.Option(
            "--preset",
            metavar="NAME",
            help="rs-cmqa: clean and copied; rs-tqa: blurred too; real-rscm: plausible places only.",
        ),
    ],
    reader: Annotated[
        str | None,
        typer.Option("--reader", metavar="NAME", help="Reader of SOURCE. Default: told from its layout."),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(
            "--classes", metavar="FILE", help="YAML table of classes, for the readers masks and coco."
        ),
    ] = None,
    images: Annotated[
        int | None,
        typer.Option("--images", metavar="N", min=1, help="Pictures. Default: as many as the shares allow."),
    ] = None,
    per_object: Annotated[
        int, typer.Option("--per-object", metavar="N", min=1, help="Most forgeries of one object.")
    ] = 4,
    seed: Annotated[int, typer.Option("--seed", metavar="S", min=0, help="Of all chance.")] = 0,
    wording: Annotated[
        str,
        typer.Option(
            "--wording", metavar="W", help="own, or released for code that reads the authors' sets."
        ),
    ] = "own",
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Pieces of work at the same time.")] = 1,
    engine: options.Engine = "local",
    debug: options.Debug = False,
) -> None:
    """Build a set of forged pictures with masks, questions and answers from labelled imagery.

    The same options give the same bytes, whatever --jobs and --engine. After an interruption, the same command
    goes on where it stopped. Exits with 1 when a raw file could not be used; the set is then made of the others.
    """
    with one_line_failures(debug=debug):
        from geotamper.cli.generation import GenerateChoices, run_generate

        code = run_generate(
            GenerateChoices(
                source=source,
                out=out,
                preset=preset,
                reader=reader,
                classes=classes,
                images=images,
                per_object=per_object,
                seed=seed,
                wording=wording,
                jobs=jobs,
                engine=engine,
            )
        )
    raise typer.Exit(code)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EPILOG)(generate)
