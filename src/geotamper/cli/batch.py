"""A run of `geotamper inspect` over one or many inputs."""

import contextlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from geotamper.cli.failures import FAILED, TAMPERED, report_failure
from geotamper.cli.pool import run_parallel
from geotamper.cli.progress import progress_bar
from geotamper.cli.sinks import STDOUT, Sink, csv_sink, json_sink, terminal_sink
from geotamper.cli.worker import Outcome, Task, died, inspect_one, prepare_worker
from geotamper.control import DEFAULT_MEMORY
from geotamper.evidence.search import available_workers
from geotamper.imagery.discovery import find_pictures
from geotamper.imagery.read_options import READ_AS_STORED, ReadOptions
from geotamper.reporting.folder import check_writable, folder_names


@dataclass(frozen=True)
class Choices:
    """The options of the command, under the names that its help explains."""

    questions: tuple[str, ...] = ()
    finding: int | None = None
    out: str | None = None
    json: str | None = None
    csv: str | None = None
    read: ReadOptions = READ_AS_STORED
    detector: str = "inspector"
    false_alarm_rate: float = 0.01
    weights: str = "research"
    max_memory: int | None = DEFAULT_MEMORY
    time_limit: float | None = None
    recursive: bool = False
    jobs: int = 1
    fail_if_tampered: bool = False
    debug: bool = False


@dataclass(frozen=True)
class Input:
    """One picture of the run, or the reason why a given path yields none."""

    path: str
    error: str = ""


def run_batch(paths: Sequence[str], choices: Choices) -> int:
    """Inspect pictures and hand the results to where they were asked for, in the order of the inputs.

    Args:
        paths: Files and folders, as given.
        choices: The options.

    Returns:
        The exit code: 1 when an input failed, 3 when a picture is tampered and that shall count, else 0.

    Raises:
        OutputError: Results cannot be written.
        typer.BadParameter: JSON and CSV cannot both go to stdout.
    """
    if choices.json == choices.csv == STDOUT:
        raise typer.BadParameter("JSON and CSV cannot both go to stdout; give one of them a file name")
    if choices.out is not None:
        check_writable(choices.out)
    inputs = list_inputs(paths, recursive=choices.recursive)
    is_single = len(paths) == 1 and len(inputs) == 1 and not Path(paths[0]).is_dir()
    failed = tampered = False
    with contextlib.ExitStack() as stack:
        sinks = _open_sinks(stack, choices, is_single=is_single)
        for outcome in _outcomes(inputs, choices):
            for sink in sinks:
                sink(outcome)
            if outcome.report is None:
                failed = True
                if choices.debug and outcome.trace:
                    typer.echo(outcome.trace, err=True)
                report_failure(outcome.error)
            else:
                tampered = tampered or outcome.report.verdict.tampered is True
    if failed:
        return FAILED
    return TAMPERED if tampered and choices.fail_if_tampered else 0


def list_inputs(paths: Sequence[str], *, recursive: bool) -> list[Input]:
    """The pictures that the paths stand for, and the paths that yield none, in the given order."""
    inputs: dict[str, Input] = {}
    for given in paths:
        if not given:  # as a path it would mean the current folder
            inputs[given] = Input(
                given, "an empty path was given; expected a picture or a folder of pictures"
            )
            continue
        found = find_pictures([Path(given)], recursive=recursive)
        for path, error in found.failures:
            name = given if path == Path(given) else str(path)
            inputs.setdefault(name, Input(name, str(error)))
        for path in found.pictures:
            name = given if path == Path(given) else str(path)
            inputs.setdefault(name, Input(name))
    return list(inputs.values())


def _open_sinks(stack: contextlib.ExitStack, choices: Choices, *, is_single: bool) -> list[Sink]:
    sinks: list[Sink] = []
    if choices.json is not None:
        sinks.append(stack.enter_context(json_sink(choices.json, lines=not is_single)))
    if choices.csv is not None:
        sinks.append(stack.enter_context(csv_sink(choices.csv)))
    if STDOUT not in (choices.json, choices.csv):
        sinks.append(terminal_sink(detailed=is_single))
    return sinks


def _outcomes(inputs: Sequence[Input], choices: Choices) -> Generator[Outcome]:
    """One outcome per input, in order; failures of discovery take their place among the others."""
    pictures = [item.path for item in inputs if not item.error]
    inspected = _inspect_all(_tasks(pictures, choices), jobs=min(choices.jobs, max(1, len(pictures))))
    with contextlib.closing(inspected):
        for item in inputs:
            yield Outcome(item.path, error=item.error) if item.error else next(inspected)


def _inspect_all(tasks: Sequence[Task], *, jobs: int) -> Generator[Outcome]:
    with progress_bar(len(tasks)) as watch:
        if jobs == 1:
            for done, task in enumerate(tasks):
                yield inspect_one(task, watch(done, Path(task.path).name) if watch else None)
            return
        results = run_parallel(inspect_one, tasks, jobs=jobs, on_death=died, prepare=prepare_worker)
        with contextlib.closing(results):
            for done, outcome in enumerate(results, start=1):
                if watch:
                    watch(done, f"{jobs} at a time")
                yield outcome


def _tasks(paths: Sequence[str], choices: Choices) -> list[Task]:
    threads = 0 if choices.jobs == 1 else max(1, available_workers() // choices.jobs)
    return [
        Task(
            path=path,
            questions=choices.questions,
            finding=choices.finding,
            read=choices.read,
            detector=choices.detector,
            false_alarm_rate=choices.false_alarm_rate,
            weights=choices.weights,
            max_memory=choices.max_memory,
            time_limit=choices.time_limit,
            workers=threads,
            out=choices.out,
            name=name,
        )
        for path, name in zip(paths, folder_names(list(paths), choices.out), strict=True)
    ]
