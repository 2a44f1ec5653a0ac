"""Work on a Ray cluster."""

import os
from collections.abc import Callable, Generator, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from geotamper.errors import GeotamperError, SpecificationError

Item = TypeVar("Item")
Result = TypeVar("Result")

_GRACE = 10.0
"""Seconds that cancelled work has to clean up."""


class RayEngine:
    """Ray tasks: on the cluster that RAY_ADDRESS names, else on a new one on this machine.

    All machines need the files and folders that the work reads and writes under the same paths; relative ones mean the
    same as here.

    Attributes:
        jobs: Pieces of work at the same time.

    Raises:
        SpecificationError: Ray is not installed.
    """

    def __init__(self, jobs: int) -> None:
        try:
            import ray
        except ImportError as error:
            raise SpecificationError(
                "the engine 'ray' needs Ray, which is not installed; install it with: pip install 'ray>=2.40', or use "
                "--engine local"
            ) from error
        self.jobs = jobs
        self._ray: Any = ray
        self._own = False

    def __enter__(self) -> Self:
        if not self._ray.is_initialized():
            where = (
                {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": self.jobs, "include_dashboard": False}
            )
            self._ray.init(log_to_driver=False, logging_level="ERROR", **where)
            self._own = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._own:
            self._ray.shutdown()
            self._own = False

    def run(
        self,
        work: Callable[[Item], Result],
        items: Sequence[Item],
        *,
        on_death: Callable[[Item], Result] | None = None,
    ) -> Generator[Result]:
        """As `Engine.run`; Ray begins an item anew whose process ended, but not where `on_death` can tell of it."""
        remote = self._ray.remote(num_cpus=1, **({} if on_death is None else {"max_retries": 0}))(_call)
        shared, folder, todo = self._ray.put(work), str(Path.cwd()), iter(items)
        waiting: dict[Any, Item] = {}
        try:
            while True:
                for item in islice(todo, 2 * self.jobs - len(waiting)):
                    waiting[remote.remote(shared, item, folder)] = item
                if not waiting:
                    return
                (task, *_), _ = self._ray.wait(list(waiting), num_returns=1)
                yield self._result(task, waiting.pop(task), on_death)
        finally:
            for task in waiting:
                self._ray.cancel(task)
            if waiting:  # what they were writing is cleaned up before their processes are ended
                self._ray.wait(list(waiting), num_returns=len(waiting), timeout=_GRACE)

    def _result(self, task: Any, item: Item, on_death: Callable[[Item], Result] | None) -> Any:  # noqa: ANN401
        """What the work returned, which nothing declares."""
        try:
            return self._ray.get(task)
        except self._ray.exceptions.RayTaskError as error:
            cause = error.cause
            if isinstance(cause, GeotamperError):
                raise cause from None
            raise
        except self._ray.exceptions.RayError as error:
            if on_death is not None:
                return on_death(item)
            raise GeotamperError(
                f"a Ray process ended without an answer ({' '.join(str(error).split())[:200]}); use fewer --jobs and "
                "start again: what is finished is kept"
            ) from error


def _call(work: Callable[[Item], Result], item: Item, folder: str) -> Result:
    import cv2

    cv2.setNumThreads(1)
    try:
        os.chdir(folder)
    except OSError as error:
        raise SpecificationError(
            f"a machine of the Ray cluster cannot work in '{folder}' ({error.strerror or error}); every machine needs "
            "the folder of the call, the input and the output under the same paths"
        ) from error
    return work(item)
