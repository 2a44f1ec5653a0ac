"""`geotamper inspect`."""

from typing import Annotated

import typer

from geotamper.cli import options, reading
from geotamper.cli.failures import one_line_failures
from geotamper.control import DEFAULT_MEMORY

EPILOG = """\b
Examples:
  geotamper inspect scene.png
  geotamper inspect scene.tif -q "Was the copy rotated?" --out reports --pdf
  geotamper inspect survey/ --recursive --jobs 4 --csv table.csv --out reports
  geotamper inspect survey/ --engine ray --jobs 16 --parquet table.parquet --out reports
  geotamper inspect a.png b.png --json - | jq .verdict
  geotamper inspect scene.png --detector sift
  geotamper inspect orthophoto.tif --max-memory 4GB --time-limit 10m --out reports
  geotamper inspect sentinel.tif --bands 4,3,2 --stretch 2,98
"""


def inspect(  # noqa: PLR0913 - one parameter per option
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH", help="Pictures (PNG, JPEG, WebP, TIFF, GeoTIFF, VRT) or folders."),
    ],
    *,
    question: Annotated[
        list[str] | None,
        typer.Option(
            "-q", "--question", metavar="TEXT", help="A question; may be repeated. Default: all that apply."
        ),
    ] = None,
    finding: Annotated[
        int | None,
        typer.Option("--finding", metavar="ID", min=1, help="Answer for this finding instead of the surest."),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", metavar="DIR", help="Write masks, overlay and report here, a folder per picture."
        ),
    ] = None,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Write the report as PDF too; needs the extra 'report' and --out.")
    ] = False,
    json: options.Json = None,
    csv: Annotated[
        str | None, typer.Option("--csv", metavar="FILE", help="Write a table with one row per picture.")
    ] = None,
    parquet: Annotated[
        str | None, typer.Option("--parquet", metavar="FILE", help="Write the same table as Parquet.")
    ] = None,
    detector: options.Detector = "inspector",
    false_alarm_rate: options.FalseAlarmRate = 0.01,
    weights: options.Weights = "research",
    max_memory: options.MaxMemory = DEFAULT_MEMORY,
    time_limit: options.TimeLimit = None,
    bands: reading.Bands = None,
    stretch: reading.Stretch = None,
    window: reading.PixelWindow = None,
    bbox: reading.Bbox = None,
    area: reading.AreaFile = None,
    thorough: Annotated[
        bool,
        typer.Option(
            "--thorough",
            help="Inspect each tile of a large scene as a picture too: small and blurred regions; takes far longer.",
        ),
    ] = False,
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Look into subfolders too.")] = False,
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs", "-j", min=1, help="Pictures inspected at the same time, or tiles of the only one."
        ),
    ] = 1,
    engine: options.Engine = "local",
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Inspect pictures anew whose reports an earlier run has finished in --out."
        ),
    ] = False,
    fail_if_tampered: Annotated[
        bool, typer.Option("--fail-if-tampered", help="Exit with 3 when a picture is tampered.")
    ] = False,
    debug: options.Debug = False,
) -> None:
    """Look for forged regions in pictures: verdict, findings, answers, report.

    After an interruption, the same command with the same --out goes on where it stopped.

    Exits with 0 when the work was done, also when a picture is tampered; with 1 when an input failed; with 2
    on wrong usage.
    """
    with one_line_failures(debug=debug):
        options.check_detector(detector)
        from geotamper.cli.batch import Choices, run_batch

        read = reading.read_options(bands=bands, stretch=stretch, window=window, bbox=bbox, area=area)
        code = run_batch(
            paths,
            Choices(
                questions=tuple(question or ()),
                finding=finding,
                out=out,
                pdf=pdf,
                thorough=thorough,
                json=json,
                csv=csv,
                parquet=parquet,
                read=read,
                detector=detector,
                false_alarm_rate=false_alarm_rate,
                weights=weights,
                max_memory=max_memory,
                time_limit=time_limit,
                recursive=recursive,
                jobs=jobs,
                engine=options.engine_of(engine),
                again=again,
                fail_if_tampered=fail_if_tampered,
                debug=debug,
            ),
        )
    raise typer.Exit(code)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EPILOG)(inspect)
