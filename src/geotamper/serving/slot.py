"""One place of work: a thread that hands waiting inspections to a process of its own and watches over it."""

import contextlib
import logging
import multiprocessing
import shutil
import sqlite3
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Protocol

from geotamper.processes import starting_processes
from geotamper.serving.folders import DataFolder
from geotamper.serving.jobs import Job
from geotamper.serving.reading import vrt_root
from geotamper.serving.settings import ServiceSettings
from geotamper.serving.store import JobStore
from geotamper.serving.worker import Assignment, Cancel, Outcome, Progress, work

_log = logging.getLogger(__name__)

CANCEL_PATIENCE = 1.0
"""Seconds that a process has to give up by itself."""
_END_PATIENCE = 1.0
"""Seconds that a terminated process has to clean up."""
_TICK = 0.1
"""Seconds between looks at wishes and limits."""
_RETRY_SECONDS = 5.0
_PICTURES_PER_PROCESS = 50
"""Then it is replaced, so that what libraries hoard goes back to the system."""
_SOFT_SHARE = 0.8
"""Of the time limit of the service: then the search leaves optional work out."""
_ATTEMPTS = 3
"""Work that ended with the service so often is not begun again."""


class OnChange(Protocol):
    """Is told that an inspection changed, from any thread."""

    def __call__(self, job_id: str, *, is_end: bool) -> None:
        """Take note.

        Args:
            job_id: Which.
            is_end: Whether work on it ended.
        """


@dataclass(frozen=True)
class Shared:
    """What all places of work use.

    Attributes:
        settings: Of the service.
        store: Where inspections are kept.
        folders: Where their files lie.
        on_change: Told of changes.
        wake: Notified when an inspection waits, or when the work shall end.
        stopping: Set when the work shall end.
        threads: For one picture, 0 for the detector's own choice.
    """

    settings: ServiceSettings
    store: JobStore
    folders: DataFolder
    on_change: OnChange
    wake: threading.Condition
    stopping: threading.Event
    threads: int


