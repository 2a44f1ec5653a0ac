from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from geotamper.sets.sources import TileError, Window
from geotamper.sets.sources.rasters import Rasters

Pixels = npt.NDArray[np.uint8]
Noise = Callable[..., Pixels]
Save = Callable[..., Path]

WHOLE = Window(0, 0, 512)
FORMATS: dict[str, dict[str, Any]] = {
    "png": {},
    "jpg": {"quality": 90},
    "tif": {},
    "bmp": {},
    "webp": {"lossless": True},
}


@pytest.fixture(params=FORMATS)
def picture(request: pytest.FixtureRequest, save: Save, noise: Noise) -> Path:
    return save(f"p.{request.param}", noise(512, 512), **FORMATS[request.param])


def test_rgb_reads_windows(picture: Path) -> None:
    rgb = Rasters().rgb(picture, Window(100, 200, 256))
    with Image.open(picture) as image:
        expected = np.asarray(image.convert("RGB"))[200:456, 100:356]
    assert np.array_equal(rgb.pixels, expected)
    assert not rgb.is_void.any()


@pytest.mark.parametrize("kept", [0.02, 0.5, 0.99])
def test_rgb_reports_cut_off_files(picture: Path, kept: float) -> None:
    content = picture.read_bytes()
    picture.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(TileError, match="cannot be decoded") as caught:
        Rasters().rgb(picture, WHOLE)
    assert caught.value.path == picture


def test_rgb_reports_a_changed_byte_in_a_png(save: Save, noise: Noise) -> None:
    path = save("p.png", noise(512, 512))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(TileError, match="cannot be decoded"):
        Rasters().rgb(path, WHOLE)


def test_rgb_tells_files_by_content(save: Save, noise: Noise) -> None:
    path = save("p.bmp", noise(512, 512))
    path = path.rename(path.with_suffix(".png"))
    assert np.array_equal(Rasters().rgb(path, WHOLE).pixels, noise(512, 512))


def test_rgb_takes_transparent_pixels_as_void(save: Save, noise: Noise) -> None:
    alpha = np.full((512, 512, 1), 255, np.uint8)
    alpha[:10] = 0
    alpha[10:20] = 1
    path = save("p.png", np.concatenate([noise(512, 512), alpha], axis=2))
    rgb = Rasters().rgb(path, WHOLE)
    assert rgb.is_void[:10].all()
    assert not rgb.is_void[10:].any()
    assert np.array_equal(rgb.pixels, noise(512, 512))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_rgb_refuses_one_band(save: Save, dtype: type[np.generic]) -> None:
    with pytest.raises(TileError, match=r"1 band\(s\).*expected 8-bit RGB"):
        Rasters().rgb(save("p.png", np.zeros((512, 512), dtype)), WHOLE)


def test_rgb_refuses_windows_beyond_the_picture(save: Save, noise: Noise) -> None:
    with pytest.raises(TileError, match="300 x 200 pixels; expected at least 512 x 512"):
        Rasters().rgb(save("p.png", noise(200, 300)), WHOLE)


def test_ids_and_colours_of_a_palette(tmp_path: Path) -> None:
    image = Image.fromarray(np.tile(np.arange(4, dtype=np.uint8), (512, 128)), mode=None).convert("P")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90, 1, 2, 3])
    path = tmp_path / "p.png"
    image.save(path)
    rasters = Rasters()
    assert rasters.ids(path, WHOLE)[0, :4].tolist() == [0, 1, 2, 3]
    assert rasters.colours(path, WHOLE)[0, 3].tolist() == [1, 2, 3]


def test_ids_keep_16_bits(save: Save) -> None:
    path = save("p.png", np.full((512, 512), 40_000, np.uint16))
    assert (Rasters().ids(path, WHOLE) == 40_000).all()


def test_rasters_close_what_was_opened_first(save: Save, noise: Noise) -> None:
    paths = [save(f"{number}.png", noise(512, 512, number)) for number in range(9)]
    rasters = Rasters()
    for path in (*paths, *paths):
        rasters.rgb(path, WHOLE)
    assert len(rasters._open) == 4
    rasters.close()
    assert not rasters._open
    assert np.array_equal(rasters.rgb(paths[3], WHOLE).pixels, noise(512, 512, 3))
