"""Fitting the network of `geotamper.evidence.rim_model`: forward, backward and cross-validation in NumPy."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from geotamper.evidence.rim_model import COMMON_POINTS

Floats = npt.NDArray[np.float64]
Arrays = dict[str, npt.NDArray[Any]]

HIDDEN = 24
MIDDLE = 12
NETWORKS = 3
STEPS = 700
BATCH = 48
RATE = 2e-3
DECAY = 2e-3
DROPPED = 0.2
"""Share of the hidden units that are left out of each step."""

FOLDS = 5
GROWTHS = (0.0, 0.15, 0.3, 0.45)
"""Powers of the number of points that are tried."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """n pairs with the copy first.

    Attributes:
        points: (n, 2, p, f) float16 features of p points of both outlines.
        wholes: (n, c) differences of the regions as wholes.
        counts: (n,) points of the shorter outline.
        groups: (n,) pairs of one group may show the same ground.
    """

    points: npt.NDArray[np.float16]
    wholes: Floats
    counts: npt.NDArray[np.int64]
    groups: npt.NDArray[Any]

    def part(self, chosen: npt.NDArray[Any]) -> "Lesson":
        """Some of the pairs."""
        return Lesson(self.points[chosen], self.wholes[chosen], self.counts[chosen], self.groups[chosen])


@dataclass
class _Network:
    """One network under training: parameters with Adam's moments."""

    values: Arrays
    first: Arrays = field(default_factory=dict)
    second: Arrays = field(default_factory=dict)
    step: int = 0

    @classmethod
    def drawn(cls, features: int, rng: np.random.Generator) -> "_Network":
        shapes = {
            "w1": (features, HIDDEN),
            "b1": (HIDDEN,),
            "w2": (HIDDEN, MIDDLE),
            "b2": (MIDDLE,),
            "v": (MIDDLE,),
        }
        values = {
            name: (rng.normal(0, np.sqrt(2 / shape[0]), shape) if name[0] != "b" else np.zeros(shape)).astype(
                np.float32
            )
            for name, shape in shapes.items()
        }
        return cls(values)

    def update(self, gradients: Arrays, rate: float) -> None:
        self.step += 1
        for name, gradient in gradients.items():
            first = 0.9 * self.first.get(name, 0.0) + 0.1 * gradient
            second = 0.99 * self.second.get(name, 0.0) + 0.01 * gradient**2
            self.first[name], self.second[name] = first, second
            ahead = first / (1 - 0.9**self.step)
            size = np.sqrt(second / (1 - 0.99**self.step)) + 1e-8
            decay = DECAY if name[0] != "b" else 0.0
            self.values[name] = self.values[name] * (1 - rate * decay * 50) - rate * ahead / size

    def forward(
        self, points: npt.NDArray[np.float32], mask: npt.NDArray[np.float32]
    ) -> tuple[Floats, Arrays]:
        """Opinions (n, 2) of (n, 2, p, f) scaled points, and what the way back needs."""
        values = self.values
        hidden = np.maximum(points @ values["w1"] + values["b1"], 0.0) * mask
        mean = hidden.mean(axis=2)
        middle = np.maximum(mean @ values["w2"] + values["b2"], 0.0)
        return middle @ values["v"], {"hidden": hidden, "mean": mean, "middle": middle}

    def backward(
        self, points: npt.NDArray[np.float32], mask: npt.NDArray[np.float32], kept: Arrays, slope: Floats
    ) -> Arrays:
        """Gradients for (n, 2) derivatives of the loss by the opinions."""
        values = self.values
        to_middle = slope[..., None] * values["v"] * (kept["middle"] > 0)
        to_mean = to_middle @ values["w2"].T
        to_hidden = (to_mean[:, :, None, :] / points.shape[2]) * (kept["hidden"] > 0) * mask
        flat, flat_hidden = points.reshape(-1, points.shape[-1]), to_hidden.reshape(-1, HIDDEN)
        return {
            "w1": flat.T @ flat_hidden,
            "b1": flat_hidden.sum(axis=0),
            "w2": kept["mean"].reshape(-1, HIDDEN).T @ to_middle.reshape(-1, MIDDLE),
            "b2": to_middle.sum(axis=(0, 1)),
            "v": (slope[..., None] * kept["middle"]).sum(axis=(0, 1)),
        }


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted model.

    Attributes:
        centre: Of the point features.
        spread: Of the point features.
        networks: Parameters by name.
        contrasts: Weights of the wholes.
        growth: Power of the number of points.
        slope: Factor of the networks' opinions.
    """

    centre: npt.NDArray[np.float32]
    spread: npt.NDArray[np.float32]
    networks: tuple[Arrays, ...]
    contrasts: Floats
    growth: float = 0.0
    slope: float = 1.0

    def opinions(self, lesson: Lesson) -> Floats:
        """(n,) mean difference of the networks' opinions on both outlines."""
        total = np.zeros(len(lesson.points))
        ones = np.ones(HIDDEN, np.float32)
        for values in self.networks:
            network = _Network(values)
            for start in range(0, len(total), BATCH):
                part = slice(start, start + BATCH)
                scaled = (lesson.points[part].astype(np.float32) - self.centre) / self.spread
                opinion, _ = network.forward(scaled, ones)
                total[part] += opinion[:, 0] - opinion[:, 1]
        return total / len(self.networks)

    def odds(self, lesson: Lesson) -> Floats:
        """(n,) log odds of the first region being the copy."""
        weight = (lesson.counts / COMMON_POINTS) ** self.growth
        return np.asarray(weight * self.slope * self.opinions(lesson) + lesson.wholes @ self.contrasts)

    def arrays(self) -> Arrays:
        """Everything that `geotamper.evidence.rim_model.model_from` reads."""
        names = {
            "w1": "point_weights",
            "b1": "point_bias",
            "w2": "mean_weights",
            "b2": "mean_bias",
            "v": "opinion",
        }
        arrays = {long: np.stack([net[short] for net in self.networks]) for short, long in names.items()}
        arrays["opinion"] = arrays["opinion"] * self.slope
        arrays |= {"centre": self.centre, "spread": self.spread, "contrasts": self.contrasts}
        arrays["growth"] = np.array(self.growth)
        return {name: value.astype(np.float32) for name, value in arrays.items()}


