"""`geotamper benchmark`."""

import contextlib
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geotamper.cli import options
from geotamper.cli.failures import FAILED, INTERRUPTED, one_line_failures, report_failure

if TYPE_CHECKING:
    from geotamper.evaluation.benchmarking import Benchmark, Conditions, Plan, Row, Runner
    from geotamper.evaluation.benchmarking.runner import Tell

EPILOG = """\b
Examples:
  geotamper benchmark --data sets/my-rs-cmqa --out benchmark
  geotamper benchmark --data sets/my-rs-cmqa --models cmfpf,cm_moe,inspector,floors --budget 15 --out benchmark
  geotamper benchmark --data sets/my-rs-cmqa --ablations VI --seeds 1,2,3 --out ablations
  geotamper benchmark --data sets/my-rs-cmqa --models networks --engine ray --jobs 8 --out benchmark
"""

DEFAULT_PRESET, DEFAULT_BUDGET = "compact", 15.0


def benchmark(  # noqa: PLR0913 - one parameter per option
    *,
    data: Annotated[
        Path, typer.Option("--data", metavar="SET", help="Folder of a set, made here or released.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Runs, results, tables and plots are written here.")
    ],
    models: Annotated[
        str | None,
        typer.Option(
            "--models",
            metavar="A,B,...",
            help="Networks, detectors and floors by name; all, networks, detectors or floors. "
            "Default: all, or none where --ablations is given.",
        ),
    ] = None,
    ablations: Annotated[
        str | None,
        typer.Option("--ablations", metavar="T,...", help="Tables of ablations, such as IV,VI."),
    ] = None,
    preset: Annotated[
        str, typer.Option("--preset", metavar="NAME", help="Of all networks: tiny, compact or paper.")
    ] = DEFAULT_PRESET,
    budget: Annotated[
        float, typer.Option("--budget", min=0.01, metavar="MINUTES", help="Training of one network.")
    ] = DEFAULT_BUDGET,
    seeds: Annotated[
        str | None,
        typer.Option("--seeds", metavar="S,...", help="Train every network once for each of these seeds."),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting of every network; repeatable."),
    ] = None,
    balanced: Annotated[
        bool | None,
        typer.Option(
            "--balanced/--no-balanced",
            help="Ask the questions of the balanced subset too. Default: where the set has one.",
        ),
    ] = None,
    split: options.Split = "test",
    pictures: Annotated[
        int | None,
        typer.Option("--pictures", min=1, metavar="N", help="Ask about N pictures only, drawn by chance."),
    ] = None,
    device: Annotated[
        str, typer.Option("--device", metavar="NAME", help="Where networks are trained: auto, cpu or cuda.")
    ] = "auto",
    engine: Annotated[
        str, typer.Option("--engine", metavar="E", help="local, or ray: the cluster that RAY_ADDRESS names.")
    ] = "local",
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, help="Rows at the same time, with --engine ray.")
    ] = 1,
    debug: options.Debug = False,
) -> None:
    """Train networks under one time budget, evaluate them beside detectors and floors, and put all side by side.

    Each network is trained on the train fold and evaluated on the test fold. DIR/README.md shows tables and plots
    beside the published figures. The same command goes on where it was interrupted and tries failed rows again;
    exits with 1 when a row has no numbers.
    """
    with one_line_failures(debug=debug):
        from geotamper.evaluation.benchmarking import Conditions, plan_benchmark
        from geotamper.reporting.folder import check_writable

        rows = _rows(models, ablations, _numbers(seeds))
        conditions = Conditions(
            data=data,
            out=out,
            preset=options.preset_of(preset),
            budget=budget,
            settings=tuple(changes or ()),
            split=options.fold_of(split),
            balanced=balanced,
            pictures=pictures,
            device=device,
        )
        runner = _runner(engine, jobs)
        plan = plan_benchmark(rows, conditions)
        check_writable(str(out))
        result = _run(plan, runner)
        _finish(result, _command(conditions, models, ablations, seeds))
    if result.interrupted:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(FAILED if result.failed else 0)


def _rows(models: str | None, ablations: str | None, seeds: tuple[int, ...]) -> tuple["Row", ...]:
    from geotamper.errors import SpecificationError
    from geotamper.evaluation.benchmarking import ablation_rows, model_rows, with_seeds
    from geotamper.evaluation.benchmarking.rows import may_name_networks

    words = _words(models) if models is not None or ablations is not None else ("all",)
    if ablations is not None or may_name_networks(words):
        _require_torch()
    try:
        return with_seeds((*model_rows(words), *ablation_rows(_words(ablations))), seeds)
    except SpecificationError as error:
        raise typer.BadParameter(str(error)) from error


def _require_torch() -> None:
    from geotamper.cli.networks import require_torch

    require_torch("training")


def _words(text: str | None) -> tuple[str, ...]:
    return tuple(word.strip() for word in (text or "").split(",") if word.strip())


def _numbers(text: str | None) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in _words(text))
    except ValueError as error:
        raise typer.BadParameter(
            f"'{text}' is no list of seeds; write 1,2,3", param_hint="--seeds"
        ) from error


def _runner(engine: str, jobs: int) -> "Runner":
    from geotamper.evaluation.benchmarking import Isolated

    if options.engine_of(engine) == "ray":
        from geotamper.evaluation.benchmarking.cluster import OnRay

        return OnRay(jobs)
    if jobs > 1:
        raise typer.BadParameter(
            "a network uses all cores of this machine; spread rows over machines with --engine ray",
            param_hint="--jobs",
        )
    return Isolated()


def _run(plan: "Plan", runner: "Runner") -> "Benchmark":
    from geotamper.evaluation.benchmarking import run_benchmark

    with _progress(len(plan.distinct())) as tell:
        return run_benchmark(plan, runner, tell)


@contextlib.contextmanager
def _progress(count: int) -> Iterator["Tell"]:
    """A bar for what the current row does; nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        line = bar.add_task(f"{count} rows to look at", total=None)
        yield lambda job, what, done, total: bar.update(
            line, description=f"{job.subject}: {what}", completed=done, total=total
        )


def _finish(result: "Benchmark", command: str) -> None:
    from geotamper.evaluation.benchmarking import write_benchmark
    from geotamper.evaluation.benchmarking.page import PAGE_FILE, TABLE_FILE

    for note in write_benchmark(result, command):
        report_failure(note)
    for outcome in result.failed:
        report_failure(f"{outcome.row.title}: {outcome.problem}")
    out = result.plan.conditions.out
    typer.echo((out / f"{TABLE_FILE}.md").read_text(encoding="utf-8").rstrip())
    typer.echo(f"written: {out / PAGE_FILE}")
    if result.interrupted:
        report_failure(f"interrupted; what is finished stays in '{out}': repeat the command to go on")


def _command(conditions: "Conditions", models: str | None, ablations: str | None, seeds: str | None) -> str:
    """The command without what changes no number."""
    pairs: list[tuple[str, object]] = [("--data", conditions.data), ("--models", models)]
    pairs += [("--ablations", ablations), ("--preset", conditions.preset)]
    pairs += [("--budget", f"{conditions.budget:g}"), ("--seeds", seeds)]
    pairs += [("--set", text) for text in conditions.settings]
    pairs += [("--split", conditions.split), ("--pictures", conditions.pictures)]
    words = [word for name, value in pairs if value is not None for word in (name, str(value))]
    if conditions.balanced is not None:
        words.append("--balanced" if conditions.balanced else "--no-balanced")
    return shlex.join(["geotamper", "benchmark", *words, "--out", str(conditions.out)])


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EPILOG)(benchmark)
