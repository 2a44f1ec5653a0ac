"""Options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geotamper.cli.values import parse_duration, parse_memory, parse_share, parse_weights

if TYPE_CHECKING:
    from geotamper.learning.settings import Preset
    from geotamper.sets.layout import Fold

_PRESETS: tuple["Preset", ...] = ("paper", "compact", "tiny")

Detector = Annotated[
    str,
    typer.Option(
        "--detector",
        metavar="D",
        help="inspector; a classical reference: sift, orb, block-dct, block-pca, zernike; or a trained network: "
        "run folder, checkpoint folder or ONNX file.",
    ),
]
FalseAlarmRate = Annotated[
    float,
    typer.Option(
        "--false-alarm-rate",
        metavar="P",
        parser=parse_share,
        help="Share of untouched pictures that may be called tampered.",
    ),
]
Weights = Annotated[
    str,
    typer.Option(
        "--weights",
        metavar="TERMS",
        parser=parse_weights,
        help="Class network: research (all data, research use only) or permissive (any use).",
    ),
]
MaxMemory = Annotated[
    int,
    typer.Option(
        "--max-memory",
        metavar="SIZE",
        parser=parse_memory,
        show_default="2GB",
        help="Memory that the search for one picture may hold, such as 2GB; larger pictures are searched as scenes.",
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
SetFolder = Annotated[Path, typer.Argument(metavar="SET", help="Folder of a set, made here or released.")]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes that work at the same time.")]
Balanced = Annotated[
    bool, typer.Option("--balanced", help="Take the questions of the balanced subset of the set.")
]
Split = Annotated[
    str, typer.Option("--split", metavar="FOLD", help="Whose questions to take: train, val or test.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")]


def check_detector(name: str) -> None:
    """Refuse an unknown detector as wrong usage; whether a path holds a network shows when it is opened.

    Raises:
        typer.BadParameter: No detector has this name, and there is no such path.
    """
    from geotamper.detection.opening import check_detector_spec
    from geotamper.errors import SpecificationError

    try:
        check_detector_spec(name)
    except SpecificationError as error:
        raise typer.BadParameter(str(error), param_hint="--detector") from error


def fold_of(split: str) -> "Fold":
    """The fold of this name.

    Raises:
        typer.BadParameter: There is none.
    """
    from geotamper.sets.layout.names import FOLDS

    for fold in FOLDS:
        if fold == split:
            return fold
    raise typer.BadParameter(f"'{split}' is no fold; choose one of {', '.join(FOLDS)}", param_hint="--split")


def preset_of(name: str) -> "Preset":
    """The preset of networks and trainings of this name.

    Raises:
        typer.BadParameter: There is none.
    """
    for known in _PRESETS:
        if name == known:
            return known
    raise typer.BadParameter(
        f"'{name}' is no preset; choose one of {', '.join(_PRESETS)}", param_hint="--preset"
    )


def threads_per_job(jobs: int) -> int:
    """Threads for the work on one picture, so that all jobs together use the machine once; 0 for one job."""
    from geotamper.evidence.search import available_workers

    return 0 if jobs == 1 else max(1, available_workers() // jobs)
