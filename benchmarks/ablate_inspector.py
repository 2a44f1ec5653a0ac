r"""Measure what each part of the search contributes: the same pictures with one part left out at a time.

Example:
    python benchmarks/ablate_inspector.py benchmarks/work/val-bank benchmarks/work/lookalikes/val-j75 --pictures 60

Takes the first forged pictures of each set. Writes ablation.json beside the machine's description, into
benchmarks/work/results or the folder given with --out.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2

from _common.machine import ROOT, available_cores, describe_machine
from _common.records import Record, load_masks, load_picture, load_records
from _common.running import detection_of
from geotamper.atomic import write_text
from geotamper.errors import GeotamperError
from geotamper.evidence.copies import CopySearch
from geotamper.evidence.lookalikes import LikenessSearch
from geotamper.evidence.lookalikes.search import CandidateSearch
from geotamper.evidence.search import SearchPlan, find_evidence
from geotamper.metrics import RegionPair, localise


def plans() -> Mapping[str, SearchPlan]:
    """The usual searches, and those that lack a part."""
    exact, candidates = CopySearch(), CandidateSearch()

    def without(name: str) -> CopySearch:
        return replace(exact, stages=tuple(stage for stage in exact.stages if stage.name != name))

    def one_sided() -> CopySearch:
        stages = [
            replace(stage, registration=replace(stage.registration, reversed_most=0))
            for stage in exact.stages
        ]
        return replace(exact, stages=tuple(stages))

    def inexact(**changes: object) -> SearchPlan:
        return SearchPlan(inexact=LikenessSearch(replace(candidates, **changes)))  # type: ignore[arg-type]

    return {
        "everything": SearchPlan(),
        "exact: without repeated blocks": SearchPlan(without("repeated blocks")),
        "exact: without keypoints": SearchPlan(without("keypoints")),
        "exact: without small discs": SearchPlan(without("small discs")),
        "exact: registered from one side only": SearchPlan(one_sided()),
        "exact: without seeds for unknown tools": SearchPlan(replace(exact, alike_seeds=0)),
        "without the search for inexact copies": inexact(origins=()),
        "inexact: keypoints alone": inexact(origins=candidates.origins[:1]),
        "inexact: small discs alone": inexact(origins=candidates.origins[1:]),
        "inexact: rank without rivals": inexact(uniqueness=0.0),
        "inexact: half the seeds": inexact(seeds=candidates.seeds // 2),
        "inexact: twice the seeds": inexact(seeds=candidates.seeds * 2),
    }


def measure(folder: Path, records: Sequence[Record], plan: SearchPlan) -> dict[str, object]:
    """Found, and seconds a picture, under one plan."""
    found, seconds = 0, []
    for record in records:
        pixels = load_picture(folder, record)
        start = time.perf_counter()
        evidence = find_evidence(pixels, plan=plan)
        seconds.append(time.perf_counter() - start)
        truth = RegionPair(*load_masks(folder, record))
        found += localise("copy-move", truth, detection_of(evidence, pixels.shape[:2]).regions).found
    return {"found": found, "pictures": len(records), "seconds": statistics.median(seconds)}


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("sets", type=Path, nargs="+", help="sets made by forgeries.py")
    parser.add_argument("--pictures", type=int, default=60, help="forged pictures of each set")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "work" / "results")
    options = parser.parse_args()
    cv2.setNumThreads(available_cores())
    machine = describe_machine()
    scores: dict[str, dict[str, dict[str, object]]] = {name: {} for name in plans()}
    try:
        for folder in options.sets:
            records = [record for record in load_records(folder) if record.is_forged][: options.pictures]
            find_evidence(load_picture(folder, records[0]))  # compiles
            for name, plan in plans().items():
                scores[name][folder.name] = measure(folder, records, plan)
                print(f"{folder.name}: {name}: {scores[name][folder.name]}", file=sys.stderr)
    except GeotamperError as error:
        print(error, file=sys.stderr)
        return 1
    content = {"schema": "geotamper.ablation/1", "command": sys.argv, "machine": machine, "scores": scores}
    write_text(options.out / "ablation.json", json.dumps(content, indent=2) + "\n")
    print(f"written: {options.out / 'ablation.json'}; benchmarks/tabulate_inspector.py makes a table of it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