def _train(lesson: Lesson, scales: tuple[Any, Any], rng: np.random.Generator) -> Arrays:
    """One network, trained on random pairs."""
    centre, spread = scales
    network = _Network.drawn(lesson.points.shape[-1], rng)
    for step in range(STEPS):
        chosen = rng.integers(len(lesson.points), size=BATCH)
        scaled = (lesson.points[chosen].astype(np.float32) - centre) / spread
        mask = (rng.random(HIDDEN) >= DROPPED).astype(np.float32) / np.float32(1 - DROPPED)
        opinion, kept = network.forward(scaled, mask)
        wrong = 1.0 / (1.0 + np.exp(np.clip(opinion[:, 0] - opinion[:, 1], -30, 30)))
        slope = np.stack([-wrong, wrong], axis=1).astype(np.float32) / BATCH
        rate = RATE * 0.5 * (1 + np.cos(np.pi * step / STEPS))
        network.update(network.backward(scaled, mask, kept, slope), rate)
    return network.values


def _networks(lesson: Lesson, seed: int) -> Fitted:
    flat = lesson.points[:: max(1, len(lesson.points) // 300)].astype(np.float32)
    flat = flat.reshape(-1, flat.shape[-1])
    scales = flat.mean(axis=0), flat.std(axis=0) + np.float32(1e-3)
    networks = tuple(_train(lesson, scales, np.random.default_rng([seed, n])) for n in range(NETWORKS))
    return Fitted(scales[0], scales[1], networks, np.zeros(lesson.wholes.shape[1]))


def _stack(columns: Floats, ridge: float = 1.0) -> tuple[Floats, float]:
    """Weights of a logistic regression through the origin where the first is always the copy, and its loss."""
    spread = np.sqrt((columns**2).mean(axis=0)) + 1e-9
    scaled = columns / spread
    beta = np.zeros(columns.shape[1])
    for _ in range(50):
        wrong = 1.0 / (1.0 + np.exp(np.clip(scaled @ beta, -30, 30)))
        gradient = scaled.T @ wrong - ridge * beta
        hessian = (scaled * (wrong * (1 - wrong))[:, None]).T @ scaled + ridge * np.eye(len(beta))
        beta += np.linalg.solve(hessian, gradient)
    loss = float(np.logaddexp(0, -(scaled @ beta)).mean())
    return beta / spread, loss


def _splits(lesson: Lesson, seed: int) -> npt.NDArray[np.int64]:
    names, numbers = np.unique(lesson.groups, return_inverse=True)
    return np.random.default_rng(seed).permutation(len(names))[numbers] % FOLDS


def _held_out_opinions(lesson: Lesson, seed: int) -> Floats:
    fold_of = _splits(lesson, seed)
    opinions = np.zeros(len(lesson.points))
    for number in range(FOLDS):
        opinions[fold_of == number] = _networks(lesson.part(fold_of != number), seed).opinions(
            lesson.part(fold_of == number)
        )
    return opinions


def _combined(lesson: Lesson, opinions: Floats) -> tuple[Floats, float]:
    """Weights of opinion and wholes, and the growth, by the least loss of held-out opinions."""
    best: tuple[float, Floats, float] | None = None
    for growth in GROWTHS:
        weighted = opinions * (lesson.counts / COMMON_POINTS) ** growth
        weights, loss = _stack(np.column_stack([weighted, lesson.wholes]))
        if best is None or loss < best[0]:
            best = loss, weights, growth
    assert best is not None
    return best[1], best[2]


def fit_model(lesson: Lesson, seed: int) -> tuple[Fitted, Floats]:
    """The model of all pairs, and the log odds of each from networks that have not seen its group.

    The weights that join network and wholes are fitted to held-out opinions, so that what is stated is calibrated.
    """
    opinions = _held_out_opinions(lesson, seed)
    weights, growth = _combined(lesson, opinions)
    grown = opinions * (lesson.counts / COMMON_POINTS) ** growth
    held_out = np.column_stack([grown, lesson.wholes]) @ weights
    whole = _networks(lesson, seed)
    model = Fitted(whole.centre, whole.spread, whole.networks, weights[1:], growth, float(weights[0]))
    return model, np.asarray(held_out)
