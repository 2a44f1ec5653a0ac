"""What an earlier run of the same command has finished."""

import hashlib
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from geotamper.cli.worker import Task, opened_detector
from geotamper.errors import GeotamperError
from geotamper.inspection.assembly import reproducible_run
from geotamper.inspection.report import InspectionReport, printable
from geotamper.reporting.folder import REPORT_NAME

_LEFTOVER = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{8}\.part")
_STALE = 60.0
"""Seconds after which no process writes into a half-written folder any more."""


def finished_tasks(tasks: Sequence[Task]) -> set[str]:
    """Paths of the pictures whose reports are complete and would come out the same.

    A report is taken for it if it belongs to this path and this content, was made by the same version, detector,
    weights and parameters, and all its files are there.

    Args:
        tasks: Of one run: they differ in path and name only.
    """
    if not any(task.out is not None and _report_file(task).is_file() for task in tasks):
        return set()
    try:
        expected = _expected(tasks[0])
    except GeotamperError:
        return set()  # the inspection will tell
    return {task.path for task in tasks if _is_finished(task, expected)}


def finished_report(task: Task) -> InspectionReport | None:
    """The report that lies where that of the task belongs, or None."""
    try:
        return InspectionReport.model_validate_json(_report_file(task).read_bytes())
    except (OSError, ValidationError):
        return None


def remove_leftovers(tasks: Sequence[Task]) -> None:
    """Remove the half-written folders that a killed run has left for pictures of this one."""
    names = {task.name for task in tasks}
    for folder in {Path(task.out) for task in tasks if task.out is not None}:
        for path in folder.glob(".*.part"):
            match = _LEFTOVER.fullmatch(path.name)
            if match is not None and match["name"] in names and path.is_dir():
                with suppress(OSError):
                    if time.time() - path.stat().st_mtime > _STALE:
                        shutil.rmtree(path)


def _report_file(task: Task) -> Path:
    return Path(task.out or ".") / task.name / REPORT_NAME


def _expected(task: Task) -> Mapping[str, Any]:
    return _of_run(reproducible_run(opened_detector(task), task.request).model_dump(mode="json"))


def _of_run(run: Mapping[str, Any]) -> Mapping[str, Any]:
    """What two runs must share to give the same report."""
    return {name: run[name] for name in ("version", "detector", "weights", "parameters")}


def _is_finished(task: Task, expected: Mapping[str, Any]) -> bool:
    report = finished_report(task)
    return (
        report is not None
        and report.image.path == printable(task.path)
        and _of_run(report.run.model_dump(mode="json")) == expected
        and _has_files(task, report)
        and _digest(Path(task.path)) == report.image.sha256
    )


def _has_files(task: Task, report: InspectionReport) -> bool:
    place = f"{(task.out or '').rstrip('/')}/{task.name}/"
    paths = [path for path in report.artifacts.model_dump().values() if path is not None]
    return bool(paths) and all(path.startswith(place) and _holds_something(Path(path)) for path in paths)


def _holds_something(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""
