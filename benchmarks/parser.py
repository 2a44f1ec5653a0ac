"""Measure how often the question parser reads a phrasing right, on the tuning and on the reporting half.

The phrasings were written apart from the parser. It was tuned on the first half; of the second half only
counts are printed, so that it stays fit for reporting.

Example:
    python benchmarks/parser.py --json benchmarks/work/parser.json
"""

import argparse
import csv
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from _common.failures import one_line_failures
from _common.machine import ROOT, describe_machine
from geotamper.atomic import write_text
from geotamper.errors import InputError
from geotamper.task.parsing import ParsedQuestion, parse_question

HALVES = ("tuning", "reporting")


@dataclass(frozen=True)
class Phrasing:
    """A text with the type and option it asks for; both empty for a text outside the catalogue."""

    text: str
    type: str
    option: str


@dataclass
class Count:
    """Phrasings asked and read right."""

    right: int = 0
    asked: int = 0

    def __str__(self) -> str:
        share = self.right / self.asked if self.asked else float("nan")
        return f"{self.right:4d} of {self.asked:4d}  {share:7.1%}"


@one_line_failures
def main() -> int:
    """Print the counts of both halves; 1 when a file cannot be read or written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", type=Path, help="also write all counts and the machine to this file")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "tests" / "task", help="where the phrasings are"
    )
    options = parser.parse_args()
    results = {half: measure(load(options.folder / f"phrasings_{half}.csv")) for half in HALVES}
    for half, counts in results.items():
        _print(half, counts)
    if options.json:
        write_text(options.json, json.dumps(_content(results), indent=2) + "\n")
    return 0


def load(path: Path) -> list[Phrasing]:
    """Read the phrasings of one half.

    Raises:
        InputError: The file is missing or has other columns than text, type and option.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [Phrasing(row["text"], row["type"], row["option"]) for row in csv.DictReader(file)]
    except (OSError, KeyError) as error:
        raise InputError(f"cannot read '{path}' ({error}); expected columns text, type and option") from error


def measure(phrasings: Sequence[Phrasing]) -> dict[str, Count]:
    """Count the phrasings read right: overall, in and out of scope, and by type."""
    counts = {name: Count() for name in ("overall", "in scope", "out of scope")}
    for phrasing in phrasings:
        parsed = parse_question(phrasing.text)
        found = (parsed.type, parsed.option or "") if isinstance(parsed, ParsedQuestion) else ("", "")
        right = found == (phrasing.type, phrasing.option)
        scope = "in scope" if phrasing.type else "out of scope"
        for name in ("overall", scope, *([f"type {phrasing.type}"] if phrasing.type else [])):
            count = counts.setdefault(name, Count())
            count.asked += 1
            count.right += right
    return counts


def _print(half: str, counts: dict[str, Count]) -> None:
    print(f"{half} half")
    for name, count in counts.items():
        print(f"  {name:28s} {count}")


def _content(results: dict[str, dict[str, Count]]) -> dict[str, object]:
    start = time.perf_counter()
    rounds = 200
    for number in range(rounds):
        parse_question(f"is the faek ship number {number} bigger than the real one")
    return {
        "schema": "geotamper.parser-benchmark/1",
        "halves": {
            half: {name: {"right": count.right, "asked": count.asked} for name, count in counts.items()}
            for half, counts in results.items()
        },
        "seconds_per_question": (time.perf_counter() - start) / rounds,
        "machine": describe_machine(),
    }


if __name__ == "__main__":
    sys.exit(main())
