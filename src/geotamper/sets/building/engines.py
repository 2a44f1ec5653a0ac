"""Where the work is done: in this process, in several, or on a Ray cluster."""

import multiprocessing
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Literal, Protocol, Self, TypeVar

from geotamper.errors import GeotamperError, SpecificationError
from geotamper.processes import follow_parent, starting_processes

EngineName = Literal["local", "ray"]

Item = TypeVar("Item")
Result = TypeVar("Result")


class Engine(AbstractContextManager["Engine"], Protocol):
    """Does pieces of work that do not depend on each other."""

    def run(self, work: Callable[[Item], Result], items: Sequence[Item]) -> Generator[Result]:
        """Yield the result of every item as soon as it is there, in any order.

        Closing the generator drops what has not begun.

        Args:
            work: Picklable.
            items: Picklable.

        Raises:
            GeotamperError: What the work raised, or a process ended without an answer.
        """
        ...


def open_engine(name: EngineName, jobs: int) -> Engine:
    """An engine by name; to be used in a `with` block.

    Args:
        name: "local" for processes of this machine, "ray" for a Ray cluster: the one that RAY_ADDRESS names, or a
            new one on this machine.
        jobs: Pieces of work at the same time.

    Raises:
        SpecificationError: The name is unknown, jobs is below 1, or Ray is not installed.
    """
    if jobs < 1:
        raise SpecificationError(f"jobs must be at least 1, got {jobs}")
    if name == "local":
        return InProcess() if jobs == 1 else LocalProcesses(jobs)
    if name == "ray":
        from geotamper.sets.building.ray_engine import RayEngine

        return RayEngine(jobs)
    raise SpecificationError(f"unknown engine '{name}'; choose local or ray")


class _Plain:
    """A `with` block without anything to close."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, error, trace


class InProcess(_Plain):
    """One piece of work after the other, in this process."""

    def run(self, work: Callable[[Item], Result], items: Sequence[Item]) -> Generator[Result]:
        """As `Engine.run`."""
        for item in items:
            with _one_opencv_thread():
                result = work(item)
            yield result


@contextmanager
def _one_opencv_thread() -> Generator[None]:
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


class LocalProcesses:
    """Several processes of this machine.

    Attributes:
        jobs: Number of processes, at least 1.
    """

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def run(self, work: Callable[[Item], Result], items: Sequence[Item]) -> Generator[Result]:
        """As `Engine.run`."""
        if not items:
            return
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.jobs, mp_context=context, initializer=prepare_process)
        pool, todo = self._pool, iter(items)
        waiting: set[Future[Result]] = set()
        try:
            # only a few items ahead, so that a long list does not fill the memory
            for item in todo:
                with starting_processes():
                    waiting.add(pool.submit(work, item))
                if len(waiting) >= 2 * self.jobs:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield future.result()
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        except BrokenProcessPool as error:
            raise GeotamperError(
                f"one of {self.jobs} processes ended without an answer, probably for lack of memory; use fewer --jobs "
                "and start again: what is finished is kept"
            ) from error
        finally:
            for future in waiting:
                future.cancel()


def prepare_process() -> None:
    """Follow the parent, and use one thread."""
    import cv2

    follow_parent()
    cv2.setNumThreads(1)
