"""Word of changes from the threads of the work to the clients that wait for it."""

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import Iterator


class Changes:
    """Wakes those who wait for an inspection to change.

    Attributes:
        is_closed: Whether the service ends, and nobody shall wait any more.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()  # `close` may interrupt its own thread, as the handler of a signal
        self._waiting: dict[str, set[_Bell]] = defaultdict(set)
        self.is_closed = False

    @contextlib.contextmanager
    def watching(self, job_id: str) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever the inspection changes; to be used in the running loop."""
        bell = _Bell()
        with self._lock:
            self._waiting[job_id].add(bell)
        try:
            yield bell.event
        finally:
            with self._lock:
                self._waiting[job_id].discard(bell)
                if not self._waiting[job_id]:
                    del self._waiting[job_id]

    def tell(self, job_id: str) -> None:
        """Wake those who wait for this inspection, from any thread."""
        with self._lock:
            bells = list(self._waiting.get(job_id, ()))
        for bell in bells:
            bell.ring()

    def close(self) -> None:
        """Wake everybody, because the service ends."""
        self.is_closed = True
        with self._lock:
            bells = [bell for bells in self._waiting.values() for bell in bells]
        for bell in bells:
            bell.ring()


class _Bell:
    def __init__(self) -> None:
        self.event = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def ring(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
            self._loop.call_soon_threadsafe(self.event.set)
