"""Checks of a set: leakage, answers, masks, counts and files."""

from geotamper.sets.checking.check import CheckOptions, check_set
from geotamper.sets.checking.report import RULES, CheckFinding, CheckReport, Rule, Severity, Unchecked

__all__ = [
    "RULES",
    "CheckFinding",
    "CheckOptions",
    "CheckReport",
    "Rule",
    "Severity",
    "Unchecked",
    "check_set",
]
