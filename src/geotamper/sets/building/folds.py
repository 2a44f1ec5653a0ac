"""Folds of 70, 15 and 15 percent, by groups of raw pictures."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from geotamper.sets.layout.names import FOLDS, Fold

FOLD_SHARES: Mapping[Fold, float] = MappingProxyType({"train": 0.70, "val": 0.15, "test": 0.15})
"""Of the raw tiles, as published (Zhang et al., arXiv:2412.02575)."""

_STREAM = 0x46_4F_4C_44


def assign_folds(tiles: Mapping[str, int], bound: Mapping[str, Fold], seed: int) -> dict[str, Fold]:
    """Give every group a fold.

    The largest group comes first and goes where most is missing, so that folds come close to their shares even
    with few groups of unequal size. Nothing but the groups and the seed decides: two sets built from the same
    imagery with the same seed agree, whatever their preset.

    Args:
        tiles: Number of tiles of each group, in a fixed order.
        bound: Folds that a manifest decided; they count towards the shares.
        seed: Of the run; decides between groups of equal size.
    """
    total = sum(tiles.values())
    missing = {fold: share * total for fold, share in FOLD_SHARES.items()}
    folds: dict[str, Fold] = {}
    for group, fold in bound.items():
        if group in tiles:
            folds[group] = fold
            missing[fold] -= tiles[group]
    names = [group for group in tiles if group not in folds]
    order = np.random.default_rng([seed, _STREAM]).permutation(len(names)).tolist()
    for group in sorted((names[place] for place in order), key=lambda name: -tiles[name]):
        folds[group] = max(FOLDS, key=missing.__getitem__)
        missing[folds[group]] -= tiles[group]
    return folds
