r"""A folder of pictures through `geotamper inspect`: killed in the middle, gone on with, and undisturbed.

Draws small scenes, every second one with a copied disc, and compares the tables of both ways; all but the columns of
time has to be equal.

Examples:
    python benchmarks/resume_folder.py benchmarks/work/folder
    python benchmarks/resume_folder.py benchmarks/work/folder --pictures 40 --jobs 4 --engine ray
    python benchmarks/resume_folder.py benchmarks/work/folder --detector orb
"""

import argparse
import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, get_args

import numpy as np
from PIL import Image

from _common.failures import one_line_failures
from _common.machine import describe_machine
from geotamper.atomic import atomic_path
from geotamper.errors import InputError
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.scenes import SceneKind, draw_scene

_RADIUS = 20
_SOURCE, _TARGET = (38.0, 38.0), (90.0, 90.0)


@one_line_failures
def main() -> int:
    """Entry of the script."""
    options = _parser().parse_args()
    if (options.folder / "undisturbed").exists():
        raise InputError(f"'{options.folder}' holds such a measurement already; name a new folder")
    draw_pictures(options.folder / "pictures", options.pictures, options.seed)
    whole = _finish(options, "undisturbed")
    killed = _kill(options, "resumed", options.pictures // 2)
    resumed = _finish(options, "resumed")
    result = {
        "pictures": options.pictures,
        "jobs": options.jobs,
        "engine": options.engine,
        "detector": options.detector,
        "undisturbed": whole,
        "killed": killed,
        "resumed": resumed,
        "equal": table(options.folder, "undisturbed") == table(options.folder, "resumed"),
        "half_written": len(list((options.folder / "resumed").glob(".*"))),
        "machine": describe_machine(),
    }
    print(json.dumps(result, indent=1))
    return 0 if result["equal"] else 1


def draw_pictures(folder: Path, count: int, seed: int) -> None:
    """Draw scenes of 128 x 128 pixels; those with odd numbers are forged. What was drawn before stays."""
    kinds: tuple[SceneKind, ...] = get_args(SceneKind)
    rows, columns = np.mgrid[:128, :128]
    disc = (columns + 0.5 - _SOURCE[0]) ** 2 + (rows + 0.5 - _SOURCE[1]) ** 2 < _RADIUS**2
    for number in range(count):
        path = folder / f"{number:04d}.png"
        if path.exists():
            continue
        scene = draw_scene(kind=kinds[number % len(kinds)], size=128, seed=seed + number)
        pixels = scene.pixels
        if number % 2:
            rng = np.random.default_rng([seed, number])
            turned = CopyMoveParameters(
                rotation_deg=float(rng.uniform(-180, 180)), scale=1.1, placement=_TARGET
            )
            pixels = copy_move(pixels, disc, turned, rng=rng).pixels
        with atomic_path(path) as temporary:
            Image.fromarray(pixels).save(temporary)


def table(folder: Path, name: str) -> list[dict[str, str]]:
    """The table of a run without the columns that tell of time."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return [
            {key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(stream)
        ]


def _start(options: argparse.Namespace, name: str) -> "subprocess.Popen[str]":
    folder: Path = options.folder
    words = ["inspect", folder / "pictures", "--out", folder / name, "--csv", folder / f"{name}.csv"]
    words += ["--parquet", folder / f"{name}.parquet", "--jobs", options.jobs, "--engine", options.engine]
    words += ["--detector", options.detector]
    return subprocess.Popen(
        [sys.executable, "-m", "geotamper", *map(str, words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _finish(options: argparse.Namespace, name: str) -> dict[str, Any]:
    start = time.perf_counter()
    _, told = _start(options, name).communicate()
    return {"seconds": round(time.perf_counter() - start, 1), "told": told.splitlines()[-3:]}


def _kill(options: argparse.Namespace, name: str, after: int) -> dict[str, Any]:
    """Kill the whole run, which leaves no time to clean up, once some reports are there."""
    start = time.perf_counter()
    process = _start(options, name)
    while _reports(options, name) < after and process.poll() is None:
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return {"seconds": round(time.perf_counter() - start, 1), "reports": _reports(options, name)}


def _reports(options: argparse.Namespace, name: str) -> int:
    return len(list((options.folder / name).glob("[!.]*/report.json")))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="new folder for pictures and reports")
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--engine", default="local", choices=("local", "ray"))
    parser.add_argument("--detector", default="inspector")
    parser.add_argument("--seed", type=int, default=0)
    return parser


if __name__ == "__main__":
    sys.exit(main())
