"""Progress on stderr, for people only: nothing is shown where stderr is no terminal."""

import contextlib
import sys
from collections.abc import Callable, Iterator

Progress = Callable[[float, str], None]


@contextlib.contextmanager
def progress_bar(count: int) -> Iterator[Callable[[int, str], Progress] | None]:
    """Show a bar for a run over `count` pictures, with the time left.

    Gives a function that takes the number of finished pictures and the name of the current one, and returns
    the progress callback of that picture; None where stderr is no terminal.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    # a picture may take long: the pace is that of the last hour, not of the last half minute
    with Progress(*columns, console=Console(stderr=True), transient=True, speed_estimate_period=3600) as bar:
        line = bar.add_task("starting", total=count)

        def watch(done: int, name: str) -> Callable[[float, str], None]:
            highest = 0.0
            bar.update(line, completed=done, description=name)

            def report(fraction: float, stage: str) -> None:
                nonlocal highest
                highest = max(highest, fraction)  # a detector may search in several rounds
                bar.update(line, completed=done + highest, description=f"{name}: {stage}")

            return report

        yield watch


@contextlib.contextmanager
def work_bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar for countable work whose amount shows only when it begins.

    Gives a function that takes the finished and the whole number; None where stderr is no terminal.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        line = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(line, completed=done, total=total)


@contextlib.contextmanager
def stage_bar() -> Iterator[Progress | None]:
    """Show a bar for work that reports a fraction and the name of its stage.

    Gives the callback of `geotamper.control.Control`; None where stderr is no terminal.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        line = bar.add_task("starting", total=1.0)
        yield lambda fraction, stage: bar.update(line, completed=fraction, description=stage)
