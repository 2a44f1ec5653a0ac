"""What a check found, as data."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

Severity = Literal["error", "warning"]

Rule = Literal[
    "files",
    "orphans",
    "manifest",
    "lists",
    "balance",
    "counts",
    "vocabulary",
    "text",
    "mask",
    "segmentation",
    "overlap",
    "area",
    "transform",
    "original",
    "info",
    "answer",
    "leakage-picture",
    "leakage-group",
    "leakage-file",
    "leakage-look",
]
RULES: tuple[Rule, ...] = get_args(Rule)
"""All rules, in the order in which findings are listed."""

CHECK_SCHEMA: Literal["geotamper.check/1"] = "geotamper.check/1"

EXAMPLES = 100
"""Findings of one rule and severity that are kept; further ones are counted."""


@dataclass(frozen=True)
class CheckFinding:
    """One thing that is wrong.

    Attributes:
        rule: What was broken.
        severity: An error makes the check fail; a warning does so in a strict check.
        message: What was found, what was expected and what to do.
        picture: Id of the picture, or None where it is about none.
        question: Id of the question, or None.
    """

    rule: Rule
    severity: Severity
    message: str
    picture: int | None = None
    question: int | None = None


@dataclass(frozen=True)
class Unchecked:
    """Something that could not be checked.

    Attributes:
        rule: What would have been checked.
        reason: Why it could not be, in a few words.
        count: How often.
    """

    rule: Rule
    reason: str
    count: int


@dataclass(frozen=True)
class CheckReport:
    """The outcome of a check.

    Attributes:
        pictures: Pictures in the set.
        questions: Questions in the set.
        own: Whether the set has a sidecar, so that everything could be recomputed.
        findings: At most `EXAMPLES` of each rule and severity, in the order of the rules.
        totals: How many there are of each, kept or not.
        unchecked: What could not be checked.
    """

    pictures: int
    questions: int
    own: bool
    findings: tuple[CheckFinding, ...]
    totals: Mapping[tuple[Rule, Severity], int]
    unchecked: tuple[Unchecked, ...]

    @property
    def errors(self) -> int:
        """Number of errors, kept as findings or not."""
        return sum(count for (_, severity), count in self.totals.items() if severity == "error")

    @property
    def warnings(self) -> int:
        """Number of warnings, kept as findings or not."""
        return sum(count for (_, severity), count in self.totals.items() if severity == "warning")

    @property
    def passed(self) -> bool:
        """Whether there are no errors."""
        return self.errors == 0

    def document(self) -> dict[str, object]:
        """The report as JSON data, schema "geotamper.check/1"."""
        return {
            "schema": CHECK_SCHEMA,
            "passed": self.passed,
            "pictures": self.pictures,
            "questions": self.questions,
            "own": self.own,
            "errors": self.errors,
            "warnings": self.warnings,
            "totals": [
                {"rule": rule, "severity": severity, "count": count}
                for (rule, severity), count in self.totals.items()
            ],
            "findings": [vars(finding) for finding in self.findings],
            "unchecked": [vars(entry) for entry in self.unchecked],
        }


class Collector:
    """Takes findings and gaps while a check runs.

    Attributes:
        own: Whether the set has a sidecar.
        strict: Whether warnings count as errors.
    """

    def __init__(self, *, own: bool, strict: bool) -> None:
        self.own = own
        self.strict = strict
        self._kept: dict[tuple[Rule, Severity], list[CheckFinding]] = {}
        self._totals: Counter[tuple[Rule, Severity]] = Counter()
        self._unchecked: Counter[tuple[Rule, str]] = Counter()

    def add(self, finding: CheckFinding) -> None:
        """Take one finding."""
        severity: Severity = "error" if self.strict else finding.severity
        key = finding.rule, severity
        self._totals[key] += 1
        kept = self._kept.setdefault(key, [])
        if len(kept) < EXAMPLES:
            kept.append(replace(finding, severity=severity))

    def error(
        self, rule: Rule, message: str, *, picture: int | None = None, question: int | None = None
    ) -> None:
        """Take something that is wrong in any set."""
        self.add(CheckFinding(rule, "error", message, picture, question))

    def warning(
        self, rule: Rule, message: str, *, picture: int | None = None, question: int | None = None
    ) -> None:
        """Take something that is odd in any set."""
        self.add(CheckFinding(rule, "warning", message, picture, question))

    def fault(
        self, rule: Rule, message: str, *, picture: int | None = None, question: int | None = None
    ) -> None:
        """Take something that is an error in a set made here and a warning in one from elsewhere."""
        self.add(CheckFinding(rule, "error" if self.own else "warning", message, picture, question))

    def skip(self, rule: Rule, reason: str, count: int = 1) -> None:
        """Take something that cannot be checked."""
        if count:
            self._unchecked[rule, reason] += count

    def report(self, *, pictures: int, questions: int) -> CheckReport:
        """The report of everything taken so far."""
        order = {rule: place for place, rule in enumerate(RULES)}
        keys = sorted(self._totals, key=lambda key: (key[1] != "error", order[key[0]]))
        gaps = sorted(self._unchecked.items(), key=lambda item: (order[item[0][0]], item[0][1]))
        return CheckReport(
            pictures=pictures,
            questions=questions,
            own=self.own,
            findings=tuple(finding for key in keys for finding in self._kept[key]),
            totals={key: self._totals[key] for key in keys},
            unchecked=tuple(Unchecked(rule, reason, count) for (rule, reason), count in gaps),
        )
