"""`geotamper train`."""

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geotamper.cli import options
from geotamper.cli.failures import INTERRUPTED, one_line_failures, report_failure
from geotamper.cli.judging import JudgeRequest, is_judge, train_judge

if TYPE_CHECKING:
    from geotamper.learning.run import RunDocument
    from geotamper.learning.settings import Preset
    from geotamper.learning.training import Outcome, Watchers

EPILOG = """\b
Examples:
  geotamper train cmfpf --data sets/my-rs-cmqa --preset compact --out runs/cmfpf
  geotamper train cmfpf --data sets/my-rs-cmqa --preset tiny --set epochs=1 --out runs/trial
  geotamper train cm_moe --data sets/my-rs-cmqa --set one_step=false --max-minutes 240 --out runs/two-step
  geotamper train --resume runs/cmfpf
  geotamper train direction --data sets/my-real-rscm --data sets/my-rs-cmqa --out judges/direction
  geotamper train object-class --data sets/my-rs-cmqa --set raw=imagery --set sources=unrestricted --out judges/class

Settings of a network are those of the training (epochs, batch_size, learning_rate, alpha, mask_loss, freeze_epoch,
...) and of the network itself (towers.resolution, dropout, ...), those of a judge are listed by 'geotamper models
NAME'; a wrong one is answered with those that resemble it.
"""

_CHANGEABLE = ("device", "max_minutes", "checkpoint_minutes")
"""Settings that may change in a run that goes on."""


@dataclass(frozen=True)
class _Request:
    """What the options ask for; `model` and `out` are None and `data` is empty for a run that goes on."""

    model: str | None
    data: tuple[Path, ...]
    out: Path | None
    run: Path | None
    size: "Preset"
    assignments: tuple[tuple[str, str], ...]


def train(  # noqa: PLR0913 - one parameter per option
    model: Annotated[
        str | None, typer.Argument(metavar="MODEL", help="Name of the network or judge.")
    ] = None,
    *,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data", metavar="SET", help="Folder of a set, made here or released; repeatable for judges."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="RUN", help="The run is written here; a new folder.")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset", metavar="NAME", help="Sizes and settings: tiny, compact or paper. Default: compact."
        ),
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; repeatable.")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option("--resume", metavar="RUN", help="Go on with this run exactly where it stopped."),
    ] = None,
    device: Annotated[
        str | None, typer.Option("--device", metavar="NAME", help="auto, cpu or cuda. Default: auto.")
    ] = None,
    max_minutes: Annotated[
        float | None,
        typer.Option(
            "--max-minutes", metavar="M", help="Time budget; learning rates anneal over it. Default: none."
        ),
    ] = None,
    debug: options.Debug = False,
) -> None:
    """Train a network that answers questions, or a judge of the inspector, on the train fold of sets.

    Networks are validated on fold val after every epoch; RUN holds run.json, the best and the last weights, the log,
    the curves and a resumable state, and Ctrl-C ends the training after the current step. Of a judge (object-class,
    direction), RUN holds the weights as the inspector reads them, run.json, report.md and the examples, which an
    interrupted training finds again.
    """
    extra = [("device", device), ("max_minutes", None if max_minutes is None else str(max_minutes))]
    assignments = [_assignment(text) for text in changes or ()]
    assignments += [(key, value) for key, value in extra if value is not None]
    request = _Request(
        model, tuple(data or ()), out, resume, options.preset_of(preset or "compact"), tuple(assignments)
    )
    _check_usage(request)
    if is_judge(model, resume):
        networks_only = (("--preset", preset), ("--device", device), ("--max-minutes", max_minutes))
        _judge(request, [name for name, value in networks_only if value is not None], debug=debug)
        return
    _check_network(request)
    with one_line_failures(debug=debug):
        from geotamper.cli.networks import require_torch

        require_torch("training")
        outcome = _run(request)
        folder = resume or out
        if outcome.first:
            _tell(outcome.document, folder)
    if outcome.interrupted:
        if outcome.first:
            report_failure(f"interrupted; go on with 'geotamper train --resume {folder}'")
        raise typer.Exit(INTERRUPTED)


