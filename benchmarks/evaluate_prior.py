r"""Measure what the tamper prior would add to the score of inexact copies, in cross-validation on sets of fold val.

Example:
    python benchmarks/evaluate_prior.py --network benchmarks/work/prior/network.pt \
        --sets benchmarks/work/lookalikes/val-*

A second logistic function takes the log odds of the packaged score and what the network says of both regions. It is
fitted without the group of the picture that it judges. Each line is one choice of what it takes; the thresholds are
those that untouched pictures exceed at the stated rates, the tail extrapolated as for the packaged score.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch

from _common.lookalikes import ELSEWHERE, FOUND, label_candidate
from _common.prior_network import PriorNetwork, judge
from _common.prior_opinion import OPINIONS, pair_opinion
from _common.prior_planes import Guesses, prior_planes
from _common.records import Record, load_masks, load_picture, load_records
from geotamper.control import Control
from geotamper.errors import GeotamperError
from geotamper.evidence.hypotheses import CandidatePool
from geotamper.evidence.lookalikes.scoring import Linear, load_scoring
from geotamper.evidence.lookalikes.search import CandidateSearch
from geotamper.evidence.lookalikes.settling import Proposal
from geotamper.evidence.lookalikes.views import Views
from geotamper.evidence.planes import Planes
from train_lookalikes import Table, fit_logistic

Floats = npt.NDArray[np.float64]

CHOICES: tuple[tuple[str, ...], ...] = (
    ("odds",),
    ("odds", "prior_inside"),
    ("odds", "prior_contrast"),
    ("odds", *OPINIONS),
)
RATES = (0.005, 0.01, 0.02)
FOLDS = 5
TAIL_FROM = 0.1
"""Share of untouched pictures above which the tail begins."""

NOTHING = -20.0


@dataclass(frozen=True)
class Judged:
    """A picture and its candidates: features, overlap with the truth, touch of the truth."""

    group: str
    forged: bool
    candidates: tuple[tuple[dict[str, float], float, float], ...]

    def best(self, model: Linear) -> tuple[float, float]:
        """Log odds and overlap of the surest candidate."""
        scored = [(model.log_odds(features), overlap) for features, overlap, _ in self.candidates]
        return max(scored, default=(NOTHING, 0.0))


def inspect(folder: Path, record: Record, network: PriorNetwork) -> Judged:
    """Find and measure the candidates of a picture, and ask the network about them."""
    planes = Planes.of(load_picture(folder, record))
    control, search = Control(), CandidateSearch()
    pool = CandidatePool(planes, workers=1, control=control)
    proposals = [Proposal(pool.of(origin.source), origin.radius) for origin in search.origins]
    ranked = search.ranked(Views.of(planes), proposals, 1)
    guesses = Guesses(ranked.hypotheses, ranked.rank, ranked.support, ranked.uniqueness)
    opinion = judge(network, prior_planes(planes, guesses))
    truth = load_masks(folder, record)
    score, rows = load_scoring().copy, []
    for candidate in search.run(pool, workers=1, control=control):
        known = label_candidate(candidate, *truth)
        regions = candidate.grown.region, candidate.image
        added = pair_opinion(opinion, *regions, (planes.height, planes.width))
        features = candidate.features | added | {"odds": score.log_odds(candidate.features)}
        rows.append((features, known.iou, known.touch))
    return Judged(record.group, record.is_forged, tuple(rows))


def fit(pictures: Sequence[Judged], names: Sequence[str]) -> Linear:
    """A logistic function that tells forged pairs from candidates that have nothing to do with them."""
    rows, labels = [], []
    for picture in pictures:
        for features, overlap, touch in picture.candidates:
            is_wrong = not picture.forged or touch < ELSEWHERE
            if is_wrong or overlap > FOUND:
                rows.append([features[name] for name in names])
                labels.append(0.0 if is_wrong else 1.0)
    marks = np.array(labels)
    weights = np.where(marks > 0, 0.5 / marks.mean(), 0.5 / (1 - marks.mean()))
    return fit_logistic(Table(np.array(rows), marks, weights), names, ridge=1.0, intercept=True)


def cross_validated(pictures: Sequence[Judged], names: Sequence[str]) -> Iterator[tuple[Judged, Linear]]:
    """Every picture with a function that has not seen its group."""
    groups = sorted({picture.group for picture in pictures})
    order = np.random.default_rng(0).permutation(len(groups))
    fold_of = {groups[index]: place % FOLDS for place, index in enumerate(order)}
    for fold in range(FOLDS):
        model = fit([picture for picture in pictures if fold_of[picture.group] != fold], names)
        yield from ((picture, model) for picture in pictures if fold_of[picture.group] == fold)


def describe(judged: Sequence[tuple[Judged, Linear]]) -> str:
    """Found and flagged at each rate."""
    best = [(picture.forged, *picture.best(model)) for picture, model in judged]
    untouched = np.array([odds for forged, odds, _ in best if not forged])
    border = float(np.quantile(untouched, 1 - TAIL_FROM, method="higher"))
    tail = float((untouched[untouched > border] - border).mean())
    parts = []
    for rate in RATES:
        threshold = border + tail * np.log(TAIL_FROM / rate)
        hits = [odds >= threshold and overlap > FOUND for forged, odds, overlap in best if forged]
        flagged = int((untouched >= threshold).sum())
        parts.append(
            f"at {rate:.1%}: found {sum(hits)} of {len(hits)}, {flagged} of {len(untouched)} flagged"
        )
    return "; ".join(parts)


def main() -> int:
    """Run the command line."""
    options = _parser().parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    network = PriorNetwork()
    pictures = []
    try:
        network.load_state_dict(torch.load(options.network, weights_only=True))
        network.eval()
        for folder in options.sets:
            records = load_records(folder)
            chosen = [record for record in records if record.is_forged][: options.forged]
            chosen += [record for record in records if not record.is_forged][: options.untouched]
            pictures += [inspect(folder, record, network) for record in chosen]
    except (GeotamperError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    packaged = [(picture, Linear({"odds": 1.0}, 0.0)) for picture in pictures]
    print(f"packaged score: {describe(packaged)}")
    for names in CHOICES:
        print(f"{' + '.join(names)}: {describe(list(cross_validated(pictures, names)))}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--network", type=Path, required=True, help="as train_prior.py writes it")
    parser.add_argument("--sets", type=Path, nargs="+", required=True, help="sets of fold val")
    parser.add_argument("--forged", type=int, default=36, help="forged pictures taken of each set")
    parser.add_argument("--untouched", type=int, default=40, help="untouched pictures taken of each set")
    return parser


if __name__ == "__main__":
    sys.exit(main())
