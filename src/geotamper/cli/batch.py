"""A run of `geotamper inspect` over one or many inputs."""

import contextlib
import sys
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from geotamper.cli import options
from geotamper.cli.failures import FAILED, INTERRUPTED, TAMPERED, report_failure
from geotamper.cli.progress import progress_bar
from geotamper.cli.resuming import finished_report, finished_tasks, remove_leftovers
from geotamper.cli.sinks import STDOUT, Sink, csv_sink, json_sink, parquet_sink, terminal_sink
from geotamper.cli.tally import Tally
from geotamper.cli.worker import Outcome, Task, died, inspect_one
from geotamper.control import DEFAULT_MEMORY
from geotamper.imagery.discovery import find_pictures
from geotamper.imagery.read_options import READ_AS_STORED, ReadOptions
from geotamper.inspection.scenes.spreading import Spread
from geotamper.processes import EngineName, in_order, open_engine
from geotamper.reporting.folder import check_writable, folder_names
from geotamper.reporting.pdf import PDF_NAME, check_pdf_support, write_folder_pdf


@dataclass(frozen=True)
class Choices:
    """The options of the command, under the names that its help explains."""

    questions: tuple[str, ...] = ()
    finding: int | None = None
    out: str | None = None
    pdf: bool = False
    thorough: bool = False
    json: str | None = None
    csv: str | None = None
    parquet: str | None = None
    read: ReadOptions = READ_AS_STORED
    detector: str = "inspector"
    false_alarm_rate: float = 0.01
    weights: str = "research"
    max_memory: int | None = DEFAULT_MEMORY
    time_limit: float | None = None
    recursive: bool = False
    jobs: int = 1
    engine: EngineName = "local"
    again: bool = False
    fail_if_tampered: bool = False
    debug: bool = False


@dataclass(frozen=True)
class Input:
    """One picture of the run, or the reason why a given path yields none."""

    path: str
    error: str = ""


def run_batch(paths: Sequence[str], choices: Choices) -> int:
    """Inspect pictures and hand the results to where they were asked for, in the order of the inputs.

    Pictures whose reports an earlier run has finished under the same `out` are not inspected again.

    Args:
        paths: Files and folders, as given.
        choices: The options.

    Returns:
        The exit code: 1 when an input failed, 3 when a picture is tampered and that shall count, 130 after Ctrl-C,
        else 0.

    Raises:
        OutputError: Results cannot be written.
        SpecificationError: Ray is not installed.
        MissingLibraryError: pyarrow is not installed, or PDF is asked for and its library is not.
        typer.BadParameter: Results cannot go where they were sent, or PDF has no folder to go to.
    """
    _check_targets(choices)
    if choices.out is not None:
        check_writable(choices.out)
    inputs = list_inputs(paths, recursive=choices.recursive)
    is_folder = any(path and Path(path).is_dir() for path in paths)
    is_single = len(inputs) == len(paths) == 1 and not is_folder
    tally = Tally()
    try:
        with contextlib.ExitStack() as stack:
            sinks = _open_sinks(stack, choices, is_single=is_single)
            for outcome in _outcomes(inputs, choices):
                tally.add(outcome)
                for sink in sinks:
                    sink(outcome)
                if outcome.report is None:
                    if choices.debug and outcome.trace:
                        typer.echo(outcome.trace, err=True)
                    report_failure(outcome.error)
    except KeyboardInterrupt:
        report_failure(_interrupted(choices))
        return INTERRUPTED
    if is_folder or (len(inputs) > 1 and sys.stderr.isatty()):
        typer.echo(f"geotamper: {tally.line()}", err=True)
    if tally.failed:
        return FAILED
    return TAMPERED if tally.tampered and choices.fail_if_tampered else 0


def _check_targets(choices: Choices) -> None:
    if choices.json == choices.csv == STDOUT:
        raise typer.BadParameter("JSON and CSV cannot both go to stdout; give one of them a file name")
    if choices.parquet == STDOUT:
        raise typer.BadParameter("a Parquet table cannot go to stdout; give it a file name")
    if choices.pdf:
        if choices.out is None:
            raise typer.BadParameter("--pdf needs a folder to write to; give --out DIR")
        check_pdf_support()


def _interrupted(choices: Choices) -> str:
    if choices.out is None:
        return "interrupted; nothing was left half-written; with --out DIR a run can be gone on with"
    return f"interrupted; finished reports stay in '{choices.out}': repeat the command to go on from there"


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
    if choices.parquet is not None:
        sinks.append(stack.enter_context(parquet_sink(choices.parquet)))
    if STDOUT not in (choices.json, choices.csv):
        sinks.append(terminal_sink(detailed=is_single))
    return sinks


def _outcomes(inputs: Sequence[Input], choices: Choices) -> Generator[Outcome]:
    """One outcome per input, in order; failures of discovery and finished reports take their place among the others."""
    tasks = _tasks([item.path for item in inputs if not item.error], choices)
    remove_leftovers(tasks)
    finished = set() if choices.again else finished_tasks(tasks)
    if finished:
        typer.echo(
            f"geotamper: {len(finished)} of {len(inputs)} reports are taken from an earlier run into '{choices.out}'; "
            "--again inspects all anew",
            err=True,
        )
    by_path = {task.path: task for task in tasks}
    fresh = [task for task in tasks if task.path not in finished]
    with contextlib.closing(_inspect_all(fresh, choices)) as inspected:
        for item in inputs:
            if item.error:
                yield Outcome(item.path, error=item.error)
            elif item.path in finished:
                yield _reused(by_path[item.path])
            else:
                yield next(inspected)
    remove_leftovers(tasks)  # of a run that was killed just before this one began


def _reused(task: Task) -> Outcome:
    report = finished_report(task)
    if report is None:
        return Outcome(
            task.path, error=f"the report of '{task.path}' was removed during the run; repeat the command"
        )
    if task.pdf and not (Path(task.out or ".") / task.name / PDF_NAME).is_file():
        write_folder_pdf(Path(task.out or ".") / task.name)
    return Outcome(task.path, report=report, reused=True)


def _inspect_all(tasks: Sequence[Task], choices: Choices) -> Generator[Outcome]:
    if not tasks:
        return
    jobs = min(choices.jobs, len(tasks))
    with progress_bar(len(tasks)) as watch:
        if len(tasks) == 1 or (jobs == 1 and choices.engine == "local"):
            # one after the other, here: each with its own progress
            for done, task in enumerate(tasks):
                yield inspect_one(task, watch(done, Path(task.path).name) if watch else None)
            return

        def tell(done: int) -> None:
            if watch:
                watch(done, f"{jobs} at a time")

        with open_engine(choices.engine, jobs, threads=max(1, tasks[0].workers)) as engine:
            tell(0)
            results = in_order(engine, inspect_one, tasks, on_death=died, on_done=tell)
            with contextlib.closing(results):
                yield from results


def _threads(choices: Choices) -> int:
    return 1 if choices.engine == "ray" else options.threads_per_job(choices.jobs)


def _tasks(paths: Sequence[str], choices: Choices) -> list[Task]:
    is_alone = len(paths) == 1
    threads = 0 if is_alone else _threads(choices)
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
            pdf=choices.pdf,
            thorough=choices.thorough,
            spread=Spread(choices.jobs, choices.engine) if is_alone else None,
            name=name,
        )
        for path, name in zip(paths, folder_names(list(paths), choices.out), strict=True)
    ]
