"""The finished cases of a run, one line each, so that a run that was interrupted goes on where it stopped."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from _fuzzing.cases import Result
from geotamper.errors import InputError

FILE = "cases.jsonl"


class Journal:
    """What came of the cases so far.

    Args:
        folder: Of the run.
        mode: Name of what is fuzzed.
        seed: Of the run.

    Raises:
        InputError: The folder holds another run.
    """

    def __init__(self, folder: Path, mode: str, seed: int) -> None:
        self._path = folder / FILE
        self._head = json.dumps({"mode": mode, "seed": seed})
        self.done: dict[int, Result] = {}
        if self._path.exists():
            self._load()

    @contextmanager
    def open(self) -> Iterator[TextIO]:
        """The file to add to; a line that an interruption cut off is taken away first."""
        lines = [self._head, *(_line(number, result) for number, result in self.done.items())]
        self._path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        with self._path.open("a", encoding="utf-8") as stream:
            yield stream

    def add(self, stream: TextIO, number: int, result: Result) -> None:
        """Keep the result of a case."""
        self.done[number] = result
        stream.write(_line(number, result) + "\n")
        stream.flush()

    @property
    def findings(self) -> dict[int, Result]:
        """The cases that are findings."""
        return {number: result for number, result in self.done.items() if result.finding}

    def table(self) -> str:
        """A line per kind of input with the number of cases of each outcome."""
        counts = Counter((result.subject, result.outcome) for result in self.done.values())
        lines = []
        for subject in sorted({subject for subject, _ in counts}):
            parts = sorted((outcome, count) for (name, outcome), count in counts.items() if name == subject)
            lines.append(
                f"  {subject or '-':<26} " + ", ".join(f"{outcome} {count}" for outcome, count in parts)
            )
        total = Counter(result.outcome for result in self.done.values())
        lines.append(
            f"  {'all':<26} " + ", ".join(f"{outcome} {count}" for outcome, count in sorted(total.items()))
        )
        return "\n".join(lines)

    def _load(self) -> None:
        lines = self._path.read_text(encoding="utf-8").split("\n")[:-1]
        if not lines or lines[0] != self._head:
            raise InputError(
                f"'{self._path}' holds another run than {self._head}; choose another --out, or remove the folder"
            )
        for line in lines[1:]:
            entry = json.loads(line)
            number = entry.pop("case")
            self.done[number] = Result(**entry)


def _line(number: int, result: Result) -> str:
    return json.dumps({"case": number, **asdict(result)})