def _check_usage(request: _Request) -> None:
    if request.run is None:
        given = (("MODEL", request.model), ("--data", request.data), ("--out", request.out))
        missing = [name for name, value in given if not value]
        if missing:
            raise typer.BadParameter(f"missing {', '.join(missing)}; or go on with a run: --resume RUN")
        return
    if request.model or request.data or request.out:
        raise typer.BadParameter("--resume takes model, set and folder from the run; leave them out")


def _check_network(request: _Request) -> None:
    if len(request.data) > 1:
        raise typer.BadParameter(
            f"{request.model} is trained on one set, not on {len(request.data)}", param_hint="--data"
        )
    if request.run is None:
        return
    fixed = [key for key, _ in request.assignments if key not in _CHANGEABLE]
    if fixed:
        raise typer.BadParameter(
            f"{', '.join(fixed)} cannot change in a run that goes on; only {', '.join(_CHANGEABLE)} can",
            param_hint="--set",
        )


def _judge(request: _Request, networks_only: list[str], *, debug: bool) -> None:
    if networks_only:
        raise typer.BadParameter(f"{', '.join(networks_only)} cannot be used with a judge; leave it out")
    if request.run is not None and request.assignments:
        raise typer.BadParameter("--resume takes the settings of a judge from its folder", param_hint="--set")
    folder = request.run or request.out
    if folder is None:  # _check_usage has seen to it
        raise typer.BadParameter("missing --out")
    with one_line_failures(debug=debug):
        try:
            train_judge(JudgeRequest(request.model, request.data, folder, request.assignments))
        except KeyboardInterrupt:
            report_failure(f"interrupted; go on with 'geotamper train --resume {folder}'")
            raise typer.Exit(INTERRUPTED) from None


def _assignment(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise typer.BadParameter(f"'{text}' is no setting; write KEY=VALUE", param_hint="--set")
    return key.strip(), value.strip()


def _run(request: _Request) -> "Outcome":
    from geotamper.errors import SpecificationError
    from geotamper.learning import training
    from geotamper.learning.blueprint import configure
    from geotamper.learning.run import open_run
    from geotamper.learning.settings import changed_settings

    with _bars() as watchers:
        if request.run is not None:
            try:
                settings = changed_settings(
                    open_run(request.run).document.training, dict(request.assignments)
                )
            except SpecificationError as error:
                raise typer.BadParameter(str(error), param_hint="--set") from error
            changed = {key: getattr(settings, key) for key, _ in request.assignments}
            return training.resume(request.run, changed, watchers)
        if request.model is None or not request.data or request.out is None:
            raise SpecificationError(
                "a new run needs a model, a set and a folder"
            )  # _check_usage has seen to it
        try:
            blueprint, settings = configure(request.model, request.size, request.assignments)
        except SpecificationError as error:
            raise typer.BadParameter(str(error)) from error
        return training.train(blueprint, settings, request.data[0], request.out, watchers)


@contextlib.contextmanager
def _bars() -> Iterator["Watchers"]:
    """Bars for decoding and for the steps of an epoch; nothing where stderr is no terminal."""
    from geotamper.learning.position import StepReport
    from geotamper.learning.training import Watchers

    if not sys.stderr.isatty():
        yield Watchers()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        line = bar.add_task("decoding pictures", total=None)

        def decoded(done: int, total: int) -> None:
            bar.update(line, completed=done, total=total)

        def stepped(report: StepReport) -> None:
            text = f"epoch {report.epoch}/{report.epochs}, loss {report.loss:.3f}"
            bar.update(line, completed=report.step, total=report.steps, description=text)

        yield Watchers(decoded, stepped)


def _tell(document: "RunDocument", folder: Path | None) -> None:
    typer.echo(
        f"{document.model} ({document.preset}): {document.epochs_done} of {document.training.total_epochs} epochs, "
        f"{document.parameters:,} parameters, {document.seconds / 60:.1f} minutes"
    )
    if document.best_oa is not None:
        typer.echo(f"best validation OA: {document.best_oa:.2%} in epoch {document.best_epoch}")
    typer.echo(f"written: {folder}")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EPILOG)(train)
