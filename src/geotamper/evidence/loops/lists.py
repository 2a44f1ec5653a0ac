"""Compiled searches for the nearest of many vectors."""

import numpy as np
import numpy.typing as npt

from geotamper.evidence.compiled import compiled

Floats32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


@compiled
def scan_lists(
    queries: Floats32,
    places: Floats32,
    probes: Ints,
    members: Floats32,
    member_places: Floats32,
    starts: Ints,
    apart: float,
    leading: int,
    best: Ints,
    distances: Floats32,
) -> None:
    """For each query, the nearest member of its probed lists that lies at least `apart` away.

    Members that are too far in the `leading` components alone are given up.
    """
    size = members.shape[1]
    for i in range(len(queries)):
        least = np.float32(1e30)
        found = -1
        x, y = places[i, 0], places[i, 1]
        for p in range(probes.shape[1]):
            chosen = probes[i, p]
            for j in range(starts[chosen], starts[chosen + 1]):
                distance = np.float32(0.0)
                for k in range(leading):
                    gap = queries[i, k] - members[j, k]
                    distance += gap * gap
                if distance >= least:
                    continue
                for k in range(leading, size):
                    gap = queries[i, k] - members[j, k]
                    distance += gap * gap
                if distance < least:
                    dx, dy = abs(member_places[j, 0] - x), abs(member_places[j, 1] - y)
                    if dx >= apart or dy >= apart:
                        least = distance
                        found = j
        best[i] = found
        distances[i] = least


@compiled
def keep_nearest(
    similarity: Floats32,
    points: Floats32,
    first: int,
    least_similarity: float,
    least_distance: float,
    partners: Ints,
) -> None:
    """Fill `partners` (rows, k) with the most similar columns of each row, -1 where there are fewer."""
    k = partners.shape[1]
    best = np.empty(k, np.float32)
    for row in range(similarity.shape[0]):
        count = 0
        bar = np.float32(least_similarity)
        x, y = points[first + row, 0], points[first + row, 1]
        for column in range(similarity.shape[1]):
            value = similarity[row, column]
            if value <= bar:
                continue
            if abs(points[column, 0] - x) < least_distance and abs(points[column, 1] - y) < least_distance:
                continue
            slot = min(count, k - 1)
            count = min(count + 1, k)
            while slot > 0 and best[slot - 1] < value:
                best[slot] = best[slot - 1]
                partners[row, slot] = partners[row, slot - 1]
                slot -= 1
            best[slot] = value
            partners[row, slot] = column
            if count == k:
                bar = best[k - 1]
