"""The inspection of one input of a run, in this process or in a worker."""

import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import FrameType

import cv2

from geotamper import api
from geotamper.detection.opening import is_network, open_detector
from geotamper.errors import GeotamperError
from geotamper.imagery.read_options import ReadOptions
from geotamper.inspection.detector import Detector
from geotamper.inspection.report import InspectionReport
from geotamper.processes import follow_parent


@dataclass(frozen=True)
class Task:
    """One picture to inspect.

    Attributes:
        path: As given.
        questions: Texts; none means every open question that applies.
        finding: Id of the finding to answer for, or None.
        read: How the picture is read.
        detector: Its name.
        false_alarm_rate: Between 0 and 1.
        weights: "research" or "permissive".
        max_memory: Bytes, or None.
        time_limit: Seconds, or None.
        workers: Threads for the picture, 0 for the detector's own choice.
        out: Parent folder of the report, or None for no files.
        name: Of the report's folder.
    """

    path: str
    questions: tuple[str, ...]
    finding: int | None
    read: ReadOptions
    detector: str
    false_alarm_rate: float
    weights: str
    max_memory: int | None
    time_limit: float | None
    workers: int
    out: str | None
    name: str


@dataclass(frozen=True)
class Outcome:
    """What became of one input: a report, or an error with its traceback."""

    path: str
    report: InspectionReport | None = None
    error: str = ""
    trace: str = ""


def inspect_one(task: Task, progress: Callable[[float, str], None] | None = None) -> Outcome:
    """Inspect one picture and write its report; an unusable input becomes an error, not an exception."""
    try:
        detector = _opened(task)
        report = api.inspect(
            task.path,
            questions=task.questions,
            finding=task.finding,
            read=task.read,
            detector=detector,
            time_limit=task.time_limit,
            max_memory=task.max_memory,
            progress=progress,
        )
        if task.out is not None:
            report.save_as(task.out, task.name)
    except GeotamperError as error:
        return Outcome(task.path, error=" ".join(str(error).split()), trace=traceback.format_exc())
    except MemoryError:
        error_line = (
            f"not enough memory to inspect '{task.path}'; "
            "use fewer --jobs, a lower --max-memory or a smaller picture"
        )
        return Outcome(task.path, error=error_line, trace=traceback.format_exc())
    except cv2.error as error:  # OpenCV's own limits and its lack of memory are known only when it is called
        reason = " ".join(str(error).split())
        error_line = f"OpenCV failed on '{task.path}': {reason}; please report this with the picture's size"
        return Outcome(task.path, error=error_line, trace=traceback.format_exc())
    return Outcome(task.path, report=report.data)


@lru_cache(maxsize=1)
def _network(path: str) -> Detector:
    """Kept, because the weights of a network take long to read."""
    return open_detector(path)


def _opened(task: Task) -> Detector:
    if is_network(task.detector):
        return _network(task.detector)
    return open_detector(
        task.detector, false_alarm_rate=task.false_alarm_rate, workers=task.workers, weights=task.weights
    )


def died(task: Task) -> Outcome:
    """The outcome of a picture whose worker process ended without an answer."""
    return Outcome(
        task.path,
        error=(
            f"the process that inspected '{task.path}' ended without an answer, probably for lack of memory; "
            "use fewer --jobs, a lower --max-memory or a smaller picture"
        ),
    )


def prepare_worker() -> None:
    """Follow the parent, and clean up when it ends this process."""
    follow_parent()
    signal.signal(signal.SIGTERM, _leave)


def _leave(number: int, frame: FrameType | None) -> None:
    del frame
    raise SystemExit(128 + number)
