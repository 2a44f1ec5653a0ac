r"""Train a packaged class network, which tells what a region shows; fold val sets its temperature.

Examples:
    OMP_NUM_THREADS=1 python benchmarks/train_class.py --set sets/my-rs-cmqa --sources all \
        --out src/geotamper/weights/objects-research.onnx
    OMP_NUM_THREADS=1 python benchmarks/train_class.py --set sets/my-rs-cmqa --sources unrestricted \
        --out src/geotamper/weights/objects-permissive.onnx
    OMP_NUM_THREADS=1 python benchmarks/train_class.py --set sets/my-rs-cmqa --leave-out neon_trees

The set is one of 'geotamper generate' over the development tiles; only its fold val is looked at. Features are kept
in --work and read from there the next time. Needs the extra "train", onnx and onnxscript; using the weights does not.
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
    Floats,
    accuracy,
    calibration_error,
    fit_temperature,
    log_shares,
    negative_log_likelihood,
    of_findings,
    train_head,
)
from _common.class_network import ClassNetwork, Head, Trunk, export
from _common.class_sources import TilePool
from _common.tiles import data_folder
from geotamper.atomic import atomic_path
from geotamper.errors import GeotamperError, SpecificationError
from geotamper.evidence.objects.network import CLASS_LABELS, SOURCE_WEIGHT
from geotamper.evidence.objects.views import SHAPE_SIZE, SIDE

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
    if not (work / "set-val.npz").exists():
        save(work / "set-val.npz", findings_of_set(set_folder, "val", trunk))
    if not (work / "objects-test.npz").exists():
        save(work / "objects-test.npz", objects_of_fold(TilePool(data_folder(), "test"), trunk, MOST_OBJECTS))


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


def report_findings(logs: Floats, labels: Floats) -> None:
    """Print how well findings of fold val are told, by the weight of the source."""
    for weight in SOURCE_WEIGHTS:
        shares = of_findings(logs, weight)
        print(
            f"source weight {weight:.1f}: accuracy {accuracy(shares, labels):.4f}, "
            f"-ln P {negative_log_likelihood(shares, labels):.4f}, ECE {calibration_error(shares, labels):.4f}"
        )
    found = of_findings(logs, SOURCE_WEIGHT)[:, :-1].argmax(axis=1)
    for number, name in enumerate(CLASS_LABELS[:-1]):
        of_class = labels == number
        if of_class.any():
            wrong = {
                CLASS_LABELS[other]: int((found[of_class] == other).sum())
                for other in np.unique(found[of_class])
                if other != number
            }
            print(f"  {name}: {(found[of_class] == number).mean():.3f} of {of_class.sum()}, else {wrong}")


def report_objects(logs: Floats, objects: Arrays, sources: frozenset[str]) -> None:
    """Print how well the objects of some sources are told."""
    for source in sorted(sources):
        rows = objects["sources"] == source
        if rows.any():
            share = accuracy(np.exp(logs[rows]), objects["labels"][rows])
            print(f"{source}: {share:.3f} of {rows.sum()} objects of fold test")


def learn(arguments: argparse.Namespace) -> Head:
    """Train, calibrate and report; the head with its temperature."""
    work: Path = arguments.work
    left_out = frozenset(arguments.leave_out or ())
    examples = load([_round_file(work, number) for number in range(arguments.rounds)])
    examples = choose(examples, arguments.sources, left_out)
    counts = np.bincount(examples["labels"], minlength=len(CLASS_LABELS))
    print("examples", dict(zip(CLASS_LABELS, counts.tolist(), strict=True)), flush=True)
    head = train_head(examples, Course(arguments.epochs, seed=arguments.seed, head=arguments.head))
    with np.load(work / "set-val.npz", allow_pickle=False) as content:
        val = {name: content[name] for name in content.files}
    temperature = fit_temperature(log_shares(head, val), val["labels"], SOURCE_WEIGHT)
    head.temperature.fill_(temperature)
    print(f"temperature {temperature:.3f}; findings of fold val:")
    report_findings(log_shares(head, val), val["labels"])
    if left_out:
        objects = load([work / "objects-test.npz"])
        report_objects(log_shares(head, objects), objects, left_out)
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
    parser.add_argument("--rounds", type=int, default=12, help="of examples, about 700 each")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--head", choices=("pooled", "maps"), default="pooled", help="maps: for comparison")
    parser.add_argument("--work", type=Path, default=Path("benchmarks/work/class"))
    parser.add_argument("--out", type=Path, help="ONNX file; without it the training is measured only")
    return parser.parse_args()


def main() -> int:
    """Run the command line."""
    arguments = _arguments()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    try:
        prepare(arguments.work, arguments.rounds, arguments.seed, arguments.set)
        head = learn(arguments)
        if arguments.out is not None:
            write(head, arguments.out)
    except GeotamperError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{time.process_time():.0f} s of CPU")
    return 0


if __name__ == "__main__":
    sys.exit(main())
