"""Where the work is done: in this process, in several, or on a Ray cluster."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from types import FrameType, TracebackType
from typing import Generic, Literal, Protocol, Self, TypeVar, get_args

from geotamper.errors import GeotamperError, SpecificationError
from geotamper.processes.following import follow_parent, starting_processes

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

EngineName = Literal["local", "ray"]

Item = TypeVar("Item")
Result = TypeVar("Result")


class Engine(AbstractContextManager["Engine"], Protocol):
    """Does pieces of work that do not depend on each other."""

    def run(
        self,
        work: Callable[[Item], Result],
        items: Sequence[Item],
        *,
        on_death: Callable[[Item], Result] | None = None,
    ) -> Generator[Result]:
        """Yield the result of every item as soon as it is there, in any order.

        Closing the generator drops what has not begun.

        Args:
            work: Picklable.
            items: Picklable.
            on_death: Gives the result of an item whose process ended without an answer; the others go on. Without it
                such a death ends the run.

        Raises:
            GeotamperError: What the work raised, or a process ended without an answer.
        """
        ...


def engine_name(text: str) -> EngineName:
    """The engine of this name.

    Raises:
        SpecificationError: There is none.
    """
    names: tuple[EngineName, ...] = get_args(EngineName)
    for name in names:
        if name == text:
            return name
    raise SpecificationError(f"unknown engine '{text}'; choose {' or '.join(names)}")


def open_engine(name: EngineName, jobs: int, *, threads: int = 1) -> Engine:
    """An engine by name; to be used in a `with` block, which an error or Ctrl-C leaves without waiting for results.

    Args:
        name: "local" for processes of this machine, "ray" for a Ray cluster: the one that RAY_ADDRESS names, or a
            new one on this machine.
        jobs: Pieces of work at the same time.
        threads: That the numeric libraries may use for one piece of work; always one with Ray.

    Raises:
        SpecificationError: The name is unknown, jobs is below 1, or Ray is not installed.
    """
    if jobs < 1:
        raise SpecificationError(f"jobs must be at least 1, got {jobs}")
    if engine_name(name) == "local":
        return InProcess() if jobs == 1 else LocalProcesses(jobs, threads=threads)
    from geotamper.processes.ray_engine import RayEngine

    return RayEngine(jobs)


@dataclass(frozen=True)
class _Numbered(Generic[Item, Result]):
    """Work that tells which item its result belongs to."""

    work: Callable[[Item], Result]

    def __call__(self, item: tuple[int, Item]) -> tuple[int, Result]:
        number, content = item
        return number, self.work(content)


def in_order(
    engine: Engine,
    work: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    on_death: Callable[[Item], Result] | None = None,
    on_done: Callable[[int], object] | None = None,
) -> Generator[Result]:
    """Yield the results of an engine in the order of the items; what comes early is kept until its turn.

    Args:
        engine: Opened.
        work: As of `Engine.run`.
        items: As of `Engine.run`.
        on_death: As of `Engine.run`.
        on_done: Called with the number of finished items when that grows, whether or not they can be yielded yet.

    Raises:
        GeotamperError: As of `Engine.run`.
    """
    early: dict[int, Result] = {}
    following = 0
    told = None if on_death is None else _Numbered(on_death)
    results = engine.run(_Numbered(work), list(enumerate(items)), on_death=told)
    with closing(results):
        for done, (number, result) in enumerate(results, start=1):
            early[number] = result
            if on_done is not None:
                on_done(done)
            while following in early:
                yield early.pop(following)
                following += 1


class InProcess:
    """One piece of work after the other, in this process."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, error, trace

    def run(
        self,
        work: Callable[[Item], Result],
        items: Sequence[Item],
        *,
        on_death: Callable[[Item], Result] | None = None,
    ) -> Generator[Result]:
        """As `Engine.run`; the death of this process leaves nobody to tell of it."""
        del on_death
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
    """Several processes of this machine, which end with this one, however it ends.

    Attributes:
        jobs: Number of processes, at least 1.
        threads: Threads of the numeric libraries in each.
    """

    def __init__(self, jobs: int, *, threads: int = 1) -> None:
        self.jobs = jobs
        self.threads = threads
        self._pool: ProcessPoolExecutor | None = None
        self._is_busy = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            # a caller who takes the last result and no more closes the generator too, but leaves nothing undone
            _close(self._pool, at_once=kind is not None and self._is_busy)
            self._pool = None

    def run(
        self,
        work: Callable[[Item], Result],
        items: Sequence[Item],
        *,
        on_death: Callable[[Item], Result] | None = None,
    ) -> Generator[Result]:
        """As `Engine.run`.

        A process that dies takes its pool along: whatever was begun is then done again, each item alone, because any
        of them may have been the cause.
        """
        todo = iter(items)
        lost: list[Item] = []
        while True:
            yield from self._until_broken(work, todo, lost)
            if not lost:
                return
            if on_death is None:
                raise GeotamperError(
                    f"one of {self.jobs} processes ended without an answer, probably for lack of memory; use fewer "
                    "--jobs and start again: what is finished is kept"
                )
            for item in lost:
                yield _alone(work, item, on_death, self.threads)
            lost.clear()

    def _until_broken(
        self, work: Callable[[Item], Result], todo: Iterator[Item], lost: list[Item]
    ) -> Generator[Result]:
        """Results until all is done, or until a process died: then `lost` gets what had been begun."""
        waiting: dict[Future[Result], Item] = {}
        try:
            while True:
                # only a few items ahead, so that a long list does not fill the memory
                for item in islice(todo, 2 * self.jobs - len(waiting)):
                    waiting[self._submit(work, item)] = item
                self._is_busy = bool(waiting)
                if not waiting:
                    return
                done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    result = future.result()
                    del waiting[future]
                    self._is_busy = bool(waiting)
                    yield result
        except BrokenProcessPool:
            lost += [item for future, item in waiting.items() if not _is_answered(future)]
            answered = [future.result() for future in waiting if _is_answered(future)]
            if self._pool is not None:
                _close(self._pool, at_once=True)
                self._pool = None
            waiting.clear()
            yield from answered
        finally:
            for future in waiting:
                future.cancel()

    def _submit(self, work: Callable[[Item], Result], item: Item) -> "Future[Result]":
        if self._pool is None:
            self._pool = _new_pool(self.jobs, self.threads)
        with starting_processes():
            try:
                return self._pool.submit(_answer, work, item)
            except BrokenProcessPool as error:  # it broke since the last result came
                failed: Future[Result] = Future()
                failed.set_exception(error)
                return failed


