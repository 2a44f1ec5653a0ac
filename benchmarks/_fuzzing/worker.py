"""A process that works on cases and may die of one; and the handle that starts the next."""

import faulthandler
import multiprocessing
import os
import shutil
import signal
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from _common.machine import peak_memory_mb
from _fuzzing.cases import Mode, Result, generator
from geotamper.processes import follow_parent

STARTING_SECONDS = 900.0
"""For imports, seeds and compiled loops before the first case."""
WAITING = 6
"""A case that computes nothing may take this many times its limit, because other programs may keep the cores."""
HARMLESS = {"_tiffSeekProc: Invalid argument."}
"""Lines on stderr that are none of ours: GDAL writes this one past all its handlers, of an offset beyond 2^63."""
_PATIENCE = 5.0


class Worker:
    """Works on one case at a time, in a process of its own that is ended and started anew when it has to be.

    Args:
        make: Importable; builds the mode in the process.
        folder: For the files of the cases.
        limit: Seconds of computing that a case may take.
        memory_mb: Resident size that no case may exceed.
    """

    def __init__(self, make: Callable[[], Mode], folder: Path, *, limit: float, memory_mb: float) -> None:
        self._make = make
        self._folder = folder
        self._limit = limit
        self._memory_mb = memory_mb
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        self.restarts = 0

    def run(self, seed: int, number: int) -> Result:
        """Work on a case; a process that dies or hangs makes it a finding."""
        if self._pipe is None:
            self._start()
        assert self._pipe is not None  # noqa: S101 - `_start` has set it
        self._pipe.send((seed, number))
        result = self._receive(self._limit, "the case")
        if result.outcome in {"crash", "hang", "memory"}:
            self.close()
            self.restarts += 1
        return result

    def close(self) -> None:
        """End the process, kindly first."""
        if self._process is None or self._pipe is None:
            return
        self._pipe.close()
        self._process.join(_PATIENCE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process = self._pipe = None

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_work, args=(theirs, self._make, self._folder, self._memory_mb), daemon=False
        )
        self._process.start()
        theirs.close()
        ready = self._receive(STARTING_SECONDS, "the start")
        if ready.outcome != "ready":
            raise RuntimeError(f"the process for the cases did not start: {ready.outcome} {ready.finding}")

    def _receive(self, seconds: float, what: str) -> Result:
        assert self._pipe is not None  # noqa: S101 - called after `_start`
        assert self._process is not None  # noqa: S101
        try:
            if self._comes(seconds):
                received: Result = self._pipe.recv()
                return received
        except (EOFError, ConnectionResetError):
            self._process.join(_PATIENCE)
            code = self._process.exitcode
            name = signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"
            traces = _text(self._folder / "stderr")
            return Result("", "crash", f"the process ended during {what} ({name})\n{traces}")
        self._process.kill()
        return Result("", "hang", f"{what} took longer than {seconds:g} s\n{_text(self._folder / 'stderr')}")

    def _comes(self, seconds: float) -> bool:
        """Wait for an answer until the process has computed too long, or has waited much longer than that."""
        assert self._pipe is not None  # noqa: S101 - called after `_start`
        assert self._process is not None  # noqa: S101
        pid = self._process.pid or 0
        before, start = _computed(pid), time.monotonic()
        while not self._pipe.poll(min(1.0, seconds)):
            waited = time.monotonic() - start
            if _computed(pid) - before > seconds or waited > WAITING * seconds:
                return False
        return True


def _computed(pid: int) -> float:
    """Seconds that a process has computed; where the system does not tell, those that have passed."""
    try:
        fields = (
            Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        )
    except OSError:
        return time.monotonic()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _work(pipe: Connection, make: Callable[[], Mode], folder: Path, memory_mb: float) -> None:
    """Answer every (seed, number) with a `Result` until the other end is closed."""
    follow_parent()
    warnings.simplefilter("default")
    stderr = _take_stderr(folder)
    scratch = folder / "scratch"
    case = folder / "case"
    scratch.mkdir(exist_ok=True)
    tempfile.tempdir = str(scratch)
    try:
        mode = make()
    except BaseException:  # noqa: BLE001 - told to the other end, which gives up
        pipe.send(Result("", "broken", traceback.format_exc()))
        return
    pipe.send(Result("", "ready"))
    try:
        while True:
            seed, number = pipe.recv()
            shutil.rmtree(case, ignore_errors=True)
            case.mkdir()
            _empty(stderr)
            result = mode.run(generator(seed, number), case)
            pipe.send(_look_around(result, stderr, scratch, memory_mb))
    except EOFError:
        mode.close()


def _look_around(result: Result, stderr: int, scratch: Path, memory_mb: float) -> Result:
    """What a case left behind, where it was no finding by itself."""
    if result.finding:
        return result
    lines = set(os.pread(stderr, 5000, 0).decode("utf-8", "replace").splitlines())
    if lines - HARMLESS:
        return replace(result, outcome="said on stderr", finding="\n".join(["on stderr:", *sorted(lines)]))
    left = sorted(path.name for path in scratch.iterdir())
    if left:
        shutil.rmtree(scratch)
        scratch.mkdir()
        return replace(result, outcome="left files", finding=f"temporary files were left: {left[:5]}")
    peak = peak_memory_mb()
    if peak > memory_mb:
        return replace(result, outcome="memory", finding=f"{peak:.0f} MB resident, allowed {memory_mb:g}")
    return result


def _take_stderr(folder: Path) -> int:
    """Let everything on stderr, that of C libraries too, go into a file."""
    descriptor = os.open(folder / "stderr", os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    os.dup2(descriptor, 2)
    faulthandler.enable()
    return descriptor


def _empty(descriptor: int) -> None:
    os.ftruncate(descriptor, 0)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[-5000:]
    except OSError:
        return ""
