r"""Learn the packaged weights that tell blurred regions from smooth ones, from fold train alone.

Example:
    OMP_NUM_THREADS=1 python benchmarks/train_blur.py --sources unrestricted --scenes 100 --rounds 4 \
        --out src/geotamper/weights/blur.npz

Needs scikit-learn (extra "fit"); using the weights does not.
"""

import argparse
import csv
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from _common.specimens import Base, Specimen, scene_base, specimens, tile_base
from _common.tiles import Tile, data_folder
from geotamper.atomic import atomic_path
from geotamper.evidence.blur.measurements import NAMES
from geotamper.evidence.blur.model import COUPLINGS
from geotamper.evidence.blur.mosaic import find_mosaics, measure_mosaic
from geotamper.evidence.blur.proposals import Proposal
from geotamper.evidence.blur.search import Tables, collect
from geotamper.evidence.blur.traces import (
    PAINTED_CELLS,
    SMOOTH_CELLS,
    TraceCodes,
    coupling,
    smooth_histogram,
)

Floats = npt.NDArray[np.float64]
BoolMask = npt.NDArray[np.bool_]

RATES = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
TREE_OPTIONS: dict[str, Any] = {
    "learning_rate": 0.06,
    "max_iter": 160,
    "max_leaf_nodes": 12,
    "min_samples_leaf": 30,
    "l2_regularization": 5.0,
    "early_stopping": False,
}


@dataclass(frozen=True)
class Plan:
    """What to learn from.

    Attributes:
        tiles: Tiles of fold train.
        scenes: Number of drawn scenes.
        rounds: Variants of each, see `specimens`.
        seed: Of all chance.
    """

    tiles: tuple[Tile, ...]
    scenes: int
    rounds: int
    seed: int

    def bases(self) -> Iterator[tuple[int, Base]]:
        """All pictures, each with a number of its own."""
        for number, tile in enumerate(self.tiles):
            yield number, tile_base(tile)
        for number in range(self.scenes):
            yield 1_000_000 + number, scene_base(number)

    def specimens(self) -> Iterator[Specimen]:
        """All variants, the same at every call."""
        for number, base in self.bases():
            yield from specimens(base, np.random.default_rng([self.seed, number]), self.rounds)


def training_tiles(data: Path, *, sources: str) -> tuple[Tile, ...]:
    """Tiles of fold train: "all", or only those of "unrestricted" sources."""
    with (data / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["fold"] == "train"]
    return tuple(
        Tile(row["path"], row["mask"], row["instances"], row["source"], row["group"], row["fold"])
        for row in rows
        if sources == "all" or row["restricted"] == "no"
    )


def learn_tables(plan: Plan) -> tuple[dict[str, npt.NDArray[np.float32]], dict[str, npt.NDArray[np.float32]]]:
    """Tables of weights: how much more often each cell occurs inside blurred regions than elsewhere."""
    import cv2

    box = np.ones((3, 3), np.uint8)
    sizes = {"smooth": SMOOTH_CELLS, "painted": PAINTED_CELLS}
    counts = {(name, kind, side): np.zeros(size) for name, size in sizes.items() for kind in COUPLINGS for side in "io"}

    def add(name: str, kind: str, side: str, codes: npt.NDArray[np.int16], where: BoolMask) -> None:
        chosen = codes[where]
        chosen = chosen[chosen >= 0]
        if len(chosen) >= 50:
            counts[name, kind, side] += np.bincount(chosen, minlength=sizes[name]) / len(chosen)

    for specimen in plan.specimens():
        if specimen.method == "mosaic":
            continue
        codes = TraceCodes.of(specimen.pixels)
        kind = coupling(smooth_histogram(codes))
        # Resizing makes rounding independent but leaves the rest: the trees, not the tables, must know that.
        if kind in ("tight", "coupled") and (specimen.resized or "noise" in specimen.degradation):
            continue
        if specimen.region is None:
            outside = np.ones(codes.smooth.shape, np.bool_)
        else:
            mask = specimen.region.astype(np.uint8)
            outside = cv2.dilate(mask, box) == 0
            inside = cv2.erode(mask, box) > 0
            name = "smooth" if specimen.method == "gaussian" else "painted"
            add(name, kind, "i", codes.smooth if name == "smooth" else codes.painted, inside)
        add("smooth", kind, "o", codes.smooth, outside)
        add("painted", kind, "o", codes.painted, outside)

    def table(name: str, kind: str) -> npt.NDArray[np.float32]:
        inside, outside = counts[name, kind, "i"], counts[name, kind, "o"]
        floor = 2e-5
        ratio = (inside / max(1e-9, inside.sum()) + floor) / (outside / max(1e-9, outside.sum()) + floor)
        return np.log(ratio).astype(np.float32)

    smooth = {kind: table("smooth", kind) for kind in COUPLINGS}
    return smooth, {kind: table("painted", kind) for kind in COUPLINGS}


@dataclass
class Examples:
    """Measured regions of all specimens.

    Attributes:
        rows: Measurements.
        overlap: IoU of each region with the blurred one.
        touching: Share of each region that lies in the blurred one.
        picture: Number of the specimen.
        methods: By specimen, what was done; "" for an untouched one.
        degradations: By specimen.
        groups: By specimen.
    """

    rows: list[Floats] = field(default_factory=list)
    overlap: list[float] = field(default_factory=list)
    touching: list[float] = field(default_factory=list)
    picture: list[int] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    degradations: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)

    def open(self, specimen: Specimen) -> None:
        """Begin the next specimen."""
        self.methods.append(specimen.method or "")
        self.degradations.append(specimen.degradation)
        self.groups.append(specimen.group)

    def add(self, row: Floats, region: BoolMask, window: tuple[slice, slice], truth: BoolMask | None) -> None:
        """Add a region of the specimen opened last."""
        common = 0 if truth is None else int((truth[window] & region).sum())
        union = int(region.sum()) + (0 if truth is None else int(truth.sum())) - common
        self.rows.append(row)
        self.overlap.append(common / union)
        self.touching.append(common / int(region.sum()))
        self.picture.append(len(self.methods) - 1)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All as arrays."""
        return {name: np.array(value) for name, value in vars(self).items()}


def measure_all(plan: Plan, tables: tuple[Tables, Tables]) -> tuple[Examples, Examples]:
    """Regions of Gaussian or oil kind, and mosaics, of all specimens."""
    regions, mosaics = Examples(), Examples()
    for specimen in plan.specimens():
        regions.open(specimen)
        mosaics.open(specimen)
        found = find_mosaics(specimen.pixels)
        for one in found:
            mosaics.add(measure_mosaic(one, found), one.region, one.window, specimen.region)
        if specimen.method == "mosaic":
            continue
        for candidate in collect(specimen.pixels, tables):
            proposal: Proposal = candidate.proposal
            regions.add(candidate.row, proposal.region, proposal.window, specimen.region)
    return regions, mosaics
