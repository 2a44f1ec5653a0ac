"""Masks and regions as regions of a report: box, centroid, area, outline."""

import numpy as np

from geotamper.imagery.polygons import mask_polygons
from geotamper.imagery.region import Region as PixelRegion
from geotamper.imagery.region import Window
from geotamper.inspection.findings import BoolMask
from geotamper.inspection.report import Region


def as_region(area: BoolMask | PixelRegion) -> PixelRegion:
    """A mask of a whole picture as a region; regions stay as they are."""
    if isinstance(area, PixelRegion):
        return area
    height, width = area.shape
    return PixelRegion.cut(Window(0, 0, width, height), area)


def centroid(area: BoolMask | PixelRegion) -> tuple[float, float, int]:
    """Mean pixel centre (x, y) and number of pixels of a mask or region that is not empty."""
    region = as_region(area)
    mask = region.mask
    columns = np.count_nonzero(mask, axis=0)
    rows = np.count_nonzero(mask, axis=1)
    count = int(columns.sum())
    x = float(columns @ np.arange(mask.shape[1])) / count + region.window.x0 + 0.5
    y = float(rows @ np.arange(mask.shape[0])) / count + region.window.y0 + 0.5
    return x, y, count


def bounding_box(area: BoolMask | PixelRegion) -> tuple[int, int, int, int]:
    """(x0, y0, x1, y1) of a mask or region that is not empty, pixels, x1 and y1 exclusive."""
    region = as_region(area)
    window = PixelRegion.cut(region.window, region.mask).window
    return window.x0, window.y0, window.x1, window.y1


def describe_region(area: BoolMask | PixelRegion, *, frame: int) -> Region:
    """The region of a mask that is not empty.

    Args:
        area: (H, W) bool of the whole picture, or a region of it, with at least one pixel inside.
        frame: Pixels of the whole picture.
    """
    region = as_region(area)
    x, y, count = centroid(region)
    left, top = region.window.x0, region.window.y0
    return Region(
        bbox=bounding_box(region),
        centroid=(x, y),
        area_px=count,
        area_fraction=count / frame,
        polygon=tuple(
            tuple((float(px) + left, float(py) + top) for px, py in ring)
            for ring in mask_polygons(region.mask)
        ),
    )
