"""What came of a run over many pictures, in one line."""

import time
from dataclasses import dataclass, field

from geotamper.cli.worker import Outcome


@dataclass
class Tally:
    """Counts of the outcomes of a run.

    Attributes:
        tampered: Pictures.
        untouched: Pictures.
        undecided: Pictures.
        failed: Inputs that could not be inspected.
        reused: Pictures whose reports an earlier run had finished; they count by their verdict too.
    """

    tampered: int = 0
    untouched: int = 0
    undecided: int = 0
    failed: int = 0
    reused: int = 0
    _begin: float = field(default_factory=time.monotonic)

    def add(self, outcome: Outcome) -> None:
        """Count one input."""
        self.reused += outcome.reused
        if outcome.report is None:
            self.failed += 1
        elif outcome.report.verdict.tampered is None:
            self.undecided += 1
        elif outcome.report.verdict.tampered:
            self.tampered += 1
        else:
            self.untouched += 1

    def line(self) -> str:
        """All of it in one line, with the time that passed for each picture that was inspected now."""
        inspected = self.tampered + self.untouched + self.undecided
        parts = [f"{self.tampered} tampered", f"{self.untouched} untouched", f"{self.undecided} undecided"]
        parts += [f"{self.failed} failed"] if self.failed else []
        parts += [f"{self.reused} taken from an earlier run"] if self.reused else []
        fresh = inspected - self.reused
        pace = f"; {(time.monotonic() - self._begin) / fresh:.2f} s a picture" if fresh else ""
        return f"{inspected + self.failed} inputs: {', '.join(parts)}{pace}"
