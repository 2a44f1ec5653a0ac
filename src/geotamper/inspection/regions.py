"""Masks as regions of a report: box, centroid, area, outline."""

import numpy as np

from geotamper.imagery.polygons import mask_polygons
from geotamper.inspection.findings import BoolMask
from geotamper.inspection.report import Region


def centroid(mask: BoolMask) -> tuple[float, float, int]:
    """Mean pixel centre (x, y) and number of pixels of a mask that is not empty."""
    columns = np.count_nonzero(mask, axis=0)
    rows = np.count_nonzero(mask, axis=1)
    area = int(columns.sum())
    x = float(columns @ np.arange(mask.shape[1])) / area + 0.5
    y = float(rows @ np.arange(mask.shape[0])) / area + 0.5
    return x, y, area


def bounding_box(mask: BoolMask) -> tuple[int, int, int, int]:
    """(x0, y0, x1, y1) of a mask that is not empty, pixels, x1 and y1 exclusive."""
    columns = np.flatnonzero(mask.any(axis=0))
    rows = np.flatnonzero(mask.any(axis=1))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def describe_region(mask: BoolMask) -> Region:
    """The region of a mask that is not empty.

    Args:
        mask: (H, W) bool, with at least one pixel inside.
    """
    x, y, area = centroid(mask)
    return Region(
        bbox=bounding_box(mask),
        centroid=(x, y),
        area_px=area,
        area_fraction=area / mask.size,
        polygon=tuple(tuple((float(px), float(py)) for px, py in ring) for ring in mask_polygons(mask)),
    )
