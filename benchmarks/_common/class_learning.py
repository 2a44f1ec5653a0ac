"""Fitting the head of the class network on features, its temperature, and how well it does."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from _common.class_network import Head, MapsHead, PooledHead
from geotamper.evidence.objects.network import CLASS_LABELS, OTHER, combine

Arrays = dict[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.float64]

OTHER_WEIGHT = 0.5
"""Of an outline on open ground against an object: open ground is only as empty as the labels say."""

SMOOTHING = 0.05
"""Share of the target spread over all labels: the outlines and labels are not all right."""


@dataclass(frozen=True)
class Course:
    """How the head is trained.

    Attributes:
        epochs: Passes over the examples.
        batch: Examples in a step.
        rate: Largest learning rate, reached after a tenth of the steps.
        seed: Of initial weights and order.
        head: "pooled", as packaged, or "maps", which convolves before it pools; for comparison.
    """

    epochs: int = 12
    batch: int = 64
    rate: float = 2e-3
    seed: int = 1
    head: Literal["pooled", "maps"] = "pooled"


def train_head(examples: Arrays, course: Course) -> Head:
    """Fit a head; every class and every source in it counts the same, small ones up to a limit.

    Args:
        examples: Of `class_examples.load`.
        course: How.
    """
    torch.manual_seed(course.seed)
    head: Head = PooledHead() if course.head == "pooled" else MapsHead()
    weights = torch.from_numpy(example_weights(examples)).float()
    inputs = tensors(examples)
    labels = torch.from_numpy(examples["labels"])
    steps = course.epochs * -(-len(labels) // course.batch)
    optimiser = torch.optim.AdamW(head.parameters(), lr=course.rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, course.rate, total_steps=steps, pct_start=0.1, cycle_momentum=False
    )
    head.train()
    for _ in range(course.epochs):
        for rows in torch.randperm(len(labels)).split(course.batch):
            maps, masks, shape = (values[rows].float() for values in inputs)
            maps, masks = _turned(maps, masks)
            logs = head(maps, masks, shape)
            target = (1 - SMOOTHING) * nn.functional.one_hot(labels[rows], len(CLASS_LABELS)) + SMOOTHING / 8
            loss = -(weights[rows, None] * target * logs).sum() / weights[rows].sum()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return head.eval()


def example_weights(examples: Arrays) -> Floats:
    """Weights with mean 1: classes are equal, and within a class sources by the root of their number of examples."""
    pairs = np.array(
        [f"{label}/{source}" for label, source in zip(examples["labels"], examples["sources"], strict=True)]
    )
    weights = np.ones(len(pairs))
    for pair in np.unique(pairs):
        chosen = pairs == pair
        weights[chosen] = 1 / np.sqrt(chosen.sum())
    for number, label in enumerate(CLASS_LABELS):
        chosen = examples["labels"] == number
        if chosen.any():
            weights[chosen] *= (OTHER_WEIGHT if label == OTHER else 1.0) / weights[chosen].sum()
    return np.asarray(weights / weights.mean(), dtype=np.float64)


def _turned(maps: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
    """The maps of a batch turned by a quarter or mirrored, and noise: more variants for nothing."""
    quarter = int(torch.randint(4, ()))
    maps, masks = (torch.rot90(one, quarter, dims=(-2, -1)) for one in (maps, masks))
    if torch.rand(()) < 0.5:
        maps, masks = maps.flip(-1), masks.flip(-1)
    return maps + 0.1 * maps.std() * torch.randn_like(maps), masks


def tensors(examples: Arrays) -> tuple[Tensor, Tensor, Tensor]:
    """Maps, masks and shapes."""
    maps, masks, shape = (torch.from_numpy(examples[name]) for name in ("maps", "masks", "shape"))
    return maps, masks, shape


def log_shares(head: nn.Module, examples: Arrays) -> Floats:
    """Log-probabilities of all examples, (n, 8)."""
    inputs = tensors(examples)
    with torch.inference_mode():
        parts = torch.arange(len(examples["shape"])).split(256)
        found = [head(*(values[rows].float() for values in inputs)).numpy() for rows in parts]
    return np.concatenate(found).astype(np.float64)


def of_findings(logs: Floats, source_weight: float) -> Floats:
    """Probabilities of findings, whose targets and sources take turns in the rows."""
    return np.stack(
        [combine(pair, source_weight=source_weight) for pair in logs.reshape(-1, 2, logs.shape[1])]
    )


def accuracy(shares: Floats, labels: npt.NDArray[np.int64]) -> float:
    """Share of right answers among the seven classes, as a forced answer gives them."""
    return float((shares[:, :-1].argmax(axis=1) == labels).mean())


def negative_log_likelihood(shares: Floats, labels: npt.NDArray[np.int64]) -> float:
    """Mean of -ln P(true class)."""
    return float(-np.log(shares[np.arange(len(labels)), labels] + 1e-12).mean())


def fit_temperature(logs: Floats, labels: npt.NDArray[np.int64], source_weight: float) -> float:
    """The temperature that makes the probabilities of findings likeliest."""
    choices = np.geomspace(0.3, 4, 60)
    losses = [negative_log_likelihood(of_findings(logs / value, source_weight), labels) for value in choices]
    return float(choices[int(np.argmin(losses))])


def calibration_error(shares: Floats, labels: npt.NDArray[np.int64], bins: int = 15) -> float:
    """Expected calibration error of the likeliest label."""
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == labels
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [
        abs(sure[place == b].mean() - right[place == b].mean()) * (place == b).mean()
        for b in range(bins)
        if (place == b).any()
    ]
    return float(sum(gaps))
