"""Fitting the head of the class network on features, its temperature, and how well it does."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from _common.class_network import Head
from geotamper.evidence.objects.network import CLASS_LABELS, OTHER, combine
from geotamper.metrics import wilson_interval

Arrays = dict[str, npt.NDArray[Any]]
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
        examples: Of `class_examples.load`.
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


def table(shares: Floats, labels: npt.NDArray[np.int64], sources: npt.NDArray[Any]) -> str:
    """By class and by source: how often the class is right, its 95 % interval, and what it is taken for instead.

    Args:
        shares: (n, 8) probabilities.
        labels: (n,) places in `CLASS_LABELS`.
        sources: (n,) names.
    """
    found, free = shares[:, :-1].argmax(axis=1), shares.argmax(axis=1)
    summary = (
        f"{accuracy(shares, labels):.4f} right when forced, {(free == labels).mean():.4f} when not, "
        f"{(free == len(CLASS_LABELS) - 1).mean():.4f} unknown, ECE {calibration_error(shares, labels):.4f}, "
        f"-ln P {negative_log_likelihood(shares, labels):.4f}"
    )
    lines = [
        summary,
        "",
        "| class | asked | right | 95 % interval | taken for |",
        "| --- | --- | --- | --- | --- |",
    ]
    for number, name in enumerate(CLASS_LABELS[:-1]):
        of_class = found[labels == number]
        if len(of_class):
            right = int((of_class == number).sum())
            interval = wilson_interval(right, len(of_class))
            wrong = [f"{CLASS_LABELS[k]} {(of_class == k).sum()}" for k in np.unique(of_class) if k != number]
            lines.append(
                f"| {name} | {len(of_class)} | {right / len(of_class):.3f} | "
                f"{interval.low:.3f} to {interval.high:.3f} | {', '.join(wrong)} |"
            )
    parts = [(name, sources == name) for name in np.unique(sources)]
    lines += ["", ", ".join(f"{name} {(found[k] == labels[k]).mean():.3f} of {k.sum()}" for name, k in parts)]
    return "\n".join(lines)
