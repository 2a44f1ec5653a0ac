"""Fit the score of regions and of mosaics, and measure how often untouched pictures reach which score."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier

from geotamper.evidence.blur.mosaic import MOSAIC_TRENDS

Floats = npt.NDArray[np.float64]
Arrays = dict[str, npt.NDArray[Any]]

RATES = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
TREE_OPTIONS: dict[str, Any] = {
    "learning_rate": 0.06,
    "max_iter": 200,
    "max_leaf_nodes": 14,
    "min_samples_leaf": 30,
    "l2_regularization": 5.0,
    "early_stopping": False,
}
MOSAIC_OPTIONS: dict[str, Any] = {
    "learning_rate": 0.1,
    "max_iter": 60,
    "max_leaf_nodes": 6,
    "min_samples_leaf": 20,
    "l2_regularization": 5.0,
    "early_stopping": False,
}
FOLDS = 3
WRONG_OUTLINE, RIGHT_OUTLINE = 0.2, 0.7
"""IoU up to which a region that touches a blurred one counts as genuine, and from which as blurred; between them it
counts as both, in proportion, so that of several outlines the best gets the highest score."""
TOUCHING_WEIGHT = 0.5
"""Of such a region, against one that touches nothing."""


@dataclass(frozen=True)
class Lesson:
    """Rows with a class and a weight; an ambiguous region is two of them."""

    rows: Floats
    classes: npt.NDArray[np.int64]
    weights: Floats
    pictures: npt.NDArray[np.int64]


def region_lesson(examples: Arrays) -> Lesson:
    """What the trees learn from."""
    picture = examples["picture"]
    method = examples["methods"][picture]
    blurred = np.where(method == "gaussian", 1, np.where(method == "oil", 2, 0))
    overlap, touching = examples["overlap"], examples["touching"]
    share = np.clip((overlap - WRONG_OUTLINE) / (RIGHT_OUTLINE - WRONG_OUTLINE), 0, 1)
    share[blurred == 0] = 0
    touches = (touching > 0.1) & (blurred > 0)
    weight = np.where(touches & (share < 1), TOUCHING_WEIGHT, 1.0)
    positive, negative = share > 0, share < 1
    return Lesson(
        np.concatenate([examples["rows"][positive], examples["rows"][negative]]),
        np.concatenate([blurred[positive], np.zeros(int(negative.sum()), np.int64)]),
        np.concatenate([(weight * share)[positive], (weight * (1 - share))[negative]]),
        np.concatenate([picture[positive], picture[negative]]),
    )


def fit_trees(lesson: Lesson, chosen: npt.NDArray[np.bool_] | None = None) -> HistGradientBoostingClassifier:
    """Boosted trees on the rows chosen, or on all."""
    part = np.ones(len(lesson.rows), np.bool_) if chosen is None else chosen
    trees = HistGradientBoostingClassifier(random_state=0, **TREE_OPTIONS)
    return trees.fit(lesson.rows[part], lesson.classes[part], sample_weight=lesson.weights[part])


def tree_arrays(trees: HistGradientBoostingClassifier, name: str) -> Arrays:
    """Nodes of fitted trees, named as `geotamper.evidence.blur.model.Trees` reads them."""
    roots, nodes, thresholds, leaves = [], [], [], []
    first = 0
    for per_class in trees._predictors:
        for tree in per_class:
            table = tree.nodes
            is_leaf = table["is_leaf"].astype(bool)
            feature = np.where(is_leaf, -1, table["feature_idx"].astype(np.int64))
            left, right = table["left"].astype(np.int64) + first, table["right"].astype(np.int64) + first
            roots.append(first)
            nodes.append(np.stack([feature, left, right], axis=1))
            thresholds.append(np.where(is_leaf, 0.0, table["num_threshold"]))
            leaves.append(np.where(is_leaf, table["value"], 0.0))
            first += len(table)
    return {
        f"{name}_roots": np.array(roots, np.int32),
        f"{name}_nodes": np.concatenate(nodes).astype(np.int32),
        f"{name}_thresholds": np.concatenate(thresholds),
        f"{name}_leaves": np.concatenate(leaves).astype(np.float32),
        f"{name}_baseline": np.asarray(trees._baseline_prediction, np.float64).ravel(),
    }


def fold_of_groups(groups: npt.NDArray[Any], seed: int) -> npt.NDArray[np.int64]:
    """The fold of every picture; a group lies in one fold."""
    names, member = np.unique(groups, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(names))
    return (order % FOLDS)[member].astype(np.int64)


def held_out_scores(examples: Arrays, seed: int) -> Floats:
    """Probabilities (n, 3) of all measured regions, each from trees that saw no picture of its group."""
    lesson = region_lesson(examples)
    fold = fold_of_groups(examples["groups"], seed)
    scores = np.zeros((len(examples["rows"]), 3))
    for number in range(FOLDS):
        trees = fit_trees(lesson, fold[lesson.pictures] != number)
        held = fold[examples["picture"]] == number
        if held.any():
            scores[held] = trees.predict_proba(examples["rows"][held])
    return scores


def fit_mosaics(
    examples: Arrays, chosen: npt.NDArray[np.bool_] | None = None
) -> HistGradientBoostingClassifier:
    """Trees that tell a mosaic from a chance lattice; each measurement may only speak one way."""
    part = np.ones(len(examples["rows"]), np.bool_) if chosen is None else chosen
    trees = HistGradientBoostingClassifier(
        random_state=0, monotonic_cst=list(MOSAIC_TRENDS), **MOSAIC_OPTIONS
    )
    return trees.fit(examples["rows"][part], is_mosaic(examples)[part])


def is_mosaic(examples: Arrays) -> npt.NDArray[np.bool_]:
    """Which measured clusters are parts of a mosaic."""
    inside: npt.NDArray[np.bool_] = (examples["touching"] > 0.6) & (
        examples["methods"][examples["picture"]] == "mosaic"
    )
    return inside


def held_out_mosaics(examples: Arrays, seed: int) -> Floats:
    """Probabilities of all measured clusters, each from a fit that saw no picture of its group."""
    fold = fold_of_groups(examples["groups"], seed)[examples["picture"]]
    scores = np.zeros(len(fold))
    for number in range(FOLDS):
        trees = fit_mosaics(examples, fold != number)
        held = fold == number
        if held.any():
            scores[held] = trees.predict_proba(examples["rows"][held])[:, 1]
    return scores


def picture_maxima(examples: Arrays, scores: Floats) -> Floats:
    """The highest score of every picture, 0 where it has no region."""
    best = np.zeros(len(examples["methods"]))
    np.maximum.at(best, examples["picture"], scores)
    return best


def alarm_cuts(examples: Arrays, scores: Floats) -> Floats:
    """The score that each of `RATES` of the untouched pictures reaches."""
    untouched = picture_maxima(examples, scores)[examples["methods"] == ""]
    return np.asarray(np.quantile(untouched, 1 - np.array(RATES), method="higher"), dtype=np.float64)
