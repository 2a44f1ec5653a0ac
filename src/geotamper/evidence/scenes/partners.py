"""The most similar keypoints of each keypoint of a scene, by a forest of random cuts.

Each tree halves the descriptors by planes between two random members until a few dozen remain, which are compared with
each other: n log n, and a tree can be worked through bucket by bucket from a file. A graph index (HNSW) of the same
recall needs several times the memory and the time.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.control import Control
from geotamper.evidence.loops.forest import scan_tree
from geotamper.evidence.scenes.descriptors import STEPS, Compact
from geotamper.evidence.scenes.keypoints import SceneKeypoints
from geotamper.evidence.scenes.spool import Spool

Ints32 = npt.NDArray[np.int32]

_SAMPLE = 20_000


@dataclass(frozen=True)
class Forest:
    """How partners are looked for.

    Attributes:
        trees: More find more of the true partners.
        leaf: Descriptors that are compared with each other, at most.
        neighbours: Partners per keypoint; they lie apart, and there is no ratio test: look-alikes would make it
            reject true pairs.
        distance: Largest distance of two compact descriptors.
        apart: Smallest distance of the two places along x or y, pixels.
    """

    trees: int = 8
    leaf: int = 64
    neighbours: int = 4
    distance: float = 0.3
    apart: float = 10.0

    def partners(
        self, keypoints: SceneKeypoints, spool: Spool, *, until: float, control: Control
    ) -> tuple[Ints32, Ints32, int]:
        """Find the partners of all keypoints.

        Args:
            keypoints: n of them.
            spool: Their compact descriptors.
            until: Seconds that must be left when the last tree is begun.
            control: Progress, cancellation and limits.

        Returns:
            (n, neighbours) int32 indices, -1 where there are fewer, (n, neighbours) int32 squared distances in
            `STEPS`, and the number of trees that time allowed.
        """
        count = len(keypoints)
        partners = np.full((count, self.neighbours), -1, np.int32)
        distances = np.zeros((count, self.neighbours), np.int32)
        farthest = int((self.distance * STEPS) ** 2)
        for tree in range(self.trees):
            if control.time_left() <= until:
                return partners, distances, tree
            for bucket, ids in enumerate(self._buckets(spool, tree)):
                control.checkpoint(0.6 + 0.15 * tree / self.trees, "comparing keypoints across the scene")
                vectors = _gathered(spool, ids)
                scan_tree(
                    vectors,
                    ids,
                    keypoints.points,
                    1000 * tree + bucket,
                    self.leaf,
                    self.apart,
                    farthest,
                    partners,
                    distances,
                )
        return partners, distances, self.trees

    def _buckets(self, spool: Spool, tree: int) -> list[Ints32]:
        """The keypoints in parts that fit into memory, each on one side of a few random planes."""
        everything = np.arange(len(spool), dtype=np.int32)
        if not spool.is_on_disk:
            return [everything]
        levels = max(1, math.ceil(math.log2(len(spool) * spool.row_bytes / spool.most_bytes)) + 1)
        codes = np.zeros(len(spool), np.int32)
        planes = _random_planes(_gathered(spool, everything[:: max(1, len(spool) // _SAMPLE)]), levels, tree)
        for start, rows in spool.blocks():
            part = codes[start : start + len(rows)]
            for directions, bars in planes:
                projected = np.einsum("ij,ij->i", rows.astype(np.float32), directions[part])
                part[:] = 2 * part + (projected > bars[part])
        order = np.argsort(codes, kind="stable").astype(np.int32)
        ends = np.searchsorted(codes[order], np.arange(1, 2**levels))
        return [ids for ids in np.split(order, ends) if len(ids) > 1]


def _random_planes(
    sample: Compact, levels: int, seed: int
) -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
    """For each level, the direction and the median along it of every part so far."""
    rng = np.random.default_rng(seed)
    vectors = sample.astype(np.float32)
    codes = np.zeros(len(vectors), np.int64)
    planes = []
    for level in range(levels):
        directions = np.zeros((2**level, vectors.shape[1]), np.float32)
        bars = np.zeros(2**level, np.float32)
        for part in range(2**level):
            members = np.flatnonzero(codes == part)
            if len(members) < 2:
                continue
            one, other = rng.choice(members, 2, replace=False)
            directions[part] = vectors[one] - vectors[other]
            bars[part] = np.median(vectors[members] @ directions[part])
        projected = np.einsum("ij,ij->i", vectors, directions[codes])
        codes = 2 * codes + (projected > bars[codes])
        planes.append((directions, bars))
    return planes


def _gathered(spool: Spool, ids: Ints32) -> Compact:
    """The rows with these ascending numbers."""
    parts = []
    for start, rows in spool.blocks():
        first, last = np.searchsorted(ids, [start, start + len(rows)])
        whole = last - first == len(rows)
        parts.append(rows if whole else rows[ids[first:last] - start])
    return np.ascontiguousarray(parts[0] if len(parts) == 1 else np.concatenate(parts), np.int8)
