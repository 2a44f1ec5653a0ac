r"""Make a set of untouched pictures that repeat themselves: parking lots, roof arrays, crop rows, containers.

Example:
    python benchmarks/repetitive.py --folds val test --most 100 --out benchmarks/work/repetitive
    python benchmarks/evaluate_inspector.py benchmarks/work/repetitive

Tiles are ranked by how well parts of them agree with themselves a little further on, and the first ones are taken.
"""

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from _common.failures import one_line_failures
from _common.records import Record, picture_path, save_records, write_png
from _common.tiles import Tile, data_folder, record_of, tile_pixels, tiles_of_fold
from geotamper.forge.degradation import degrade_picture, parse_degradations

PART = 128
"""Side of the parts that are compared with themselves, pixels; they overlap by half."""

NEAREST = 10
FARTHEST = 64
"""Distances, in pixels, at which a part may repeat itself: nearer ones are mere smoothness."""

STRONGEST = 4
"""Parts whose mean says how repetitive a tile is."""


def repetitiveness(pixels: npt.NDArray[np.uint8]) -> float:
    """How much a picture repeats itself, 0 to 1.

    The largest normalised autocorrelation of the high-passed luma at `NEAREST` to `FARTHEST` pixels, less the
    smallest one on the way there, on average over the `STRONGEST` parts.

    Args:
        pixels: (H, W, 3) uint8 RGB.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    high = grey - cv2.GaussianBlur(grey, (0, 0), 6.0)
    tops, lefts = (range(0, side - PART + 1, PART // 2) for side in high.shape)
    found = [_peak(high[top : top + PART, left : left + PART]) for top in tops for left in lefts]
    return float(np.mean(sorted(found)[-STRONGEST:]))


def _peak(part: npt.NDArray[np.float32]) -> float:
    energy = float(np.mean(part**2))
    if energy < 4.0:  # empty or flat parts agree with themselves at any distance
        return 0.0
    size = 2 * PART
    spectrum = np.abs(np.fft.rfft2(part, (size, size))) ** 2
    lag = np.minimum(np.arange(size), size - np.arange(size))
    pairs = np.maximum((PART - lag)[:, None] * (PART - lag)[None], 1)
    correlation = np.fft.irfft2(spectrum, (size, size)) / pairs / energy
    down, across = np.mgrid[-FARTHEST : FARTHEST + 1, 0 : FARTHEST + 1]
    distance = np.hypot(down, across)
    wanted = (distance >= NEAREST) & (distance <= FARTHEST)
    down, across = down[wanted], across[wanted]
    # along a line or an edge the picture agrees with itself everywhere: a repeat has something else in between
    between = [
        correlation[np.rint(down * t).astype(int), np.rint(across * t).astype(int)] for t in (0.25, 0.5, 0.75)
    ]
    return float((correlation[down, across] - np.maximum(np.min(between, axis=0), 0.0)).max())


def choose(tiles: list[Tile], most: int) -> list[Tile]:
    """The most repetitive tiles, the first one most."""
    data = data_folder()
    score = [repetitiveness(tile_pixels(data, tile)) for tile in tiles]
    return [tiles[index] for index in np.argsort(score)[::-1][:most]]


def build(options: argparse.Namespace) -> list[Record]:
    """Make the set."""
    steps = parse_degradations(options.degrade)
    tiles = [tile for fold in options.folds for tile in tiles_of_fold(data_folder(), fold)]
    records = []
    for number, tile in enumerate(choose(tiles, options.most)):
        rng = np.random.default_rng([options.seed, number])
        pixels = degrade_picture(tile_pixels(data_folder(), tile), steps, rng=rng)
        record = record_of(tile, f"clean-{number:04d}", pixels, options.degrade)
        write_png(picture_path(options.out, record), pixels)
        records.append(record)
    save_records(options.out, records)
    return records


@one_line_failures
def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--folds", nargs="+", default=["val", "test"], choices=("train", "val", "test"))
    parser.add_argument("--most", type=int, default=100, help="number of pictures")
    parser.add_argument("--degrade", default="none", help="as for forgeries.py")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    records = build(options)
    print(f"{len(records)} repetitive pictures in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
