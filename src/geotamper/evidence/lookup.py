"""Nearest neighbours that lie far away in the picture, by an inverted file.

A library index returns the nearest vectors whatever their place, and those of a picture's discs are their own
neighbours; excluding them inside the search needs fewer comparisons than asking for many and dropping most.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.evidence.compiled import for_slices
from geotamper.evidence.loops.lists import assign_lists, scan_lists

Floats32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

LEADING = 12
"""Leading components of a vector, those that tell most; lists are formed by them alone."""

REFINEMENTS = 2
"""Lloyd iterations for the lists' centres; more do not change what is found."""


@dataclass(frozen=True)
class InvertedFile:
    """Vectors sorted into lists around centres.

    Attributes:
        members: (n, d) float32, list by list.
        places: (n, 2) float32 of the members in the picture.
        order: (n,) index of each member in the array it was built from.
        starts: (lists + 1,) where each list begins.
    """

    members: Floats32
    places: Floats32
    order: Ints
    starts: Ints

    @classmethod
    def of(
        cls, vectors: Floats32, places: Floats32, centres: Floats32, *, workers: int = 1
    ) -> "InvertedFile":
        """Sort n vectors into lists.

        Args:
            vectors: (n, d) float32.
            places: (n, 2) float32, where each was taken.
            centres: (lists, d) float32 from `list_centres`.
            workers: Threads.
        """
        assigned = nearest_lists(vectors, centres, 1, workers=workers)[:, 0]
        order = np.argsort(assigned, kind="stable")
        starts = np.searchsorted(assigned[order], np.arange(len(centres) + 1))
        return cls(vectors[order], places[order], order, starts.astype(np.int64))

    def nearest_apart(self, queries: "Queries", *, apart: float, workers: int) -> tuple[Ints, Floats32]:
        """The nearest member of each query that lies at least `apart` pixels away along x or y.

        Args:
            queries: m vectors with the lists to search for each.
            apart: Pixels.
            workers: Threads.

        Returns:
            (m,) indices into the array the file was built from, -1 where the probed lists hold none, and (m,)
            squared distances.
        """
        found = np.empty(len(queries.vectors), np.int64)
        distances = np.empty(len(queries.vectors), np.float32)

        columns = np.ascontiguousarray(self.members.T)

        def work(start: int, stop: int) -> None:
            part = slice(start, stop)
            scan_lists(
                queries.vectors[part],
                queries.places[part],
                queries.probes[part],
                columns,
                self.places,
                self.starts,
                apart,
                found[part],
                distances[part],
            )

        for_slices(work, len(found), workers)
        hit = found >= 0
        found[hit] = self.order[found[hit]]
        return found, distances


@dataclass(frozen=True)
class Queries:
    """Vectors that are looked up, sorted so that those of one list are together: its members stay cached.

    Attributes:
        vectors: (m, d) float32.
        places: (m, 2) float32, where each was taken.
        probes: (m, k) int64, the lists to search for each.
        order: (m,) index of each in the array it came from.
    """

    vectors: Floats32
    places: Floats32
    probes: Ints
    order: Ints

    @classmethod
    def of(
        cls, vectors: Floats32, places: Floats32, centres: Floats32, *, probes: int, workers: int = 1
    ) -> "Queries":
        """Choose the nearest lists of m vectors, (m, d) float32 taken at (m, 2) float32."""
        chosen = nearest_lists(vectors, centres, min(probes, len(centres)), workers=workers)
        order = np.argsort(chosen[:, 0], kind="stable")
        return cls(vectors[order], places[order], chosen[order], order)


def list_centres(vectors: Floats32, lists: int, *, workers: int = 1) -> Floats32:
    """(lists, d) centres of n vectors by k-means on a part of them; deterministic."""
    sample = vectors[:: max(1, len(vectors) // (lists * 40))]
    centres = sample[np.linspace(0, len(sample) - 1, lists).astype(np.int64)].copy()
    for _ in range(REFINEMENTS):
        nearest = nearest_lists(sample, centres, 1, workers=workers)[:, 0]
        counts = np.bincount(nearest, minlength=lists)
        order = np.argsort(nearest, kind="stable")
        filled = np.flatnonzero(counts)
        begins = (np.cumsum(counts) - counts)[filled]
        centres[filled] = np.add.reduceat(sample[order], begins, axis=0) / counts[filled, None]
    return centres


def nearest_lists(vectors: Floats32, centres: Floats32, count: int, *, workers: int = 1) -> Ints:
    """(n, count) indices of the nearest centres by the leading components, the nearest first."""
    out = np.empty((len(vectors), count), np.int64)
    columns = np.ascontiguousarray(centres[:, :LEADING].T)

    def work(start: int, stop: int) -> None:
        assign_lists(vectors[start:stop], columns, out[start:stop])

    for_slices(work, len(vectors), workers)
    return out
