"""Measure the inspector on a set made by forgeries.py, and print tables.

Example:
    python benchmarks/evaluate_inspector.py benchmarks/work/test-bank --baseline sift

Writes results.json (all numbers, the machine, the commit), failures.jsonl and, with --sheets, contact sheets
of the failures into benchmarks/work/results/<name of the set>, or the folder given with --out.
"""

import argparse
import dataclasses
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _common.failures import one_line_failures
from _common.machine import ROOT, describe_machine
from _common.records import RECORDS, Record, load_masks, load_picture, load_records
from _common.running import Measured, Run, detect, run_detector
from _common.scoring import score
from _common.sheets import Tile, write_sheets
from _common.tables import overall_table, split_table
from geotamper.atomic import write_text
from geotamper.errors import InputError
from geotamper.metrics import RegionPair


@one_line_failures
def main() -> int:
    """Run the measurement; 1 when it cannot be made."""
    options = _parser().parse_args()
    evaluate(options)
    return 0


def evaluate(options: argparse.Namespace) -> None:
    """Measure, print and write.

    Raises:
        InputError: The set is missing or empty.
        OutputError: The results cannot be written.
    """
    folder: Path = options.folder
    out: Path = options.out or ROOT / "benchmarks" / "work" / "results" / folder.name
    records = load_records(folder)[: options.limit]
    if not records:
        raise InputError(f"the set in '{folder}' is empty; make one with benchmarks/forgeries.py")
    machine = describe_machine()  # before the measurement: the commit that is measured, not a later one
    runs = [Run(folder, name, options.workers) for name in ("inspector", *options.baseline)]
    measured = {run.detector: _measure_all(run, records) for run in runs}
    scores = {
        name: score([m.outcome for m in results], max(m.peak_memory_mb for m in results))
        for name, results in measured.items()
    }
    content = {
        "schema": "geotamper.benchmark/1",
        "command": sys.argv,
        "set": _describe_set(folder, records),
        "machine": machine | {"processes": options.workers, "threads_per_picture": runs[0].threads},
        "detectors": scores,
    }
    write_text(out / "results.json", json.dumps(content, indent=2) + "\n")
    failures = [_failure_line(name, m) for name, results in measured.items() for m in results]
    write_text(out / "failures.jsonl", "".join(line for line in failures if line))
    _print_tables(scores, content)
    print(f"\nwritten: {out / 'results.json'}, {out / 'failures.jsonl'}")
    if options.sheets:
        for page in _write_failure_sheets(runs[0], records, measured["inspector"], out):
            print(f"written: {page}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure the inspector on a set made by forgeries.py.")
    parser.add_argument("folder", type=Path, help="the set")
    parser.add_argument(
        "--workers",
        type=int,
        default=1,
        help="pictures at once; more than 1 makes the times those of a busy machine",
    )
    parser.add_argument(
        "--baseline", action="append", choices=["sift"], default=[], help="a reference to run beside it"
    )
    parser.add_argument("--out", type=Path, help="folder for the results")
    parser.add_argument("--limit", type=int, help="take the first N pictures only")
    parser.add_argument("--sheets", action="store_true", help="draw the inspector's failures")
    return parser


def _measure_all(run: Run, records: Sequence[Record]) -> list[Measured]:
    results = []
    for number, measured in enumerate(run_detector(run, records), start=1):
        results.append(measured)
        if sys.stderr.isatty() or number % 25 == 0:
            print(f"{run.detector}: {number} of {len(records)}", file=sys.stderr)
    return results


def _describe_set(folder: Path, records: Sequence[Record]) -> dict[str, object]:
    return {
        "folder": folder.name,
        "records_sha256": hashlib.sha256((folder / RECORDS).read_bytes()).hexdigest(),
        "forged": sum(record.is_forged for record in records),
        "untouched": sum(not record.is_forged for record in records),
        "groups": len({record.group for record in records}),
        "folds": sorted({record.fold for record in records}),
        "sizes": sorted({f"{record.width} x {record.height}" for record in records}),
    }


def _failure_line(detector: str, measured: Measured) -> str | None:
    outcome = measured.outcome
    if outcome.failure is None:
        return None
    content = {
        "detector": detector,
        "id": outcome.id,
        "failure": outcome.failure,
        "score": outcome.verdict.score,
        "localisation": dataclasses.asdict(outcome.localisation) if outcome.localisation else None,
        **outcome.traits,
    }
    return json.dumps(content) + "\n"


def _print_tables(scores: dict[str, dict[str, Any]], content: dict[str, Any]) -> None:
    machine = content["machine"]
    shown = {name: value for name, value in content["set"].items() if name != "sizes"}
    print("set: " + json.dumps(shown))
    print(
        f"machine: {machine['cpu']}, {machine['cores']} cores, {machine['processes']} process(es) of "
        f"{machine['threads_per_picture']} thread(s), commit {machine['commit']}"
        + (" with uncommitted changes" if machine["uncommitted_changes"] else "")
    )
    print("\n" + overall_table(scores))
    for trait, parts in scores["inspector"]["by"].items():
        if len(parts) > 1:
            print("\n" + split_table(scores, trait))


def _write_failure_sheets(
    run: Run, records: Sequence[Record], measured: Sequence[Measured], out: Path
) -> list[Path]:
    tiles = []
    for record, result in zip(records, measured, strict=True):
        if result.outcome.failure is None:
            continue
        pixels = load_picture(run.folder, record)
        truth = RegionPair(*load_masks(run.folder, record)) if record.is_forged else None
        title = f"{record.id}: {result.outcome.failure}"
        tiles.append(Tile(title, pixels, truth, detect(run, pixels).regions))
    return write_sheets(tiles, out / "failures")


if __name__ == "__main__":
    sys.exit(main())
