"""Changes of PNG, JPEG and WebP files along their structure: lengths, orders and contents of the parts."""

import struct
import zlib

from numpy.random import Generator

from _fuzzing.mutations import border, pick, set_bytes

_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_NAMES: tuple[bytes, ...] = (
    b"IHDR",
    b"PLTE",
    b"IDAT",
    b"IEND",
    b"tRNS",
    b"eXIf",
    b"acTL",
    b"fcTL",
    b"fdAT",
    b"iCCP",
    b"zTXt",
)
_PNG_NAMES += (b"iTXt", b"tEXt", b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"sBIT", b"bKGD", b"ABCD", b"abcd")
_WEBP_NAMES = (b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"EXIF", b"ICCP", b"XMP ", b"ABCD")


def exif(rng: Generator) -> bytes:
    """An Exif block whose directory holds an orientation of any value and type, a loop or noise."""
    order = pick(rng, "<>")
    kind, count = pick(
        rng, ((3, 1), (3, 1), (3, 1), (1, 1), (2, 4), (4, 1), (5, 1), (3, 0), (3, 1 << 30), (77, 1))
    )
    value = pick(rng, (1, 2, 3, 4, 5, 6, 7, 8, 0, 9, 65535))
    entry = struct.pack(order + "HHI", 0x0112, kind, count) + struct.pack(order + "HH", value, 0)
    following = pick(rng, (0, 0, 8, border(rng)))
    block = struct.pack(
        order + "2sHIH", b"II" if order == "<" else b"MM", 42, 8, pick(rng, (1, 1, 1, 2, 65535))
    )
    block += entry + struct.pack(order + "I", following)
    return set_bytes(block, rng) if rng.random() < 0.3 else block


def mutate_png(content: bytes, rng: Generator) -> bytes:
    """Change one chunk of a PNG, or the order of the chunks; the checksums mostly fit."""
    chunks = _png_chunks(content)
    if not chunks:
        return content
    index = int(rng.integers(len(chunks)))
    name, body = chunks[index]
    match int(rng.integers(7)):
        case 0:
            chunks[0] = (b"IHDR", _png_header(chunks[0][1], rng))
        case 1:
            chunks[index] = (name, set_bytes(body, rng) if body else rng.bytes(8))
        case 2:
            chunks[index] = (pick(rng, _PNG_NAMES), body)
        case 3:
            chunks.insert(index, (pick(rng, _PNG_NAMES), _png_body(rng)))
        case 4:
            chunks.insert(index, pick(rng, chunks))
        case 5:
            del chunks[index]
        case _:
            chunks.insert(1, (b"eXIf", exif(rng)))
    return _PNG_START + b"".join(_png_chunk(name, body, rng) for name, body in chunks)


def _png_chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    chunks, position = [], len(_PNG_START)
    while position + 12 <= len(content):
        length = int.from_bytes(content[position : position + 4], "big")
        chunks.append((content[position + 4 : position + 8], content[position + 8 : position + 8 + length]))
        position += 12 + length
    return chunks


def _png_chunk(name: bytes, body: bytes, rng: Generator) -> bytes:
    length = border(rng) if rng.random() < 0.02 else len(body)
    checksum = border(rng) if rng.random() < 0.02 else zlib.crc32(name + body)
    return struct.pack(">I", length) + name + body + struct.pack(">I", checksum)


def _png_header(body: bytes, rng: Generator) -> bytes:
    fields = list(struct.unpack(">IIBBBBB", body)) if len(body) == 13 else [8, 8, 8, 2, 0, 0, 0]
    index = int(rng.integers(7))
    small = pick(rng, (0, 1, 2, 3, 4, 6, 8, 16, 255))
    fields[index] = border(rng) if index < 2 else small
    return struct.pack(">IIBBBBB", *fields)


def _png_body(rng: Generator) -> bytes:
    bomb = b"name\0\0" + zlib.compress(bytes(1 << 22))
    return pick(rng, (b"", rng.bytes(4), rng.bytes(13), rng.bytes(768), bytes(3), bomb, exif(rng)))


