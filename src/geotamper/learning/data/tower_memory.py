"""What a frozen image tower says of pictures, kept in memory-mapped files: it looks at every picture once."""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True)
class _Arrays:
    """Features of all pictures of a fold.

    Attributes:
        tokens: (P, L, token width) float32.
        pooled: (P, width) float32.
        known: (P,) bool: which rows are filled.
    """

    tokens: npt.NDArray[np.float32]
    pooled: npt.NDArray[np.float32]
    known: npt.NDArray[np.bool_]


_NAMES = ("tokens", "pooled", "known")
"""The last one tells of a whole set of files: it is made last."""


class TowerMemory:
    """The features of the pictures of a fold, each computed when it is first asked for.

    Several processes may share the files: whoever writes a row writes the same.

    Args:
        tower: Frozen.
        folder: Where the files are kept.
        name: Begins their names; different for different pictures, towers and precisions.
        count: Pictures of the fold.
    """

    def __init__(self, tower: ImageTower, folder: Path, name: str, count: int) -> None:
        self._tower = tower
        self._paths = {kind: folder / f"{name}-{kind}.npy" for kind in _NAMES}
        self._count = count
        self._arrays: _Arrays | None = None

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
        arrays = self._arrays = self._arrays or self._opened()
        distinct, places = np.unique(rows, return_index=True)
        missing = np.ones(len(distinct), np.bool_) if arrays is None else ~arrays.known[distinct]
        if arrays is None or missing.any():
            with torch.no_grad():
                found = self._tower.look(pictures[torch.from_numpy(places[missing]).to(pictures.device)])
            arrays = self._arrays = arrays or self._created(found)
            arrays.tokens[distinct[missing]] = found.tokens.float().cpu().numpy()
            arrays.pooled[distinct[missing]] = found.pooled.float().cpu().numpy()
            arrays.known[distinct[missing]] = True  # last: a process that dies before leaves the row unknown
        tokens = torch.from_numpy(arrays.tokens[rows]).to(pictures.device)
        pooled = torch.from_numpy(arrays.pooled[rows]).to(pictures.device)
        return Features(pooled, tokens, torch.ones(tokens.shape[:2], dtype=torch.bool, device=tokens.device))

    def _opened(self) -> _Arrays | None:
        if not all(path.is_file() for path in self._paths.values()):
            return None
        return _Arrays(*(np.lib.format.open_memmap(path, "r+") for path in self._paths.values()))

    def _created(self, like: Features) -> _Arrays:
        shapes = (
            (self._count, *like.tokens.shape[1:]),
            (self._count, *like.pooled.shape[1:]),
            (self._count,),
        )
        folder = self._paths["known"].parent
        folder.mkdir(parents=True, exist_ok=True)
        needed, free = 4 * sum(map(np.prod, shapes[:2])), shutil.disk_usage(folder).free
        if needed > free:
            raise OutputError(
                f"'{folder}' has room for {free / 1e9:.1f} GB, the features of {self._count} pictures take "
                f"{needed / 1e9:.1f} GB; make room or set cache_features=false"
            )
        kinds = (np.float32, np.float32, np.bool_)
        for path, shape, kind in zip(self._paths.values(), shapes, kinds, strict=True):
            with atomic_path(path) as temporary:
                np.lib.format.open_memmap(temporary, "w+", kind, shape).flush()
        opened = self._opened()
        if opened is None:
            raise OutputError(f"files of '{folder}' were removed while they were used; train again")
        return opened


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
