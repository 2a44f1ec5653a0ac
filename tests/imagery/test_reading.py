"""Sound files of every kind are read rightly, decided by content."""

import hashlib
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from geotamper.imagery.reading import read_picture

Encode = Callable[..., bytes]
Save = Callable[[str, bytes], Path]


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {})])
def test_read_picture_returns_lossless_pixels_whatever_the_suffix(
    rgb: Any, encode: Encode, save: Save, kind: str, options: dict[str, Any]
) -> None:
    content = encode(rgb, kind, **options)
    path = save("picture.jpg", content)
    picture = read_picture(path)
    np.testing.assert_array_equal(picture.pixels, rgb)
    assert picture.sha256 == hashlib.sha256(content).hexdigest()
    assert (picture.path, picture.bands, picture.dtype, picture.notes) == (str(path), 3, "uint8", ())
    assert picture.pixels.flags.c_contiguous


def test_read_picture_keeps_the_path_as_given(rgb: Any, encode: Encode, save: Save, monkeypatch: Any) -> None:
    path = save("a.png", encode(rgb, "PNG"))
    monkeypatch.chdir(path.parent)
    assert read_picture("a.png").path == "a.png"


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_read_picture_decodes_lossy_files_exactly_as_pillow(
    rgb: Any, encode: Encode, save: Save, kind: str, mode: str
) -> None:
    path = save("a.bin", encode(Image.fromarray(rgb).convert(mode), kind, quality=80))
    with Image.open(path) as image:
        expected = np.asarray(image.convert("RGB"))
    np.testing.assert_array_equal(read_picture(path).pixels, expected)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_read_picture_drops_alpha_and_keeps_colours_under_it(
    rgb: Any, encode: Encode, save: Save, kind: str
) -> None:
    rgba = np.dstack([rgb, np.zeros(rgb.shape[:2], np.uint8)])
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    picture = read_picture(save("a", encode(Image.fromarray(rgba), kind, **options)))
    np.testing.assert_array_equal(picture.pixels, rgb)
    assert picture.bands == 4
    assert any("alpha" in note for note in picture.notes)
    assert picture.valid is not None
    assert not picture.valid.any()


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("mode", ["L", "LA", "1"])
def test_read_picture_repeats_grey(rgb: Any, encode: Encode, save: Save, kind: str, mode: str) -> None:
    image = Image.fromarray(rgb).convert(mode)
    picture = read_picture(save("a", encode(image, kind)))
    np.testing.assert_array_equal(picture.pixels, np.asarray(image.convert("L").convert("RGB")))
    assert picture.bands == len(mode)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("colours", [2, 5, 200])
def test_read_picture_expands_palettes(rgb: Any, encode: Encode, save: Save, kind: str, colours: int) -> None:
    image = Image.fromarray(rgb).quantize(colours)
    picture = read_picture(save("a", encode(image, kind)))
    np.testing.assert_array_equal(picture.pixels, np.asarray(image.convert("RGB")))
    assert picture.bands == 1


def test_read_picture_keeps_colours_of_transparent_palette_entries(
    rgb: Any, encode: Encode, save: Save
) -> None:
    image = Image.fromarray(rgb).quantize(4)
    picture = read_picture(save("a.png", encode(image, "PNG", transparency=bytes([0, 128, 255, 255]))))
    np.testing.assert_array_equal(picture.pixels, np.asarray(image.convert("RGB")))
    assert any("transparent" in note for note in picture.notes)
    np.testing.assert_array_equal(picture.valid, np.asarray(image) != 0)


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_read_picture_takes_a_transparent_colour_for_empty(encode: Encode, save: Save, mode: str) -> None:
    image = Image.new(mode, (5, 4), "white")
    image.putpixel((1, 2), 0)
    colour = 0 if mode == "L" else (0, 0, 0)
    picture = read_picture(save("a.png", encode(image, "PNG", transparency=colour)))
    assert np.argwhere(~np.asarray(picture.valid)).tolist() == [[2, 1]]


