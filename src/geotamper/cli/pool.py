"""Work in several processes, results in the order of the work, as soon as they are there."""

import itertools
import multiprocessing
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from geotamper.processes import starting_processes

Work = TypeVar("Work")
Result = TypeVar("Result")


def run_parallel(
    work: Callable[[Work], Result],
    items: Sequence[Work],
    *,
    jobs: int,
    on_death: Callable[[Work], Result],
    prepare: Callable[[], None] | None = None,
) -> Generator[Result]:
    """Yield the result of every item, in order.

    A process that dies takes its pool along. The item that was waited for is then tried alone, because
    another one may have been the cause, and the rest goes on in a new pool.

    Args:
        work: Importable function of one item.
        items: Picklable.
        jobs: Processes.
        on_death: Gives the result of an item whose process died although it was alone.
        prepare: Called once in every process.
    """
    position = 0
    while position < len(items):
        for result in _until_broken(work, items[position:], jobs, prepare):
            position += 1
            yield result
        if position < len(items):
            alone = list(_until_broken(work, items[position : position + 1], 1, prepare))
            yield alone[0] if alone else on_death(items[position])
            position += 1


def _until_broken(
    work: Callable[[Work], Result], items: Sequence[Work], jobs: int, prepare: Callable[[], None] | None
) -> Generator[Result]:
    """Results in order; ends early when a process dies."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(jobs, len(items)), mp_context=context, initializer=prepare)
    waiting: deque[Future[Result]] = deque()
    todo = iter(items)
    try:
        # Only a few items ahead, so that a long list does not fill the memory with results.
        with starting_processes():
            waiting.extend(pool.submit(work, item) for item in itertools.islice(todo, 2 * jobs))
        while waiting:
            result = waiting.popleft().result()
            for item in todo:
                with starting_processes():
                    waiting.append(pool.submit(work, item))
                break
            yield result
    except BrokenProcessPool:
        return
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        if waiting:  # left early: by an interruption or because a process died
            for process in multiprocessing.active_children():
                process.terminate()
        pool.shutdown(wait=True)
