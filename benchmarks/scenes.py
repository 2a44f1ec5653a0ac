r"""Large scenes: whether a copy far from its source is found, and what time and memory it takes.

Scenes are patchworks of tiles of fold val, one of each group; every tile has its own gain and noise. In forged ones an
object of the first tile is pasted, turned and scaled, into the last one. Each scene is written to a GeoTIFF and
inspected in a fresh process of its own with a memory bound of 2 GB. Processor time of all threads is stated, which a
busy machine does not change much; on an idle machine with one core it is the time that passes.

Examples:
    python benchmarks/scenes.py far --seeds 4 --json far.json
    python benchmarks/scenes.py untouched --seeds 2 --json untouched.json
    python benchmarks/scenes.py areas --megapixels 1 4 16 64 256 --json areas.json
    python benchmarks/scenes.py sparse --json sparse.json
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geotamper
from _common.failures import one_line_failures
from _common.machine import describe_machine, peak_memory_mb
from _common.patchworks import Patchwork, write_patchwork
from _common.tables import markdown
from geotamper.atomic import write_text
from geotamper.imagery.region import Region

MEMORY = 2_000_000_000
FAR = Patchwork(columns=32, rows=2, seed=0)
"""16,384 x 1,024 pixels: source and copy lie 15,000 apart."""

SPARSE_FRAME = 55
"""Empty tiles around 8 x 8 filled ones: 60,416 pixels a side."""


@one_line_failures
def main() -> int:
    """Entry of the script."""
    options = _parser().parse_args()
    if options.task == "one":
        print(json.dumps(_inspected(options.file)))
        return 0
    rows = [_measured(work) for work in _works(options)]
    result = {
        "schema": "geotamper.scenes/1",
        "task": options.task,
        "rows": rows,
        "machine": describe_machine(),
    }
    print(table(rows))
    if options.json:
        write_text(options.json, json.dumps(result, indent=1) + "\n")
    return 0


def _works(options: argparse.Namespace) -> list[Patchwork]:
    if options.task == "areas":
        sides = [max(2, math.isqrt(round(area * 1e6)) // 512) for area in options.megapixels]
        return [Patchwork(side, side, seed=options.first_seed) for side in sides]
    if options.task == "sparse":
        return [Patchwork(8, 8, seed=options.first_seed, frame=SPARSE_FRAME)]
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    is_forged = options.task == "far"
    return [Patchwork(FAR.columns, FAR.rows, seed, is_forged=is_forged) for seed in seeds]


def _measured(work: Patchwork) -> dict[str, Any]:
    """Write a scene, inspect it in a process of its own, compare with the truth."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scene.tif"
        truth = write_patchwork(path, work)
        done = subprocess.run(
            [sys.executable, __file__, "one", str(path)], capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        sys.exit(done.stderr)
    row: dict[str, Any] = json.loads(done.stdout)
    row |= {
        "seed": work.seed,
        "forged": work.is_forged,
        "megapixels": work.columns * work.rows * 512**2 / 1e6,
    }
    row["found"], row["others"] = _compared(row.pop("findings"), truth)
    print(json.dumps(row), file=sys.stderr, flush=True)
    return row


def _inspected(path: Path) -> dict[str, Any]:
    """One inspection, in a process that has not inspected anything before but has compiled its loops."""
    wall, processor = time.perf_counter(), time.process_time()
    report = geotamper.inspect(path, max_memory=MEMORY)
    return {
        "seconds": round(time.perf_counter() - wall, 1),
        "processor_seconds": round(time.process_time() - processor, 1),
        "peak_memory_mb": round(peak_memory_mb()),
        "tampered": report.verdict.tampered,
        "score": report.verdict.score,
        "findings": [entry.model_dump(mode="json") for entry in report.findings],
        "width": report.image.width,
        "height": report.image.height,
    }


def _compared(
    findings: Sequence[dict[str, Any]], truth: dict[str, Any]
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """How well the forgery was found, and the findings that show something else."""
    found, others = None, []
    for entry in findings:
        if (
            truth
            and _is_same(entry["source"], truth["source"])
            and _is_same(entry["target"], truth["target"])
        ):
            turned = abs(entry["transform"]["rotation_deg"] - truth["rotation_deg"]) % 360
            found = {
                "rotation_error_deg": round(min(turned, 360 - turned), 4),
                "scale_error": round(abs(entry["transform"]["scale"] / truth["scale"] - 1), 6),
                "confidence": entry["confidence"],
                "object_pixels": truth["source"].area,
            }
        elif (
            truth
            and _is_same(entry["source"], truth["target"])
            and _is_same(entry["target"], truth["source"])
        ):
            found = {
                "exchanged": True,
                "confidence": entry["confidence"],
                "object_pixels": truth["source"].area,
            }
        else:
            others.append(entry)
    return found, others


def _is_same(entry: dict[str, Any], region: Region) -> bool:
    """Whether two regions have boxes that overlap by more than half (intersection over union)."""
    x0, y0, x1, y1 = entry["bbox"]
    w = region.window
    shared = max(0, min(x1, w.x1) - max(x0, w.x0)) * max(0, min(y1, w.y1) - max(y0, w.y0))
    union = (x1 - x0) * (y1 - y0) + (w.x1 - w.x0) * (w.y1 - w.y0) - shared
    return bool(shared > 0.5 * union)


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as Markdown."""
    header = ["size", "Mpx", "seed", "found", "other findings", "angle error", "scale error"]
    header += ["processor s", "s per Mpx", "Mpx per s and core", "peak MB"]
    lines = []
    for row in rows:
        found = row["found"] or {}
        seconds, area = row["processor_seconds"], row["megapixels"]
        lines.append(
            [
                f"{row['width']:,} x {row['height']:,}",
                f"{area:.1f}",
                str(row["seed"]),
                ("exchanged" if found.get("exchanged") else "yes" if found else "no")
                if row["forged"]
                else "-",
                str(len(row["others"])),
                f"{found['rotation_error_deg']:.3f}" if "rotation_error_deg" in found else "-",
                f"{found['scale_error']:.5f}" if "scale_error" in found else "-",
                f"{seconds:.0f}",
                f"{seconds / area:.2f}",
                f"{area / seconds:.2f}",
                f"{row['peak_memory_mb']:,}",
            ]
        )
    return markdown(header, lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", choices=["far", "untouched", "areas", "sparse", "one"])
    parser.add_argument("file", nargs="?", type=Path, help="with 'one': the file to inspect")
    parser.add_argument("--seeds", type=int, default=4, help="scenes of 'far' and 'untouched'")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[1, 4, 16, 64, 256])
    parser.add_argument("--json", type=Path, help="write the result here too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
