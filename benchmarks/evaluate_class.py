r"""Measure the packaged class networks: objects of fold test, and findings of a set with their true masks.

Example:
    OMP_NUM_THREADS=1 python benchmarks/evaluate_class.py --set sets/my-rs-cmqa --weights research permissive

Only what is packaged is measured, by the way that inspections use it. Nothing may be tuned on what this prints.
"""

import argparse
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from _common.failures import one_line_failures
from _common.tiles import data_folder
from geotamper.evidence.objects.network import CLASS_LABELS, NETWORKS, ObjectClassifier
from geotamper.learning.judges.object_class.collecting import MOST_OBJECTS
from geotamper.learning.judges.object_class.figures import table
from geotamper.learning.judges.object_class.pool import TilePool, spread_objects
from geotamper.sets.layout import Fold, open_set
from geotamper.sets.sources.registry import open_source

Labels = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]
Names = npt.NDArray[np.str_]


def measure_objects(classifier: ObjectClassifier, fold: Fold) -> tuple[Shares, Labels, Names]:
    """Whole objects as they lie in the tiles of a fold: probabilities, true labels and sources."""
    source = open_source(data_folder() / "overhead", "masks")
    shares, labels, sources = [], [], []
    for thing in spread_objects(TilePool(source, fold), MOST_OBJECTS):
        found = classifier.classify(thing.ground.pixels, thing.full())
        shares.append([found.shares[label] for label in CLASS_LABELS])
        labels.append(CLASS_LABELS.index(thing.label))
        sources.append(thing.ground.source)
    return np.array(shares), np.array(labels), np.array(sources)


def measure_findings(classifier: ObjectClassifier, root: Path, fold: Fold) -> tuple[Shares, Labels, Names]:
    """Forged pictures of a set with their true masks: probabilities, true labels and sources."""
    opened = open_set(root)
    shares, labels, sources = [], [], []
    for number, record in sorted(opened.records.items()):
        if record.fold != fold or record.object_class is None:
            continue
        target = opened.read_mask(number, "target")
        source = None if record.kind == "blur" else opened.read_mask(number, "source")
        found = classifier.classify(opened.read_image(number), target, source)
        shares.append([found.shares[label] for label in CLASS_LABELS])
        labels.append(CLASS_LABELS.index(record.object_class))
        sources.append(record.origin_dataset)
    return np.array(shares), np.array(labels), np.array(sources)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--set", type=Path, help="made by geotamper generate over the development tiles")
    parser.add_argument("--fold", choices=("val", "test"), default="test")
    parser.add_argument("--weights", nargs="+", choices=tuple(NETWORKS), default=tuple(NETWORKS))
    return parser.parse_args()


@one_line_failures
def main() -> int:
    """Run the command line."""
    arguments = _arguments()
    cv2.setNumThreads(1)
    for name in arguments.weights:
        classifier = ObjectClassifier(NETWORKS[name])
        start, tables = time.process_time(), [("objects", measure_objects(classifier, arguments.fold))]
        if arguments.set is not None:
            start = time.process_time()
            tables.append(("findings", measure_findings(classifier, arguments.set, arguments.fold)))
        for title, measured in tables:
            print(f"\n{name}, {title} of fold {arguments.fold}: {table(*measured)}")
        print(
            f"{(time.process_time() - start) / len(tables[-1][1][1]) * 1000:.0f} ms of CPU each, reading included"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