class Slot(threading.Thread):
    """Works off inspections, one at a time, until it shall end.

    Args:
        shared: What all places use.
        number: For the thread's name.
    """

    def __init__(self, shared: Shared, number: int) -> None:
        super().__init__(name=f"geotamper-slot-{number}", daemon=True)
        self._shared = shared
        self._worker: _Worker | None = None
        self._cancelled = threading.Event()
        self._current: str | None = None

    def cancel(self, job_id: str) -> None:
        """Give up an inspection that is cancelled in the store, where it is worked on here."""
        if self._current == job_id:
            self._cancelled.set()

    def run(self) -> None:
        """Work; the thread's main function."""
        shared = self._shared
        try:
            while not shared.stopping.is_set():
                try:
                    self._next()
                except (sqlite3.Error, OSError):  # a full disk must not end the work for good
                    _log.exception("the service cannot use its data folder; trying again")
                    shared.stopping.wait(_RETRY_SECONDS)
        finally:
            self._dismiss()

    def _next(self) -> None:
        """Work off the inspection that has waited longest, or wait for one."""
        shared = self._shared
        if self._current is not None:  # what became of it could not be noted
            shared.store.fail(
                self._current, "the service could not write down the result; inspect the picture again"
            )
            shared.on_change(self._current, is_end=True)
            self._current = None
        with shared.wake:
            job = shared.store.claim()
            if job is None:
                if not shared.stopping.is_set():
                    shared.wake.wait()
                return
            self._cancelled.clear()
            self._current = job.id
        self._do(job)
        self._current = None

    def _do(self, job: Job) -> None:
        shared = self._shared
        shared.on_change(job.id, is_end=False)
        if job.attempts > _ATTEMPTS:
            shared.store.fail(
                job.id,
                f"the service ended {_ATTEMPTS} times while it inspected '{job.name}'; cut the picture into parts",
            )
        else:
            end = self._watch(job)
            if end is None:
                shared.store.give_back(job.id)
            elif end.verdict is not None:
                shared.store.finish(job.id, end.verdict)
            elif end.error is not None:
                shared.store.fail(job.id, end.error)
        self._tidy(job)
        shared.on_change(job.id, is_end=True)

    def _watch(self, job: Job) -> Outcome | None:
        """Let the process inspect a picture; None where the service ends before it does."""
        shared, limit = self._shared, self._shared.settings.seconds_per_job
        worker = self._ready()
        if not worker.send(_assignment(job, shared)):
            return self._died(job)
        deadline = time.monotonic() + limit
        while True:
            message = worker.receive(_TICK)
            if isinstance(message, Outcome):
                return message
            if isinstance(message, Progress):
                shared.store.advance(job.id, message.fraction, message.stage)
                shared.on_change(job.id, is_end=False)
            elif not worker.is_alive:
                return self._died(job)
            if shared.stopping.is_set():
                self._dismiss()
                return None
            if self._cancelled.is_set():
                return self._give_up(job.id)
            if time.monotonic() > deadline:
                self._dismiss()
                return Outcome(
                    error=f"'{job.name}' took longer than the {limit:g} seconds that this service allows; "
                    "cut it into parts or ask the operator for more time"
                )

    def _give_up(self, job_id: str) -> Outcome:
        """Ask the process to stop, and end it where it does not."""
        worker = self._ready()
        worker.send(Cancel(job_id))
        patience = time.monotonic() + CANCEL_PATIENCE
        while time.monotonic() < patience and worker.is_alive:
            if isinstance(worker.receive(_TICK), Outcome):
                return Outcome()
        self._dismiss()
        return Outcome()

    def _died(self, job: Job) -> Outcome:
        code = self._dismiss()
        if code is not None and code < 0:
            how, remedy = (
                f"was killed (signal {-code}), probably for lack of memory",
                "a smaller picture or max_memory",
            )
        else:
            how, remedy = (
                f"ended by itself (exit code {code}), which is a bug: see the service's log",
                "another picture",
            )
        _log.error("the process that inspected %s (%s) %s", job.id, job.name, how)
        return Outcome(error=f"the process that inspected '{job.name}' {how}; try {remedy}")

    def _tidy(self, job: Job) -> None:
        """Remove what a process that was ended left behind, and everything of an inspection that was removed."""
        folder = self._shared.folders.of(job.id)
        if self._shared.store.get(job.id) is None:
            shutil.rmtree(folder, ignore_errors=True)
            return
        for left in folder.glob(".*.part"):
            shutil.rmtree(left, ignore_errors=True)

    def _ready(self) -> "_Worker":
        if self._worker is not None and (
            not self._worker.is_alive or self._worker.pictures >= _PICTURES_PER_PROCESS
        ):
            self._dismiss()
        if self._worker is None:
            self._worker = _Worker(self._shared.threads)
        return self._worker

    def _dismiss(self) -> int | None:
        """End the process, and tell its exit code; None where there was none."""
        worker, self._worker = self._worker, None
        return None if worker is None else worker.end()


class _Worker:
    """The process and the pipe to it."""

    def __init__(self, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        self._process: SpawnProcess = context.Process(
            target=work, args=(other, threads), name="geotamper-worker", daemon=True
        )
        with starting_processes():
            self._process.start()
        other.close()
        self.pictures = 0

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    def send(self, message: Assignment | Cancel) -> bool:
        """Whether the message went out."""
        self.pictures += isinstance(message, Assignment)
        try:
            self._connection.send(message)
        except OSError:
            return False
        return True

    def receive(self, seconds: float) -> Progress | Outcome | None:
        """The next message, waited for at most so long; None where there is none, or where the process has ended."""
        connection: Connection = self._connection
        with contextlib.suppress(EOFError, OSError):
            if connection in wait([connection, self._process.sentinel], timeout=seconds):
                message: Progress | Outcome = connection.recv()
                return message
        return None

    def end(self) -> int | None:
        """End the process, gently first; its exit code."""
        was_alive = self._process.is_alive()
        if was_alive:
            self._process.terminate()
            self._process.join(_END_PATIENCE)
            if self._process.is_alive():
                self._process.kill()
        self._process.join()
        code = self._process.exitcode
        self._connection.close()
        self._process.close()
        return code


def _assignment(job: Job, shared: Shared) -> Assignment:
    settings, options = shared.settings, job.options
    soft = _SOFT_SHARE * settings.seconds_per_job
    limited = options.model_copy(
        update={
            "time_limit": min(options.time_limit or soft, soft),
            "max_memory": min(options.max_memory or settings.max_memory, settings.max_memory),
        }
    )
    folder = shared.folders.of(job.id)
    picture: Path = shared.folders.picture_of(job)
    root = vrt_root(job, shared.folders.upload_of(job.id), settings.allowed_roots)
    return Assignment(job.id, folder, picture, job.name, limited, root)
