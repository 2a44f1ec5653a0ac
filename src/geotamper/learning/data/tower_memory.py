"""What a frozen image tower says of pictures, kept in a memory-mapped file: it looks at every picture once."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from geotamper.atomic import atomic_path
from geotamper.errors import OutputError
from geotamper.learning.data.questions import Integers
from geotamper.learning.digests import state_digest
from geotamper.models.blocks.features import Features
from geotamper.models.blocks.image_towers import ImageTower
from geotamper.models.protocol import QuestionNetwork

Table = npt.NDArray[np.void]
"""One row per picture: `tokens` (L, token width) and `pooled` (width,) float32, and whether they are `known`."""


class TowerMemory:
    """The features of the pictures of a fold, each computed when it is first asked for.

    Several processes may share the file: whoever writes a row writes the same.

    Args:
        tower: Frozen.
        folder: Where the file is kept.
        name: Of the file; different for different pictures, towers and precisions.
        count: Pictures of the fold.
    """

    def __init__(self, tower: ImageTower, folder: Path, name: str, count: int) -> None:
        self._tower = tower
        self._path = folder / f"{name}-features.npy"
        self._count = count
        self._table: Table | None = None

    @contextlib.contextmanager
    def used(self, pictures: Tensor, rows: Integers) -> Iterator[None]:
        """Let the tower recall these pictures while the context lasts; it looks at all others itself.

        Args:
            pictures: What the network is given, shape (N, 3, S, S). A picture that the network changes before the
                tower sees it is another one.
            rows: Their rows in the fold, int64, shape (N,).
        """

        def recall(seen: Tensor) -> Features | None:
            return self._features(pictures, rows) if seen is pictures else None

        self._tower.recall = recall
        try:
            yield
        finally:
            self._tower.recall = None

    def _features(self, pictures: Tensor, rows: Integers) -> Features:
        table = self._table = self._opened() if self._table is None else self._table
        distinct, places = np.unique(rows, return_index=True)
        missing = np.ones(len(distinct), np.bool_) if table is None else ~table["known"][distinct]
        if table is None or missing.any():
            with torch.no_grad():
                found = self._tower.look(pictures[torch.from_numpy(places[missing]).to(pictures.device)])
            if table is None:
                table = self._table = self._created(found)
            table["tokens"][distinct[missing]] = found.tokens.float().cpu().numpy()
            table["pooled"][distinct[missing]] = found.pooled.float().cpu().numpy()
            table["known"][distinct[missing]] = (
                True  # last: a process that dies before leaves the row unknown
            )
        tokens = torch.from_numpy(table["tokens"][rows]).to(pictures.device)
        pooled = torch.from_numpy(table["pooled"][rows]).to(pictures.device)
        return Features(pooled, tokens, torch.ones(tokens.shape[:2], dtype=torch.bool, device=tokens.device))

    def _opened(self) -> Table | None:
        return np.lib.format.open_memmap(self._path, "r+") if self._path.is_file() else None

    def _created(self, like: Features) -> Table:
        """An empty table; in one file, so that processes that begin together never mix two of them."""
        row = np.dtype(
            [
                ("tokens", np.float32, tuple(like.tokens.shape[1:])),
                ("pooled", np.float32, tuple(like.pooled.shape[1:])),
                ("known", np.bool_),
            ]
        )
        folder = self._path.parent
        folder.mkdir(parents=True, exist_ok=True)
        needed, free = self._count * row.itemsize, shutil.disk_usage(folder).free
        if needed > free:
            raise OutputError(
                f"'{folder}' has room for {free / 1e9:.1f} GB, the features of {self._count} pictures take "
                f"{needed / 1e9:.1f} GB; make room or set cache_features=false"
            )
        with atomic_path(self._path) as temporary:
            np.lib.format.open_memmap(temporary, "w+", row, (self._count,)).flush()
        return np.lib.format.open_memmap(self._path, "r+")


def frozen_tower(network: QuestionNetwork) -> ImageTower | None:
    """The image tower of a network if its weights never change, else None."""
    tower = getattr(network, "image_tower", None)
    return tower if isinstance(tower, ImageTower) and tower.frozen else None


def tower_digest(tower: ImageTower, precision: str) -> str:
    """Differs between towers that say different things of a picture.

    Args:
        tower: With its weights.
        precision: In which it computes.
    """
    return state_digest(tower.state_dict(), f"{tower!r} {precision}")
