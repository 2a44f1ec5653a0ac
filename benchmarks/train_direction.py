r"""Learn the packaged network that tells a pasted region from the place it was taken from, from fold train alone.

Example:
    OMP_NUM_THREADS=1 python benchmarks/train_direction.py --rounds 2 --scenes 60 \
        --examples benchmarks/work/direction/train.npz --check benchmarks/work/direction/val.npz \
        --out src/geotamper/weights/direction.npz

Forges objects of the tiles without restrictions and of drawn scenes, outlines both regions as the searches do,
degrades some pictures, and fits the network to which region was pasted. With --check it also reports on fold val of
all collections.
"""

import argparse
import csv
import hashlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from _common.pairs import Base, Specimen, specimens
from _common.rim_fitting import Lesson, fit_model
from _common.specimens import scene_base
from _common.tiles import TILE_SIZE, Tile, data_folder, tile_objects, tile_pixels
from geotamper.atomic import atomic_path
from geotamper.errors import GeotamperError
from geotamper.evidence.direction import GridJudge, ResamplingJudge
from geotamper.evidence.planes import Planes
from geotamper.evidence.rims import Likeness, compare_wholes, rim_features

Arrays = dict[str, npt.NDArray[Any]]

DEGRADATIONS = ("none", "none", "none", "jpeg:90", "jpeg:75", "resize:0.9", "noise:3")
POINTS = 64
"""Points of each outline that are learned from."""


def chosen_tiles(data: Path, fold: str, sources: str) -> list[Tile]:
    """Tiles of a fold: of "all" collections, or only of "unrestricted" ones."""
    with (data / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["fold"] == fold]
    return [
        Tile(row["path"], row["mask"], row["instances"], row["source"], row["group"], row["fold"])
        for row in rows
        if sources == "all" or row["restricted"] == "no"
    ]


def bases(tiles: list[Tile], scenes: int) -> Iterator[tuple[int, Base]]:
    """All pictures, each with a number of its own; small tiles are enlarged as the builder does."""
    data = data_folder()
    for number, tile in enumerate(tiles):
        pixels = tile_pixels(data, tile)
        masks = [found.mask for found in tile_objects(data, tile)]
        if max(pixels.shape[:2]) < TILE_SIZE:
            size = (TILE_SIZE, TILE_SIZE)
            pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC), np.uint8)
            masks = [
                cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0 for mask in masks
            ]
        yield number, Base(tile.group, tile.source_name, pixels, tuple(masks))
    for number in range(scenes):
        scene = scene_base(number)
        yield 1_000_000 + number, Base(scene.group, "drawn", scene.pixels, scene.objects)


def measured(specimen: Specimen, grid: GridJudge) -> dict[str, Any] | None:
    """What is kept of a specimen: its features with the copy first, and what the other judges say."""
    planes = Planes.of(np.ascontiguousarray(specimen.pixels))
    pair = Likeness(specimen.regions, specimen.matrix)
    pair = pair if specimen.first_is_copy else pair.exchanged
    other = pair.exchanged
    rims = [rim_features(planes, one.regions[0], one.matrix) for one in (pair, other)]
    if rims[0] is None or rims[1] is None:
        return None
    resampling = 0.0
    if specimen.pair is not None:
        resampling = ResamplingJudge().judge(planes, specimen.pair).log_odds
    picked = [rim[np.linspace(0, len(rim) - 1, POINTS).astype(np.int64)] for rim in rims if rim is not None]
    return {
        "points": np.stack(picked).astype(np.float16),
        "counts": min(len(rims[0]), len(rims[1])),
        "wholes": compare_wholes(planes, pair),
        "resampling": resampling if specimen.first_is_copy else -resampling,
        "grid": grid.compare(planes, pair).log_odds,
        "group": specimen.group,
        "source": specimen.source_name,
        "edge": specimen.edge,
        "plain": specimen.plain,
        "exact": specimen.exact,
        "degradation": specimen.degradation,
        "area": pair.regions[0].area,
    }


