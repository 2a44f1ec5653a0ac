r"""Fit the packaged coefficients that tell a pasted region from the place it was taken from, on fold train alone.

Example:
    for preset in real-rscm rs-cmqa; do
        geotamper generate ../shared/data/overhead benchmarks/work/sets/$preset --preset $preset --reader masks
    done
    OMP_NUM_THREADS=1 python benchmarks/train_direction.py --sets benchmarks/work/sets/* \
        --examples benchmarks/work/direction --out src/geotamper/weights/direction.json

Takes copies of fold train from collections without restrictions, each as it is and degraded, with outlines moved as a
search might find them. Reports cross-validated over groups, and on fold val of all collections.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from _common.failures import one_line_failures
from _common.pairs import KnownPair, Wanted, known_pairs
from geotamper.atomic import atomic_path, write_text
from geotamper.errors import InputError
from geotamper.evidence.direction import GridJudge
from geotamper.evidence.planes import Planes
from geotamper.evidence.rim_model import COMMON_POINTS, SCHEMA, bounded
from geotamper.evidence.rims import CONTRASTS, RIM_FEATURES, compare_wholes, rim_features

Floats = npt.NDArray[np.float64]
Arrays = dict[str, npt.NDArray[Any]]

FOLDS = 5
GROWTHS = (0.0, 0.2, 0.4)
RIDGES = (15.0, 45.0, 135.0, 405.0)
"""Penalties of the rim's weights that are tried."""

WHOLE_RIDGE = 1.0


@dataclass(frozen=True)
class Shape:
    """What is chosen by cross-validation: the power of the number of points, and the penalty of the rim's weights."""

    growth: float
    ridge: float


@dataclass(frozen=True)
class Coefficients:
    """Fitted weights: (166,) of the rim and (7,) of the wholes."""

    rim: Floats
    contrasts: Floats


def measured(known: KnownPair) -> dict[str, Any]:
    """What is kept of a pair."""
    planes = Planes.of(np.ascontiguousarray(known.pixels))
    pair, other = known.pair, known.pair.exchanged
    first = rim_features(planes, pair.regions[0], pair.matrix)
    second = rim_features(planes, other.regions[0], other.matrix)
    rim, count = np.zeros(RIM_FEATURES), 0
    if first is not None and second is not None:
        rim, count = first.mean(axis=0) - second.mean(axis=0), min(len(first), len(second))
    record = known.record
    transform = record.transform
    return {
        "rim": rim,
        "count": count,
        "wholes": compare_wholes(planes, pair),
        "grid": GridJudge().compare(planes, pair).log_odds,
        "group": record.group,
        "source": record.origin_dataset,
        "edge": record.edge or "hard",
        "plain": transform is not None and transform.rotation_deg == 0 and transform.scale == 1,
        "degradation": known.degradation,
    }


def gather(folders: Sequence[Path], wanted: Wanted) -> Arrays:
    """Measured pairs as named arrays."""
    rows = [measured(known) for known in known_pairs(folders, wanted)]
    print(f"{len(rows)} pairs of fold {wanted.fold} after {time.process_time():.0f} s of CPU", flush=True)
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def columns_of(arrays: Arrays, growth: float) -> Floats:
    """(n, 173) what the weights are for."""
    weight = (arrays["count"] / COMMON_POINTS) ** growth
    return np.column_stack([arrays["rim"] * weight[:, None], arrays["wholes"]])


def weights_of(arrays: Arrays) -> Floats:
    """(n,) weights, 1 on average: hard and soft edges count the same in all, however many there are."""
    hard = arrays["edge"] == "hard"
    share = float(hard.mean())
    if share in (0.0, 1.0):
        return np.ones(len(hard))
    return np.where(hard, 0.5 / share, 0.5 / (1 - share))


def loss_of(arrays: Arrays, odds: Floats) -> float:
    """Mean weighted logistic loss."""
    return float(np.mean(weights_of(arrays) * np.logaddexp(0, -odds)))


