r"""Train the tamper prior, a network that tells source, copy and blur from clean ground pixel by pixel.

It is an experiment: what it adds to the inspector is measured by evaluate_prior.py and was too little to package it.

Examples:
    python benchmarks/train_prior.py --pictures 1800 --steps 1800 --out benchmarks/work/prior/network.pt
    python benchmarks/train_prior.py --leave-out neon_trees --out benchmarks/work/prior/without-neon.pt

Only collections whose licence restricts no use are taken. Examples and the state of the training are kept in --work: a
run that was interrupted goes on where it was. Fold val is measured at the end; fold test is never read. Needs the
extra "train".
"""

import argparse
import sys
from pathlib import Path

import cv2
import torch

from _common.machine import ROOT
from _common.prior_cache import Wanted, prepared
from _common.prior_learning import Course, Trained, measure, train
from _common.prior_network import PriorNetwork
from geotamper.atomic import atomic_path
from geotamper.errors import GeotamperError


def report(trained: Trained, options: argparse.Namespace) -> None:
    """Print the cost and the figures on fold val, as a whole and by collection."""
    weights = sum(parameter.numel() for parameter in trained.network.parameters())
    print(f"{weights} weights, {trained.cpu_seconds / 3600:.2f} CPU hours of training")
    examples = list(prepared(Wanted("val", options.checked, options.seed), options.work))
    named = {"all": examples}
    for example in examples:
        named.setdefault(example.source_name, []).append(example)
    for name, members in sorted(named.items()):
        figures = ", ".join(f"{key} {value:.3f}" for key, value in measure(trained.network, members).items())
        left_out = " (left out of the training)" if name in options.leave_out else ""
        print(f"fold val, {name}{left_out}, {len(members)} pictures: {figures}")


def write(network: PriorNetwork, out: Path) -> None:
    """Keep the weights of a network, for evaluate_prior.py."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(out) as temporary:
        torch.save(network.state_dict(), temporary)


def main() -> int:
    """Run the command line."""
    options = _parser().parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(options.threads)
    left_out = tuple(sorted(options.leave_out))
    name = "-".join(("state", str(options.pictures), str(options.steps), str(options.seed), *left_out))
    try:
        wanted = Wanted("train", options.pictures, options.seed)
        examples = [
            example for example in prepared(wanted, options.work) if example.source_name not in left_out
        ]
        course = Course(options.steps, seed=options.seed, checkpoint=options.work / f"{name}.pt")
        trained = train(examples, course)
        report(trained, options)
        if options.out is not None:
            write(trained.network, options.out)
    except GeotamperError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--pictures", type=int, default=1500, help="forged and untouched pictures of fold train"
    )
    parser.add_argument("--checked", type=int, default=120, help="pictures of fold val")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--leave-out",
        nargs="*",
        default=[],
        metavar="SOURCE",
        help="collections whose ground is not learned from",
    )
    parser.add_argument("--work", type=Path, default=ROOT / "benchmarks" / "work" / "prior")
    parser.add_argument("--out", type=Path, help="where to write the network")
    return parser


if __name__ == "__main__":
    sys.exit(main())
