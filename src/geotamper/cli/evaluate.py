"""`geotamper evaluate`."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geotamper.cli import options
from geotamper.cli.failures import FAILED, one_line_failures, report_failure

if TYPE_CHECKING:
    from geotamper.evaluation.asking import PictureTask
    from geotamper.evaluation.evaluate import Evaluation, EvaluationOptions, Judged

EPILOG = """\b
Examples:
  geotamper evaluate inspector --data sets/my-rs-cmqa --out results
  geotamper evaluate inspector --data RS_CMQA_224 --split val --jobs 4 --json metrics.json
  geotamper evaluate inspector --data sets/my-rs-cmqa --balanced --json - | jq .OA
  geotamper evaluate inspector --data sets/my-rs-cmqa --degrade resize:0.9+jpeg:75 --pictures 200
  geotamper evaluate question-floor --data sets/my-rs-cmqa --balanced
  geotamper evaluate sift --data sets/my-rs-cmqa --out results/sift
  geotamper evaluate runs/cmfpf --data sets/my-rs-cmqa --balanced --out results/cmfpf
  geotamper evaluate runs/cmfpf/last.safetensors --data sets/my-rs-cmqa --out results/cmfpf-last
"""


def evaluate(  # noqa: PLR0913 - one parameter per option
    detector: Annotated[
        str,
        typer.Argument(
            metavar="D",
            help="inspector; a classical reference: sift, orb, block-dct, block-pca, zernike; question-floor or "
            "image-floor; or a trained network: run folder (its best weights) or RUN/last.safetensors, "
            "checkpoint folder, ONNX file.",
        ),
    ],
    *,
    data: Annotated[
        Path, typer.Option("--data", metavar="SET", help="Folder of a set, made here or released.")
    ],
    split: options.Split = "test",
    balanced: options.Balanced = False,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Write metrics, table and plot here; an interrupted evaluation goes on from there.",
        ),
    ] = None,
    json: options.Json = None,
    jobs: options.Jobs = 1,
    weights: options.Weights = "research",
    degrade: Annotated[
        str,
        typer.Option(
            "--degrade",
            metavar="SPEC",
            help="Change every picture first: jpeg:QUALITY, resize:FACTOR, noise:SIGMA, joined with +.",
        ),
    ] = "none",
    pictures: Annotated[
        int | None,
        typer.Option("--pictures", min=1, metavar="N", help="Ask N pictures only, drawn by chance."),
    ] = None,
    debug: options.Debug = False,
) -> None:
    """Ask a detector, a trained network or a floor every question of a set and compare it with the truth.

    Where the detector would abstain, it must give the answer that is most probable among the train questions;
    'coverage' tells how often it did not have to. Exits with 1 when a picture could not be inspected.
    """
    with one_line_failures(debug=debug):
        _check(detector, jobs, degrade)
        from geotamper.evaluation.evaluate import EvaluationOptions
        from geotamper.reporting.folder import check_writable

        if out is not None:
            check_writable(out)
        chosen = EvaluationOptions(
            detector=detector,
            split=options.fold_of(split),
            balanced=balanced,
            out=None if out is None else Path(out),
            threads=options.threads_per_job(jobs),
            weights=weights,
            degrade=degrade,
            pictures=pictures,
        )
        result = _run(data, chosen, jobs)
        _tell(result, out, json)
    raise typer.Exit(FAILED if result.failures else 0)


def _check(detector: str, jobs: int, degrade: str) -> None:
    """Refuse what cannot be evaluated as wrong usage."""
    from geotamper.errors import SpecificationError
    from geotamper.evaluation.floors import FLOORS
    from geotamper.evaluation.subjects import is_built_per_picture
    from geotamper.forge.degradation import parse_degradations

    try:
        parse_degradations(degrade)
    except SpecificationError as error:
        raise typer.BadParameter(str(error), param_hint="--degrade") from error
    if detector not in FLOORS:
        options.check_detector(detector)
    if jobs > 1 and not is_built_per_picture(detector):
        raise typer.BadParameter(
            "networks and floors take one picture after the other and use all cores for it; leave --jobs out",
            param_hint="--jobs",
        )


def _run(data: Path, chosen: "EvaluationOptions", jobs: int) -> "Evaluation":
    from geotamper.cli.progress import work_bar
    from geotamper.evaluation.evaluate import evaluate_set, run_serially

    with work_bar("pictures") as watch:
        return evaluate_set(
            data, chosen, run=run_serially if jobs == 1 else partial(_in_processes, jobs), watch=watch
        )


def _in_processes(jobs: int, tasks: Sequence["PictureTask"]) -> Iterator["Judged"]:
    from geotamper.evaluation.inspecting import evaluate_picture, picture_died
    from geotamper.processes import in_order
    from geotamper.processes.engines import LocalProcesses

    with (
        LocalProcesses(jobs, threads=options.threads_per_job(jobs)) as engine,
        closing(in_order(engine, evaluate_picture, tasks, on_death=picture_died)) as results,
    ):
        yield from results


def _tell(result: "Evaluation", out: str | None, json: str | None) -> None:
    from geotamper.cli.sinks import STDOUT, writer
    from geotamper.evaluation.tables import accuracy_table, summary_lines

    for failure in result.failures:
        report_failure(failure.error)
    for note in result.notes:
        report_failure(note)
    if result.reused:
        report_failure(
            f"{result.reused} pictures were taken from an earlier run in '{out}'; "
            "remove its pictures.jsonl to measure anew"
        )
    if json is not None:
        with writer(json) as write:
            write(result.document.to_json())
    if json != STDOUT:
        document = result.document
        typer.echo(f"{document.model} on {document.data}, {document.fold_name}: {document.images} pictures")
        typer.echo(accuracy_table(document))
        for line in summary_lines(document):
            typer.echo(line)
        if out is not None:
            typer.echo(f"written: {Path(out) / 'metrics.json'}")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EPILOG)(evaluate)
