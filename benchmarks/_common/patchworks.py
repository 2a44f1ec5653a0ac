"""Large scenes put together from development tiles, with a copy far from its source."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.windows import Window as RasterWindow

from _common.tiles import TILE_SIZE, Tile, data_folder, tile_objects, tile_pixels, tiles_of_fold
from geotamper.errors import ForgeryError, InputError
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.forgery import Forgery
from geotamper.imagery.region import Region, Window
from geotamper.imagery.similarity import Similarity

Pixels = npt.NDArray[np.uint8]

GAIN = (0.8, 1.0)
NOISE = (1.0, 2.5)
"""Ranges from which every tile gets a gain and the standard deviation of its noise, grey levels: neighbours look like
different flights, and a tile that comes twice is no exact repetition."""


@dataclass(frozen=True)
class Patchwork:
    """What a scene is made of.

    Attributes:
        columns: Tiles across.
        rows: Tiles down.
        seed: Of tiles, gains, noise and the forgery.
        is_forged: Whether the last tile gets a copy of an object of the first.
        frame: Tiles of empty space on each side, left out of the file.
    """

    columns: int
    rows: int
    seed: int
    is_forged: bool = True
    frame: int = 0


def write_patchwork(path: Path, work: Patchwork) -> dict[str, Any]:
    """Write a scene of tiles of fold val as an uncompressed, tiled GeoTIFF.

    Of tiles that may show the same ground one is taken. Each is used once before any comes again, then a part of
    it, stretched.

    Returns:
        The truth: windows of source and copy and the transform, or nothing for an untouched scene.

    Raises:
        InputError: No tile has an object that can be copied.
    """
    rng = np.random.default_rng([work.seed, work.columns, work.rows])
    data = data_folder()
    tiles = tiles_of_fold(data, "val")
    order = _one_of_each_group(tiles, rng)
    first, last = (0, 0), (work.rows - 1, work.columns - 1)
    truth: dict[str, Any] = {}
    ends: dict[tuple[int, int], Pixels] = {}
    if work.is_forged:
        shift = ((work.columns - 2) * TILE_SIZE, last[0] * TILE_SIZE)
        forgery, first_index, second_index = _forged(data, tiles, order, rng)
        ends = {first: forgery.pixels[:, :TILE_SIZE], last: forgery.pixels[:, TILE_SIZE:]}
        order = np.array([i for i in order if i not in (first_index, second_index)])
        truth = _truth(forgery, shift, work.frame * TILE_SIZE)
    side = (work.rows + 2 * work.frame, work.columns + 2 * work.frame)
    profile = {
        "driver": "GTiff",
        "height": side[0] * TILE_SIZE,
        "width": side[1] * TILE_SIZE,
        "count": 3,
        "dtype": "uint8",
        "tiled": True,
        "blockxsize": TILE_SIZE,
        "blockysize": TILE_SIZE,
        "photometric": "RGB",
        "interleave": "pixel",
        "BIGTIFF": "IF_SAFER",
        "SPARSE_OK": True,
    }
    with rasterio.open(path, "w", **profile) as file:
        for number in range(work.rows * work.columns):
            place = divmod(number, work.columns)
            pixels = ends.get(place)
            if pixels is None:
                turn, index = divmod(number, len(order))
                pixels = _varied(_stretched(tile_pixels(data, tiles[order[index]]), turn, rng), rng)
            left, top = (place[1] + work.frame) * TILE_SIZE, (place[0] + work.frame) * TILE_SIZE
            file.write(pixels.transpose(2, 0, 1), window=RasterWindow(left, top, TILE_SIZE, TILE_SIZE))
    return truth


def _one_of_each_group(tiles: list[Tile], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Indices of tiles in random order; what shows the same ground twice would rightly be found."""
    order = rng.permutation(len(tiles))
    first = {tiles[index].group: index for index in order[::-1]}
    return np.array([index for index in order if first[tiles[index].group] == index], np.int64)


def _varied(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    noisy = pixels * rng.uniform(*GAIN) + rng.normal(0, rng.uniform(*NOISE), pixels.shape)
    return np.asarray(np.clip(np.rint(noisy), 0, 255), np.uint8)


def _stretched(pixels: Pixels, turn: int, rng: np.random.Generator) -> Pixels:
    """What a tile gives when it is used for the `turn`th time, from 0.

    From the first time on it is a part, stretched by 1.3 to 2 in one direction, and turned or mirrored: copies that no
    turning and scaling explains are not looked for, and would rightly be found otherwise.
    """
    if turn == 0:
        return pixels
    across, along = int(TILE_SIZE / rng.uniform(1.3, 2.0)), int(TILE_SIZE * rng.uniform(0.9, 1.0))
    top, left = rng.integers(0, TILE_SIZE - along + 1), rng.integers(0, TILE_SIZE - across + 1)
    part = pixels[top : top + along, left : left + across]
    stretched = cv2.resize(part, (TILE_SIZE, TILE_SIZE), interpolation=cv2.INTER_CUBIC)
    turned = np.rot90(stretched, turn % 4)
    return np.ascontiguousarray(turned[:, ::-1] if turn % 8 >= 4 else turned, np.uint8)


def _forged(
    data: Path, tiles: list[Tile], order: npt.NDArray[np.int64], rng: np.random.Generator
) -> tuple[Forgery, int, int]:
    """Two tiles side by side, each with its own gain and noise, and an object of the first pasted into the second."""
    for first, second in zip(order[::2], order[1::2], strict=False):
        objects = [o for o in tile_objects(data, tiles[first]) if 400 <= np.count_nonzero(o.mask) <= 12_000]
        if not objects:
            continue
        chosen = objects[int(rng.integers(len(objects)))].mask
        both = np.concatenate(
            [_varied(tile_pixels(data, tiles[i]), rng) for i in (int(first), int(second))], axis=1
        )
        mask = np.concatenate([chosen, np.zeros_like(chosen)], axis=1)
        parameters = CopyMoveParameters(
            rotation_deg=float(rng.uniform(15, 345)),
            scale=float(rng.uniform(0.7, 1.4)),
            interpolation=str(rng.choice(["opencv-linear", "opencv-cubic"])),
            placement=(float(rng.uniform(180, 332)) + TILE_SIZE, float(rng.uniform(180, 332))),
        )
        try:
            forgery = copy_move(both, mask, parameters, rng=rng)
        except ForgeryError:
            continue
        return forgery, int(first), int(second)
    raise InputError("no tile of fold val has an object of 400 to 12,000 pixels that can be copied")


def _truth(forgery: Forgery, shift: tuple[int, int], frame: int) -> dict[str, Any]:
    transform = cast("Similarity", forgery.transform)  # every copy has one
    whole = Window(0, 0, forgery.pixels.shape[1], forgery.pixels.shape[0])
    source, target = Region.cut(whole, forgery.source_mask), Region.cut(whole, forgery.target_mask)
    return {
        "source": _placed(source, (frame, frame)),
        "target": _placed(target, (frame + shift[0], frame + shift[1])),
        "rotation_deg": transform.rotation_deg,
        "scale": transform.scale,
    }


def _placed(region: Region, shift: tuple[int, int]) -> Region:
    w = region.window
    return Region(Window(w.x0 + shift[0], w.y0 + shift[1], w.x1 + shift[0], w.y1 + shift[1]), region.mask)
