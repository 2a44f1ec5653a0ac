"""The arithmetic of tiles."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.imagery.picture import Picture
from geotamper.imagery.pixel_source import PictureSource
from geotamper.serving import tiles
from geotamper.serving.refusals import ServiceError
from geotamper.serving.tiles import TILE_SIDE, TiledPicture, TilePlace, max_zoom, tile_window

sides = st.integers(1, 100_000)


@given(sides, sides)
def test_one_tile_holds_all_at_zoom_0_and_pixels_are_pixels_at_the_last(width: int, height: int) -> None:
    whole, step = tile_window(TilePlace(0, 0, 0), width, height)
    assert (whole.x0, whole.y0, whole.x1, whole.y1) == (0, 0, width, height)
    assert step * TILE_SIDE >= max(width, height)
    assert tile_window(TilePlace(max_zoom(width, height), 0, 0), width, height)[1] == 1
    assert step == 1 or step * TILE_SIDE < 2 * max(width, height), "no zoom too many"


@given(sides, sides, st.data())
def test_every_pixel_lies_in_one_tile_of_a_zoom(width: int, height: int, data: Any) -> None:
    z = data.draw(st.integers(0, max_zoom(width, height)))
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    side = TILE_SIDE << (max_zoom(width, height) - z)
    window, _ = tile_window(TilePlace(z, x // side, y // side), width, height)
    assert window.x0 <= x < window.x1
    assert window.y0 <= y < window.y1
    with pytest.raises(ServiceError):
        tile_window(TilePlace(z, -(-width // side), 0), width, height)


@pytest.mark.parametrize("overview", [4096, 300])
def test_tiles_show_a_gradient_in_place_at_every_zoom(overview: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "_OVERVIEW", overview)
    height, width = 700, 900
    rows, columns = np.mgrid[:height, :width]
    pixels = np.stack([columns * 255 / width, rows * 255 / height, 0 * rows], axis=2).astype(np.uint8)
    tiled = TiledPicture(PictureSource(Picture.from_array(pixels)))
    for z in range(max_zoom(width, height) + 1):
        step = 1 << (max_zoom(width, height) - z)
        for y in range(-(-height // (TILE_SIDE * step))):
            for x in range(-(-width // (TILE_SIDE * step))):
                tile = tiled.tile(TilePlace(z, x, y)).astype(float)
                held_rows, held_columns = np.nonzero(tile[..., 3])
                at_x = (x * TILE_SIDE + held_columns + 0.5) * step
                at_y = (y * TILE_SIDE + held_rows + 0.5) * step
                assert at_x.max() <= width + step
                off = np.abs(tile[held_rows, held_columns, 0] - at_x * 255 / width)
                assert off.max() <= 2 + step * 255 / width, (z, x, y)
                off = np.abs(tile[held_rows, held_columns, 1] - at_y * 255 / height)
                assert off.max() <= 2 + step * 255 / height, (z, x, y)
