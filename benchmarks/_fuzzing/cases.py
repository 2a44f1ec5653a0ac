"""A case: one input, made from two numbers, and what came of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.random import Generator


@dataclass(frozen=True)
class Result:
    """What came of one case.

    Attributes:
        subject: What the input was made from, for the counts: a kind of file or of request.
        outcome: In a word or two; what is allowed is counted, too.
        finding: Empty, or what must not be: a traceback, a wrong answer, a hang.
        detail: The message that a user would have seen, or how the input was changed.
    """

    subject: str
    outcome: str
    finding: str = ""
    detail: str = ""


class Mode(Protocol):
    """One thing that is fuzzed. Built in the process that works on the cases."""

    def run(self, rng: Generator, folder: Path) -> Result:
        """Work on one case.

        Args:
            rng: All chance of the case comes from here.
            folder: Empty, for the files of the case; kept where the case is a finding.
        """

    def close(self) -> None:
        """End what was started for all cases."""


def generator(seed: int, number: int) -> Generator:
    """The chance of one case: the same numbers give the same case, whatever ran before."""
    return np.random.default_rng([seed, number])