def gather(fold: str, sources: str, options: argparse.Namespace) -> Arrays:
    """Measured specimens as named arrays."""
    tiles = chosen_tiles(data_folder(), fold, sources)
    grid, rows = GridJudge(), []
    scenes = options.scenes if fold == "train" else 0
    for number, base in bases(tiles, scenes):
        rng = np.random.default_rng([options.seed, number])
        for specimen in specimens(base, DEGRADATIONS, rng, options.rounds):
            row = measured(specimen, grid)
            if row is not None:
                rows.append(row)
    print(f"{len(rows)} pairs of fold {fold} after {time.process_time():.0f} s of CPU", flush=True)
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def lesson_of(arrays: Arrays) -> Lesson:
    """What the network learns from: pairs that the earlier judges leave open are the ones it is asked about."""
    return Lesson(arrays["points"], arrays["wholes"], arrays["counts"], arrays["group"])


def report(title: str, arrays: Arrays, odds: npt.NDArray[np.float64]) -> None:
    """Print how often each judge and all together take the copy for the source."""
    together = np.where(arrays["resampling"] != 0, arrays["resampling"], arrays["grid"])
    together = np.where(together != 0, together, odds)
    old = np.where(arrays["resampling"] != 0, arrays["resampling"], arrays["wholes"][:, 0])
    degraded = np.where(arrays["degradation"] == "none", "lossless", arrays["degradation"])
    print(f"{title}: pairs, exchanged by kinks, by the network, by all judges in turn")
    for how in np.unique(degraded):
        for edge in np.unique(arrays["edge"]):
            for plain in (True, False):
                part = (degraded == how) & (arrays["edge"] == edge) & (arrays["plain"] == plain)
                if part.any():
                    shares = [float(np.mean(values[part] <= 0)) for values in (old, odds, together)]
                    name = f"{how} {edge} {'plain' if plain else 'turned or scaled'}"
                    print(f"  {name:<34} {part.sum():5d}  {shares[0]:.3f}  {shares[1]:.3f}  {shares[2]:.3f}")
    shares = [float(np.mean(values <= 0)) for values in (old, odds, together)]
    print(f"  {'all':<34} {len(odds):5d}  {shares[0]:.3f}  {shares[1]:.3f}  {shares[2]:.3f}")
    _report_calibration(odds)


def _report_calibration(odds: npt.NDArray[np.float64]) -> None:
    stated = 1.0 / (1.0 + np.exp(-np.abs(odds)))
    for low, high in ((0.5, 0.7), (0.7, 0.9), (0.9, 0.97), (0.97, 1.0)):
        part = (stated >= low) & (stated <= high)
        if part.any():
            right = float(np.mean(odds[part] > 0))
            print(
                f"  stated {low:.2f} to {high:.2f}: {part.sum():5d} pairs, mean {stated[part].mean():.3f}, right {right:.3f}"
            )


def _kept(path: Path | None, fold: str, sources: str, options: argparse.Namespace) -> Arrays:
    if path is not None and path.is_file():
        with np.load(path, allow_pickle=False) as content:
            return {name: content[name] for name in content.files}
    arrays = gather(fold, sources, options)
    if path is not None:
        _save(path, arrays)
    return arrays


def _save(path: Path, arrays: Arrays) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as place, place.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sources", choices=("unrestricted", "all"), default="unrestricted")
    parser.add_argument("--scenes", type=int, default=60, help="number of drawn scenes")
    parser.add_argument("--rounds", type=int, default=2, help="forgeries of each kind of edge in a picture")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", type=Path, help="keeps the measured pairs; read if it exists")
    parser.add_argument("--check", type=Path, help="the same for fold val, of all collections")
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def main() -> int:
    """Run the command line."""
    options = _arguments()
    cv2.setNumThreads(1)
    try:
        arrays = _kept(options.examples, "train", options.sources, options)
        lesson = lesson_of(arrays)
        model, held_out = fit_model(lesson, options.seed)
        report("fold train, cross-validated", arrays, held_out)
        if options.check is not None:
            checked = _kept(options.check, "val", "all", options)
            report("fold val", checked, model.odds(lesson_of(checked)))
        _save(options.out, model.arrays())
    except GeotamperError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.out}: sha256 {hashlib.sha256(options.out.read_bytes()).hexdigest()}")
    print(f"{time.process_time():.0f} s of CPU")
    return 0


if __name__ == "__main__":
    sys.exit(main())
