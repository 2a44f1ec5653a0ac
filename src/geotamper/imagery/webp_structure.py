"""The chunks of a WebP file: Pillow makes room for the picture before it tells the size."""

from typing import BinaryIO

_MAX_EXIF = 2**20


def read_webp_size(stream: BinaryIO) -> tuple[int, int] | None:
    """Width and height in pixels of the canvas, or None where the header is damaged or cut off."""
    stream.seek(0)
    head = stream.read(30)
    if len(head) < 30:
        return None
    kind = head[12:16]
    if kind == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if kind == b"VP8L":
        packed = int.from_bytes(head[21:25], "little")
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
    return None


def read_webp_exif(stream: BinaryIO) -> bytes:
    """The EXIF block of a WebP file; empty where there is none or the chunks are damaged."""
    stream.seek(12)
    while len(head := stream.read(8)) == 8:
        size = int.from_bytes(head[4:], "little")
        if head[:4] == b"EXIF":
            return stream.read(min(size, _MAX_EXIF))
        stream.seek(size + size % 2, 1)
    return b""


def is_animated_webp(stream: BinaryIO) -> bool:
    """Whether the header announces several frames."""
    stream.seek(12)
    head = stream.read(9)
    return head[:4] == b"VP8X" and len(head) == 9 and bool(head[8] & 2)