def _is_answered(future: "Future[Result]") -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _alone(
    work: Callable[[Item], Result], item: Item, on_death: Callable[[Item], Result], threads: int
) -> Result:
    """The result of one item in a process of its own."""
    pool = _new_pool(1, threads)
    is_done = False
    try:
        with starting_processes():
            future = pool.submit(_answer, work, item)
        result = future.result()
        is_done = True
    except BrokenProcessPool:
        result = on_death(item)
    finally:
        _close(pool, at_once=not is_done)
    return result


def _new_pool(jobs: int, threads: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=partial(prepare_process, threads))


def _close(pool: ProcessPoolExecutor, *, at_once: bool) -> None:
    """End a pool, after what it does now or in the midst of it."""
    if not at_once:
        pool.shutdown(wait=True, cancel_futures=True)
        return
    processes = list((pool._processes or {}).values())  # there is no other way before Python 3.14
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join()


def _answer(work: Callable[[Item], Result], item: Item) -> Result:
    """Do one piece of work in a process of a pool."""
    try:
        return work(item)
    except SystemExit as error:
        # The pool would take it for a result and go on with the next item. What was begun has been cleaned up by now.
        os._exit(error.code if isinstance(error.code, int) else 1)


def prepare_process(threads: int = 1) -> None:
    """Begin a process of a pool: follow the parent, clean up when it ends this process, share the cores.

    Args:
        threads: Of the numeric libraries.
    """
    follow_parent()
    signal.signal(signal.SIGTERM, _leave)
    for name in _THREAD_VARIABLES:  # read when NumPy's algebra and PyTorch are loaded, which comes later
        os.environ.setdefault(name, str(threads))
    import cv2

    cv2.setNumThreads(threads)


def _leave(number: int, frame: FrameType | None) -> None:
    del frame
    signal.signal(number, signal.SIG_IGN)  # a second one would end the cleaning up
    raise SystemExit(128 + number)