def fit(arrays: Arrays, shape: Shape) -> Coefficients:
    """Logistic regression through the origin by Newton steps: the first region is always the copy."""
    counted = weights_of(arrays)
    columns = columns_of(arrays, shape.growth)
    spread = np.sqrt((columns**2).mean(axis=0)) + 1e-6
    scaled = columns / spread
    penalty = np.where(np.arange(columns.shape[1]) < RIM_FEATURES, shape.ridge, WHOLE_RIDGE)
    beta = np.zeros(columns.shape[1])
    for _ in range(30):
        wrong = 1.0 / (1.0 + np.exp(np.clip(scaled @ beta, -30, 30)))
        hessian = (scaled * (counted * wrong * (1 - wrong))[:, None]).T @ scaled + np.diag(penalty)
        beta += np.linalg.solve(hessian, scaled.T @ (counted * wrong) - penalty * beta)
    weights = beta / spread
    return Coefficients(weights[:RIM_FEATURES], weights[RIM_FEATURES:])


def parts_of(arrays: Arrays, shape: Shape, weights: Coefficients) -> Floats:
    """(n, 2) log odds of the copy being taken for the copy, by the rim and by the wholes."""
    columns = columns_of(arrays, shape.growth)
    return np.column_stack([columns[:, :RIM_FEATURES] @ weights.rim, arrays["wholes"] @ weights.contrasts])


def odds_of(parts: Floats) -> Floats:
    """(n,) log odds of both together."""
    return np.asarray(bounded(parts[:, 0]) + parts[:, 1], np.float64)


def held_out(arrays: Arrays, shape: Shape) -> Floats:
    """(n, 2) log odds of each pair by weights that have not seen its group."""
    names, numbers = np.unique(arrays["group"], return_inverse=True)
    fold_of = np.random.default_rng(0).permutation(len(names))[numbers] % FOLDS
    parts = np.zeros((len(numbers), 2))
    for number in range(FOLDS):
        seen = {name: values[fold_of != number] for name, values in arrays.items()}
        left = {name: values[fold_of == number] for name, values in arrays.items()}
        parts[fold_of == number] = parts_of(left, shape, fit(seen, shape))
    return parts


def slope_of(arrays: Arrays, parts: Floats) -> float:
    """The factor that makes held-out log odds true ones."""
    factors = np.linspace(0.2, 2.0, 91)
    losses = [loss_of(arrays, odds_of(factor * parts)) for factor in factors]
    return float(factors[int(np.argmin(losses))])


def choose(arrays: Arrays) -> tuple[Shape, Floats]:
    """The shape with the least held-out loss, and its held-out log odds in two parts."""
    tried = []
    for growth in GROWTHS:
        for ridge in RIDGES:
            parts = held_out(arrays, Shape(growth, ridge))
            tried.append((loss_of(arrays, odds_of(parts)), growth, ridge, parts))
    loss, growth, ridge, parts = min(tried, key=lambda entry: entry[0])
    print(f"growth {growth}, ridge {ridge:g}: held-out loss {loss:.3f}", flush=True)
    return Shape(growth, ridge), parts


def report(title: str, arrays: Arrays, odds: Floats) -> None:
    """Print how often the copy is taken for the source: by kinks alone, by these weights, after the grid."""
    kinks = arrays["wholes"][:, CONTRASTS.index("kink")]
    after_grid = np.where(arrays["grid"] != 0, arrays["grid"], odds)
    print(f"{title}: pairs, exchanged by kinks, by rims, by grid and rims, share decided by the grid")

    def line(name: str, part: npt.NDArray[np.bool_]) -> None:
        shares = [float(np.mean(values[part] <= 0)) for values in (kinks, odds, after_grid)]
        decided = float(np.mean(arrays["grid"][part] != 0))
        print(f"  {name:<34} {part.sum():5d}  " + "  ".join(f"{s:.3f}" for s in (*shares, decided)))

    for how in np.unique(arrays["degradation"]):
        for edge in np.unique(arrays["edge"]):
            for plain in (True, False):
                part = (arrays["degradation"] == how) & (arrays["edge"] == edge) & (arrays["plain"] == plain)
                if part.any():
                    line(f"{how} {edge} {'plain' if plain else 'turned or scaled'}", part)
    line("all", np.ones(len(odds), np.bool_))
    for name, values in (("rims", odds), ("grid", arrays["grid"][arrays["grid"] != 0])):
        _report_calibration(name, values)


