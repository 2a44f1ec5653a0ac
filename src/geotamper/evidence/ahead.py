"""Work that a second thread begins before the search comes to it.

Large parts of a search are done by one thread: candidates are tested one after the other, since each decides whether
the next is tried. Meanwhile another processor can do what will be needed afterwards.
"""

from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, TypeVar, cast

from geotamper.control import Control

Result = TypeVar("Result")
Work = Callable[[Control], Result]
"""Takes the control of the thread that does it; its result must follow from the picture and the settings alone."""


class Ahead:
    """Pieces of work that may be begun early; each is done once, whether or not it was.

    To be used as a context: what is still going on at the end is stopped at its next checkpoint and waited for.

    Args:
        control: Of the search. Its caller is only called from the thread that asks for results: pieces that are done
            in the other thread report no progress, and only the end of the context stops them.
        is_parallel: Whether there is a second thread; otherwise a piece is done when its result is asked for.
    """

    def __init__(self, control: Control, *, is_parallel: bool = False) -> None:
        self._control = control
        self._own = Control(is_cancelled=self._is_over)
        self._thread = ThreadPoolExecutor(1) if is_parallel else None
        self._begun: dict[Hashable, Future[Any]] = {}
        self._over = False

    def __enter__(self) -> "Ahead":
        """Give back the object itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop what is going on."""
        self._over = True
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)

    def _is_over(self) -> bool:
        return self._over

    def begin(self, key: Hashable, work: Work[Any]) -> None:
        """Have a piece done by the second thread, after those that were begun before; once only."""
        if self._thread is not None and key not in self._begun and self._control.time_left() > 0:
            self._begun[key] = self._thread.submit(work, self._own)

    def result(self, key: Hashable, work: Work[Result]) -> Result:
        """The result of a piece: waited for where it is being done, and done here where nobody has come to it.

        Args:
            key: What it was begun under; forgotten afterwards.
            work: The piece itself.

        Raises:
            Exception: What the piece raises.
        """
        future = self._begun.pop(key, None)
        if future is None or future.cancel():
            return work(self._control)
        return cast("Result", future.result())
