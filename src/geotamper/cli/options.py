"""Options that several commands share."""

from typing import Annotated

import typer

from geotamper.cli.values import parse_duration, parse_memory, parse_share

Detector = Annotated[str, typer.Option("--detector", metavar="NAME", help="Name of the detector.")]
FalseAlarmRate = Annotated[
    float,
    typer.Option(
        "--false-alarm-rate",
        metavar="P",
        parser=parse_share,
        help="Share of untouched pictures that may be called tampered.",
    ),
]
MaxMemory = Annotated[
    int | None,
    typer.Option(
        "--max-memory",
        metavar="SIZE",
        parser=parse_memory,
        help="Memory that the search for one picture may hold, such as 2GB.",
    ),
]
TimeLimit = Annotated[
    float | None,
    typer.Option(
        "--time-limit",
        metavar="TIME",
        parser=parse_duration,
        help="Time for one picture, such as 60s; the search then ends with what it has.",
    ),
]
Json = Annotated[
    str | None, typer.Option("--json", metavar="FILE", help="Write the result as JSON; '-' means stdout.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")]


def check_detector(name: str) -> None:
    """Refuse an unknown detector as wrong usage.

    Raises:
        typer.BadParameter: No detector has this name.
    """
    from geotamper.errors import SpecificationError
    from geotamper.inspection.detector import check_detector_name

    try:
        check_detector_name(name)
    except SpecificationError as error:
        raise typer.BadParameter(str(error), param_hint="--detector") from error
