"""Which pairs of similar keypoints are worth a look at the pixels."""

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.evidence.hypotheses import Hypotheses
from geotamper.evidence.loops.votes import count_votes
from geotamper.evidence.scenes.descriptors import STEPS
from geotamper.evidence.scenes.keypoints import SceneKeypoints
from geotamper.imagery.region import Window

Ints32 = npt.NDArray[np.int32]
Floats32 = npt.NDArray[np.float32]

CELL = 64
"""Side of the cells, pixels; pairs vote for each other when both their ends lie in the same two cells, one of 64 pixels
and one of 128, on either of two grids that are half a cell apart."""

QUARTER = 512
MOST_PER_QUARTERS = 4
"""Candidates between the same two squares of 512 pixels: where all of one repeats the other they would crowd out the
rest of the scene, and one is enough to find a copy."""

PAIRS_PER_QUARTERS = 24
"""Pairs, the best ones, that are grouped to make these candidates."""

LOOKED_AT = 40
"""Pairs that are grouped per candidate at most: many fall into places that are candidates already."""

MOST_VOTERS = 48
MOST_SUPPORT = 12.0
"""Votes beyond these do not raise a pair's rank: regular scenes have as many."""


LOOSE, LOOSE_PER_PIXEL = 2.0, 0.08
"""Pixels, and part of the distance between two keypoints, by which a pair may miss the transform of another one."""

LEAST_FITTED = 3
LEAST_SPREAD = 100.0
"""Keypoints at different places, and square pixels of their scatter, below which one transform is not fitted."""


@dataclass(frozen=True)
class KeypointPairs:
    """n pairs of similar keypoints.

    Attributes:
        points: (n, 2) float32, one place.
        others: (n, 2) float32, the other.
        turns: (n,) complex64 a + ib from the first to the second, as in `Hypotheses`.
        distances: (n,) float32, of the descriptors.
        votes: (n,) int32, how many other pairs nearby follow the same transform.
    """

    points: Floats32
    others: Floats32
    turns: npt.NDArray[np.complex64]
    distances: Floats32
    votes: Ints32

    def __len__(self) -> int:
        return len(self.points)

    @property
    def ranks(self) -> npt.NDArray[np.float64]:
        """(n,) small for pairs that are alike and have support; single ones stay in play when they are very alike."""
        support = 1.0 + np.minimum(self.votes, MOST_SUPPORT)
        return np.asarray((self.distances + 0.02) / np.sqrt(support), np.float64)


@dataclass(frozen=True)
class Candidate:
    """Two neighbourhoods that may show the same content.

    Attributes:
        hypotheses: In the scene, the best first.
        votes: Of the best.
    """

    hypotheses: Hypotheses
    votes: int

    @property
    def here(self) -> Window:
        """The box around the first places."""
        return _box(self.hypotheses.centres.astype(np.float64))

    @property
    def there(self) -> Window:
        """The box around the second places."""
        return _box(self.hypotheses.poses[:, 2:])


def _box(points: npt.NDArray[np.float64]) -> Window:
    x0, y0 = np.floor(points.min(axis=0)).astype(int)
    x1, y1 = np.ceil(points.max(axis=0)).astype(int) + 1
    return Window(int(x0), int(y0), int(x1), int(y1))


def vote(keypoints: SceneKeypoints, partners: Ints32, distances: Ints32) -> KeypointPairs:
    """Pairs of keypoints with the support that they have from their neighbours.

    Args:
        keypoints: n of them.
        partners: (n, k) int32 from `Forest.partners`.
        distances: (n, k) int32, squared, in `STEPS`.
    """
    here, slot = np.nonzero(partners >= 0)
    there = partners[here, slot]
    # a pair that was entered from both sides counts once
    kept = (here < there) | ~(partners[there] == here[:, None]).any(axis=1)
    scale = keypoints.sizes[there] / keypoints.sizes[here]
    kept &= np.abs(np.log(scale)) < math.log(2.5)
    here, slot, there, scale = here[kept], slot[kept], there[kept], scale[kept]
    # from the lower number to the higher, so that the pairs of one copy all lead the same way
    swapped = here > there
    here, there = np.where(swapped, there, here), np.where(swapped, here, there)
    scale = np.where(swapped, 1 / scale, scale)
    distance = np.sqrt(distances[np.where(swapped, there, here), slot]) / STEPS
    # OpenCV's angles run clockwise on the screen, ours counter-clockwise
    turned = keypoints.angles[there] - keypoints.angles[here]
    pairs = KeypointPairs(
        keypoints.points[here],
        keypoints.points[there],
        (scale * np.exp(-1j * turned)).astype(np.complex64),
        distance.astype(np.float32),
        np.zeros(len(here), np.int32),
    )
    for shift in (0, 1):
        keys = _cell_keys(pairs, shift)
        order = np.lexsort((pairs.points[:, 0], pairs.points[:, 1], keys))
        count_votes(order, keys, pairs.points, pairs.others, pairs.turns, MOST_VOTERS, pairs.votes)
    return pairs


