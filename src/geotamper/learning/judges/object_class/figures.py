"""How well regions are told, as numbers and tables."""

from typing import Any

import numpy as np
import numpy.typing as npt

from geotamper.evidence.objects.network import CLASS_LABELS
from geotamper.learning.judges.object_class.fitting import Floats, negative_log_likelihood
from geotamper.metrics import expected_calibration_error, wilson_interval

Labels = npt.NDArray[np.int64]


def accuracy(shares: Floats, labels: npt.NDArray[np.int64]) -> float:
    """Share of right answers among the seven classes, as a forced answer gives them."""
    return float((shares[:, :-1].argmax(axis=1) == labels).mean())


def table(shares: Floats, labels: npt.NDArray[np.int64], sources: npt.NDArray[Any]) -> str:
    """By class and by source: how often the class is right, its 95 % interval, and what it is taken for instead.

    Args:
        shares: (n, 8) probabilities.
        labels: (n,) places in `CLASS_LABELS`.
        sources: (n,) names.
    """
    found, free = shares[:, :-1].argmax(axis=1), shares.argmax(axis=1)
    error = expected_calibration_error(np.minimum(shares.max(axis=1), 1), free == labels)
    summary = (
        f"{accuracy(shares, labels):.4f} right when forced, {(free == labels).mean():.4f} when not, "
        f"{(free == len(CLASS_LABELS) - 1).mean():.4f} unknown, ECE {error or 0:.4f}, "
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
