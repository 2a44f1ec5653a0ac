"""Fitting the head of the class network on features, and its temperature."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from geotamper.evidence.objects.network import CLASS_LABELS, OTHER, combine
from geotamper.learning.judges.examples import Arrays
from geotamper.learning.judges.object_class.network import Head

Floats = npt.NDArray[np.float64]

OTHER_WEIGHT = 0.5
"""Of an outline on open ground against an object: open ground is only as empty as the labels say."""

SMOOTHING = 0.05
"""Share of the target spread over all labels: the outlines and labels are not all right."""


NOISE = 0.15
"""Added to what the head takes, in standard deviations."""


@dataclass(frozen=True)
class Course:
    """How the head is trained.

    Attributes:
        epochs: Passes over the examples.
        batch: Examples in a step.
        rate: Largest learning rate, reached after a tenth of the steps.
        seed: Of initial weights and order.
    """

    epochs: int = 12
    batch: int = 64
    rate: float = 2e-3
    seed: int = 1


def train_head(examples: Arrays, course: Course) -> Head:
    """Fit a head; every class and every source in it counts the same, small ones up to a limit.

    Args:
        examples: Of `collecting.training_round`, several rounds together.
        course: How.
    """
    torch.manual_seed(course.seed)
    head = Head()
    weights = torch.from_numpy(example_weights(examples)).float()
    digested, shape = digests(head, examples)
    labels = torch.from_numpy(examples["labels"])
    wanted = (1 - SMOOTHING) * nn.functional.one_hot(labels, len(CLASS_LABELS)) + SMOOTHING / len(
        CLASS_LABELS
    )
    noise = NOISE * digested.std(dim=0, keepdim=True)
    steps = course.epochs * -(-len(labels) // course.batch)
    optimiser = torch.optim.AdamW(head.parameters(), lr=course.rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, course.rate, total_steps=steps, pct_start=0.1, cycle_momentum=False
    )
    head.train()
    for _ in range(course.epochs):
        for rows in torch.split(torch.randperm(len(labels)), course.batch):
            if len(rows) == 1:
                continue  # a single example has no spread that its features could be normalised by
            given = digested[rows]
            logs = torch.log_softmax(head.scores(given + noise * torch.randn_like(given), shape[rows]), dim=1)
            loss = -(weights[rows, None] * wanted[rows] * logs).sum() / weights[rows].sum()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
    return head.eval()


def digests(head: Head, examples: Arrays) -> tuple[Tensor, Tensor]:
    """What the head takes of all examples, and their shapes."""
    maps, masks = torch.from_numpy(examples["maps"]), torch.from_numpy(examples["masks"])
    parts = torch.split(torch.arange(len(maps)), 256)
    digested = torch.cat([head.digest(maps[rows].float(), masks[rows].float()) for rows in parts])
    return digested, torch.from_numpy(examples["shape"])


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


def log_shares(head: Head, examples: Arrays) -> Floats:
    """Calibrated log-probabilities of all examples, (n, 8)."""
    with torch.inference_mode():
        scores = head.scores(*digests(head, examples)) / head.temperature
        return torch.log_softmax(scores, dim=1).numpy().astype(np.float64)


def of_findings(logs: Floats, source_weight: float) -> Floats:
    """Probabilities of findings, whose targets and sources take turns in the rows."""
    return np.stack(
        [combine(pair, source_weight=source_weight) for pair in logs.reshape(-1, 2, logs.shape[1])]
    )


def negative_log_likelihood(shares: Floats, labels: npt.NDArray[np.int64]) -> float:
    """Mean of -ln P(true class)."""
    return float(-np.log(shares[np.arange(len(labels)), labels] + 1e-12).mean())


def fit_temperature(logs: Floats, labels: npt.NDArray[np.int64], source_weight: float) -> float:
    """The temperature that makes the probabilities of findings likeliest."""
    choices = np.geomspace(0.3, 4, 60)
    losses = [negative_log_likelihood(of_findings(logs / value, source_weight), labels) for value in choices]
    return float(choices[int(np.argmin(losses))])
