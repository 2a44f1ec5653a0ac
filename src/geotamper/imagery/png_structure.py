"""The chunks of a PNG file, looked at before and beyond what Pillow checks.

Pillow turns 16-bit colour into 8 bits without a word and accepts files whose last chunks are missing; a tool
that reports on single pixels may do neither.
"""

import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PIECE = 1 << 20


@dataclass(frozen=True)
class PngHeader:
    """What the header chunk of a PNG says.

    Attributes:
        width: Pixels.
        height: Pixels.
        bit_depth: Bits per sample, 1 to 16.
        colour_type: 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA.
    """

    width: int
    height: int
    bit_depth: int
    colour_type: int

    @property
    def bands(self) -> int:
        """Samples per pixel; 1 for a palette."""
        return {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(self.colour_type, 0)


def read_png_header(stream: BinaryIO) -> PngHeader:
    """Read the first chunk.

    Raises:
        ValueError: The file ends early or its first chunk is no header.
    """
    stream.seek(len(SIGNATURE))
    head = stream.read(8 + 13)
    if len(head) < 21 or head[4:8] != b"IHDR":
        raise ValueError("the header chunk is missing or cut off")
    width, height, depth, colour_type = struct.unpack(">IIBB", head[8:18])
    return PngHeader(width, height, depth, colour_type)


@dataclass(frozen=True)
class PngContents:
    """What the chunks of a PNG hold besides pixels.

    Attributes:
        frames: 1 unless the file is animated.
        exif: The EXIF block, or nothing.
    """

    frames: int
    exif: bytes


def check_png_chunks(stream: BinaryIO) -> PngContents:
    """Walk all chunks up to the end mark and compare the checksums of the critical ones.

    Raises:
        ValueError: The file ends early or a checksum does not fit.
    """
    stream.seek(len(SIGNATURE))
    frames, exif = 1, b""
    while True:
        head = stream.read(8)
        if len(head) < 8:
            raise ValueError("the file ends before its end mark: it is cut off")
        length, name = struct.unpack(">I4s", head)
        checksum, start = zlib.crc32(name), b""
        left = length
        while left:
            piece = stream.read(min(left, _PIECE))
            if not piece:
                raise ValueError("the file ends within a chunk: it is cut off")
            checksum = zlib.crc32(piece, checksum)
            start = start or piece
            left -= len(piece)
        stored = stream.read(4)
        if len(stored) < 4:
            raise ValueError("the file ends within a chunk: it is cut off")
        is_critical = not name[0] & 0x20
        if is_critical and stored != struct.pack(">I", checksum):
            raise ValueError("a checksum does not fit: the file was damaged on its way")
        if name == b"acTL" and length >= 4:
            frames = max(1, int.from_bytes(start[:4], "big"))
        if name == b"eXIf":
            exif = start
        if name == b"IEND":
            return PngContents(frames, exif)