def _png(depth: int, colour_type: int, rows: list[bytes], width: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, len(rows), depth, colour_type, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("depth", "row", "grey"), [(2, b"\x1b", [0, 85, 170, 255]), (4, b"\x0f\x3c", [0, 255, 51, 204])]
)
def test_read_picture_scales_two_and_four_bit_grey_png(
    save: Save, depth: int, row: bytes, grey: list[int]
) -> None:
    picture = read_picture(save("a.png", _png(depth, 0, [row], 4)))
    np.testing.assert_array_equal(picture.pixels[0, :, 0], grey)


def test_read_picture_reads_one_pixel(encode: Encode, save: Save) -> None:
    pixel = np.array([[[10, 20, 30]]], np.uint8)
    for kind in ("PNG", "TIFF"):
        np.testing.assert_array_equal(read_picture(save("one", encode(pixel, kind))).pixels, pixel)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_read_picture_converts_cmyk(encode: Encode, save: Save, kind: str) -> None:
    inks = {"red": (0, 255, 255, 0), "black": (0, 0, 0, 255), "white": (0, 0, 0, 0), "blue": (255, 255, 0, 0)}
    expected = {"red": (255, 0, 0), "black": (0, 0, 0), "white": (255, 255, 255), "blue": (0, 0, 255)}
    for name, ink in inks.items():
        picture = read_picture(save("a", encode(Image.new("CMYK", (16, 16), ink), kind)))
        np.testing.assert_allclose(picture.pixels[8, 8].astype(int), expected[name], atol=3)
        assert any("CMYK" in note for note in picture.notes)
        assert not any("alpha" in note for note in picture.notes)


@pytest.mark.parametrize("tag", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_read_picture_turns_upright_by_the_orientation_tag(
    rgb: Any, encode: Encode, save: Save, kind: str, tag: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = tag
    options: dict[str, Any] = {"tiffinfo": {274: tag}} if kind == "TIFF" else {"exif": exif}
    path = save("a", encode(rgb, kind, **options))
    with Image.open(path) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    picture = read_picture(path)
    np.testing.assert_array_equal(picture.pixels, expected)
    assert picture.pixels.flags.c_contiguous
    assert any(f"orientation tag is {tag}" in note and "upright" in note for note in picture.notes) == (
        tag > 1
    )


def test_read_picture_turns_validity_with_the_pixels(rgb: Any, encode: Encode, save: Save) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    alpha = np.full(rgb.shape[:2], 255, np.uint8)
    alpha[2, 3] = 0
    picture = read_picture(save("a", encode(Image.fromarray(np.dstack([rgb, alpha])), "PNG", exif=exif)))
    assert picture.valid is not None
    assert picture.valid.shape == picture.pixels.shape[:2]
    row, column = np.argwhere(~picture.valid)[0]
    np.testing.assert_array_equal(picture.pixels[row, column], rgb[2, 3])


def test_read_picture_does_not_note_a_plain_orientation(rgb: Any, encode: Encode, save: Save) -> None:
    exif = Image.Exif()
    exif[0x0112] = 1
    assert read_picture(save("a", encode(rgb, "JPEG", exif=exif))).notes == ()


def test_read_picture_reads_the_first_of_a_multi_picture_jpeg(rgb: Any, encode: Encode, save: Save) -> None:
    first, second = Image.fromarray(rgb), Image.new("RGB", (8, 8))
    path = save("a.jpg", encode(first, "MPO", save_all=True, append_images=[second]))
    with Image.open(path) as image:
        expected = np.asarray(image.convert("RGB"))
    picture = read_picture(path)
    np.testing.assert_array_equal(picture.pixels, expected)
    assert any("further pictures" in note for note in picture.notes)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_read_picture_accepts_a_picture_of_exactly_the_limit(
    rgb: Any, encode: Encode, save: Save, kind: str
) -> None:
    path = save("a", encode(rgb, kind))
    assert read_picture(path, max_pixels=19 * 23).pixels.shape == rgb.shape
