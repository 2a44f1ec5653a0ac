r"""Train a packaged class network, which tells what a region shows; fold val sets its temperature.

Examples:
    OMP_NUM_THREADS=1 python benchmarks/train_class.py --set sets/my-rs-cmqa --sources all \
        --out src/geotamper/weights/objects-research.onnx
    OMP_NUM_THREADS=1 python benchmarks/train_class.py --set sets/my-rs-cmqa --sources unrestricted \
        --out src/geotamper/weights/objects-permissive.onnx
    OMP_NUM_THREADS=1 python benchmarks/train_class.py --set sets/my-rs-cmqa --leave-out neon_trees --test

The set is one of 'geotamper generate' over the development tiles; its fold test is measured with --test alone.
Features are kept in --work and read from there the next time. Needs the extra "train", onnx and onnxscript; using
the weights does not.
"""

import argparse
import hashlib
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import torch

from _common.class_examples import (
    Arrays,
    findings_of_set,
    load,
    objects_of_fold,
    open_trunk,
    save,
    training_round,
)
from _common.class_learning import (
    Course,
    accuracy,
    fit_temperature,
    log_shares,
    negative_log_likelihood,
    of_findings,
    table,
    train_head,
)
from _common.class_network import ClassNetwork, Head, Trunk, export
from _common.class_sources import TilePool
from _common.failures import one_line_failures
from _common.tiles import data_folder
from geotamper.atomic import atomic_path
from geotamper.errors import SpecificationError
from geotamper.evidence.objects.network import CLASS_LABELS, SOURCE_WEIGHT
from geotamper.evidence.objects.views import SHAPE_SIZE, SIDE
from geotamper.sets.layout import Fold

SOURCE_WEIGHTS = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 1.0)
MOST_OBJECTS = 120
"""Of a class in a source, where whole objects of a fold are measured."""


def prepare(work: Path, rounds: int, seed: int, set_folder: Path) -> None:
    """Make what is missing: the trunk, the rounds of examples, and the regions and objects that are measured."""
    work.mkdir(parents=True, exist_ok=True)
    trunk_file = work / "trunk.onnx"
    if not trunk_file.exists():
        export(Trunk().layers, (torch.zeros(4, 3, SIDE, SIDE),), trunk_file, (["pictures"], ["maps"]))
    trunk = open_trunk(trunk_file)
    pool = TilePool(data_folder(), "train")
    for number in range(rounds):
        if not _round_file(work, number).exists():
            save(_round_file(work, number), training_round(pool, trunk, (seed, number)))
            print(f"round {number} after {time.process_time():.0f} s of CPU", flush=True)
    folds: tuple[Fold, ...] = ("val", "test")
    for fold in folds:
        if not (work / f"set-{fold}.npz").exists():
            save(work / f"set-{fold}.npz", findings_of_set(set_folder, fold, trunk))
        if not (work / f"objects-{fold}.npz").exists():
            save(
                work / f"objects-{fold}.npz",
                objects_of_fold(TilePool(data_folder(), fold), trunk, MOST_OBJECTS),
            )


def _round_file(work: Path, number: int) -> Path:
    return work / f"train-{number:03d}.npz"


def choose(examples: Arrays, sources: str, left_out: frozenset[str]) -> Arrays:
    """The examples that may be learned from.

    Raises:
        SpecificationError: A source that is left out does not exist.
    """
    unknown = left_out - set(examples["sources"])
    if unknown:
        raise SpecificationError(
            f"no examples of {', '.join(sorted(unknown))}; see the manifest for the sources"
        )
    kept = ~np.isin(examples["sources"], sorted(left_out))
    if sources == "unrestricted":
        kept &= ~examples["restricted"]
    return {name: values[kept] for name, values in examples.items()}


def report(head: Head, work: Path, fold: str) -> None:
    """Print how well findings of a fold are told, by the weight of the source, and single whole objects."""
    findings, objects = load([work / f"set-{fold}.npz"]), load([work / f"objects-{fold}.npz"])
    logs = log_shares(head, findings)
    for weight in SOURCE_WEIGHTS:
        shares = of_findings(logs, weight)
        print(
            f"source weight {weight:.1f}: accuracy {accuracy(shares, findings['labels']):.4f}, "
            f"-ln P {negative_log_likelihood(shares, findings['labels']):.4f}"
        )
    shares = of_findings(logs, SOURCE_WEIGHT)
    print(f"\nfindings of fold {fold}: {table(shares, findings['labels'], findings['sources'])}")
    single = np.exp(log_shares(head, objects))
    print(f"\nobjects of fold {fold}: {table(single, objects['labels'], objects['sources'])}\n", flush=True)


def learn(arguments: argparse.Namespace) -> Head:
    """Train, calibrate and report; the head with its temperature."""
    work: Path = arguments.work
    left_out = frozenset(arguments.leave_out or ())
    examples = load([_round_file(work, number) for number in range(arguments.rounds)])
    examples = choose(examples, arguments.sources, left_out)
    counts = np.bincount(examples["labels"], minlength=len(CLASS_LABELS))
    print("examples", dict(zip(CLASS_LABELS, counts.tolist(), strict=True)), flush=True)
    head = train_head(examples, Course(arguments.epochs, seed=arguments.seed))
    val = load([work / "set-val.npz"])
    temperature = fit_temperature(log_shares(head, val), val["labels"], SOURCE_WEIGHT)
    head.temperature.fill_(temperature)
    print(f"temperature {temperature:.3f}")
    report(head, work, "val")
    if arguments.test:
        report(head, work, "test")
    return head


def write(head: Head, path: Path) -> None:
    """Write the network with its trunk as ONNX."""
    example = (torch.zeros((3, 2, SIDE, SIDE, 4), dtype=torch.uint8), torch.zeros((3, SHAPE_SIZE)))
    with atomic_path(path) as place:
        export(ClassNetwork(Trunk(), head), example, place, (["crops", "shape"], ["log_shares"]))
    content = path.read_bytes()
    print(f"{path}: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--set", type=Path, required=True, help="made by geotamper generate; its fold val is used"
    )
    parser.add_argument("--sources", choices=("all", "unrestricted"), default="all")
    parser.add_argument(
        "--leave-out", nargs="+", metavar="SOURCE", help="measured on their objects of fold test"
    )
    parser.add_argument("--rounds", type=int, default=6, help="of examples, about 800 each")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--test", action="store_true", help="measure on fold test too; tune nothing on it")
    parser.add_argument("--work", type=Path, default=Path("benchmarks/work/class"))
    parser.add_argument("--out", type=Path, help="ONNX file; without it the training is measured only")
    return parser.parse_args()


@one_line_failures
def main() -> int:
    """Run the command line."""
    arguments = _arguments()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    prepare(arguments.work, arguments.rounds, arguments.seed, arguments.set)
    head = learn(arguments)
    if arguments.out is not None:
        write(head, arguments.out)
    print(f"{time.process_time():.0f} s of CPU")
    return 0


if __name__ == "__main__":
    sys.exit(main())
