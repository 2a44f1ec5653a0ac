r"""Pictures per second of the set builder, against merely encoding the same PNG files.

Scenes are drawn, a set is built from them with a number of processes, and then the files of the finished set are
decoded and encoded again, at the same compression level, by as many processes; decoding does not count. Both run
several times in turn, so that both meet the same machine. "build" is everything from the listing to the last list;
"make" leaves out screening and lists, which happen once per raw tile and once per set.

Examples:
    python benchmarks/set_builder.py --images 48 --json benchmarks/work/results/set_builder.json
    python benchmarks/set_builder.py --preset real-rscm --images 24 --source imagery/
"""

import argparse
import importlib
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import get_args

import numpy as np
import numpy.typing as npt
from PIL import Image

from _common.failures import one_line_failures
from _common.machine import describe_machine
from geotamper.atomic import write_text
from geotamper.control import Control
from geotamper.processes.engines import LocalProcesses, prepare_process
from geotamper.scenes.composition import draw_scene
from geotamper.scenes.result import SceneKind
from geotamper.sets.building import PRESETS, BuildSettings, build_set
from geotamper.sets.layout.names import ROLES
from geotamper.sets.layout.png import COMPRESSION_LEVEL, encode_png
from geotamper.sets.sources import RawSource, open_source

TARGET = 1.6
"""Largest ratio of the time of building to that of encoding."""


@dataclass
class Stages:
    """Notes when the first and the last picture are made.

    Attributes:
        start: When the work began.
        moments: Seconds since then, by the first word of the stage.
    """

    start: float = field(default_factory=time.perf_counter)
    moments: dict[str, list[float]] = field(default_factory=dict)

    def note(self, fraction: float, stage: str) -> None:
        """Take a progress report."""
        del fraction
        self.moments.setdefault(stage.split(maxsplit=1)[0], []).append(time.perf_counter() - self.start)

    @property
    def making(self) -> float:
        """Seconds between the last survey of a tile and the last picture."""
        return self.moments["picture"][-1] - self.moments["screening"][-1]


@one_line_failures
def main() -> int:
    """Entry of the script."""
    options = _parser().parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        result = measure(options, Path(scratch))
    text = json.dumps(result, indent=1)
    if options.json:
        write_text(options.json, text + "\n")
    print(text)
    return 0


def measure(options: argparse.Namespace, scratch: Path) -> dict[str, object]:
    """Build and encode in turn, and compare the medians."""
    root = options.source or _draw(scratch / "scenes", options.scenes)
    settings = BuildSettings(options.preset, images=options.images, seed=1)
    rows = []
    for turn in range(options.turns):
        source = open_source(root)
        out = scratch / f"set{turn}"
        build, making, count = _time_build(source, out, settings, options.jobs)
        encode, files = _time_encoding(out, options.jobs)
        rows.append({"build": build, "make": making, "encode": encode})
        print(f"turn {turn + 1}: {rows[-1]}", file=sys.stderr)
    times = {name: median(row[name] for row in rows) for name in ("build", "make", "encode")}
    return {
        "schema": "geotamper.set_builder/1",
        "machine": describe_machine(),
        "preset": options.preset,
        "processes": options.jobs,
        "pictures": count,
        "files": files,
        "compression_level": COMPRESSION_LEVEL,
        "seconds": rows,
        "pictures_per_second": {name: round(count / seconds, 2) for name, seconds in times.items()},
        "ratio_build": round(median(row["build"] / row["encode"] for row in rows), 3),
        "ratio_make": round(median(row["make"] / row["encode"] for row in rows), 3),
        "target": TARGET,
    }


def _time_build(source: RawSource, out: Path, settings: BuildSettings, jobs: int) -> tuple[float, float, int]:
    """Seconds of the whole build and of making the pictures, and their number; processes are started before."""
    with LocalProcesses(jobs) as engine:
        list(engine.run(_warm, list(range(4 * jobs))))
        stages = Stages()
        report = build_set(source, out, settings, engine=engine, control=Control(on_progress=stages.note))
        seconds = time.perf_counter() - stages.start
    return seconds, stages.making, len(report.sidecar.pictures)


def _time_encoding(root: Path, jobs: int) -> tuple[float, int]:
    """Seconds to encode all PNG files of a set from pixels in memory, and their number."""
    paths = [path for role in ROLES for path in sorted((root / role).iterdir())]
    parts = [paths[place::jobs] for place in range(jobs)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=prepare_process) as pool:
        list(pool.map(_warm, range(4 * jobs)))
        seconds = list(pool.map(_encode, parts))
    return max(seconds), len(paths)


def _encode(paths: Sequence[Path]) -> float:
    """Seconds to encode some files; decoding them first does not count."""
    spent = 0.0
    for path in paths:
        with Image.open(path) as picture:
            pixels: npt.NDArray[np.uint8] = np.asarray(picture)
        start = time.perf_counter()
        encode_png(pixels)
        spent += time.perf_counter() - start
    return spent


def _warm(number: int) -> int:
    """Load the libraries; starting a process is not what is measured."""
    for name in ("PIL.Image", "rasterio", "geotamper.sets.building.making"):
        importlib.import_module(name)
    encode_png(np.zeros((64, 64, 3), dtype=np.uint8))
    time.sleep(0.05)  # so that every process gets one
    return number


def _draw(root: Path, count: int) -> Path:
    """Drawn scenes in the layout of the reader `masks`."""
    kinds = get_args(SceneKind)
    for folder in ("images", "masks", "instances"):
        (root / folder).mkdir(parents=True)
    for seed in range(count):
        scene = draw_scene(kind=kinds[seed % len(kinds)], seed=seed)
        Image.fromarray(scene.pixels).save(root / f"images/{seed}.png")
        Image.fromarray(scene.labels).save(root / f"masks/{seed}.png")
        Image.fromarray(scene.instances.astype(np.uint16)).save(root / f"instances/{seed}.png")
    return root


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--preset", choices=sorted(PRESETS), default="rs-cmqa")
    parser.add_argument("--images", type=int, default=48, help="pictures of the set")
    parser.add_argument("--scenes", type=int, default=20, help="drawn scenes, where no source is given")
    parser.add_argument("--source", type=Path, help="raw imagery instead of drawn scenes")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--turns", type=int, default=3, help="times that both are measured")
    parser.add_argument("--json", type=Path, help="write the result here too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
