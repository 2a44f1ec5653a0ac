"""Masks of all sources and all copies: 0/255 PNG, or cloud-optimised GeoTIFF where the scene is placed or large.

Only the blocks that a region touches are filled, so that the mask of a scene costs what its regions cost.
"""

import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.shutil
from PIL import Image
from rasterio.io import MemoryFile
from rasterio.transform import Affine
from rasterio.windows import Window as RasterWindow

from geotamper.atomic import write_bytes
from geotamper.errors import SpecificationError
from geotamper.imagery.conversion import quiet
from geotamper.imagery.limits import MAX_PIXELS
from geotamper.imagery.pixel_source import PixelSource
from geotamper.imagery.region import Region, Window

BLOCK = 512
"""Side of the tiles of a GeoTIFF, pixels."""

INSIDE = np.uint8(255)

_CACHE_MEGABYTES = 64  # GDAL's own default is 5 % of the memory, which an empty scene fills with nothing


def write_union(stem: Path, regions: Sequence[Region], scene: PixelSource) -> Path:
    """Write the union of regions as 8-bit single-channel picture of the scene's size, 255 inside and 0 outside.

    Args:
        stem: Where to, without suffix.
        regions: May overlap; none gives a mask of zeros.
        scene: What the regions belong to. With a CRS the mask becomes a GeoTIFF with its CRS and geotransform,
            tiled, compressed, with overviews, as a cloud-optimised GeoTIFF; tiles without a region take no room.
            Without a CRS it becomes a PNG, and above `MAX_PIXELS` a GeoTIFF all the same.

    Returns:
        The path written: `stem` with .png or .tif.

    Raises:
        SpecificationError: A region reaches beyond the scene.
        OutputError: The file cannot be written.
    """
    for region in regions:
        _check_inside(region.window, scene)
    is_raster = scene.crs is not None or scene.width * scene.height > MAX_PIXELS
    path = stem.with_name(stem.name + (".tif" if is_raster else ".png"))
    # In memory first: GDAL would report a full disk late or only in its log, and leave companions behind.
    write_bytes(path, _geotiff(regions, scene) if is_raster else _png(regions, scene))
    return path


def _check_inside(window: Window, scene: PixelSource) -> None:
    if window.x0 < 0 or window.y0 < 0 or window.x1 > scene.width or window.y1 > scene.height:
        raise SpecificationError(
            f"a region spans columns {window.x0} to {window.x1} and rows {window.y0} to {window.y1}; expected it "
            f"inside the picture of {scene.width} x {scene.height} pixels"
        )


def _union(regions: Iterable[Region], window: Window) -> npt.NDArray[np.uint8]:
    """(h, w) uint8 of a window, 0 or 255."""
    grey = np.zeros(window.shape, np.uint8)
    for region in regions:
        grey[region.within(window)] = INSIDE
    return grey


def _png(regions: Sequence[Region], scene: PixelSource) -> bytes:
    grey = _union(regions, Window(0, 0, scene.width, scene.height))
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "PNG")
    return buffer.getvalue()


def _geotiff(regions: Sequence[Region], scene: PixelSource) -> bytes:
    profile: dict[str, Any] = {
        "driver": "GTiff",
        "height": scene.height,
        "width": scene.width,
        "count": 1,
        "dtype": "uint8",
        "crs": scene.crs,
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "compress": "deflate",
        "sparse_ok": True,
        "BIGTIFF": "IF_SAFER",
    }
    if scene.geotransform is not None:
        profile["transform"] = Affine.from_gdal(*scene.geotransform)
    settings = rasterio.Env(GDAL_PAM_ENABLED="NO", GDAL_CACHEMAX=_CACHE_MEGABYTES)
    with quiet(), settings, MemoryFile(ext=".tif") as draft, MemoryFile(ext=".tif") as ordered:
        with draft.open(**profile) as target:
            for window, touching in _touched_blocks(regions, scene):
                place = RasterWindow(window.x0, window.y0, *reversed(window.shape))
                target.write(_union(touching, window), 1, window=place)
        # The order of a cloud-optimised file is known only when all of it is there, hence the copy.
        rasterio.shutil.copy(
            draft.name,
            ordered.name,
            driver="COG",
            blocksize=BLOCK,
            compress="DEFLATE",
            sparse_ok=True,
            overview_resampling="NEAREST",
            num_threads=1,
        )
        return bytes(ordered.getbuffer())


def _touched_blocks(
    regions: Sequence[Region], scene: PixelSource
) -> Iterable[tuple[Window, tuple[Region, ...]]]:
    """The blocks that regions touch, row by row, each with its regions."""
    touching: dict[tuple[int, int], list[Region]] = {}
    for region in regions:
        window = region.window
        if window.x0 >= window.x1 or window.y0 >= window.y1:
            continue
        for row in range(window.y0 // BLOCK, (window.y1 - 1) // BLOCK + 1):
            for column in range(window.x0 // BLOCK, (window.x1 - 1) // BLOCK + 1):
                touching.setdefault((row, column), []).append(region)
    for (row, column), chosen in sorted(touching.items(), key=lambda item: item[0]):
        x0, y0 = column * BLOCK, row * BLOCK
        yield Window(x0, y0, min(x0 + BLOCK, scene.width), min(y0 + BLOCK, scene.height)), tuple(chosen)
