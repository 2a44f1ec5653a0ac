"""Close-ups of a finding: source, source carried onto the copy, copy, and what differs between the two."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.imagery.pixel_source import reduced_size
from geotamper.imagery.region import Window
from geotamper.inspection.exhibit import Exhibit, ShownFinding
from geotamper.reporting.warped import warped_source
from geotamper.reporting.windows import Size, assemble_window, surroundings

Pixels = npt.NDArray[np.uint8]

AMPLIFICATION = 8
"""Factor of the difference image: 32 grey values already show as white."""

SMALLEST_SIDE = 240
LARGEST_SIDE = 480


@dataclass(frozen=True)
class Crop:
    """One close-up.

    Attributes:
        title: What it shows.
        pixels: (h, w, 3) uint8 RGB, enlarged where the region is small.
    """

    title: str
    pixels: Pixels


def finding_crops(exhibit: Exhibit, item: ShownFinding) -> tuple[Crop, ...]:
    """The close-ups of one finding; only the windows of its regions are read.

    Args:
        exhibit: The picture.
        item: The finding; for a blur there is one close-up only.

    Raises:
        InputError: The file is damaged there.
    """
    window = surroundings(item.target.window, exhibit.source)
    size = _size(window)
    copy = assemble_window(exhibit.source.read, window, size).pixels
    if item.transform is None:
        return (Crop("blurred region", _enlarged(copy)),)
    origin = surroundings(item.source.window, exhibit.source)
    warped = warped_source(exhibit, item, window, size)
    difference = cv2.absdiff(warped.pixels, copy)
    amplified = np.minimum(difference.astype(np.uint16) * AMPLIFICATION, 255).astype(np.uint8)
    inside = cv2.resize(item.target.within(window).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    amplified[np.asarray(inside) == 0] //= 3
    amplified[~warped.valid] = 0  # nothing there to compare with
    return (
        Crop("source", _enlarged(assemble_window(exhibit.source.read, origin, _size(origin)).pixels)),
        Crop("source carried onto the copy", _enlarged(warped.pixels)),
        Crop("copy", _enlarged(copy)),
        Crop(f"difference, {AMPLIFICATION} times", _enlarged(amplified)),
    )


def _size(window: Window) -> Size:
    rows, columns = window.shape
    return reduced_size(columns, rows, LARGEST_SIDE)


def _enlarged(pixels: Pixels) -> Pixels:
    """Enlarge small close-ups by a whole factor, so that pixels stay visible."""
    factor = max(1, SMALLEST_SIDE // max(pixels.shape[:2]))
    return np.repeat(np.repeat(pixels, factor, axis=0), factor, axis=1)
