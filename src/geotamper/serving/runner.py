"""The work of a service: several places that inspect at the same time."""

import threading

from geotamper.evidence.search import available_workers
from geotamper.serving.folders import DataFolder
from geotamper.serving.settings import ServiceSettings
from geotamper.serving.slot import OnChange, Shared, Slot
from geotamper.serving.store import JobStore


class Runner:
    """Works off the inspections of a store, each in a process of its own.

    Args:
        settings: Of the service.
        store: Where inspections are kept.
        folders: Where their files lie.
        on_change: Told of changes, from any thread.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        store: JobStore,
        folders: DataFolder,
        on_change: OnChange,
    ) -> None:
        self._shared = Shared(
            settings=settings,
            store=store,
            folders=folders,
            on_change=on_change,
            wake=threading.Condition(),
            stopping=threading.Event(),
            threads=0 if settings.workers == 1 else max(1, available_workers() // settings.workers),
        )
        self._slots = [Slot(self._shared, number) for number in range(settings.workers)]

    def start(self) -> None:
        """Begin; inspections that an earlier service left unfinished wait again."""
        self._shared.store.requeue_all()
        for slot in self._slots:
            slot.start()

    def wake(self) -> None:
        """Tell that an inspection waits."""
        with self._shared.wake:
            self._shared.wake.notify_all()

    def cancel(self, job_id: str) -> None:
        """Stop work on an inspection that is cancelled in the store."""
        with (
            self._shared.wake
        ):  # not between the moment when a slot takes it and the moment when the slot knows
            for slot in self._slots:
                slot.cancel(job_id)

    def stop(self) -> None:
        """End all processes; inspections in work wait for the next start."""
        self._shared.stopping.set()
        self.wake()
        for slot in self._slots:
            if slot.is_alive():
                slot.join()
