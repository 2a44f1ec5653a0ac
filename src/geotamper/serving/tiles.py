"""Square pieces of a picture and of its findings at every zoom, as maps on the web want them.

At zoom 0 one tile holds the whole picture; every further zoom doubles the resolution, until at `max_zoom` a pixel of a
tile is a pixel of the picture. Column 0, row 0 is the upper left tile; tiles at the right and lower edge are padded
with transparency.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.imagery.pixel_source import Block, PixelSource
from geotamper.imagery.region import Window
from geotamper.inspection.report import InspectionReport, Region
from geotamper.serving.refusals import ServiceError, not_found

Rgba = npt.NDArray[np.uint8]

TILE_SIDE = 256
Layer = Literal["picture", "source", "target"]
LAYERS: tuple[Layer, ...] = ("picture", "source", "target")
_OVERVIEW = 4096
"""Longer side of the reduced picture from which far zooms are cut."""
_COLOURS: Mapping[str, tuple[int, int, int]] = {"source": (0, 114, 178), "target": (213, 94, 0)}
"""Blue and vermilion, which the colour-blind tell apart."""
_FILL, _LINE = 110, 255
"""Opacity of the inside and of the outline, of 255."""
_SUBPIXEL_BITS = 4


@dataclass(frozen=True)
class TilePlace:
    """Which tile: zoom, column and row."""

    z: int
    x: int
    y: int


def max_zoom(width: int, height: int) -> int:
    """The zoom at which a pixel of a tile is a pixel of a picture of this size."""
    return max(0, math.ceil(math.log2(max(width, height) / TILE_SIDE)))


def tile_window(place: TilePlace, width: int, height: int) -> tuple[Window, int]:
    """The pixels of the picture under a tile, cut at the picture's edge, and how many make one pixel of the tile.

    Raises:
        ServiceError: There is no such tile.
    """
    deepest = max_zoom(width, height)
    step = 1 << max(0, deepest - place.z)
    side = TILE_SIDE * step
    x0, y0 = place.x * side, place.y * side
    if not 0 <= place.z <= deepest or not 0 <= x0 < width or not 0 <= y0 < height:
        raise not_found(
            f"there is no tile {place.z}/{place.x}/{place.y} of a picture of {width} x {height} pixels; zooms go from "
            f"0 to {deepest}"
        )
    return Window(x0, y0, min(width, x0 + side), min(height, y0 + side)), step


class TiledPicture:
    """Tiles of the picture itself.

    Args:
        source: Its pixels; asked by one thread at a time.
    """

    def __init__(self, source: PixelSource) -> None:
        self._source = source
        self._overview: Block | None = None

    def tile(self, place: TilePlace) -> Rgba:
        """One tile, (256, 256, 4) uint8; transparent where the picture holds nothing.

        Raises:
            ServiceError: There is no such tile.
            InputError: The file is damaged there.
        """
        source = self._source
        window, step = tile_window(place, source.width, source.height)
        shape = _tile_shape(window, step)
        longest = max(source.width, source.height)
        is_far = step > 1 and step >= longest / _OVERVIEW
        block = self._from_overview(window) if is_far else source.read(window)
        tile = np.zeros((TILE_SIDE, TILE_SIDE, 4), np.uint8)
        tile[: shape[0], : shape[1], :3] = _resized(block.pixels, shape)
        tile[: shape[0], : shape[1], 3] = _resized(block.valid.astype(np.uint8) * np.uint8(255), shape)
        return tile

    def _from_overview(self, window: Window) -> Block:
        if self._overview is None:
            self._overview = self._source.reduced(_OVERVIEW)
        block = self._overview
        rows, columns = block.valid.shape
        share_x, share_y = columns / self._source.width, rows / self._source.height
        x0, y0 = math.floor(window.x0 * share_x), math.floor(window.y0 * share_y)
        x1, y1 = max(x0 + 1, round(window.x1 * share_x)), max(y0 + 1, round(window.y1 * share_y))
        cut = (slice(y0, y1), slice(x0, x1))
        return Block(block.pixels[cut], block.valid[cut])


def draw_regions(report: InspectionReport, layer: Layer, place: TilePlace) -> Rgba:
    """One tile of the sources or targets of all findings, (256, 256, 4) uint8, transparent elsewhere.

    Args:
        report: With the outlines.
        layer: "source" or "target".
        place: Which tile.

    Raises:
        ServiceError: There is no such tile.
    """
    window, step = tile_window(place, report.image.width, report.image.height)
    fill = np.zeros((TILE_SIDE, TILE_SIDE), np.uint8)
    line = np.zeros_like(fill)
    for region in _regions(report, layer):
        x0, y0, x1, y1 = region.bbox
        if x0 < window.x1 and window.x0 < x1 and y0 < window.y1 and window.y0 < y1:
            rings = [_in_tile(ring, window, step) for ring in region.polygon]
            cv2.fillPoly(fill, rings, _FILL, shift=_SUBPIXEL_BITS)
            cv2.polylines(line, rings, True, _LINE, thickness=2, lineType=cv2.LINE_AA, shift=_SUBPIXEL_BITS)  # noqa: FBT003
    tile = np.zeros((TILE_SIDE, TILE_SIDE, 4), np.uint8)
    tile[..., :3] = _COLOURS[layer]
    tile[..., 3] = np.maximum(fill, line)
    return tile


def encode_tile(tile: Rgba) -> bytes:
    """A tile as PNG."""
    is_done, content = cv2.imencode(
        ".png", cv2.cvtColor(tile, cv2.COLOR_RGBA2BGRA), [cv2.IMWRITE_PNG_COMPRESSION, 3]
    )
    if not is_done:  # OpenCV tells no reason
        raise ServiceError(HTTPStatus.INTERNAL_SERVER_ERROR, "", "the tile could not be written as PNG")
    return bytes(content)


def _regions(report: InspectionReport, layer: Layer) -> list[Region]:
    found = [finding.source if layer == "source" else finding.target for finding in report.findings]
    return [region for region in found if region is not None]


def _in_tile(ring: Sequence[tuple[float, float]], window: Window, step: int) -> npt.NDArray[np.int32]:
    """Corners in fixed-point pixels of the tile, where OpenCV puts centres at whole numbers."""
    corners = (np.asarray(ring, np.float64) - (window.x0, window.y0)) / step - 0.5
    return np.round(corners * (1 << _SUBPIXEL_BITS)).astype(np.int32)


def _tile_shape(window: Window, step: int) -> tuple[int, int]:
    rows, columns = window.shape
    return max(1, math.ceil(rows / step)), max(1, math.ceil(columns / step))


def _resized(plane: npt.NDArray[np.uint8], shape: tuple[int, int]) -> npt.NDArray[np.uint8]:
    if plane.shape[:2] == shape:
        return plane
    return np.asarray(cv2.resize(plane, shape[::-1], interpolation=cv2.INTER_AREA), np.uint8)
