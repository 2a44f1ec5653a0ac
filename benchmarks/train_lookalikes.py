r"""Fit the packaged coefficients that tell inexact copies from look-alikes.

Example:
    for d in jpeg:90 jpeg:75 noise:3 resize:0.9; do
        python benchmarks/forgeries.py --fold train --degrade $d --out benchmarks/work/lookalikes/train-$d ...
    done
    OMP_NUM_THREADS=1 python benchmarks/train_lookalikes.py --fit benchmarks/work/lookalikes/train-* \
        --check benchmarks/work/lookalikes/val-* --out src/geotamper/weights/lookalikes.json

The sets in --fit give the coefficients; the thresholds come from the untouched pictures of both, those of --fit
by cross-validation over groups of tiles that may show the same ground.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from _common.lookalikes import ELSEWHERE, FOUND, Example, Inspected, inspect_sets
from _common.machine import ROOT
from _common.tiles import data_folder, unrestricted_sources
from geotamper.atomic import write_text
from geotamper.errors import GeotamperError
from geotamper.evidence.lookalikes.scoring import Linear, Scoring

Floats = npt.NDArray[np.float64]

NAMES = (
    "area",
    "bias",
    "chroma",
    "contrast",
    "cut",
    "error_scale",
    "fine",
    "followers",
    "followers_gap",
    "inside",
    "kink",
    "kink_gap",
    "log_scale",
    "middle",
    "middle_gap",
    "over_noise",
    "precision",
    "relative_gap",
    "ring",
    "rivals",
    "scene",
    "seam",
    "seed",
    "shift",
    "shift_most",
    "shift_sigmas",
    "support",
    "unique",
)
RATES = (0.5, 0.3, 0.2, 0.1)
"""Shares of untouched pictures that are tabulated; smaller ones follow from the tail, not from single pictures."""

FOLDS = 5
NOTHING = -20.0
"""Log odds of a picture without a candidate."""


@dataclass(frozen=True)
class Table:
    """Rows to fit: (n, k) features, (n,) labels, (n,) weights."""

    features: Floats
    labels: Floats
    weights: Floats


def fit_logistic(table: Table, names: Sequence[str], *, ridge: float, intercept: bool) -> Linear:
    """Logistic regression by Newton steps, with a penalty on the weights of standardised features."""
    centre = table.features.mean(axis=0) if intercept else np.zeros(len(names))
    spread = table.features.std(axis=0) + 1e-9
    columns = (table.features - centre) / spread
    if intercept:
        columns = np.column_stack([columns, np.ones(len(columns))])
    penalty = np.full(columns.shape[1], ridge)
    if intercept:
        penalty[-1] = 0.0
    beta = np.zeros(columns.shape[1])
    for _ in range(60):
        fitted = 1.0 / (1.0 + np.exp(-np.clip(columns @ beta, -30, 30)))
        gradient = columns.T @ (table.weights * (table.labels - fitted)) - penalty * beta
        hessian = (columns * (table.weights * fitted * (1 - fitted))[:, None]).T @ columns + np.diag(penalty)
        step = np.linalg.solve(hessian + 1e-9 * np.eye(len(beta)), gradient)
        beta += step
        if np.abs(step).max() < 1e-8:
            break
    weights = beta[: len(names)] / spread
    constant = float(beta[-1] - weights @ centre) if intercept else 0.0
    return Linear({name: float(value) for name, value in zip(names, weights, strict=True)}, constant)


def copy_table(pictures: Sequence[Inspected]) -> Table:
    """Forged pairs against candidates that have nothing to do with them; both sides weigh the same in all."""
    rows: list[list[float]] = []
    labels: list[float] = []
    for picture in pictures:
        for example in picture.examples:
            label = _label(picture, example)
            if label is not None:
                rows.append([example.features[name] for name in NAMES])
                labels.append(label)
    marks = np.array(labels)
    share = marks.mean()
    return Table(np.array(rows), marks, np.where(marks > 0, 0.5 / share, 0.5 / (1 - share)))


def _label(picture: Inspected, example: Example) -> float | None:
    if not picture.forged or example.touch < ELSEWHERE:
        return 0.0
    return 1.0 if example.iou > FOUND else None


def best_odds(model: Linear, picture: Inspected) -> float:
    """Log odds of the surest candidate of a picture."""
    return max((model.log_odds(example.features) for example in picture.examples), default=NOTHING)


def cross_validated(pictures: Sequence[Inspected], ridge: float) -> Iterator[tuple[Inspected, Linear]]:
    """Every picture with a model that has not seen its group."""
    groups = sorted({picture.group for picture in pictures})
    order = np.random.default_rng(0).permutation(len(groups))
    fold_of = {groups[index]: place % FOLDS for place, index in enumerate(order)}
    for fold in range(FOLDS):
        seen = [picture for picture in pictures if fold_of[picture.group] != fold]
        model = fit_logistic(copy_table(seen), NAMES, ridge=ridge, intercept=True)
        for picture in pictures:
            if fold_of[picture.group] == fold:
                yield picture, model


def alarm_table(odds: Floats) -> list[tuple[float, float]]:
    """Log odds exceeded by each share of untouched pictures."""
    return [(rate, float(np.quantile(odds, 1.0 - rate, method="higher"))) for rate in RATES]


def calibrate(judged: Sequence[tuple[Inspected, Linear]]) -> tuple[float, float]:
    """Slope and offset that turn the log odds of a pair into those of the picture being tampered.

    Forged pictures count where the surest candidate is the forged pair; both sides weigh the same in all.
    """
    rows, labels = [], []
    for picture, model in judged:
        best = max(picture.examples, key=lambda e: model.log_odds(e.features), default=None)
        if best is not None and (not picture.forged or best.iou > FOUND):
            rows.append([model.log_odds(best.features)])
            labels.append(float(picture.forged))
    marks = np.array(labels)
    share = marks.mean()
    weights = np.where(marks > 0, 0.5 / share, 0.5 / (1 - share))
    fitted = fit_logistic(Table(np.array(rows), marks, weights), ["odds"], ridge=0.1, intercept=True)
    return fitted.weights["odds"], fitted.intercept


def found_share(judged: Sequence[tuple[Inspected, Linear]], threshold: float) -> float:
    """Share of forged pictures whose surest candidate is the forged pair and exceeds a threshold."""
    hits = []
    for picture, model in judged:
        if picture.forged:
            best = max(picture.examples, key=lambda e: model.log_odds(e.features), default=None)
            hits.append(best is not None and best.iou > FOUND and model.log_odds(best.features) >= threshold)
    return float(np.mean(hits)) if hits else float("nan")


def report(judged: Sequence[tuple[Inspected, Linear]], threshold: float) -> None:
    """Print found, possible and alarms of each set."""
    for name in sorted({picture.set_name for picture, _ in judged}):
        part = [(picture, model) for picture, model in judged if picture.set_name == name]
        forged = [picture for picture, _ in part if picture.forged]
        clean = [best_odds(model, picture) >= threshold for picture, model in part if not picture.forged]
        possible = np.mean([any(e.iou > FOUND for e in picture.examples) for picture in forged])
        print(
            f"{name:<24} {len(forged):4d} forged, among candidates {possible:.3f}, "
            f"found {found_share(part, threshold):.3f}; {sum(clean)} of {len(clean)} untouched called tampered"
        )


def main() -> int:
    """Run the command line."""
    options = _parser().parse_args()
    cv2.setNumThreads(1)
    started = time.process_time()
    most = (options.forged, options.untouched)
    try:
        fitted = list(inspect_sets(options.fit, options.cache, most))
        checked = list(inspect_sets(options.check, options.cache, most))
    except GeotamperError as error:
        print(error, file=sys.stderr)
        return 1
    allowed = unrestricted_sources(data_folder())
    usable = [entry for entry in fitted if options.sources == "all" or entry.source_name in allowed]
    copy = fit_logistic(copy_table(usable), NAMES, ridge=options.ridge, intercept=True)
    others = [entry for entry in (*fitted, *checked) if entry not in usable]
    judged = [*cross_validated(usable, options.ridge), *((picture, copy) for picture in others)]
    untouched = np.array([best_odds(model, picture) for picture, model in judged if not picture.forged])
    alarms = alarm_table(untouched)
    border = alarms[-1][1]
    scoring = Scoring(
        copy=copy,
        calibration=calibrate(judged),
        alarms=tuple(alarms),
        tail=float((untouched[untouched > border] - border).mean()),
    )
    threshold = scoring.threshold(0.01)
    report(judged, threshold)
    content = {
        "schema": "geotamper.lookalikes/1",
        "copy": {"weights": copy.weights, "intercept": copy.intercept},
        "calibration": scoring.calibration,
        "alarms": scoring.alarms,
        "tail": scoring.tail,
    }
    write_text(options.out, json.dumps(content, indent=2) + "\n")
    print(f"threshold at 1 %: {threshold:.2f} over {len(untouched)} untouched pictures")
    print(f"{time.process_time() - started:.0f} s of processor time beyond cached features; {options.out}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fit", type=Path, nargs="+", required=True, help="sets of fold train")
    parser.add_argument("--check", type=Path, nargs="*", default=[], help="sets of fold val")
    parser.add_argument("--forged", type=int, default=36, help="forged pictures taken of each set")
    parser.add_argument("--untouched", type=int, default=40, help="untouched pictures taken of each set")
    parser.add_argument(
        "--sources",
        choices=("unrestricted", "all"),
        default="unrestricted",
        help="collections that the coefficients are fitted on; thresholds come from all",
    )
    parser.add_argument("--ridge", type=float, default=3.0)
    parser.add_argument(
        "--cache", type=Path, default=ROOT / "benchmarks" / "work" / "lookalikes" / "features"
    )
    parser.add_argument("--out", type=Path, required=True)
    return parser


if __name__ == "__main__":
    sys.exit(main())
