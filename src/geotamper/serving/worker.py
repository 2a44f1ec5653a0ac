"""The process that inspects: one picture after the other, each as an assignment over a pipe."""

import os
import signal
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType

from geotamper.errors import CancelledError, GeotamperError
from geotamper.inspection.detector import Detector
from geotamper.inspection.report import Verdict
from geotamper.processes import follow_parent
from geotamper.serving.jobs import JobOptions

REPORT_FOLDER = "report"
"""Of the report in an inspection's folder; paths in the report are relative to the latter."""


@dataclass(frozen=True)
class Assignment:
    """One picture to inspect.

    Attributes:
        id: Of the inspection.
        folder: Of the inspection; the report goes into its `REPORT_FOLDER`.
        picture: Where the picture lies.
        name: What it is called in the report and in messages.
        options: What the client chose, limits of the service included.
        vrt_root: Folder that all files named by a VRT must lie in.
    """

    id: str
    folder: Path
    picture: Path
    name: str
    options: JobOptions
    vrt_root: Path


@dataclass(frozen=True)
class Cancel:
    """The wish that the assignment with this id be given up."""

    id: str


@dataclass(frozen=True)
class Progress:
    """How far the assignment has come."""

    fraction: float
    stage: str


@dataclass(frozen=True)
class Outcome:
    """How the assignment ended: with a verdict, an error, or, cancelled, neither."""

    verdict: Verdict | None = None
    error: str | None = None


def work(connection: Connection, threads: int) -> None:
    """Do what the other end of the pipe sends until it sends None or closes.

    An error that is nobody's input ends the process with a traceback: the parent notes that, and starts another.

    Args:
        connection: Takes `Assignment`, `Cancel` and None; gives `Progress` and one `Outcome` per assignment.
        threads: For one picture, 0 for the detector's own choice.
    """
    follow_parent()
    signal.signal(signal.SIGTERM, _leave)
    while True:
        try:
            message = connection.recv()
        except EOFError:
            return
        if message is None:
            return
        if isinstance(message, Assignment):  # a wish to cancel what has ended meanwhile is no longer of use
            connection.send(_inspect(message, _Listener(connection, message.id), threads))


@dataclass
class _Listener:
    """Sends progress and hears of a wish to cancel, from whichever thread the detector reports."""

    connection: Connection
    id: str
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, fraction: float, stage: str) -> None:
        """Report progress.

        Raises:
            CancelledError: The other end wishes it.
        """
        with self._lock:
            while self.connection.poll():
                message = self.connection.recv()
                if message is None or message == Cancel(self.id):
                    raise CancelledError(f"cancelled at '{stage}', as the client asked")
            self.connection.send(Progress(fraction, stage))


def _inspect(task: Assignment, listener: _Listener, threads: int) -> Outcome:
    import cv2

    try:
        os.chdir(task.folder)  # so that the report's paths are relative to the folder of the inspection
    except FileNotFoundError:
        return Outcome()  # the inspection was removed before the work on it began
    try:
        verdict = _report(task, listener, threads)
    except CancelledError:
        return Outcome()
    except GeotamperError as error:
        return Outcome(error=_public(str(error), task))
    except MemoryError:
        return Outcome(
            error=f"not enough memory to inspect '{task.name}'; use a lower max_memory or a smaller picture"
        )
    except cv2.error as error:  # OpenCV's own limits and its lack of memory are known only when it is called
        return Outcome(error=_public(f"OpenCV failed on '{task.name}': {error}; please report this", task))
    return Outcome(verdict=verdict)


def _report(task: Assignment, listener: _Listener, threads: int) -> Verdict:
    from geotamper import api
    from geotamper.serving.reading import read_options

    options = task.options
    report = api.inspect(
        task.picture,
        questions=options.questions,
        finding=options.finding,
        detector=_detector(options.detector, options.false_alarm_rate, options.weights, threads),
        time_limit=options.time_limit,
        max_memory=options.max_memory,
        read=read_options(options, task.vrt_root),
        progress=listener,
    )
    listener(1.0, "writing the report")
    image = report.data.image.model_copy(update={"path": task.name})
    report.data = report.data.model_copy(update={"image": image})
    report.save_as("", REPORT_FOLDER)
    return report.verdict


@lru_cache(maxsize=2)
def _detector(name: str, false_alarm_rate: float, weights: str, threads: int) -> Detector:
    """Kept, because the weights of a network take long to read."""
    from geotamper.detection.opening import open_detector

    return open_detector(name, false_alarm_rate=false_alarm_rate, workers=threads, weights=weights)


def _public(message: str, task: Assignment) -> str:
    """The message in one line, with the picture called by the client's name for it."""
    return " ".join(
        message.replace(str(task.picture), task.name).replace(str(task.folder), "the service").split()
    )


def _leave(number: int, frame: FrameType | None) -> None:
    del frame
    raise SystemExit(128 + number)
