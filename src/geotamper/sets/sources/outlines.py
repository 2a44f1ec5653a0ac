"""Outlines of annotations into masks of a window."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from rasterio.features import rasterize

from geotamper.sets.sources.labels import BoolMask
from geotamper.sets.sources.protocol import Window

_CORNERS = 3


def fill_outline(rings: Sequence[npt.NDArray[np.float64]], window: Window) -> BoolMask:
    """Pixels of a window whose centres lie inside one of the rings.

    Args:
        rings: (N, 2) points each, (x, y) in pixels of the picture with pixel edges at whole numbers; rings of
            fewer than three points are left out.
        window: The part of the picture.

    Returns:
        (side, side) bool.
    """
    inside: BoolMask = np.zeros((window.side, window.side), dtype=np.bool_)
    shapes = [
        ({"type": "Polygon", "coordinates": [np.vstack([moved, moved[:1]]).tolist()]}, 1)
        for ring in rings
        if len(ring) >= _CORNERS
        for moved in [np.asarray(ring, dtype=np.float64) - (window.x, window.y)]
        if _touches(moved, window.side)
    ]
    if shapes:
        inside = rasterize(shapes, out_shape=inside.shape, dtype="uint8").astype(np.bool_)
    return inside


def _touches(ring: npt.NDArray[np.float64], side: int) -> bool:
    return bool((ring.max(axis=0) > 0).all() and (ring.min(axis=0) < side).all())
