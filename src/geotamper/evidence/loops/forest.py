"""Compiled search for similar compact descriptors in trees of random cuts."""

import numpy as np
import numpy.typing as npt

from geotamper.evidence.compiled import compiled

Ints32 = npt.NDArray[np.int32]
Floats32 = npt.NDArray[np.float32]
Compact = npt.NDArray[np.int8]

_SAMPLE = 31


@compiled
def _keep(
    here: int,
    there: int,
    distance: np.int32,
    places: Floats32,
    crowd: float,
    partners: Ints32,
    distances: Ints32,
) -> None:
    """Enter a partner into the sorted list of `here`; of partners that lie close together the best stays."""
    k = partners.shape[1]
    x, y = places[there, 0], places[there, 1]
    last = k - 1
    for slot in range(k):
        known = partners[here, slot]
        if known < 0:
            last = slot
            break
        if abs(places[known, 0] - x) < crowd and abs(places[known, 1] - y) < crowd:
            if distances[here, slot] <= distance:
                return
            last = slot
            break
    slot = last
    while slot > 0 and distances[here, slot - 1] > distance:
        partners[here, slot] = partners[here, slot - 1]
        distances[here, slot] = distances[here, slot - 1]
        slot -= 1
    partners[here, slot] = there
    distances[here, slot] = distance


@compiled
def _cut(vectors: Compact, order: Ints32, start: int, stop: int, projected: Floats32, state: int) -> int:
    """Sort order[start:stop] into two halves by a plane between two random members; returns where they meet."""
    size = stop - start
    sample = np.empty(_SAMPLE, np.float32)
    direction = np.empty(vectors.shape[1], np.float32)
    for attempt in range(4):
        state = (state * 1103515245 + 12345 + attempt) & 0x7FFFFFFF
        one = order[start + (state >> 8) % size]
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        other = order[start + (state >> 8) % size]
        for k in range(vectors.shape[1]):
            direction[k] = np.float32(vectors[one, k]) - np.float32(vectors[other, k])
        for i in range(start, stop):
            value = np.float32(0.0)
            row = vectors[order[i]]
            for k in range(len(direction)):
                value += direction[k] * np.float32(row[k])
            projected[i] = value
        for i in range(_SAMPLE):
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            sample[i] = projected[start + (state >> 8) % size]
        sample.sort()
        bar = sample[_SAMPLE // 2]
        left, right = start, stop - 1
        while left <= right:
            if projected[left] < bar:
                left += 1
            else:
                order[left], order[right] = order[right], order[left]
                projected[left], projected[right] = projected[right], projected[left]
                right -= 1
        if min(left - start, stop - left) * 8 >= size:
            return left
    return start + size // 2


@compiled
def scan_tree(
    vectors: Compact,
    ids: Ints32,
    places: Floats32,
    seed: int,
    leaf: int,
    apart: float,
    farthest: int,
    partners: Ints32,
    distances: Ints32,
) -> None:
    """Compare all pairs of descriptors that end in the same leaf of one tree.

    `ids` are the rows of `places`, `partners` and `distances` that the vectors belong to; the lists of partners, -1
    where empty, are added to. Pairs closer than `apart` pixels or with a squared distance above `farthest` are not
    kept.
    """
    count = len(vectors)
    order = np.arange(count).astype(np.int32)
    projected = np.empty(count, np.float32)
    starts, stops = np.empty(128, np.int64), np.empty(128, np.int64)
    starts[0], stops[0], depth = 0, count, 1
    block = np.empty((leaf, vectors.shape[1]), np.int8)
    k = partners.shape[1]
    while depth > 0:
        depth -= 1
        start, stop = starts[depth], stops[depth]
        if stop - start > leaf:
            middle = _cut(vectors, order, start, stop, projected, seed * 7919 + start * 31 + stop)
            # the larger part goes below, so that the stack stays short
            if middle - start > stop - middle:
                starts[depth], stops[depth] = start, middle
                starts[depth + 1], stops[depth + 1] = middle, stop
            else:
                starts[depth], stops[depth] = middle, stop
                starts[depth + 1], stops[depth + 1] = start, middle
            depth += 2
            continue
        size = stop - start
        for i in range(size):
            block[i] = vectors[order[start + i]]
        for i in range(size):
            here = ids[order[start + i]]
            row = block[i]
            for j in range(i + 1, size):
                distance = np.int32(0)
                for c in range(len(row)):
                    gap = np.int32(row[c]) - np.int32(block[j, c])
                    distance += gap * gap
                if distance > farthest:
                    continue
                there = ids[order[start + j]]
                forth = partners[here, k - 1] < 0 or distance < distances[here, k - 1]
                back = partners[there, k - 1] < 0 or distance < distances[there, k - 1]
                if not (forth or back):
                    continue
                dx = abs(places[here, 0] - places[there, 0])
                dy = abs(places[here, 1] - places[there, 1])
                if dx < apart and dy < apart:
                    continue
                if forth:
                    _keep(here, there, distance, places, 6.0, partners, distances)
                if back:
                    _keep(there, here, distance, places, 6.0, partners, distances)
