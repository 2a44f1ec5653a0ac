"""Fitting the coefficients: logistic regression through the origin, its shape chosen by cross-validation."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.evidence.rim_model import COMMON_POINTS, bounded
from geotamper.evidence.rims import RIM_FEATURES
from geotamper.learning.judges.examples import Arrays

Floats = npt.NDArray[np.float64]

FOLDS = 5
GROWTHS = (0.0, 0.2, 0.4)
RIDGES = (15.0, 45.0, 135.0, 405.0)
"""Penalties of the rim's weights that are tried."""

WHOLE_RIDGE = 1.0


@dataclass(frozen=True)
class Shape:
    """What is chosen by cross-validation: the power of the number of points, and the penalty of the rim's weights."""

    growth: float
    ridge: float


@dataclass(frozen=True)
class Coefficients:
    """Fitted weights: (166,) of the rim and (7,) of the wholes."""

    rim: Floats
    contrasts: Floats


@dataclass(frozen=True)
class Choice:
    """What cross-validation found.

    Attributes:
        shape: With the least held-out loss.
        loss: Held out, before `slope` is applied.
        slope: The factor that makes held-out log odds true ones.
        parts: (n, 2) log odds of every pair by weights that have not seen its group, times `slope`.
    """

    shape: Shape
    loss: float
    slope: float
    parts: Floats


def columns_of(arrays: Arrays, growth: float) -> Floats:
    """(n, 173) what the weights are for."""
    weight = (arrays["count"] / COMMON_POINTS) ** growth
    return np.column_stack([arrays["rim"] * weight[:, None], arrays["wholes"]])


def weights_of(arrays: Arrays) -> Floats:
    """(n,) weights, 1 on average: hard and soft edges count the same in all, however many there are."""
    hard = arrays["edge"] == "hard"
    share = float(hard.mean())
    if share in (0.0, 1.0):
        return np.ones(len(hard))
    return np.where(hard, 0.5 / share, 0.5 / (1 - share))


def loss_of(arrays: Arrays, odds: Floats) -> float:
    """Mean weighted logistic loss."""
    return float(np.mean(weights_of(arrays) * np.logaddexp(0, -odds)))


def fit(arrays: Arrays, shape: Shape) -> Coefficients:
    """Logistic regression through the origin by Newton steps: the first region is always the copy."""
    counted = weights_of(arrays)
    columns = columns_of(arrays, shape.growth)
    spread = np.sqrt((columns**2).mean(axis=0)) + 1e-6
    scaled = columns / spread
    penalty = np.where(np.arange(columns.shape[1]) < RIM_FEATURES, shape.ridge, WHOLE_RIDGE)
    beta = np.zeros(columns.shape[1])
    for _ in range(30):
        wrong = 1.0 / (1.0 + np.exp(np.clip(scaled @ beta, -30, 30)))
        hessian = (scaled * (counted * wrong * (1 - wrong))[:, None]).T @ scaled + np.diag(penalty)
        beta += np.linalg.solve(hessian, scaled.T @ (counted * wrong) - penalty * beta)
    weights = beta / spread
    return Coefficients(weights[:RIM_FEATURES], weights[RIM_FEATURES:])


def parts_of(arrays: Arrays, shape: Shape, weights: Coefficients) -> Floats:
    """(n, 2) log odds of the copy being taken for the copy, by the rim and by the wholes."""
    columns = columns_of(arrays, shape.growth)
    return np.column_stack([columns[:, :RIM_FEATURES] @ weights.rim, arrays["wholes"] @ weights.contrasts])


def odds_of(parts: Floats) -> Floats:
    """(n,) log odds of both together."""
    return np.asarray(bounded(parts[:, 0]) + parts[:, 1], np.float64)


def held_out(arrays: Arrays, shape: Shape) -> Floats:
    """(n, 2) log odds of each pair by weights that have not seen its group."""
    names, numbers = np.unique(arrays["group"], return_inverse=True)
    fold_of = np.random.default_rng(0).permutation(len(names))[numbers] % FOLDS
    parts = np.zeros((len(numbers), 2))
    for number in range(FOLDS):
        seen = {name: values[fold_of != number] for name, values in arrays.items()}
        left = {name: values[fold_of == number] for name, values in arrays.items()}
        parts[fold_of == number] = parts_of(left, shape, fit(seen, shape))
    return parts


def slope_of(arrays: Arrays, parts: Floats) -> float:
    """The factor that makes held-out log odds true ones."""
    factors = np.linspace(0.2, 2.0, 91)
    losses = [loss_of(arrays, odds_of(factor * parts)) for factor in factors]
    return float(factors[int(np.argmin(losses))])


def choose(arrays: Arrays) -> Choice:
    """The shape with the least held-out loss, and how sure its log odds may be."""
    tried = []
    for growth in GROWTHS:
        for ridge in RIDGES:
            parts = held_out(arrays, Shape(growth, ridge))
            tried.append((loss_of(arrays, odds_of(parts)), growth, ridge, parts))
    loss, growth, ridge, parts = min(tried, key=lambda entry: entry[0])
    slope = slope_of(arrays, parts)
    return Choice(Shape(growth, ridge), loss, slope, slope * parts)


def fit_calibrated(arrays: Arrays, choice: Choice) -> Coefficients:
    """Coefficients of the chosen shape, fitted on all of these pairs, whose log odds are true ones."""
    weights = fit(arrays, choice.shape)
    return Coefficients(choice.slope * weights.rim, choice.slope * weights.contrasts)
