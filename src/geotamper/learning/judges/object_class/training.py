"""Training the class network: examples, head, temperature, figures, and the ONNX file that the inspector reads."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from geotamper.errors import InputError
from geotamper.evidence.objects.network import CLASS_LABELS, SOURCE_WEIGHT
from geotamper.evidence.objects.views import SHAPE_SIZE, SIDE
from geotamper.learning.judges.examples import Arrays, ExampleFolder
from geotamper.learning.judges.job import Learned, Materials
from geotamper.learning.judges.object_class.collecting import (
    findings_of_sets,
    objects_of_fold,
    open_trunk,
    training_round,
)
from geotamper.learning.judges.object_class.figures import Labels, accuracy, table
from geotamper.learning.judges.object_class.fitting import (
    Course,
    Floats,
    fit_temperature,
    log_shares,
    negative_log_likelihood,
    of_findings,
    train_head,
)
from geotamper.learning.judges.object_class.network import ClassNetwork, Head, Trunk
from geotamper.learning.judges.object_class.pool import TilePool
from geotamper.learning.judges.object_class.settings import ObjectClassSettings
from geotamper.learning.judges.onnx_files import export
from geotamper.sets.layout import Fold
from geotamper.sets.sources.registry import open_source

if TYPE_CHECKING:
    import onnxruntime

SOURCE_WEIGHTS = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 1.0)
"""Of the source against the copy, for the report."""


def train(settings: ObjectClassSettings, materials: Materials) -> Learned:
    """Train on objects of fold train; fold val sets the temperature, fold test is read where the settings say so.

    Raises:
        InputError: The imagery or the sets cannot be used, or have nothing of what is to be left out.
        MissingLibraryError: The weights of the trunk, or what writes ONNX, is not installed.
    """
    folds: tuple[Fold, ...] = ("val", "test") if settings.test else ("val",)
    makers = _Makers(settings, materials)
    with _one_thread():
        examples = choose(makers.rounds(), settings)
        measured = {fold: (makers.findings(fold), makers.objects(fold)) for fold in folds}
        materials.control.checkpoint(0.9, "fitting")
        head = train_head(examples, Course(settings.epochs, seed=settings.seed))
        findings, _ = measured["val"]
        head.temperature.fill_(fit_temperature(log_shares(head, findings), findings["labels"], SOURCE_WEIGHT))
        sections = [_learned_from(examples), f"Temperature: {float(head.temperature):.3f}."]
        metrics: dict[str, float] = {"temperature": float(head.temperature)}
        for fold, (regions, objects) in measured.items():
            text, figures = _figures(head, fold, regions, objects)
            sections.append(text)
            metrics |= figures
    return Learned(partial(write, head), "\n\n".join(sections), metrics)


class _Makers:
    """What is read from the folder of examples, or made where it is not there."""

    def __init__(self, settings: ObjectClassSettings, materials: Materials) -> None:
        self._settings, self._sets = settings, materials.sets
        self._examples: ExampleFolder = materials.examples
        self._control = materials.control
        self._steps = settings.rounds + (4 if settings.test else 2)
        self._done = 0
        self._pools: dict[Fold, TilePool] = {}

    def rounds(self) -> Arrays:
        """All rounds of fold train, one after the other."""
        parts = []
        for number in range(self._settings.rounds):
            self._step(f"examples, round {number + 1} of {self._settings.rounds}")
            seed = (self._settings.seed, number)

            def make(seed: tuple[int, int] = seed) -> Arrays:
                return training_round(self._pool("train"), self._trunk, seed)

            parts.append(self._examples.arrays(f"train-{number:03d}", make))
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def findings(self, fold: Fold) -> Arrays:
        """True regions of the sets."""
        self._step(f"forged regions of fold {fold}")
        return self._examples.arrays(f"set-{fold}", lambda: findings_of_sets(self._sets, fold, self._trunk))

    def objects(self, fold: Fold) -> Arrays:
        """Whole objects of the raw imagery."""
        self._step(f"objects of fold {fold}")
        return self._examples.arrays(
            f"objects-{fold}", lambda: objects_of_fold(self._pool(fold), self._trunk)
        )

    def _step(self, stage: str) -> None:
        self._control.checkpoint(0.9 * self._done / self._steps, stage)
        self._done += 1

    @cached_property
    def _trunk(self) -> "onnxruntime.InferenceSession":
        inputs = (torch.zeros(4, 3, SIDE, SIDE),)
        names = (["pictures"], ["maps"])
        return open_trunk(
            self._examples.file("trunk.onnx", lambda place: export(Trunk().layers, inputs, place, names))
        )

    def _pool(self, fold: Fold) -> TilePool:
        if fold not in self._pools:
            source = open_source(self._settings.raw, self._settings.reader)
            folds = {record.group: record.fold for one in self._sets for record in one.records.values()}
            self._pools[fold] = TilePool(source, fold, folds, self._control)
        return self._pools[fold]


def choose(examples: Arrays, settings: ObjectClassSettings) -> Arrays:
    """The examples that may be learned from.

    Raises:
        InputError: An imagery set that is left out does not exist, or nothing remains.
    """
    unknown = set(settings.leave_out) - set(examples["sources"])
    if unknown:
        known = ", ".join(np.unique(examples["sources"]))
        raise InputError(f"no examples of {', '.join(sorted(unknown))} to leave out; there are {known}")
    kept = ~np.isin(examples["sources"], settings.leave_out)
    if settings.sources == "unrestricted":
        kept &= ~examples["restricted"]
    if np.count_nonzero(kept) < 2:
        raise InputError("nothing remains to learn from; leave out fewer imagery sets")
    return {name: values[kept] for name, values in examples.items()}


def write(head: Head, path: Path) -> None:
    """Write the network with its trunk as ONNX, as `geotamper.evidence.objects.network` reads it."""
    example = (torch.zeros((3, 2, SIDE, SIDE, 4), dtype=torch.uint8), torch.zeros((3, SHAPE_SIZE)))
    export(ClassNetwork(Trunk(), head), example, path, (["crops", "shape"], ["log_shares"]))


def _learned_from(examples: Arrays) -> str:
    counts = np.bincount(examples["labels"], minlength=len(CLASS_LABELS)).tolist()
    by_label = ", ".join(f"{label} {count}" for label, count in zip(CLASS_LABELS, counts, strict=True))
    sources = ", ".join(np.unique(examples["sources"]))
    return f"Learned from {len(examples['labels'])} examples: {by_label}. From {sources}."


def _figures(head: Head, fold: Fold, findings: Arrays, objects: Arrays) -> tuple[str, Mapping[str, float]]:
    """How well findings of a fold are told, by the weight of the source, and single whole objects."""
    logs = log_shares(head, findings)
    shares, single = of_findings(logs, SOURCE_WEIGHT), np.exp(log_shares(head, objects))
    text = [
        f"## Fold {fold}",
        "Weight of the source's log-probabilities against those of the copy, findings:",
        "\n".join(_weight_lines(logs, findings["labels"])),
        f"Forged regions with their true masks: {table(shares, findings['labels'], findings['sources'])}",
        f"Objects as they lie in the raw tiles: {table(single, objects['labels'], objects['sources'])}",
    ]
    metrics = {
        f"{fold}_findings_accuracy": accuracy(shares, findings["labels"]),
        f"{fold}_findings_nll": negative_log_likelihood(shares, findings["labels"]),
        f"{fold}_objects_accuracy": accuracy(single, objects["labels"]),
    }
    return "\n\n".join(text), metrics


def _weight_lines(logs: Floats, labels: Labels) -> Sequence[str]:
    lines = ["| weight | accuracy | -ln P |", "| --- | --- | --- |"]
    for weight in SOURCE_WEIGHTS:
        shares = of_findings(logs, weight)
        lines.append(
            f"| {weight:.1f} | {accuracy(shares, labels):.4f} | {negative_log_likelihood(shares, labels):.4f} |"
        )
    return lines


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """The same sums in the same order on every machine, and no trace in the caller's chance."""
    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    try:
        with torch.random.fork_rng():
            yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])
