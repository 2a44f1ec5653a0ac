r"""Time and memory of one inspection, with all answers, and where the time goes.

Everything is measured in this process after one inspection that is not counted, so that loading and compiling
are left out. Wall time only means something on an idle machine; processor time of all threads and of the calling thread
alone do on any: with two processors an inspection takes at least half of the former and at least the latter.

Examples:
    python benchmarks/time_inspector.py benchmarks/work/test-bank
    python benchmarks/time_inspector.py benchmarks/work/test-bank --pictures 40 --json out.json
    python benchmarks/time_inspector.py benchmarks/work/test-bank --large 4096
"""

import argparse
import cProfile
import json
import pstats
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import geotamper
from _common.failures import one_line_failures
from _common.machine import describe_machine, peak_memory_mb
from _common.records import Record, load_picture, load_records
from geotamper.atomic import write_text
from geotamper.evidence.search import find_evidence
from geotamper.evidence.settings import EvidenceSettings

Pixels = npt.NDArray[np.uint8]

STAGES = {
    "planes": ("planes.py", "of"),
    "repeated blocks": ("repeats.py", "propose"),
    "keypoints": ("keypoints.py", "propose"),
    "small discs": ("dense.py", "propose"),
    "gates": ("registration.py", "passed"),
    "registration": ("registration.py", "register"),
    "growing": ("growing.py", "grow"),
    "verification": ("verification.py", "verify"),
    "inexact copies": ("verdicts.py", "run"),
    "blurred regions": ("search.py", "find_blurs"),
}
"""Stages of the search by the file and function in which they are spent, subcalls included."""


@one_line_failures
def main() -> int:
    """Entry of the script."""
    options = _parser().parse_args()
    result = _large(options) if options.large else _timed(options)
    result["machine"] = describe_machine()
    print(json.dumps(result, indent=1))
    if options.json:
        write_text(options.json, json.dumps(result, indent=1) + "\n")
    return 0


def _timed(options: argparse.Namespace) -> dict[str, Any]:
    records = load_records(options.set)
    forged = [r for r in records if r.is_forged][: options.pictures]
    untouched = [r for r in records if not r.is_forged][: options.pictures]
    geotamper.inspect(load_picture(options.set, records[0]))
    result: dict[str, Any] = {"schema": "geotamper.timing/1", "set": options.set.name}
    result["forged"] = _seconds(options.set, forged)
    result["untouched"] = _seconds(options.set, untouched)
    result["peak_memory_mb"] = round(peak_memory_mb())
    result["stages_of_untouched"] = _stages(options.set, untouched[:10])
    return result


def _seconds(folder: Path, records: Sequence[Record]) -> dict[str, Any]:
    """Wall and processor seconds of each inspection: shared machines make the first jump."""
    wall, processor, calling = [], [], []
    for record in records:
        pixels = load_picture(folder, record)
        wall_start, processor_start = time.perf_counter(), time.process_time()
        calling_start = time.thread_time()
        geotamper.inspect(pixels)
        calling.append(time.thread_time() - calling_start)
        wall.append(time.perf_counter() - wall_start)
        processor.append(time.process_time() - processor_start)
    if not wall:
        return {"pictures": 0}
    return {
        "pictures": len(wall),
        "median": round(float(np.median(wall)), 3),
        "percentile_90": round(float(np.percentile(wall, 90)), 3),
        "processor_median": round(float(np.median(processor)), 3),
        "calling_thread_median": round(float(np.median(calling)), 3),
    }


def _stages(folder: Path, records: Sequence[Record]) -> dict[str, float]:
    """Mean processor seconds in each stage with one thread; the profiler slows the interpreted parts down a little."""
    profile = cProfile.Profile(time.thread_time)
    for record in records:
        pixels = load_picture(folder, record)
        profile.enable()
        find_evidence(pixels, settings=EvidenceSettings(workers=1))
        profile.disable()
    spent = dict.fromkeys(STAGES, 0.0)
    table: dict[tuple[str, int, str], tuple[int, int, float, float, object]] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    for (file, _, function), (_, _, _, cumulative, _) in table.items():
        for stage, (name, wanted) in STAGES.items():
            if Path(file).name == name and function == wanted:
                spent[stage] += cumulative / max(1, len(records))
    return {stage: round(seconds, 3) for stage, seconds in spent.items()}


def _large(options: argparse.Namespace) -> dict[str, Any]:
    """One mosaic of untouched tiles with `--large` pixels on each side."""
    records = [r for r in load_records(options.set) if not r.is_forged]
    side = -(-options.large // 512)
    tiles = [load_picture(options.set, records[i % len(records)]) for i in range(side * side)]
    # tiles that come twice get a gain of their own: an exact repetition would rightly be found
    rng = np.random.default_rng(0)
    varied = [np.clip(t * rng.uniform(0.8, 1.0) + rng.normal(0, 1, t.shape), 0, 255) for t in tiles]
    rows = [np.concatenate(varied[i * side : (i + 1) * side], axis=1) for i in range(side)]
    picture = np.concatenate(rows).astype(np.uint8)[: options.large, : options.large]
    del tiles, varied, rows
    before = peak_memory_mb()
    start = time.perf_counter()
    report = geotamper.inspect(np.ascontiguousarray(picture))
    return {
        "schema": "geotamper.timing/1",
        "side": options.large,
        "seconds": round(time.perf_counter() - start, 1),
        "peak_memory_mb": round(peak_memory_mb()),
        "peak_memory_before_mb": round(before),
        "findings": len(report.findings),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("set", type=Path, help="folder made by forgeries.py")
    parser.add_argument("--pictures", type=int, default=20, help="forged and untouched pictures each")
    parser.add_argument("--large", type=int, default=0, help="inspect one mosaic of this side instead")
    parser.add_argument("--json", type=Path, help="write the result here too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
