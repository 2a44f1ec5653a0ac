"""The size in the header of a WebP file: Pillow makes room for the picture before it tells the size."""

from typing import BinaryIO


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
