"""Tiles shared out among processes give what one process gives."""

from pathlib import Path

import numpy as np
import pytest
import rasterio

from geotamper.control import Control
from geotamper.errors import InputError
from geotamper.evidence.scenes.keypoints import found_here, tiles_with_content
from geotamper.imagery.area import Area
from geotamper.imagery.pixel_source import PixelSource
from geotamper.imagery.raster import open_raster
from geotamper.imagery.read_options import ReadOptions
from geotamper.inspection.scenes.area import AreaSource
from geotamper.inspection.scenes.spreading import Spread, TileProcesses

PER_PIXEL = 2e-3


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GeoTIFF of 700 x 500 pixels of smooth noise."""
    path = tmp_path_factory.mktemp("scene") / "scene.tif"
    noise = np.random.default_rng(3).integers(0, 256, (3, 125, 175), dtype=np.uint8)
    profile = {"driver": "GTiff", "width": 700, "height": 500, "count": 3, "dtype": "uint8"}
    place = rasterio.Affine(0.5, 0, 500_000, 0, -0.5, 5_000_000)
    with rasterio.open(path, "w", crs="EPSG:32631", transform=place, photometric="RGB", **profile) as out:
        out.write(noise.repeat(4, axis=1).repeat(4, axis=2))
    return path


@pytest.mark.parametrize("area", [None, Area.from_window(100, 80, 450, 300)])
def test_tile_processes_find_what_one_process_finds(file: Path, area: Area | None) -> None:
    with open_raster(file, ReadOptions(area=area)) as raster:
        source: PixelSource = raster if raster.area is None else AreaSource(raster, raster.area)
        tiles = tiles_with_content(source, 256)
        alone = list(found_here(source)(tiles, PER_PIXEL))
        shared = list(TileProcesses(raster.spec, raster.area, Spread(2))(tiles, PER_PIXEL))
    assert len(alone) == len(shared) == len(tiles)
    assert sum(len(table) for table, _ in alone) > 50
    for (table, described), (other_table, other_described) in zip(alone, shared, strict=True):
        np.testing.assert_array_equal(table, other_table)
        np.testing.assert_array_equal(described, other_described)


def test_tile_processes_pass_errors_on(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "gone.tif"
    copy.write_bytes(file.read_bytes())
    with open_raster(copy) as raster:
        spec, tiles = raster.spec, tiles_with_content(raster, 256)
    copy.unlink()
    with pytest.raises(InputError, match=r"gone\.tif"):
        list(TileProcesses(spec, None, Spread(2))(tiles, PER_PIXEL))


@pytest.mark.parametrize(
    ("spread", "bound", "jobs"),
    [
        (Spread(8), None, 8),
        (Spread(8), 2_000_000_000, 2),
        (Spread(8), 500_000_000, 1),
        (Spread(1), 8_000_000_000, 1),
        (Spread(8, "ray"), 500_000_000, 8),
    ],
)
def test_spread_keeps_the_memory_bound(spread: Spread, bound: int | None, jobs: int) -> None:
    assert spread.within(Control(max_memory=bound)).jobs == jobs
