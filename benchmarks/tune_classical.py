r"""Set the thresholds of the classical detectors on a set of the train fold made by forgeries.py.

Example:
    python benchmarks/forgeries.py --fold train --forged 70 --clean 150 --seed 11 --out benchmarks/work/train-classical
    python benchmarks/tune_classical.py benchmarks/work/train-classical --rate 0.05 --forged 28 --untouched 60

Prints, for each detector, the smallest threshold at which no more than the given share of untouched pictures is called
tampered, what is found of the forgeries at it and at the packaged threshold, and the time of a picture.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from _common.records import Record, load_masks, load_picture, load_records
from geotamper.classical.search import METHODS, ClassicalMethod
from geotamper.control import Control
from geotamper.errors import GeotamperError, InputError
from geotamper.inspection.findings import SAME_REGION_IOU, BoolMask, intersection_over_union


@dataclass(frozen=True)
class Seen:
    """What one detector made of one picture.

    Attributes:
        strength: Of the strongest match; 0 without one.
        is_place: Whether both of its regions are those of the forgery, in either order.
        seconds: Wall time.
    """

    strength: float
    is_place: bool
    seconds: float


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="the set, of fold train or val")
    parser.add_argument(
        "--rate", type=float, default=0.05, help="untouched pictures that may be called tampered"
    )
    parser.add_argument("--method", action="append", choices=list(METHODS), help="only these; repeatable")
    parser.add_argument("--forged", type=int, help="take the first N forged pictures only")
    parser.add_argument("--untouched", type=int, help="take the first N untouched pictures only")
    options = parser.parse_args()
    try:
        everything = load_records(options.folder)
        records = [record for record in everything if record.is_forged][: options.forged]
        records += [record for record in everything if not record.is_forged][: options.untouched]
        if {record.fold for record in records} - {"train", "val"}:
            raise InputError(f"'{options.folder}' holds pictures of fold test; tune on fold train or val")
        print("| detector | untouched called tampered | threshold | forgeries called | found | seconds |")
        print("|---|---|---|---|---|---|")
        for name in options.method or METHODS:
            for line in _lines(name, METHODS[name], options.folder, records, options.rate):
                print(line, flush=True)
    except GeotamperError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _lines(
    name: str, method: ClassicalMethod, folder: Path, records: Sequence[Record], rate: float
) -> list[str]:
    seen = [_look(method, folder, record) for record in records]
    untouched = [one for one, record in zip(seen, records, strict=True) if not record.is_forged]
    forged = [one for one, record in zip(seen, records, strict=True) if record.is_forged]
    strengths = np.sort([one.strength for one in untouched])
    allowed = int(rate * len(untouched))
    threshold = float(np.floor(strengths[len(strengths) - allowed - 1]) + 1)
    lines = []
    for label, cut in (("", threshold), (" (packaged)", method.threshold)):
        alarms = sum(one.strength >= cut for one in untouched)
        called = [one for one in forged if one.strength >= cut]
        lines.append(
            f"| {name}{label} | {alarms} of {len(untouched)} | {cut:g} | {len(called)} of {len(forged)} "
            f"| {sum(one.is_place for one in called)} of {len(forged)} "
            f"| {statistics.median(one.seconds for one in seen):.2f} |"
        )
    return lines


def _look(method: ClassicalMethod, folder: Path, record: Record) -> Seen:
    pixels = load_picture(folder, record)
    start = time.perf_counter()
    matches = method.matches(pixels, Control())
    seconds = time.perf_counter() - start
    if not matches:
        return Seen(0.0, is_place=False, seconds=seconds)
    best = max(matches, key=lambda match: match.strength)
    is_place = False
    if record.is_forged:
        truth = load_masks(folder, record)
        is_place = _same((best.source, best.target), truth) or _same((best.target, best.source), truth)
    return Seen(best.strength, is_place, seconds)


def _same(one: tuple[BoolMask, BoolMask], other: tuple[BoolMask, BoolMask]) -> bool:
    return all(intersection_over_union(a, b) > SAME_REGION_IOU for a, b in zip(one, other, strict=True))


if __name__ == "__main__":
    sys.exit(main())
