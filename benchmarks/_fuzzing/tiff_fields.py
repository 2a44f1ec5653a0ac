"""Changes of TIFF and BigTIFF files in their directories: tags, types, counts, values and links."""

import struct
from dataclasses import dataclass

from numpy.random import Generator

from _fuzzing.mutations import border, pick

_TAGS: tuple[int, ...] = (
    254,
    256,
    257,
    258,
    259,
    262,
    266,
    273,
    274,
    277,
    278,
    279,
    282,
    284,
    296,
    317,
    320,
    322,
    323,
    324,
    325,
)
_TAGS += (
    330,
    332,
    338,
    339,
    347,
    529,
    530,
    532,
    33550,
    33922,
    34264,
    34675,
    34735,
    34736,
    34737,
    42112,
    42113,
)
_VALUES: dict[int, tuple[int, ...]] = {
    258: (0, 1, 2, 4, 8, 12, 16, 24, 32, 64),
    259: (1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946, 34661, 34712, 34887, 34925, 50000, 50001, 50002),
    262: (0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 32803, 32844, 32845, 34892),
    274: tuple(range(10)),
    277: (0, 1, 2, 3, 4, 5, 13, 255, 65535),
    284: (0, 1, 2, 3),
    317: (1, 2, 3, 4),
    338: (0, 1, 2, 3),
    339: (1, 2, 3, 4, 5, 6),
}
"""Values that mean something, so that a change often leads past the first check."""


@dataclass(frozen=True)
class _Layout:
    """Sizes in bytes and formats of the numbers in a directory."""

    order: str
    first_link: int
    count: str
    entry: int
    number: str


def mutate_tiff(content: bytes, rng: Generator) -> bytes:
    """Change one to three fields of a directory, or where the next one lies."""
    layout = _layout(content)
    if layout is None:
        return content
    changed = bytearray(content)
    try:
        for _ in range(int(rng.integers(1, 4))):
            _change_field(changed, layout, rng)
    except (struct.error, IndexError):  # an earlier change cut the directory off
        return bytes(changed)
    return bytes(changed)


def _layout(content: bytes) -> _Layout | None:
    order = {b"II": "<", b"MM": ">"}.get(content[:2])
    if order is None or len(content) < 16:
        return None
    if 43 in content[2:4]:
        return _Layout(order, 8, order + "Q", 20, order + "Q")
    return _Layout(order, 4, order + "H", 12, order + "I")


def _change_field(changed: bytearray, layout: _Layout, rng: Generator) -> None:
    size = struct.calcsize(layout.number)
    start = int(struct.unpack_from(layout.number, changed, layout.first_link)[0])
    count = int(struct.unpack_from(layout.count, changed, start)[0])
    first = start + struct.calcsize(layout.count)
    entry = first + layout.entry * int(rng.integers(max(1, min(count, 64))))
    end = first + layout.entry * count
    match int(rng.integers(8)):
        case 0:
            struct.pack_into(layout.order + "H", changed, entry, pick(rng, _TAGS))
        case 1:
            struct.pack_into(layout.order + "H", changed, entry + 2, int(rng.integers(0, 20)))
        case 2:
            struct.pack_into(layout.number, changed, entry + 4, border(rng))
        case 3:
            struct.pack_into(layout.count, changed, start, pick(rng, (0, 1, count + 1, 65535)))
        case 4:
            link = pick(rng, (start, end, 8, len(changed) - 4, border(rng)))
            struct.pack_into(layout.number, changed, end, link)
        case 5:
            struct.pack_into(layout.number, changed, entry + 4 + size, border(rng))
        case _:
            _set_value(changed, layout, entry, rng)


def _set_value(changed: bytearray, layout: _Layout, entry: int, rng: Generator) -> None:
    """A value of the tag's own kind, where the field holds it itself."""
    tag, kind = struct.unpack_from(layout.order + "HH", changed, entry)
    value = pick(rng, _VALUES[tag]) if tag in _VALUES else border(rng)
    place = entry + 4 + struct.calcsize(layout.number)
    if kind == 3:
        struct.pack_into(layout.order + "H", changed, place, value & 0xFFFF)
    else:
        struct.pack_into(layout.order + "I", changed, place, value)
