"""The command line that makes a report again."""

import shlex
from collections.abc import Mapping
from typing import Any

from geotamper.control import DEFAULT_MEMORY
from geotamper.evidence.objects.network import DEFAULT_NETWORK, NETWORKS
from geotamper.inspection.assembly import PATH_WITHOUT_FILE
from geotamper.inspection.detector import DEFAULT_DETECTOR
from geotamper.inspection.report import InspectionReport

DEFAULT_FALSE_ALARM_RATE = 0.01

_OPTIONS = (
    ("finding", "--finding", ""),
    ("false_alarm_rate", "--false-alarm-rate", ""),
    ("time_limit", "--time-limit", "s"),
    ("max_memory", "--max-memory", ""),
    ("bands", "--bands", ""),
    ("stretch", "--stretch", ""),
    ("window", "--window", ""),
    ("bbox", "--bbox", ""),
    ("area", "--area", ""),
)
"""Parameters of a run by the options that set them, with the unit that the option needs."""

_DEFAULTS: Mapping[str, Any] = {
    "false_alarm_rate": DEFAULT_FALSE_ALARM_RATE,
    "max_memory": DEFAULT_MEMORY,
}


def reproducing_command(report: InspectionReport) -> str | None:
    """The command that makes a report again, quoted for a POSIX shell; options at their defaults are left out.

    Returns:
        None for a picture that was no file.
    """
    path = report.image.path
    if path == PATH_WITHOUT_FILE:
        return None
    chosen = report.run.parameters
    words = ["geotamper", "inspect", f"./{path}" if path.startswith("-") else path]
    if report.run.detector != DEFAULT_DETECTOR:
        words += ["--detector", report.run.detector]
    for question in chosen.get("questions", []):
        words += ["-q", question]
    for key, option, unit in _OPTIONS:
        value = chosen.get(key)
        if value is not None and value != _DEFAULTS.get(key):
            words += [option, f"{_written(value)}{unit}"]
    if chosen.get("thorough"):
        words.append("--thorough")
    terms = _class_network(report)
    if terms not in (None, DEFAULT_NETWORK):
        words += ["--weights", str(terms)]
    return shlex.join([*words, "--out", "out"])


def _written(value: object) -> str:
    """A value as the command line takes it: lists with commas, whole numbers without a point."""
    if isinstance(value, list | tuple):
        return ",".join(map(_written, value))
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _class_network(report: InspectionReport) -> str | None:
    """Under which terms the class network was chosen, told from the weights that took part."""
    names = {item.name for item in report.run.weights}
    return next((terms for terms, weights in NETWORKS.items() if weights.name in names), None)
