r"""Learn the packaged weights that tell blurred regions from smooth ones, from fold train alone.

Example:
    OMP_NUM_THREADS=1 python benchmarks/train_blur.py --sources unrestricted --scenes 100 --rounds 4 \
        --out src/geotamper/weights/blur.npz

Needs scikit-learn (extra "fit"); using the weights does not.
"""

import argparse
import csv
import hashlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from _common.blur_fitting import (
    RATES,
    alarm_cuts,
    fit_mosaics,
    fit_trees,
    held_out_mosaics,
    held_out_scores,
    picture_maxima,
    region_lesson,
    tree_arrays,
)
from _common.failures import one_line_failures
from _common.specimens import Base, Specimen, scene_base, specimens, tile_base
from _common.tiles import Tile, data_folder
from geotamper.atomic import atomic_path
from geotamper.evidence.blur.model import COUPLINGS
from geotamper.evidence.blur.mosaic import find_mosaics, measure_mosaic
from geotamper.evidence.blur.proposals import Proposal
from geotamper.evidence.blur.search import Tables, collect
from geotamper.evidence.blur.strength import energy_ratio
from geotamper.evidence.blur.traces import (
    PAINTED_CELLS,
    SMOOTH_CELLS,
    Coupling,
    TraceCodes,
    coupling,
    smooth_histogram,
)

Floats = npt.NDArray[np.float64]
BoolMask = npt.NDArray[np.bool_]
Arrays = dict[str, npt.NDArray[Any]]
Sigmas = list[tuple[float, float]]


TABLE_ROUNDS = 1
"""Variants of every picture that the tables are counted on: each holds thousands of pixels."""


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

    def specimens(self, rounds: int) -> Iterator[Specimen]:
        """All variants, or those of the first rounds; the same at every call."""
        for number, base in self.bases():
            yield from specimens(base, np.random.default_rng([self.seed, number]), rounds)


def training_tiles(data: Path, *, sources: str) -> tuple[Tile, ...]:
    """Tiles of fold train: "all", or only those of "unrestricted" sources."""
    with (data / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["fold"] == "train"]
    return tuple(
        Tile(row["path"], row["mask"], row["instances"], row["source"], row["group"], row["fold"])
        for row in rows
        if sources == "all" or row["restricted"] == "no"
    )


def learn_tables(plan: Plan) -> tuple[Tables, Tables]:
    """Tables of weights: how much more often each cell occurs inside blurred regions than elsewhere."""
    box = np.ones((3, 3), np.uint8)
    sizes = {"smooth": SMOOTH_CELLS, "painted": PAINTED_CELLS}
    counts = {
        (name, kind, side): np.zeros(size)
        for name, size in sizes.items()
        for kind in COUPLINGS
        for side in ("inside", "outside")
    }

    def add(name: str, kind: Coupling, side: str, codes: npt.NDArray[np.int16], where: BoolMask) -> None:
        chosen = codes[where]
        chosen = chosen[chosen >= 0]
        if len(chosen) >= 50:
            counts[name, kind, side] += np.bincount(chosen, minlength=sizes[name]) / len(chosen)

    for specimen in plan.specimens(min(plan.rounds, TABLE_ROUNDS)):
        if specimen.method == "mosaic":
            continue
        codes = TraceCodes.of(specimen.pixels)
        kind = coupling(smooth_histogram(codes))
        if specimen.altered:
            continue
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
            add(name, kind, "inside", codes.smooth if name == "smooth" else codes.painted, inside)
        add("smooth", kind, "outside", codes.smooth, outside)
        add("painted", kind, "outside", codes.painted, outside)

    def table(name: str, kind: Coupling) -> npt.NDArray[np.float32]:
        inside, outside = counts[name, kind, "inside"], counts[name, kind, "outside"]
        floor = 2e-5
        ratio = (inside / max(1e-9, inside.sum()) + floor) / (outside / max(1e-9, outside.sum()) + floor)
        return np.asarray(np.log(ratio), dtype=np.float32)

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


def measure_all(plan: Plan, tables: tuple[Tables, Tables]) -> tuple[Examples, Examples, Sigmas]:
    """Regions of Gaussian or oil kind, and mosaics, of all specimens; and ratios of energy with their sigma."""
    regions, mosaics, sigmas = Examples(), Examples(), Sigmas([])
    for specimen in plan.specimens(plan.rounds):
        regions.open(specimen)
        mosaics.open(specimen)
        found = find_mosaics(specimen.pixels)
        for one in found:
            mosaics.add(
                measure_mosaic(one, found, specimen.pixels.shape), one.region, one.window, specimen.region
            )
        if specimen.method == "gaussian" and specimen.region is not None:
            ratio = energy_ratio(specimen.pixels, specimen.region)
            if ratio is not None:
                sigmas.append((ratio, specimen.strength))
        if specimen.method == "mosaic":
            continue
        for candidate in collect(specimen.pixels, tables):
            proposal: Proposal = candidate.proposal
            regions.add(candidate.row, proposal.region, proposal.window, specimen.region)
    return regions, mosaics, sigmas


