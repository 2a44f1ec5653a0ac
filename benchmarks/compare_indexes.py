r"""The index of scenes against a graph index: how many true partners each finds, and in what time.

Keypoints of tiles of fold val and of a turned and scaled version of each form one scene; a keypoint of the version and
the one at the same place of the tile, within 1.5 pixels and with similar descriptors, are true partners. Processor
time of one thread. The graph index needs `pip install hnswlib`, which geotamper does not use otherwise.

Examples:
    python benchmarks/compare_indexes.py
    python benchmarks/compare_indexes.py --tiles 100 --json indexes.json
"""

import argparse
import importlib
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from _common.failures import one_line_failures
from _common.machine import describe_machine
from _common.tables import markdown
from _common.tiles import TILE_SIZE, data_folder, tile_pixels, tiles_of_fold
from geotamper.atomic import write_text
from geotamper.control import Control
from geotamper.errors import MissingLibraryError
from geotamper.evidence.keypoints import window_keypoints
from geotamper.evidence.scenes.descriptors import COMPONENTS, ENOUGH, Projection
from geotamper.evidence.scenes.keypoints import SceneKeypoints
from geotamper.evidence.scenes.partners import Forest
from geotamper.evidence.scenes.spool import Spool

Points = npt.NDArray[np.float32]

PER_TILE = 2500
"""Keypoints of a tile."""

ALIKE = 0.45
"""Largest distance of the RootSIFT vectors of true partners: others could not be known as such."""


@dataclass(frozen=True)
class Field:
    """A scene of keypoints with true partners.

    Attributes:
        points: (n, 2) float32; tiles lie side by side, their versions far below.
        compact: (n, 32) int8.
        queries: (m,) keypoints with a true partner.
        partners: (m,) that partner.
    """

    points: Points
    compact: npt.NDArray[np.int8]
    queries: npt.NDArray[np.int64]
    partners: npt.NDArray[np.int64]


@one_line_failures
def main() -> int:
    """Entry of the script."""
    options = _parser().parse_args()
    field = _field(options.tiles)
    forest_partners(field, Forest(trees=1))  # compiles
    ways: list[tuple[str, Callable[[], npt.NDArray[np.int64]]]] = [
        (f"forest of {trees} trees", lambda trees=trees: forest_partners(field, Forest(trees=trees)))  # type: ignore[misc]
        for trees in (4, 8)
    ]
    ways.append(("hnswlib, M 12, construction 60, search 24", lambda: graph_partners(field)))
    rows = [_measured(field, name, way) for name, way in ways]
    print(f"{len(field.points):,} descriptors, {len(field.queries):,} with a true partner\n")
    lines = [[row["index"], f"{row['seconds']:.1f}", f"{100 * row['found']:.1f} %"] for row in rows]
    print(markdown(["index", "processor s", "true partners found"], lines))
    if options.json:
        result = {"schema": "geotamper.indexes/1", "rows": rows, "machine": describe_machine()}
        write_text(options.json, json.dumps(result, indent=1) + "\n")
    return 0


def _measured(field: Field, name: str, way: Callable[[], npt.NDArray[np.int64]]) -> dict[str, Any]:
    start = time.process_time()
    partners = way()[field.queries]
    seconds = time.process_time() - start
    apart = np.abs(field.points[np.maximum(partners, 0)] - field.points[field.partners][:, None]).max(axis=2)
    found = ((apart < 3) & (partners >= 0)).any(axis=1)
    return {"index": name, "seconds": seconds, "found": float(found.mean())}


def forest_partners(field: Field, forest: Forest) -> npt.NDArray[np.int64]:
    """(n, k) partners by the index of scenes."""
    count = len(field.points)
    keypoints = SceneKeypoints(field.points, np.ones(count, np.float32), np.zeros(count, np.float32))
    with Spool(COMPONENTS, np.int8, most_bytes=2**40) as spool:
        spool.append(field.compact)
        partners, _, _ = replace(forest, distance=ALIKE).partners(
            keypoints, spool, until=0.0, control=Control()
        )
    return partners.astype(np.int64)


def graph_partners(field: Field) -> npt.NDArray[np.int64]:
    """(n, 8) nearest neighbours by a graph index; more than the forest's, since some lie beside the keypoint.

    Raises:
        MissingLibraryError: hnswlib is not installed.
    """
    try:
        hnswlib = importlib.import_module("hnswlib")
    except ImportError as error:
        raise MissingLibraryError(
            "the comparison needs hnswlib; install it with 'pip install hnswlib'"
        ) from error
    vectors = field.compact.astype(np.float32)
    index = hnswlib.Index("l2", COMPONENTS)
    index.set_num_threads(1)
    index.init_index(len(vectors), M=12, ef_construction=60)
    index.add_items(vectors)
    index.set_ef(24)
    labels, _ = index.knn_query(vectors, k=8)
    return np.asarray(labels, np.int64)


def _field(tiles: int) -> Field:
    data = data_folder()
    rng = np.random.default_rng(0)
    points, raw, queries, partners = [], [], [], []
    count = 0
    for number, tile in enumerate(tiles_of_fold(data, "val")[:tiles]):
        grey = np.asarray(cv2.cvtColor(tile_pixels(data, tile), cv2.COLOR_RGB2GRAY), np.uint8)
        middle = TILE_SIZE / 2
        turn = cv2.getRotationMatrix2D((middle, middle), rng.uniform(0, 360), rng.uniform(0.6, 1.5))
        turned = cv2.warpAffine(grey, turn, (TILE_SIZE, TILE_SIZE), flags=cv2.INTER_CUBIC)
        table, own = window_keypoints(grey, PER_TILE)
        other_table, other = window_keypoints(np.asarray(turned, np.uint8), PER_TILE)
        back = cv2.invertAffineTransform(turn)
        origin = other_table[:, :2] @ back[:, :2].T + back[:, 2]
        kept = (np.abs(other_table[:, :2] - middle).max(axis=1) < 150) & (
            np.abs(origin - middle).max(axis=1) < 240
        )
        apart = np.linalg.norm(table[None, :, :2] - origin[kept][:, None], axis=2)
        nearest = apart.argmin(axis=1)
        alike = np.linalg.norm(_root(other[kept]) - _root(own[nearest]), axis=1) < ALIKE
        true = np.flatnonzero((apart.min(axis=1) < 1.5) & alike)
        queries.append(count + len(own) + true)
        partners.append(count + nearest[true])
        left = 2 * TILE_SIZE * number
        points += [table[:, :2] + [left, 0], other_table[kept, :2] + [left, 10 * TILE_SIZE]]
        raw += [own, other[kept]]
        count += len(own) + int(kept.sum())
    described = np.concatenate(raw)
    return Field(
        np.concatenate(points).astype(np.float32),
        Projection.fitted(described[:ENOUGH]).compact(described),
        np.concatenate(queries),
        np.concatenate(partners),
    )


def _root(raw: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(np.sqrt(raw / (raw.sum(axis=1, keepdims=True) + 1e-7)), np.float32)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tiles", type=int, default=40, help="tiles of fold val")
    parser.add_argument("--json", type=Path, help="write the result here too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
