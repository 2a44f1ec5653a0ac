r"""Say at which step of the search each missed copy was lost.

Example:
    python benchmarks/evaluate_inspector.py benchmarks/work/test-jpeg75
    python benchmarks/explain_misses.py benchmarks/work/test-jpeg75

Reads failures.jsonl of the last measurement of the set, runs the steps again for each missed copy and compares what
they yield with the truth. Writes misses.json beside it.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from _common.failures import one_line_failures
from _common.machine import ROOT, available_cores, describe_machine
from _common.records import Record, load_masks, load_picture, load_records
from _common.tables import markdown
from _common.traits import area_bin
from geotamper.atomic import write_text
from geotamper.control import Control
from geotamper.errors import InputError
from geotamper.evidence.copies import CopySearch
from geotamper.evidence.hypotheses import CandidatePool, Hypotheses
from geotamper.evidence.lookalikes.search import CandidateSearch
from geotamper.evidence.lookalikes.settling import Proposal
from geotamper.evidence.lookalikes.views import Views
from geotamper.evidence.planes import Planes

BoolMask = npt.NDArray[np.bool_]
Matrix = npt.NDArray[np.float64]

NEAR = 1.5
"""Pixels within which a guess, once refined, leads to the true place."""

ALIKE = 0.1
"""Relative error of scale and rotation of such a guess."""

TOUCHING = 0.05
"""IoU from which a region was grown at the true place, however badly."""

CAUSES = (
    "no guess leads from one region to the other",
    "guesses do, but none is refined to the true place",
    "a refined guess does, but its rank is too low to be tried",
    "a region was grown, but its outline is wrong",
    "the regions are right, but they were not accepted",
)
"""From the first step of the search for inexact copies to the last."""


@dataclass(frozen=True)
class Truth:
    """What was done to a picture.

    Attributes:
        source: The copied region.
        target: The pasted region.
        matrix: From source to target, index coordinates.
    """

    source: BoolMask
    target: BoolMask
    matrix: Matrix

    def right(self, guesses: Hypotheses, *, near: float, alike: float) -> BoolMask:
        """Which guesses lead from one region to the true place in the other."""
        height, width = self.source.shape
        x, y = guesses.centres.T
        inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        columns, rows = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
        found = np.zeros(len(guesses), np.bool_)
        back = np.asarray(cv2.invertAffineTransform(self.matrix), np.float64)
        for matrix, mask in ((back, self.target), (self.matrix, self.source)):
            wide = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
            place = guesses.centres @ matrix[:, :2].T + matrix[:, 2]
            far = np.hypot(*(guesses.poses[:, 2:] - place).T)
            turn = (guesses.poses[:, 0] + 1j * guesses.poses[:, 1]) / complex(matrix[0, 0], matrix[0, 1])
            found |= inside & wide[rows, columns] & (far < near) & (np.abs(turn - 1) < alike)
        return found


def cause_of(pixels: npt.NDArray[np.uint8], truth: Truth) -> str:
    """Where the search for inexact copies lost a copy, one of `CAUSES`."""
    search, workers = CandidateSearch(), available_cores()
    pool = CandidatePool(Planes.of(pixels), workers=workers, control=Control())
    candidates = search.run(pool, workers=workers, control=Control())
    overlaps = [
        _overlap(truth, one.grown.region.full(truth.source.shape), one.image.full(truth.source.shape))
        for one in candidates
    ]
    if max(overlaps, default=0.0) > 0.5:
        return CAUSES[4]
    raw = [pool.of(origin.source) for origin in search.origins]
    if not any(truth.right(guesses, near=5.0, alike=0.35).any() for guesses in raw):
        return CAUSES[0]
    proposals = [
        Proposal(guesses, origin.radius) for guesses, origin in zip(raw, search.origins, strict=True)
    ]
    ranked = search.ranked(Views.of(pool.planes), proposals, workers)
    right = truth.right(ranked.hypotheses, near=NEAR, alike=ALIKE)
    if not right.any():
        return CAUSES[1]
    return CAUSES[3] if max(overlaps, default=0.0) > TOUCHING else CAUSES[2]


def is_exact_candidate(pixels: npt.NDArray[np.uint8], truth: Truth) -> bool:
    """Whether a disc of the search for exact copies lies on the true place and is exact enough to be tried."""
    search, workers = CopySearch(), available_cores()
    pool = CandidatePool(Planes.of(pixels), workers=workers, control=Control())
    for stage in search.stages:
        found = search.registered(pool, stage, workers=workers, control=Control())
        right = truth.right(found.hypotheses, near=NEAR, alike=ALIKE)
        if (right & (found.exactness >= search.seed_exactness)).any():
            return True
    return False


def _overlap(truth: Truth, first: BoolMask, second: BoolMask) -> float:
    def iou(one: BoolMask, other: BoolMask) -> float:
        union = int(np.count_nonzero(one | other))
        return int(np.count_nonzero(one & other)) / union if union else 0.0

    straight = min(iou(first, truth.source), iou(second, truth.target))
    return max(straight, min(iou(first, truth.target), iou(second, truth.source)))


def _missed(folder: Path, results: Path) -> list[Record]:
    """The copies that the last measurement missed or found elsewhere.

    Raises:
        InputError: There is no measurement.
    """
    path = results / "failures.jsonl"
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except OSError as error:
        raise InputError(
            f"cannot read '{path}' ({error.strerror}); run evaluate_inspector.py first"
        ) from error
    lost = {
        line["id"]
        for line in lines
        if line["detector"] == "inspector" and line["failure"] in ("missed", "found elsewhere")
    }
    return [record for record in load_records(folder) if record.id in lost and record.matrix is not None]


def explain(folder: Path, records: Sequence[Record]) -> list[dict[str, object]]:
    """The cause of each miss, with what is known about the picture."""
    causes: list[dict[str, object]] = []
    for record in records:
        pixels = load_picture(folder, record)
        source, target = load_masks(folder, record)
        transform = record.transform
        assert transform is not None  # noqa: S101 - _missed takes copies alone
        truth = Truth(source, target, transform.index_matrix)
        causes.append(
            {
                "id": record.id,
                "class": record.object_class,
                "area": area_bin(min(record.source_area, record.target_area)),
                "cause": cause_of(pixels, truth),
                "exact disc": is_exact_candidate(pixels, truth),
            }
        )
        print(causes[-1], file=sys.stderr)
    return causes


@one_line_failures
def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="a set that evaluate_inspector.py has measured")
    options = parser.parse_args()
    cv2.setNumThreads(available_cores())
    results = ROOT / "benchmarks" / "work" / "results" / options.folder.name
    causes = explain(options.folder, _missed(options.folder, results))
    content = {
        "schema": "geotamper.misses/1",
        "set": options.folder.name,
        "machine": describe_machine(),
        "misses": causes,
    }
    write_text(results / "misses.json", json.dumps(content, indent=2) + "\n")
    print(table(causes))
    return 0


def table(causes: Sequence[dict[str, object]]) -> str:
    """Misses by cause, with the classes they belong to."""
    rows = []
    for cause in CAUSES:
        part = [entry for entry in causes if entry["cause"] == cause]
        classes = Counter(str(entry["class"]) for entry in part)
        small = sum(entry["area"] in ("below 600 px", "600 to 1500 px") for entry in part)
        listed = ", ".join(f"{name} {count}" for name, count in classes.most_common())
        rows.append([cause, str(len(part)), listed or "-", str(small)])
    return markdown(["lost because", "misses", "classes", "smaller region below 1500 px"], rows)


if __name__ == "__main__":
    sys.exit(main())