def _report_calibration(name: str, odds: Floats) -> None:
    stated = 1.0 / (1.0 + np.exp(-np.abs(odds)))
    for low, high in ((0.5, 0.7), (0.7, 0.9), (0.9, 0.97), (0.97, 1.0)):
        part = (stated >= low) & ((stated < high) | (high == 1.0))
        if part.any():
            right, mean = float(np.mean(odds[part] > 0)), float(stated[part].mean())
            print(
                f"  {name} stating {low:.2f} to {high:.2f}: {part.sum():5d}, mean {mean:.3f}, right {right:.3f}"
            )


def report_left_out(arrays: Arrays, shape: Shape, slope: float, sources: Sequence[str]) -> None:
    """Print how pairs of some sources are judged by weights that were fitted on the others.

    Raises:
        InputError: One of the sources has no pairs.
    """
    missing = set(sources) - set(arrays["source"])
    if missing:
        known = ", ".join(np.unique(arrays["source"]))
        raise InputError(f"no pairs of {', '.join(sorted(missing))} to leave out; there are {known}")
    left = np.isin(arrays["source"], sources)
    rest = fit({name: values[~left] for name, values in arrays.items()}, shape)
    pairs = {name: values[left] for name, values in arrays.items()}
    report(f"{', '.join(sources)}, left out", pairs, odds_of(slope * parts_of(pairs, shape, rest)))


def _kept(options: argparse.Namespace, wanted: Wanted) -> Arrays:
    path = None if options.examples is None else options.examples / f"{wanted.fold}.npz"
    if path is not None and path.is_file():
        with np.load(path, allow_pickle=False) as content:
            return {name: content[name] for name in content.files}
    arrays = gather(options.sets, wanted)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as place, place.open("wb") as stream:
            np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    return arrays


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sets", type=Path, nargs="+", required=True, help="of geotamper generate")
    parser.add_argument("--most", type=int, default=400, help="copies of fold train taken of each set")
    parser.add_argument("--checked", type=int, default=120, help="copies of fold val taken of each set")
    parser.add_argument("--degradations", nargs="+", default=["none", "jpeg:90", "jpeg:75"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--examples", type=Path, help="folder that keeps the measured pairs; read if they exist"
    )
    parser.add_argument(
        "--leave-out", nargs="+", metavar="SOURCE", help="judged by a fit without them; nothing is written"
    )
    parser.add_argument("--out", type=Path, help="JSON file; without it the fit is reported only")
    return parser.parse_args()


@one_line_failures
def main() -> int:
    """Run the command line."""
    options = _arguments()
    cv2.setNumThreads(1)
    taken = Wanted(
        fold="train",
        unrestricted=True,
        most=options.most,
        degradations=tuple(options.degradations),
        seed=options.seed,
    )
    arrays = _kept(options, taken)
    shape, parts = choose(arrays)
    slope = slope_of(arrays, parts)
    if options.leave_out:
        left = np.isin(arrays["source"], options.leave_out)
        report_left_out(arrays, shape, slope, options.leave_out)
        report(
            "the same, cross-validated with all sources",
            {name: values[left] for name, values in arrays.items()},
            odds_of(slope * parts)[left],
        )
        return 0
    report("fold train, cross-validated", arrays, odds_of(slope * parts))
    weights = fit(arrays, shape)
    final = Coefficients(slope * weights.rim, slope * weights.contrasts)
    checked = _kept(options, replace(taken, fold="val", unrestricted=False, most=options.checked))
    report("fold val", checked, odds_of(parts_of(checked, shape, final)))
    if options.out is not None:
        _write(options.out, shape, final)
    print(f"{time.process_time():.0f} s of CPU")
    return 0


def _write(path: Path, shape: Shape, final: Coefficients) -> None:
    content = {
        "schema": SCHEMA,
        "growth": shape.growth,
        "contrasts": dict(zip(CONTRASTS, final.contrasts.round(6).tolist(), strict=True)),
        "rim": final.rim.round(6).tolist(),
    }
    write_text(path, json.dumps(content, indent=2) + "\n")
    print(f"{path}: sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    sys.exit(main())
