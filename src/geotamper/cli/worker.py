"""The inspection of one input of a run, in this process or in a worker."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import cv2

from geotamper import api
from geotamper.detection.opening import is_network, open_detector
from geotamper.errors import GeotamperError
from geotamper.imagery.read_options import ReadOptions
from geotamper.inspection.assembly import Request
from geotamper.inspection.detector import Detector
from geotamper.inspection.report import InspectionReport
from geotamper.inspection.scenes.spreading import Spread
from geotamper.reporting.pdf import write_folder_pdf


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
        pdf: Whether the report is written as PDF too.
        thorough: Whether each tile of a scene is inspected as a picture too.
        spread: How the tiles of a scene are shared out; for the only input of a run.
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
    pdf: bool = False
    thorough: bool = False
    spread: Spread | None = None

    @property
    def request(self) -> Request:
        """What is asked of the picture."""
        return api.request_of(
            self.questions,
            finding=self.finding,
            time_limit=self.time_limit,
            max_memory=self.max_memory,
            read=self.read,
            thorough=self.thorough,
        )


@dataclass(frozen=True)
class Outcome:
    """What became of one input: a report, perhaps of an earlier run, or an error with its traceback."""

    path: str
    report: InspectionReport | None = None
    error: str = ""
    trace: str = ""
    reused: bool = False


def inspect_one(task: Task, progress: Callable[[float, str], None] | None = None) -> Outcome:
    """Inspect one picture and write its report; an unusable input becomes an error, not an exception."""
    try:
        detector = opened_detector(task)
        report = api.inspect(
            task.path,
            questions=task.questions,
            finding=task.finding,
            read=task.read,
            thorough=task.thorough,
            spread=task.spread,
            detector=detector,
            time_limit=task.time_limit,
            max_memory=task.max_memory,
            progress=progress,
        )
        if task.out is not None:
            folder = report.save_as(task.out, task.name)
            if task.pdf:
                write_folder_pdf(folder)
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


def opened_detector(task: Task) -> Detector:
    """The detector of a task.

    Raises:
        GeotamperError: It cannot be opened.
    """
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
