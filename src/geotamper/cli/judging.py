"""The part of `geotamper train` that is about judges, and what `geotamper models` says of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from geotamper.cli.columns import aligned
from geotamper.cli.progress import stage_bar

if TYPE_CHECKING:
    from geotamper.learning.judges.run import JudgeDocument


@dataclass(frozen=True)
class JudgeRequest:
    """A judge to train.

    Attributes:
        name: In the registry; None to go on with the training in `out`.
        sets: Folders of sets.
        out: The folder with the results.
        assignments: Settings that differ from the defaults.
    """

    name: str | None
    sets: tuple[Path, ...]
    out: Path
    assignments: tuple[tuple[str, str], ...]


def is_judge(model: str | None, resumed: Path | None) -> bool:
    """Whether a name, or the folder of an interrupted training, is that of a judge."""
    from geotamper.learning.judges.registry import JUDGES
    from geotamper.learning.judges.run import holds_judge

    return model in JUDGES if resumed is None else holds_judge(resumed)


def train_judge(request: JudgeRequest) -> None:
    """Train a judge and tell what came of it.

    Raises:
        typer.BadParameter: A setting is unknown, missing or wrong.
        GeotamperError: The training failed.
    """
    from geotamper.control import Control
    from geotamper.errors import SpecificationError
    from geotamper.learning.judges import run
    from geotamper.learning.judges.registry import judge_entry
    from geotamper.learning.judges.settings import judge_settings

    with stage_bar() as watch:
        control = Control() if watch is None else Control(on_progress=watch)
        if request.name is None:
            _require(run.open_judge(request.out).judge)
            document = run.resume_judge(request.out, control)
        else:
            entry = judge_entry(request.name)
            try:
                settings = judge_settings(entry.settings, request.assignments)
            except SpecificationError as error:
                raise typer.BadParameter(str(error), param_hint="--set") from error
            _require(request.name)
            document = run.train_judge(request.name, settings, request.sets, request.out, control)
    _tell(document, request.out)


def judges_table() -> str:
    """The judges with the packaged files that were trained so."""
    from geotamper.learning.judges.registry import JUDGES

    rows: list[Sequence[str]] = [("judge", "tells", "packaged")]
    rows += [(name, entry.title, ", ".join(entry.packaged)) for name, entry in JUDGES.items()]
    return aligned(rows)


def judge_options(name: str) -> str:
    """Settings of a judge with their defaults, one a line, as `--set` takes them."""
    from geotamper.learning.judges.registry import judge_entry

    fields = judge_entry(name).settings.model_fields
    return "\n".join(
        f"{key}=" if field.is_required() else f"{key}={_as_option(field.default)}"
        for key, field in fields.items()
    )


def _as_option(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def _require(name: str) -> None:
    from geotamper.cli.networks import require_torch
    from geotamper.learning.judges.registry import judge_entry

    if judge_entry(name).needs_torch:
        require_torch("training")


def _tell(document: "JudgeDocument", out: Path) -> None:
    for name, value in document.metrics.items():
        typer.echo(f"{name}: {value:.4g}")
    seconds = document.examples_cpu_seconds, document.fitting_cpu_seconds
    typer.echo(f"CPU seconds: {seconds[0]:.0f} for examples, {seconds[1]:.0f} for the rest")
    typer.echo(f"written: {out / document.weights} (sha256 {document.weights_sha256})")
