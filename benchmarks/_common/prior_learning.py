"""Training and measuring the network of the tamper prior."""

import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from _common.prior_examples import BLURRED, COPY, SOURCE, PriorExample
from _common.prior_network import PriorNetwork
from _common.prior_opinion import PIXEL_LABELS
from geotamper.atomic import atomic_path

CROP = 128
"""Rows and columns of a training crop at half resolution: 256 pixels of the picture."""

CENTRED = 0.7
"""Share of crops of forged pictures that hold a forged pixel."""

SMOOTHING = 0.02
WARM_UP = 0.05
"""Share of the steps in which the learning rate rises."""


@dataclass(frozen=True)
class Course:
    """How the network is trained.

    Attributes:
        steps: Of the optimiser.
        batch: Crops in a step.
        rate: Largest learning rate.
        seed: Of all chance.
        checkpoint: File from which an interrupted course goes on, or None.
    """

    steps: int
    batch: int = 8
    rate: float = 3e-3
    seed: int = 1
    checkpoint: Path | None = None


@dataclass(frozen=True)
class Trained:
    """A network and what it cost.

    Attributes:
        network: In evaluation mode.
        cpu_seconds: Processor time of the training, of earlier runs too.
    """

    network: PriorNetwork
    cpu_seconds: float


def class_weights(examples: Sequence[PriorExample]) -> Tensor:
    """(4,) weights in the loss, by the root of how rare a label is, with a mean of one over the labels."""
    counts = sum(
        np.bincount(example.labels.ravel(), minlength=len(PIXEL_LABELS)) for example in examples
    ) + np.ones(len(PIXEL_LABELS))
    weights = (counts / counts.sum()) ** -0.5
    return torch.tensor(weights / weights.mean(), dtype=torch.float32)


def draw_batch(examples: Sequence[PriorExample], course: Course, step: int) -> tuple[Tensor, Tensor]:
    """Crops, turned and mirrored: (n, 16, 128, 128) float32 and (n, 128, 128) int64; the same for the same step."""
    rng = np.random.default_rng([course.seed, step])
    chosen = [_crop(examples[int(rng.integers(len(examples)))], rng) for _ in range(course.batch)]
    planes = torch.from_numpy(np.stack([planes for planes, _ in chosen]).astype(np.float32))
    labels = torch.from_numpy(np.stack([labels for _, labels in chosen]).astype(np.int64))
    return planes.contiguous(memory_format=torch.channels_last), labels


def _crop(
    example: PriorExample, rng: np.random.Generator
) -> tuple[npt.NDArray[np.float16], npt.NDArray[np.uint8]]:
    planes, labels = example.planes, example.labels
    short = [max(0, CROP - side) for side in labels.shape]
    if any(short):
        planes = np.pad(planes, ((0, 0), (0, short[0]), (0, short[1])), mode="edge")
        labels = np.pad(labels, ((0, short[0]), (0, short[1])), mode="edge")
    forged = np.argwhere(labels > 0) if rng.random() < CENTRED else np.zeros((0, 2), np.int64)
    corner = []
    for axis, side in enumerate(labels.shape):
        first, last = 0, side - CROP
        if len(forged):
            place = int(forged[int(rng.integers(len(forged)))][axis])
            first, last = max(0, place - CROP + 8), min(last, max(0, place - 8))
        corner.append(int(rng.integers(first, max(first, last) + 1)))
    y, x = min(corner[0], labels.shape[0] - CROP), min(corner[1], labels.shape[1] - CROP)
    planes, labels = planes[:, y : y + CROP, x : x + CROP], labels[y : y + CROP, x : x + CROP]
    turns = int(rng.integers(4))
    planes, labels = np.rot90(planes, turns, (1, 2)), np.rot90(labels, turns)
    return (planes[:, :, ::-1], labels[:, ::-1]) if rng.random() < 0.5 else (planes, labels)


