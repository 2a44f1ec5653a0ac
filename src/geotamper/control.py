"""How a caller steers long work: progress out, cancellation and limits in."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from geotamper.errors import CancelledError

DEFAULT_MEMORY = 2_000_000_000
"""Bytes that the search of one picture may hold where the caller sets no other bound."""


def _never() -> bool:
    return False


def _ignore(fraction: float, stage: str) -> None:
    """Drop a progress report: the default of a caller that does not watch."""


@dataclass
class Control:
    """Progress, cancellation and limits of one piece of long work.

    Attributes:
        on_progress: Called with the finished fraction (0 to 1) and the name of the stage that begins.
        is_cancelled: Asked at every checkpoint; true stops the work with `CancelledError`.
        time_limit: Seconds after which optional work is left out, or None for no limit.
        max_memory: Bytes that the process may hold for the work, or None for no limit.
    """

    on_progress: Callable[[float, str], None] = _ignore
    is_cancelled: Callable[[], bool] = _never
    time_limit: float | None = None
    max_memory: int | None = None
    _done: float = field(default=0.0, repr=False)
    _start: float = field(default_factory=time.monotonic, repr=False)

    def checkpoint(self, fraction: float, stage: str) -> None:
        """Report progress and give the caller the chance to stop the work.

        Args:
            fraction: Finished part, 0 to 1; reported progress never falls back.
            stage: What begins now, in a few words.

        Raises:
            CancelledError: The caller asked to stop.
        """
        if self.is_cancelled():
            raise CancelledError(f"cancelled at '{stage}', as the caller asked")
        self._done = max(self._done, fraction)
        self.on_progress(self._done, stage)

    def time_left(self) -> float:
        """Seconds until the time limit; infinite without one, negative when it has passed."""
        if self.time_limit is None:
            return float("inf")
        return self.time_limit - (time.monotonic() - self._start)
