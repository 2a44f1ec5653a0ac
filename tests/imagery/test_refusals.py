"""Everything that cannot be read gives one InputError that says what was given, expected and to be done."""

import os
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from geotamper.errors import InputError
from geotamper.imagery.read_options import ReadOptions
from geotamper.imagery.reading import read_picture

Encode = Callable[..., bytes]
Save = Callable[[str, bytes], Path]


def _refusal(path: Path, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        read_picture(path, **options)
    message = str(caught.value)
    assert str(path) in message
    assert "expected" in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_read_picture_refuses_truncated_files(
    rgb: Any, encode: Encode, save: Save, kind: str, share: float
) -> None:
    content = encode(rgb, kind)
    _refusal(save("a.png", content[: int(len(content) * share)]))


def test_read_picture_refuses_a_png_at_every_cut(rgb: Any, encode: Encode, save: Save) -> None:
    content = encode(rgb[:4, :4], "PNG")
    for length in range(len(content)):
        _refusal(save("a.png", content[:length]))


def test_read_picture_refuses_a_png_with_a_wrong_checksum(rgb: Any, encode: Encode, save: Save) -> None:
    content = bytearray(encode(rgb, "PNG"))
    content[content.index(b"IDAT") + 60] ^= 1
    assert "checksum" in _refusal(save("a.png", bytes(content)))


def test_read_picture_refuses_text_named_tif(save: Save) -> None:
    assert "no picture of a known format" in _refusal(save("notes.tif", b"just some words\n"))


def test_read_picture_refuses_zero_bytes(save: Save) -> None:
    assert "empty (0 bytes)" in _refusal(save("a.png", b""))


def test_read_picture_refuses_folders_and_missing_files(tmp_path: Path) -> None:
    assert "folder" in _refusal(tmp_path)
    assert "does not exist" in _refusal(tmp_path / "none.png")


def test_read_picture_refuses_impossible_paths(save: Save) -> None:
    _refusal(Path("a" * 5000))
    _refusal(save("file", b"x") / "below.png")
    with pytest.raises(InputError, match="cannot be looked up"):
        read_picture("a\0b.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the platform has no named pipes")
def test_read_picture_does_not_wait_for_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert "not a regular file" in _refusal(tmp_path / "pipe.png")


def test_read_picture_refuses_what_may_not_be_read(
    rgb: Any, encode: Encode, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save("a.png", encode(rgb, "PNG"))

    def denied(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", denied)  # file modes do not stop the superuser who may run the tests
    assert "Permission denied" in _refusal(path)


def _png_header(width: int, height: int) -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


def _tiff_header(width: int, height: int, *, with_strips: bool) -> bytes:
    tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (277, 3, 1)]
    if with_strips:
        tags += [(273, 4, 8), (278, 4, height), (279, 4, min(width * height, 2**32 - 1))]
    body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in sorted(tags))
    return struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + body + bytes(4)


def _jpeg_header(width: int, height: int) -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 3) + bytes([1, 17, 0, 2, 17, 0, 3, 17, 0])
    scan = bytes([3, 1, 0, 2, 0, 3, 0, 0, 63, 0])
    start = b"\xff\xd8\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame
    return start + b"\xff\xda" + struct.pack(">H", len(scan) + 2) + scan


def _webp_header(width: int, height: int) -> bytes:
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + (width - 1).to_bytes(3, "little")
    body += (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize(
    "content",
    [
        _png_header(60_000, 60_000),
        _tiff_header(60_000, 60_000, with_strips=False),
        _tiff_header(60_000, 60_000, with_strips=True),
        _jpeg_header(60_000, 60_000),
        _webp_header(60_000, 60_000),
    ],
    ids=["png", "tiff-without-strips", "tiff", "jpeg", "webp"],
)
def test_read_picture_refuses_a_huge_header_before_making_room(save: Save, content: bytes) -> None:
    path = save("huge", content)
    tracemalloc.start()
    message = _refusal(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "60000 x 60000" in message
    assert "16.8 million" in message
    assert peak < 50_000_000


@pytest.mark.parametrize("content", [_png_header(0, 5), _tiff_header(0, 5, with_strips=True)])
def test_read_picture_refuses_a_header_without_pixels(save: Save, content: bytes) -> None:
    assert "0 x 5" in _refusal(save("none", content))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_read_picture_names_size_and_limit(rgb: Any, encode: Encode, save: Save, kind: str) -> None:
    message = _refusal(save("a", encode(np.tile(rgb, (60, 60, 1)), kind)), max_pixels=1_000_000)
    assert "1380 x 1140 pixels" in message
    assert "at most 1.0 million" in message


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_read_picture_refuses_several_frames(rgb: Any, encode: Encode, save: Save, kind: str) -> None:
    frames = [Image.fromarray(rgb), Image.fromarray(255 - rgb)]
    message = _refusal(save("a", encode(frames[0], kind, save_all=True, append_images=frames[1:])))
    assert "2 pages" in message or "2 frames" in message


def test_read_picture_refuses_gif_by_name(rgb: Any, encode: Encode, save: Save) -> None:
    frames = [Image.fromarray(rgb), Image.fromarray(255 - rgb)]
    path = save("a.png", encode(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert "is a GIF" in _refusal(path)


@pytest.mark.parametrize("dtype", ["complex64", "complex_int16"])
def test_read_picture_refuses_complex_samples(encode_tiff: Encode, save: Save, dtype: str) -> None:
    kind = "complex64" if dtype == "complex_int16" else dtype
    message = _refusal(save("a.tif", encode_tiff(np.ones((3, 8, 8), kind), dtype=dtype)))
    assert dtype in message
    assert "amplitudes" in message


def test_read_picture_refuses_bands_that_are_not_there(encode_tiff: Encode, save: Save) -> None:
    path = save("a.tif", encode_tiff(np.ones((2, 8, 8), np.uint8)))
    message = _refusal(path, options=ReadOptions(bands=(1, 2, 3)))
    assert "band 3" in message
    assert "from 1 to 2" in message


def test_read_picture_refuses_lab_tiff(rgb: Any, encode: Encode, save: Save) -> None:
    assert "CIELAB" in _refusal(save("a.tif", encode(Image.fromarray(rgb).convert("LAB"), "TIFF")))


def test_read_picture_refuses_cmyk_jpeg_without_a_word_on_its_inks(encode: Encode, save: Save) -> None:
    content = encode(Image.new("CMYK", (16, 16), (0, 200, 100, 0)), "JPEG")
    start = content.index(b"\xff\xee")
    length = int.from_bytes(content[start + 2 : start + 4], "big") + 2
    assert "inks" in _refusal(save("a.jpg", content[:start] + content[start + length :]))