def mutate_jpeg(content: bytes, rng: Generator) -> bytes:
    """Change one segment of a JPEG before its scan."""
    segments, rest = _jpeg_segments(content)
    if not segments:
        return content
    index = int(rng.integers(len(segments)))
    marker, body = segments[index]
    match int(rng.integers(6)):
        case 0:
            segments = [
                (mark, _jpeg_frame(part, rng) if 0xC0 <= mark <= 0xC2 else part) for mark, part in segments
            ]
        case 1:
            segments[index] = (marker, set_bytes(body, rng) if body else rng.bytes(4))
        case 2:
            segments[index] = (int(rng.integers(0xC0, 0xFF)), body)
        case 3:
            segments.insert(index, pick(rng, segments))
        case 4:
            del segments[index]
        case _:
            segments.insert(0, (pick(rng, (0xE1, 0xE1, 0xE2, 0xEE)), b"Exif\0\0" + exif(rng)))
    parts = [b"\xff\xd8"]
    for mark, part in segments:
        length = border(rng) & 0xFFFF if rng.random() < 0.02 else min(0xFFFF, len(part) + 2)
        parts.append(struct.pack(">BBH", 0xFF, mark, length) + part)
    return b"".join(parts) + rest


def _jpeg_segments(content: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Segments up to the scan, and all from there on."""
    segments, position = [], 2
    while position + 4 <= len(content) and content[position] == 0xFF:
        marker = content[position + 1]
        length = int.from_bytes(content[position + 2 : position + 4], "big")
        if marker == 0xDA:
            break
        segments.append((marker, content[position + 4 : position + 2 + length]))
        position += 2 + length
    return segments, content[position:]


def _jpeg_frame(body: bytes, rng: Generator) -> bytes:
    changed = bytearray(body)
    match int(rng.integers(4)):
        case 0:
            changed[0] = pick(rng, (0, 1, 2, 8, 12, 16, 255))
        case 1:
            changed[1:5] = struct.pack(">HH", border(rng) & 0xFFFF, border(rng) & 0xFFFF)
        case 2:
            changed[5] = pick(rng, (0, 1, 2, 3, 4, 5, 255))
        case _:
            changed[min(len(changed) - 1, 7)] = border(rng) & 0xFF
    return bytes(changed)


def mutate_webp(content: bytes, rng: Generator) -> bytes:
    """Change one chunk of a WebP, or its lengths."""
    chunks, position = [], 12
    while position + 8 <= len(content):
        length = int.from_bytes(content[position + 4 : position + 8], "little")
        chunks.append((content[position : position + 4], content[position + 8 : position + 8 + length]))
        position += 8 + length + length % 2
    if not chunks:
        return content
    index = int(rng.integers(len(chunks)))
    name, body = chunks[index]
    match int(rng.integers(6)):
        case 0:
            chunks[index] = (pick(rng, _WEBP_NAMES), body)
        case 1:
            chunks[index] = (name, set_bytes(body, rng) if body else rng.bytes(4))
        case 2:
            chunks.insert(index, (pick(rng, _WEBP_NAMES), rng.bytes(int(rng.integers(0, 40)))))
        case 3:
            flags, sides = int(rng.integers(256)), [border(rng) & 0xFFFFFF for _ in range(2)]
            canvas = struct.pack("<I", flags) + b"".join(side.to_bytes(3, "little") for side in sides)
            chunks.insert(0, (b"VP8X", canvas))
        case 4:
            del chunks[index]
        case _:
            chunks.append((b"EXIF", exif(rng)))
    parts = []
    for each, part in chunks:
        length = border(rng) if rng.random() < 0.03 else len(part)
        parts.append(each + struct.pack("<I", length) + part + bytes(len(part) % 2))
    whole = b"".join(parts)
    size = border(rng) if rng.random() < 0.05 else len(whole) + 4
    return b"RIFF" + struct.pack("<I", size) + b"WEBP" + whole
