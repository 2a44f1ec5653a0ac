"""Masks of all sources and all copies: 0/255 PNG, or cloud-optimised GeoTIFF where the scene is placed or large."""

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from geotamper.atomic import write_bytes
from geotamper.errors import SpecificationError
from geotamper.imagery.limits import MAX_PIXELS
from geotamper.imagery.pixel_source import PixelSource
from geotamper.imagery.region import Region, Window
from geotamper.reporting.layers.cog import encode_cog, grey_union


def write_union(stem: Path, regions: Sequence[Region], scene: PixelSource) -> Path:
    """Write the union of regions as 8-bit single-channel picture of the scene's size, 255 inside and 0 outside.

    Args:
        stem: Where to, without suffix.
        regions: May overlap; none gives a mask of zeros.
        scene: What the regions belong to. With a CRS the mask becomes a cloud-optimised GeoTIFF with its CRS and
            geotransform. Without a CRS it becomes a PNG, and above `MAX_PIXELS` a GeoTIFF all the same.

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
    write_bytes(path, encode_cog(regions, scene) if is_raster else _encode_png(regions, scene))
    return path


def _check_inside(window: Window, scene: PixelSource) -> None:
    if window.x0 < 0 or window.y0 < 0 or window.x1 > scene.width or window.y1 > scene.height:
        raise SpecificationError(
            f"a region spans columns {window.x0} to {window.x1} and rows {window.y0} to {window.y1}; expected it "
            f"inside the picture of {scene.width} x {scene.height} pixels"
        )


def _encode_png(regions: Sequence[Region], scene: PixelSource) -> bytes:
    grey = grey_union(regions, Window(0, 0, scene.width, scene.height))
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "PNG")
    return buffer.getvalue()
