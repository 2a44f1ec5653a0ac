"""Folders of drawn scenes with labels and instances, as the reader 'masks' takes them."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from geotamper.scenes import Scene, SceneKind, draw_scene

Pixels = npt.NDArray[np.uint8]
Draw = Callable[..., Scene]
Put = Callable[..., Path]


@cache
def _draw(kind: SceneKind, seed: int) -> Scene:
    return draw_scene(kind=kind, size=512, seed=seed)


@pytest.fixture(scope="session")
def scene() -> Draw:
    """Draws a scene of 512 x 512, once for all tests."""
    return _draw


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Writes a picture and its mask under a name below the test's folder."""

    def write(name: str, pixels: Pixels, labels: Pixels | None = None) -> Path:
        mask = np.zeros(pixels.shape[:2], np.uint8) if labels is None else labels
        for folder, array in (("images", pixels), ("masks", mask)):
            path = tmp_path / folder / f"{name}.png"
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(array).save(path, compress_level=1)
        return tmp_path

    return write
