"""Contact sheets: failures side by side, for the eye."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from _common.detection import Pixels
from geotamper.atomic import atomic_path
from geotamper.metrics import RegionPair

SIDE = 320
COLUMNS = 4
ROWS = 3
TRUE_SOURCE, TRUE_TARGET = (0, 255, 0), (255, 40, 40)
SEEN_SOURCE, SEEN_TARGET = (0, 255, 255), (255, 255, 0)


@dataclass(frozen=True)
class Tile:
    """One picture of a sheet.

    Attributes:
        title: Written above it.
        pixels: (H, W, 3) uint8 RGB.
        truth: Outlined in green (source) and red (copy), or None.
        seen: The detector's regions, outlined in cyan (source) and yellow (copy).
    """

    title: str
    pixels: Pixels
    truth: RegionPair | None
    seen: RegionPair


def write_sheets(tiles: Sequence[Tile], stem: Path) -> list[Path]:
    """Write PNG pages `<stem>-01.png` and on.

    Raises:
        OutputError: A page cannot be written.
    """
    pages: list[Path] = []
    for first in range(0, len(tiles), COLUMNS * ROWS):
        here = tiles[first : first + COLUMNS * ROWS]
        rows = -(-len(here) // COLUMNS)
        page = np.full((rows * (SIDE + 24), COLUMNS * (SIDE + 8), 3), 255, dtype=np.uint8)
        for index, tile in enumerate(here):
            y, x = (index // COLUMNS) * (SIDE + 24), (index % COLUMNS) * (SIDE + 8)
            cv2.putText(page, tile.title, (x + 2, y + 15), cv2.FONT_HERSHEY_SIMPLEX, 0.38, (0, 0, 0), 1)
            page[y + 20 : y + 20 + SIDE, x : x + SIDE] = _draw(tile)
        path = stem.with_name(f"{stem.name}-{len(pages) + 1:02d}.png")
        with atomic_path(path) as temporary:
            cv2.imwrite(str(temporary), page[:, :, ::-1])
        pages.append(path)
    return pages


def _draw(tile: Tile) -> Pixels:
    picture = tile.pixels.copy()
    if tile.truth is not None:
        _outline(picture, tile.truth.source, TRUE_SOURCE)
        _outline(picture, tile.truth.target, TRUE_TARGET)
    _outline(picture, tile.seen.source, SEEN_SOURCE)
    _outline(picture, tile.seen.target, SEEN_TARGET)
    return np.asarray(cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _outline(picture: Pixels, mask: npt.NDArray[np.bool_], colour: tuple[int, int, int]) -> None:
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, contours, -1, colour, 1)