def gather(arguments: argparse.Namespace) -> Arrays:
    """Tables and measured regions of all specimens, as named arrays."""
    tiles = training_tiles(data_folder(), sources=arguments.sources)
    plan = Plan(tiles, arguments.scenes, arguments.rounds, arguments.seed)
    tables = learn_tables(plan)
    print(f"tables after {time.process_time():.0f} s of CPU", flush=True)
    regions, mosaics, sigmas = measure_all(plan, tables)
    print(
        f"{len(regions.rows)} regions and {len(mosaics.rows)} clusters after {time.process_time():.0f} s",
        flush=True,
    )
    arrays: Arrays = {"sigmas": np.array(sigmas)}
    for name, table in zip(("smooth", "painted"), tables, strict=True):
        arrays |= {f"{name}_{kind}": table[kind] for kind in COUPLINGS}
    for name, examples in (("regions", regions), ("mosaics", mosaics)):
        arrays |= {f"{name}/{field}": values for field, values in examples.arrays().items()}
    return arrays


def _part(arrays: Arrays, name: str) -> Arrays:
    return {
        key.removeprefix(f"{name}/"): value for key, value in arrays.items() if key.startswith(f"{name}/")
    }


def sigma_line(pairs: Floats) -> Floats:
    """Offset and slope of ln sigma over half the ln of the ratio of energies, robust against outliers."""
    x, y = 0.5 * np.log(pairs[:, 0]), np.log(pairs[:, 1])
    kept = np.ones(len(x), np.bool_)
    for _ in range(3):
        slope, offset = np.polyfit(x[kept], y[kept], 1)
        kept = np.abs(y - offset - slope * x) < 0.35
    return np.array([offset, slope])


def fit(arrays: Arrays, seed: int) -> Arrays:
    """Everything that `geotamper.evidence.blur.model.model_from` reads."""
    regions, mosaics = _part(arrays, "regions"), _part(arrays, "mosaics")
    shares = held_out_scores(regions, seed)
    of_mosaics = held_out_mosaics(mosaics, seed)
    weights = {name: value for name, value in arrays.items() if name.startswith(("smooth_", "painted_"))}
    weights |= tree_arrays(fit_trees(region_lesson(regions)), "region")
    weights |= tree_arrays(fit_mosaics(mosaics), "mosaic")
    weights |= {"rates": np.array(RATES), "sigma": sigma_line(arrays["sigmas"])}
    weights["region_cuts"] = alarm_cuts(regions, shares[:, 1:].sum(axis=1))
    weights["mosaic_cuts"] = alarm_cuts(mosaics, of_mosaics)
    best = picture_maxima(mosaics, of_mosaics)
    called = best[mosaics["methods"] != ""] >= weights["mosaic_cuts"][RATES.index(0.005)]
    right = (mosaics["methods"][mosaics["methods"] != ""] == "mosaic")[called].sum()
    weights["mosaic_right"] = np.array((right + 1) / (called.sum() + 2))
    report(regions, shares, weights)
    for name in ("region_cuts", "mosaic_cuts", "mosaic_right", "sigma"):
        print(name, np.round(weights[name], 4).tolist())
    return weights


def report(regions: Arrays, shares: Floats, weights: Arrays) -> None:
    """Print what the trees reach on held-out groups at a rate of 0.5 % of untouched pictures."""
    sure = shares[:, 1:].sum(axis=1)
    best = np.full(len(regions["methods"]), -1)
    for row in np.argsort(sure, kind="stable"):
        best[regions["picture"][row]] = row
    cut = weights["region_cuts"][RATES.index(0.005)]
    for number, method in enumerate(("gaussian", "oil"), start=1):
        pictures = regions["methods"] == method
        rows = best[pictures & (best >= 0)]
        found = rows[(sure[rows] >= cut) & (regions["overlap"][rows] > 0.5)]
        right = float((shares[found].argmax(axis=1) == number).mean()) if len(found) else 0.0
        possible = picture_maxima(regions, regions["overlap"])[pictures]
        print(
            f"{method}: {pictures.sum()} pictures, proposed {(possible > 0.5).mean():.3f}, "
            f"found {len(found) / pictures.sum():.3f}, method right {right:.3f}"
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sources", choices=("unrestricted", "all"), default="unrestricted")
    parser.add_argument("--scenes", type=int, default=100, help="number of drawn scenes")
    parser.add_argument("--rounds", type=int, default=4, help="variants of every picture")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", type=Path, help="keeps the measured regions; read if it exists")
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def _save(path: Path, arrays: Arrays) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as place, place.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]


@one_line_failures
def main() -> int:
    """Run the command line."""
    arguments = _arguments()
    cv2.setNumThreads(1)
    kept: Path | None = arguments.examples
    if kept is not None and kept.is_file():
        with np.load(kept, allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
    else:
        arrays = gather(arguments)
        if kept is not None:
            _save(kept, arrays)
    _save(arguments.out, fit(arrays, arguments.seed))
    print(f"{arguments.out}: sha256 {hashlib.sha256(arguments.out.read_bytes()).hexdigest()}")
    print(f"{time.process_time():.0f} s of CPU")
    return 0


if __name__ == "__main__":
    sys.exit(main())
