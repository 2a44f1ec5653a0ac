"""Work on a Ray cluster."""

import os
from collections.abc import Callable, Generator, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from geotamper.errors import GeotamperError, SpecificationError

Item = TypeVar("Item")
Result = TypeVar("Result")


class RayEngine:
    """Ray tasks: on the cluster that RAY_ADDRESS names, else on a new one on this machine.

    All machines need the source and the folder of the set under the same paths.

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

    def run(self, work: Callable[[Item], Result], items: Sequence[Item]) -> Generator[Result]:
        """As `Engine.run`."""
        remote = self._ray.remote(num_cpus=1)(_call)
        shared, todo = self._ray.put(work), iter(items)
        waiting: list[Any] = []
        try:
            for item in todo:
                waiting.append(remote.remote(shared, item))
                if len(waiting) >= 2 * self.jobs:
                    done, waiting = self._ray.wait(waiting, num_returns=1)
                    yield self._result(done[0])
            while waiting:
                done, waiting = self._ray.wait(waiting, num_returns=1)
                yield self._result(done[0])
        finally:
            for task in waiting:
                self._ray.cancel(task)

    def _result(self, task: Any) -> Any:  # noqa: ANN401 - what the work returned
        try:
            return self._ray.get(task)
        except self._ray.exceptions.RayTaskError as error:
            cause = error.cause
            if isinstance(cause, GeotamperError):
                raise cause from None
            raise
        except self._ray.exceptions.RayError as error:
            raise GeotamperError(
                f"a Ray process ended without an answer ({' '.join(str(error).split())[:200]}); use fewer --jobs and "
                "start again: what is finished is kept"
            ) from error


def _call(work: Callable[[Item], Result], item: Item) -> Result:
    import cv2

    cv2.setNumThreads(1)
    return work(item)
