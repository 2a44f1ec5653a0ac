"""Work in a process of its own: its memory is its own, and whatever ends it ends nothing else."""

import contextlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, Generic, TypeVar

from geotamper.errors import CancelledError, GeotamperError
from geotamper.processes import follow_parent

Result = TypeVar("Result")
Report = Callable[[str, int, int], None]
Work = Callable[[Report], Result]

_PAUSE = 0.5
"""Seconds between two reports."""


class ProcessDiedError(GeotamperError):
    """The process ended without a result."""


def run_isolated(work: "Work[Result]", log: Path, report: Report) -> Result:
    """Do some work in a new process and wait for its result.

    Ctrl-C is passed on once: the work may bring what it does to a good end, and a second one ends it at once.

    Args:
        work: Picklable; takes a function that it tells about its progress. Its result is picklable.
        log: What it writes to stdout and stderr goes here.
        report: Called in this process with what the work tells.

    Raises:
        ProcessDiedError: It ended without a result; the message has the last line of the log.
        KeyboardInterrupt: Once the process has ended.
        OutputError: The log cannot be written.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(work, sender, log))
    process.start()
    sender.close()
    return _Waiting[Result](process, receiver, log).result(report)


class _Waiting(Generic[Result]):
    """A process that works, seen from the one that waits for it."""

    def __init__(self, process: SpawnProcess, receiver: Connection, log: Path) -> None:
        self._process = process
        self._receiver = receiver
        self._log = log

    def result(self, report: Report) -> Result:
        try:
            return self._messages(report)
        except KeyboardInterrupt:
            self._ask_to_stop(report)
            raise
        finally:
            if self._process.is_alive() and sys.exc_info()[0] is not None:
                self._process.terminate()
            self._process.join()
            self._receiver.close()

    def _messages(self, report: Report) -> Result:
        while True:
            try:
                kind, content = self._receiver.recv()
            except EOFError:
                self._process.join()
                raise ProcessDiedError(self._reason()) from None
            if kind == "result":
                found: Result = content
                return found
            report(*content)

    def _ask_to_stop(self, report: Report) -> None:
        if self._process.pid is not None and self._process.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGINT)
        with contextlib.suppress(ProcessDiedError):
            self._messages(report)

    def _reason(self) -> str:
        code = self._process.exitcode
        ended = f"ended by signal {-code}" if code is not None and code < 0 else f"ended with {code}"
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        said = f": {lines[-1].strip()}" if lines else ""
        hint = "; probably for lack of memory" if code == -signal.SIGKILL else ""
        return f"its process {ended}{said}{hint}; see '{self._log}'"


def _child(work: Callable[[Report], Any], sender: Connection, log: Path) -> None:
    """Run in the new process: speak into the log, hear Ctrl-C from the parent alone."""
    with log.open("w", encoding="utf-8") as stream:
        for number in (1, 2):
            os.dup2(stream.fileno(), number)
    follow_parent()
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)  # the terminal sends Ctrl-C to the parent's group; the parent passes it on once
    signal.signal(signal.SIGINT, signal.default_int_handler)
    last = 0.0

    def report(what: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _PAUSE or done >= total:
            last = now
            sender.send(("report", (what, done, total)))

    try:
        sender.send(("result", work(report)))
    except (KeyboardInterrupt, CancelledError):
        sys.exit("interrupted")
