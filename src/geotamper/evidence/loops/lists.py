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
    columns: Floats32,
    member_places: Floats32,
    starts: Ints,
    apart: float,
    best: Ints,
    distances: Floats32,
) -> None:
    """For each query, the nearest member of its probed lists that lies at least `apart` away.

    `columns` holds the members component by component, (components, n), so that a list is compared in vector code.
    """
    longest = 0
    for chosen in range(len(starts) - 1):
        longest = max(longest, starts[chosen + 1] - starts[chosen])
    distance = np.empty(longest, np.float32)
    for i in range(len(queries)):
        least = np.float32(1e30)
        found = -1
        x, y = places[i, 0], places[i, 1]
        for p in range(probes.shape[1]):
            begin, end = starts[probes[i, p]], starts[probes[i, p] + 1]
            distance[: end - begin] = 0.0
            for k in range(len(columns)):
                own, column = queries[i, k], columns[k, begin:end]
                for j in range(end - begin):
                    gap = own - column[j]
                    distance[j] += gap * gap
            for j in range(end - begin):
                if distance[j] >= least:
                    continue
                dx, dy = abs(member_places[begin + j, 0] - x), abs(member_places[begin + j, 1] - y)
                if dx >= apart or dy >= apart:
                    least = distance[j]
                    found = begin + j
        best[i] = found
        distances[i] = least


@compiled
def assign_lists(vectors: Floats32, columns: Floats32, nearest: Ints) -> None:
    """Fill `nearest` (n, k) with the nearest centres of each vector, the nearest first.

    `columns` holds the centres component by component, (components, lists); further components of the vectors do not
    count.
    """
    lists = columns.shape[1]
    distance = np.empty(lists, np.float32)
    for i in range(len(vectors)):
        distance[:] = 0.0
        for k in range(len(columns)):
            own, column = vectors[i, k], columns[k]
            for j in range(lists):
                gap = own - column[j]
                distance[j] += gap * gap
        for place in range(nearest.shape[1]):
            best = 0
            for j in range(1, lists):
                if distance[j] < distance[best]:
                    best = j
            nearest[i, place] = best
            distance[best] = np.float32(1e30)


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