def train(examples: Sequence[PriorExample], course: Course) -> Trained:
    """Train from the start, or from the checkpoint of the course where there is one."""
    torch.manual_seed(course.seed)
    network = PriorNetwork().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=course.rate, weight_decay=0.02)
    weights = class_weights(examples)
    first, spent = _resumed(network, optimiser, course)
    started = time.process_time()
    network.train()
    recent: list[float] = []
    for step in range(first, course.steps):
        for group in optimiser.param_groups:
            group["lr"] = course.rate * _share(step / course.steps)
        planes, labels = draw_batch(examples, course, step)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores = network.scores(planes)
        loss = torch.nn.functional.cross_entropy(
            scores.float(), labels, weight=weights, label_smoothing=SMOOTHING
        )
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        recent.append(float(loss.detach()))
        if (step + 1) % 50 == 0:
            total = spent + time.process_time() - started
            print(f"step {step + 1}: loss {np.mean(recent):.4f}, {total:.0f} s", file=sys.stderr, flush=True)
            recent.clear()
            _keep(network, optimiser, course, (step + 1, total))
    return Trained(network.eval(), spent + time.process_time() - started)


def _share(progress: float) -> float:
    """Of the largest learning rate: a short rise, then half a cosine."""
    if progress < WARM_UP:
        return (progress + 0.002) / (WARM_UP + 0.002)
    return 0.5 * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP))) + 1e-3


def _resumed(network: PriorNetwork, optimiser: torch.optim.Optimizer, course: Course) -> tuple[int, float]:
    if course.checkpoint is None or not course.checkpoint.exists():
        return 0, 0.0
    state = torch.load(course.checkpoint, weights_only=True)
    network.load_state_dict(state["network"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"]), float(state["cpu_seconds"])


def _keep(
    network: PriorNetwork, optimiser: torch.optim.Optimizer, course: Course, reached: tuple[int, float]
) -> None:
    if course.checkpoint is None:
        return
    with atomic_path(course.checkpoint) as temporary:
        torch.save(
            {
                "network": network.state_dict(),
                "optimiser": optimiser.state_dict(),
                "step": reached[0],
                "cpu_seconds": reached[1],
            },
            temporary,
        )


def judged(
    network: PriorNetwork, examples: Sequence[PriorExample]
) -> Iterator[tuple[PriorExample, npt.NDArray[np.float32]]]:
    """Every example, cut to a multiple of 8, with its (4, h, w) probabilities."""
    with torch.inference_mode():
        for example in examples:
            h, w = (side // 8 * 8 for side in example.labels.shape)
            planes = torch.from_numpy(example.planes[:, :h, :w].astype(np.float32))[None]
            shares = network(planes).exp()[0].numpy()
            yield PriorExample(example.planes, example.labels[:h, :w], example.source_name), shares


def measure(network: PriorNetwork, examples: Sequence[PriorExample]) -> dict[str, float]:
    """How well pixels are told apart, over all pixels of some examples.

    Returns:
        "loss": mean negative log-probability; "copied_auc" and "blurred_auc": chance that a pixel of source or copy
        (a blurred one) is ranked above a clean one; "order": share of copied pixels at which the true one of source
        and copy is the likelier; "calibration_error": of the probability of any forgery, in ten bins.
    """
    labels, shares = [], []
    for example, found in judged(network, examples):
        labels.append(example.labels.ravel())
        shares.append(found.reshape(len(PIXEL_LABELS), -1))
    truth, chances = np.concatenate(labels), np.concatenate(shares, axis=1)
    clean = truth == 0
    copied = np.isin(truth, (SOURCE, COPY))
    either = chances[SOURCE] + chances[COPY]
    true_share = chances[truth, np.arange(truth.size)]
    order = (chances[COPY] > chances[SOURCE]) == (truth == COPY)
    return {
        "loss": float(-np.log(np.maximum(true_share, 1e-7)).mean()),
        "copied_auc": area_under_curve(either[copied], either[clean]),
        "blurred_auc": area_under_curve(chances[BLURRED][truth == BLURRED], chances[BLURRED][clean]),
        "order": float(order[copied].mean()) if copied.any() else math.nan,
        "calibration_error": _calibration_error(1 - chances[0], ~clean),
    }


def area_under_curve(positive: npt.NDArray[np.float32], negative: npt.NDArray[np.float32]) -> float:
    """Chance that a positive exceeds a negative one, ties counted half; nan where one side is empty."""
    if not (positive.size and negative.size):
        return math.nan
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left") + np.searchsorted(ordered, positive, "right")
    return float(below.mean() / 2 / negative.size)


def _calibration_error(chance: npt.NDArray[np.float32], truth: npt.NDArray[np.bool_]) -> float:
    bins = np.minimum((chance * 10).astype(np.int64), 9)
    count = np.bincount(bins, minlength=10)
    gap = np.bincount(bins, chance, minlength=10) - np.bincount(bins, truth, minlength=10)
    return float(np.abs(gap).sum() / max(1, count.sum()))
