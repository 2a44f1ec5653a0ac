r"""Measure the search for blurred regions alone on picture sets made by `forgeries.py`.

Example:
    python benchmarks/forgeries.py --fold test --kind blur --forged 300 --clean 120 --seed 1 --out benchmarks/work/t
    python benchmarks/evaluate_blur.py benchmarks/work/t
"""

import argparse
import statistics
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import cv2

from _common.failures import one_line_failures
from _common.records import Record, load_masks, load_picture, load_records
from geotamper.control import Control
from geotamper.evidence.blur import find_blurs
from geotamper.evidence.results import BlurEvidence
from geotamper.evidence.search import BLUR_SHARE
from geotamper.evidence.settings import EvidenceSettings

FOUND = 0.5
"""IoU from which a region counts as found."""


@dataclass(frozen=True)
class Judged:
    """What was said about one picture.

    Attributes:
        record: The picture.
        found: All that was reported.
        best: The one with the largest IoU, if any.
        overlap: Its IoU; 0 without one.
        seconds: That it took.
    """

    record: Record
    found: tuple[BlurEvidence, ...]
    best: BlurEvidence | None
    overlap: float
    seconds: float


def judge(folder: Path, record: Record, settings: EvidenceSettings) -> Judged:
    """Search one picture and compare with the truth."""
    pixels = load_picture(folder, record)
    start = time.perf_counter()
    found = tuple(find_blurs(pixels, settings=settings, workers=settings.workers, control=Control()))
    seconds = time.perf_counter() - start
    best, overlap = None, 0.0
    if record.kind == "blur":
        truth = load_masks(folder, record)[0]
        for one in found:
            common = float((one.region & truth).sum() / (one.region | truth).sum())
            if common > overlap:
                best, overlap = one, common
    return Judged(record, found, best, overlap, seconds)


def describe_method(method: str, pictures: list[Judged]) -> str:
    """One line on the pictures that were blurred by one method."""
    hits = [one for one in pictures if one.overlap > FOUND and one.best is not None]
    right = sum(one.best is not None and one.best.method == method for one in hits)
    errors = [
        abs(one.best.strength / one.record.blur_strength - 1)
        for one in hits
        if one.best is not None
        and one.best.method == method
        and one.best.strength
        and one.record.blur_strength
    ]
    flagged = sum(bool(one.found) for one in pictures)
    line = f"{method:<9} {len(pictures):>4} pictures: found {len(hits) / len(pictures):6.1%}, "
    line += f"flagged {flagged / len(pictures):6.1%}"
    if hits:
        line += (
            f", method right {right}/{len(hits)}, mean IoU {statistics.mean(one.overlap for one in hits):.3f}"
        )
    if errors:
        line += f", strength stated {len(errors)}/{len(hits)}, median error {statistics.median(errors):.1%}"
    return line


def describe_untouched(pictures: list[Judged]) -> str:
    """One line on the untouched pictures."""
    alarms = [one for one in pictures if one.found]
    line = f"untouched {len(pictures):>4} pictures: called blurred {len(alarms)} ({len(alarms) / len(pictures):.2%})"
    return line + "".join(f"\n    {one.record.tile}: {one.found[0].method}" for one in alarms)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="+", help="made by forgeries.py")
    parser.add_argument(
        "--false-alarm-rate", type=float, default=BLUR_SHARE * EvidenceSettings().false_alarm_rate
    )
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


@one_line_failures
def main() -> int:
    """Run the command line."""
    arguments = _arguments()
    cv2.setNumThreads(arguments.threads)
    settings = EvidenceSettings(false_alarm_rate=arguments.false_alarm_rate, workers=arguments.threads)
    for folder in arguments.folder:
        records = load_records(folder)
        judge(folder, records[0], settings)  # compiles the loops, so that no picture waits for it
        by_method: dict[str, list[Judged]] = defaultdict(list)
        for record in records:
            by_method[record.blur_method or ""].append(judge(folder, record, settings))
        print(f"{folder} ({records[0].degradation})")
        for method in sorted(by_method):
            pictures = by_method[method]
            print("  " + (describe_method(method, pictures) if method else describe_untouched(pictures)))
        seconds = sorted(one.seconds for pictures in by_method.values() for one in pictures)
        print(
            f"  seconds: median {statistics.median(seconds):.3f}, 95 % {seconds[int(0.95 * len(seconds))]:.3f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
