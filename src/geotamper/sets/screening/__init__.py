"""Leaving out raw tiles that are of no use, by stated rules, and keeping near-duplicates in one group."""

from geotamper.sets.screening.rules import Decision, Examination, RuleName, Thresholds, examine
from geotamper.sets.screening.selection import Screening, conclude, screen

__all__ = [
    "Decision",
    "Examination",
    "RuleName",
    "Screening",
    "Thresholds",
    "conclude",
    "examine",
    "screen",
]
