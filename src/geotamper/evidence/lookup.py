"""Nearest neighbours that lie far away in the picture, by an inverted file.

A library index returns the nearest vectors whatever their place, and those of a picture's discs are their own
neighbours; excluding them inside the search needs fewer comparisons than asking for many and dropping most
(benchmarks/lookup.py measures both).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.evidence.compiled import compiled, for_slices

Floats32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

REFINEMENTS = 2
"""Lloyd iterations for the lists' centres; more do not change what is found."""


@compiled
def _scan(
    queries: Floats32,
    places: Floats32,
    probes: Ints,
    members: Floats32,
    member_places: Floats32,
    starts: Ints,
    apart: float,
    best: Ints,
) -> None:
    """For each query, the nearest member of its probed lists that lies at least `apart` away."""
    size = members.shape[1]
    half = size // 2
    for i in range(len(queries)):
        least = np.float32(1e30)
        found = -1
        x, y = places[i, 0], places[i, 1]
        for p in range(probes.shape[1]):
            chosen = probes[i, p]
            for j in range(starts[chosen], starts[chosen + 1]):
                distance = np.float32(0.0)
                for k in range(half):
                    gap = queries[i, k] - members[j, k]
                    distance += gap * gap
                if distance >= least:
                    continue
                for k in range(half, size):
                    gap = queries[i, k] - members[j, k]
                    distance += gap * gap
                if distance < least:
                    dx, dy = abs(member_places[j, 0] - x), abs(member_places[j, 1] - y)
                    if dx >= apart or dy >= apart:
                        least = distance
                        found = j
        best[i] = found


@dataclass(frozen=True)
class InvertedFile:
    """Vectors sorted into lists around centres.

    Attributes:
        centres: (lists, d) float32.
        members: (n, d) float32, list by list.
        places: (n, 2) float32 of the members in the picture.
        order: (n,) index of each member in the array it was built from.
        starts: (lists + 1,) where each list begins.
    """

    centres: Floats32
    members: Floats32
    places: Floats32
    order: Ints
    starts: Ints

    @classmethod
    def of(cls, vectors: Floats32, places: Floats32, *, lists: int) -> "InvertedFile":
        """Sort n vectors into lists; deterministic.

        Args:
            vectors: (n, d) float32.
            places: (n, 2) float32, where each was taken.
            lists: How many lists, at most n.
        """
        sample = vectors[:: max(1, len(vectors) // (lists * 40))]
        centres = sample[np.linspace(0, len(sample) - 1, lists).astype(np.int64)].copy()
        for _ in range(REFINEMENTS):
            nearest = _nearest_lists(sample, centres, 1)[:, 0]
            counts = np.bincount(nearest, minlength=lists)
            order = np.argsort(nearest, kind="stable")
            filled = np.flatnonzero(counts)
            begins = (np.cumsum(counts) - counts)[filled]
            centres[filled] = np.add.reduceat(sample[order], begins, axis=0) / counts[filled, None]
        assigned = _nearest_lists(vectors, centres, 1)[:, 0]
        order = np.argsort(assigned, kind="stable")
        starts = np.searchsorted(assigned[order], np.arange(lists + 1))
        return cls(centres, vectors[order], places[order], order, starts.astype(np.int64))

    def nearest_apart(
        self, queries: Floats32, places: Floats32, *, apart: float, probes: int, workers: int
    ) -> Ints:
        """The nearest member of each query that lies at least `apart` pixels away along x or y.

        Args:
            queries: (m, d) float32.
            places: (m, 2) float32 of the queries.
            apart: Pixels.
            probes: Lists searched for each query.
            workers: Threads.

        Returns:
            (m,) indices into the array the file was built from, -1 where the probed lists hold none.
        """
        probed = _nearest_lists(queries, self.centres, min(probes, len(self.centres)))
        by_list = np.argsort(probed[:, 0], kind="stable")  # queries of one list together: its members stay cached
        sorted_queries, sorted_places = queries[by_list], places[by_list]
        sorted_probes = probed[by_list]
        found = np.empty(len(queries), np.int64)

        def work(start: int, stop: int) -> None:
            part = slice(start, stop)
            _scan(
                sorted_queries[part],
                sorted_places[part],
                sorted_probes[part],
                self.members,
                self.places,
                self.starts,
                apart,
                found[part],
            )

        for_slices(work, len(queries), workers)
        best = np.full(len(queries), -1, np.int64)
        hit = found >= 0
        best[by_list[hit]] = self.order[found[hit]]
        return best


def _nearest_lists(vectors: Floats32, centres: Floats32, count: int) -> Ints:
    """(n, count) indices of the nearest centres, the nearest first."""
    out = np.empty((len(vectors), count), np.int64)
    norms = (centres * centres).sum(axis=1)
    transposed = np.ascontiguousarray(centres.T)
    for start in range(0, len(vectors), 8192):
        distance = norms - 2.0 * (vectors[start : start + 8192] @ transposed)
        for k in range(count):
            nearest = distance.argmin(axis=1)
            out[start : start + 8192, k] = nearest
            distance[np.arange(len(nearest)), nearest] = np.inf
    return out
