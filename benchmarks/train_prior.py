r"""Train the packaged network of the tamper prior, which tells source, copy and blur from clean ground.

Examples:
    OMP_NUM_THREADS=2 python benchmarks/train_prior.py --pictures 1500 --steps 4000 \
        --out src/geotamper/weights/prior.onnx
    python benchmarks/train_prior.py --leave-out neon_trees

Only collections whose licence restricts no use are taken. Examples and the state of the training are kept in --work: a
run that was interrupted goes on where it was. Fold val is measured at the end; fold test is never read. Needs the
extra "train", onnx and onnxscript; using the weights does not.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import cv2
import torch

from _common.class_network import export
from _common.machine import ROOT
from _common.prior_cache import Wanted, prepared
from _common.prior_learning import Course, Trained, measure, train
from _common.prior_network import PriorNetwork
from geotamper.atomic import atomic_path
from geotamper.errors import GeotamperError
from geotamper.evidence.prior.network import WINDOW
from geotamper.evidence.prior.planes import PLANES


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
    """Write the network as ONNX and print its checksum."""
    out.parent.mkdir(parents=True, exist_ok=True)
    example = (torch.zeros(2, len(PLANES), WINDOW, WINDOW),)
    plain = network.to(memory_format=torch.contiguous_format)
    with atomic_path(out) as temporary:
        export(plain, example, temporary, (["planes"], ["log_probabilities"]))
    print(f"{out}: {out.stat().st_size} bytes, sha256 {hashlib.sha256(out.read_bytes()).hexdigest()}")


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
