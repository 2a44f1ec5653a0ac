"""Drawn scenes written as a folder of pictures with masks, and sets built from them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geotamper.scenes.composition import draw_scene
from geotamper.sets.building import BuildSettings, build_set
from geotamper.sets.sources import RawSource, RawTile, open_source

KINDS = ("suburb", "harbour", "airport", "farmland", "suburb", "harbour")
Tree = dict[str, bytes]
ReadTree = Callable[[Path], Tree]


def write_scenes(root: Path) -> None:
    for folder in ("images", "masks", "instances"):
        (root / folder).mkdir(parents=True)
    for seed, kind in enumerate(KINDS):
        scene = draw_scene(kind=kind, seed=seed)  # type: ignore[arg-type]
        Image.fromarray(scene.pixels).save(root / f"images/{kind}{seed}.png", compress_level=1)
        Image.fromarray(scene.labels).save(root / f"masks/{kind}{seed}.png")
        Image.fromarray(scene.instances.astype(np.uint16)).save(root / f"instances/{kind}{seed}.png")


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of six drawn scenes in the layout of the reader `masks`; not to be changed."""
    root = tmp_path_factory.mktemp("drawn") / "scenes"
    write_scenes(root)
    return root


@pytest.fixture
def source(scenes: Path) -> RawSource:
    """The reader of the drawn scenes."""
    return open_source(scenes)


@pytest.fixture(scope="session")
def drawn_tiles(scenes: Path) -> list[RawTile]:
    """The drawn scenes as tiles."""
    reader = open_source(scenes)
    return [reader.read(ref) for ref in reader.tiles().tiles]


SMALL = BuildSettings("rs-tqa", images=14, seed=5)


@pytest.fixture(scope="session")
def small_set(scenes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of 14 pictures, built in one process; not to be changed."""
    root = tmp_path_factory.mktemp("built") / "set"
    build_set(open_source(scenes), root, SMALL)
    return root


@pytest.fixture
def small_settings() -> BuildSettings:
    """The settings of `small_set`."""
    return SMALL


@pytest.fixture
def read_tree() -> ReadTree:
    """Reads every file of a folder, by its name within it."""

    def read(root: Path) -> Tree:
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }

    return read
