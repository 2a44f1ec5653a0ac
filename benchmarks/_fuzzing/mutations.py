"""Changes of bytes that know nothing of formats."""

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

from numpy.random import Generator

Item = TypeVar("Item")
Mutation = Callable[[bytes, Generator], bytes]

_BORDERS = (
    0,
    1,
    2,
    0x7F,
    0x80,
    0xFF,
    0x100,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x10000,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
)
"""Where counters wrap and signs change."""
_HEAD = 256
"""Bytes at the start that most formats keep their structure in."""


def place(rng: Generator, length: int) -> int:
    """A position in `length` bytes, as often in the head as anywhere."""
    return int(rng.integers(min(length, _HEAD) if rng.random() < 0.5 else length))


def border(rng: Generator) -> int:
    """A number that parsers are fond of getting wrong, below 2**32."""
    if rng.random() < 0.8:
        return int(rng.choice(_BORDERS))
    return int(rng.integers(1 << 32))


def pick(rng: Generator, items: Sequence[Item]) -> Item:
    """One of the items."""
    return items[int(rng.integers(len(items)))]


def flip_bits(content: bytes, rng: Generator) -> bytes:
    """One to eight bits turned over."""
    changed = bytearray(content)
    for _ in range(int(rng.integers(1, 9))):
        changed[place(rng, len(changed))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def set_bytes(content: bytes, rng: Generator) -> bytes:
    """One to four bytes replaced."""
    changed = bytearray(content)
    for _ in range(int(rng.integers(1, 5))):
        changed[place(rng, len(changed))] = border(rng) & 0xFF
    return bytes(changed)


def set_number(content: bytes, rng: Generator) -> bytes:
    """Two, four or eight bytes replaced by a number at a border, in either order of bytes."""
    size = pick(rng, (2, 4, 4, 8))
    order: Literal["little", "big"] = "little" if rng.random() < 0.5 else "big"
    start = place(rng, len(content))
    number = (border(rng) % (1 << 8 * size)).to_bytes(size, order)
    return content[:start] + number + content[start + size :]


def truncate(content: bytes, rng: Generator) -> bytes:
    """The end cut off."""
    return content[: place(rng, len(content))]


def cut_out(content: bytes, rng: Generator) -> bytes:
    """A piece within taken out."""
    start = place(rng, len(content))
    return content[:start] + content[start + int(rng.integers(1, 64)) :]


def repeat(content: bytes, rng: Generator) -> bytes:
    """A piece put in once more, somewhere."""
    start, target = place(rng, len(content)), place(rng, len(content))
    piece = content[start : start + int(rng.integers(1, 200))]
    return content[:target] + piece + content[target:]


def overwrite(content: bytes, rng: Generator) -> bytes:
    """A run of one value, or of noise, over what was there."""
    start, length = place(rng, len(content)), int(rng.integers(1, 100))
    run = rng.bytes(length) if rng.random() < 0.5 else bytes([border(rng) & 0xFF]) * length
    return content[:start] + run + content[start + length :]


def insert(content: bytes, rng: Generator) -> bytes:
    """Noise put between."""
    start = place(rng, len(content))
    return content[:start] + rng.bytes(int(rng.integers(1, 40))) + content[start:]


def append(content: bytes, rng: Generator) -> bytes:
    """Noise, or the file itself, after the end."""
    return content + (content if rng.random() < 0.3 else rng.bytes(int(rng.integers(1, 400))))


def splice(content: bytes, other: bytes, rng: Generator) -> bytes:
    """The start of one file and the end of another."""
    return content[: place(rng, len(content))] + other[place(rng, len(other)) :]


PLAIN: tuple[Mutation, ...] = (
    flip_bits,
    flip_bits,
    set_bytes,
    set_bytes,
    set_number,
    set_number,
    truncate,
    cut_out,
    repeat,
    overwrite,
    insert,
    append,
)
"""Likelier ones several times."""
