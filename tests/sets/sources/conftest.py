"""Small folders in the documented layouts of the imagery sets, written by code."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from geotamper.sets.sources import RawSource, RawTile, TileError, open_source, read_tiles

Pixels = npt.NDArray[np.uint8]
Noise = Callable[..., Pixels]
Save = Callable[..., Path]
ReadAll = Callable[..., list[RawTile]]


@pytest.fixture(scope="session")
def noise() -> Noise:
    """Makes coarse noise (height, width, 3): no value is 0 or 255."""

    @cache
    def make(height: int, width: int, seed: int = 0) -> Pixels:
        rng = np.random.default_rng(seed)
        coarse = rng.integers(30, 220, (height // 4 + 1, width // 4 + 1, 3), dtype=np.uint8)
        pixels = np.repeat(np.repeat(coarse, 4, axis=0), 4, axis=1)[:height, :width]
        pixels.setflags(write=False)
        return pixels

    return make


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Writes an array as picture below the test's folder; the suffix says the format."""

    def write(name: str, array: npt.NDArray[Any], **options: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        quick = {"compress_level": 1} if path.suffix == ".png" else {}
        Image.fromarray(array).save(path, **(quick | options))
        return path

    return write


@pytest.fixture
def save_json(tmp_path: Path) -> Save:
    """Writes JSON below the test's folder."""

    def write(name: str, content: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return write


@pytest.fixture
def read_all() -> ReadAll:
    """Reads all tiles of a folder, none of which may fail."""

    def read(root: Path | RawSource, reader: str | None = None, **options: Any) -> list[RawTile]:
        source = open_source(root, reader, **options) if isinstance(root, Path) else root
        listing = source.tiles()
        assert listing.failures == ()
        tiles = list(read_tiles(source, listing))
        errors = [tile for tile in tiles if isinstance(tile, TileError)]
        assert errors == []
        return [tile for tile in tiles if isinstance(tile, RawTile)]

    return read