def _cell_keys(pairs: KeypointPairs, shift: int) -> npt.NDArray[np.int64]:
    """One number for both cells of each pair; different cells may rarely share one, which the votes' test bears."""
    first = ((pairs.points + shift * CELL / 2) // CELL).astype(np.int64)
    second = ((pairs.others + shift * CELL) // (2 * CELL)).astype(np.int64)
    keys = (first[:, 0] << 48) + (first[:, 1] << 32) + (second[:, 0] << 16) + second[:, 1]
    return np.asarray(keys, np.int64)


def candidates_of(pairs: KeypointPairs, *, most: int, hypotheses: int = 6) -> list[Candidate]:
    """Group the best pairs into candidates, the most promising first.

    Args:
        pairs: From `vote`.
        most: Candidates at most.
        hypotheses: Pairs that a candidate holds at most.
    """
    ranks = pairs.ranks
    order = _thinned(pairs, ranks)[: LOOKED_AT * most]
    keys = [_cell_keys(pairs, shift) for shift in (0, 1)]
    groups: list[list[int]] = []
    crowd: Counter[tuple[float, ...]] = Counter()
    group_of: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for index in order:
        own = [int(key[index]) for key in keys]
        known = next((group_of[shift][own[shift]] for shift in (0, 1) if own[shift] in group_of[shift]), None)
        if known is None:
            quarters = (*(pairs.points[index] // QUARTER), *(pairs.others[index] // QUARTER))
            if len(groups) == most or crowd[quarters] == MOST_PER_QUARTERS:
                continue
            crowd[quarters] += 1
            known = len(groups)
            groups.append([])
        if len(groups[known]) < hypotheses:
            groups[known].append(int(index))
        for shift in (0, 1):
            group_of[shift].setdefault(own[shift], known)
    return [_candidate(pairs, np.array(group)) for group in groups]


def _thinned(pairs: KeypointPairs, ranks: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Indices of the best few pairs between any two quarters, the best of all first."""
    first, second = (pairs.points // QUARTER).astype(np.int64), (pairs.others // QUARTER).astype(np.int64)
    quarters = (first[:, 0] << 48) + (first[:, 1] << 32) + (second[:, 0] << 16) + second[:, 1]
    order = np.lexsort((ranks, quarters))
    among = quarters[order]
    place = np.arange(len(order)) - np.searchsorted(among, among)
    kept = order[place < PAIRS_PER_QUARTERS]
    return np.asarray(kept[np.argsort(ranks[kept], kind="stable")], np.int64)


def _candidate(pairs: KeypointPairs, group: npt.NDArray[np.int64]) -> Candidate:
    points, others = pairs.points[group].astype(np.float64), pairs.others[group].astype(np.float64)
    hypotheses = Hypotheses.between(points, others, pairs.turns[group].astype(np.complex128))
    fitted = _fitted(points, others, hypotheses)
    return Candidate(Hypotheses.joined(fitted, hypotheses), int(pairs.votes[group].max()))


def _fitted(
    points: npt.NDArray[np.float64], others: npt.NDArray[np.float64], hypotheses: Hypotheses
) -> Hypotheses:
    """Guesses at the same places by the one transform that most pairs of a group follow.

    A keypoint tells its direction to a few degrees only; several that lie apart tell the transform far better.

    Returns:
        One guess per pair that follows it; none where fewer than three do.
    """
    # with z = x + iy and w = u + iv a pose is w = conj(a + ib) z + t
    here, there = points @ [1, 1j], others @ [1, 1j]
    turn = np.conj(hypotheses.poses[:, 0] + 1j * hypotheses.poses[:, 1])
    error = np.abs(there[None] - there[:, None] - turn[:, None] * (here[None] - here[:, None]))
    following = error < LOOSE + LOOSE_PER_PIXEL * np.abs(here[None] - here[:, None])
    chosen = following[following.sum(axis=1).argmax()]
    for _ in range(3):
        z, w = here[chosen], there[chosen]
        spread = float((np.abs(z - z.mean()) ** 2).sum())
        if len(np.unique(z)) < LEAST_FITTED or spread < LEAST_SPREAD:
            return Hypotheses.none()
        factor = (np.conj(z - z.mean()) * (w - w.mean())).sum() / spread
        predicted = w.mean() + factor * (here - z.mean())
        chosen = np.abs(predicted - there) < LOOSE
        if not chosen.any():
            return Hypotheses.none()
    images = np.stack([predicted.real, predicted.imag], axis=1)
    return Hypotheses.between(points[chosen], images[chosen], np.full(int(chosen.sum()), np.conj(factor)))
