"""Label files into class ids: tables of numbers and of colours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geotamper.imagery.picture import Pixels
from geotamper.sets.sources.errors import TileError
from geotamper.sets.sources.labels import BoolMask, Ids

Colour = tuple[int, int, int]

IGNORE = 255
"""Stands for "void" in a table of classes; never occurs in `RawTile.labels`."""


@dataclass(frozen=True)
class Decoded:
    """Labels of a window before resizing.

    Attributes:
        labels: (side, side) uint8 ids, 0 where ignored.
        ignore: (side, side) bool.
        notes: What was tolerated.
    """

    labels: Ids
    ignore: BoolMask
    notes: tuple[str, ...] = ()


def decode_numbers(
    values: npt.NDArray[np.integer[Any]], table: Mapping[int, int], path: Path, hint: str = ""
) -> Decoded:
    """Translate numbers.

    Args:
        values: (side, side), as stored.
        table: Id of each number that may occur, or `IGNORE`.
        path: The file, named in the message.
        hint: What another number may mean, put at the end of the message.

    Raises:
        TileError: A number outside the table.
    """
    present = np.unique(values)
    strange = [int(v) for v in present if int(v) not in table]
    if strange:
        raise TileError(
            f"'{path}' holds the label {strange[0]}; expected one of {_listed(table)}{hint and f': {hint}'}",
            path,
        )
    codes = np.array([table[int(v)] for v in present], dtype=np.uint8)
    return _split(codes[np.searchsorted(present, values)])


@dataclass(frozen=True)
class ColourTable:
    """Colours of a label file.

    Attributes:
        ids: Id of each colour, or `IGNORE`.
        tolerance: Largest difference per channel that still counts as a colour of the table.
        others: Id of any other colour; None makes them an error.
    """

    ids: Mapping[Colour, int]
    tolerance: int = 0
    others: int | None = None
    _codes: npt.NDArray[np.int64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        codes = [colour_code(np.array(colour, np.uint8)).item() for colour in self.ids]
        object.__setattr__(self, "_codes", np.array(codes, np.int64))

    def decode(self, colours: Pixels, path: Path) -> Decoded:
        """Translate colours.

        Args:
            colours: (side, side, 3) uint8 RGB.
            path: The file, named in messages.

        Raises:
            TileError: A colour outside the table, where these are not allowed.
        """
        present, inverse = np.unique(colour_code(colours), return_inverse=True)
        ids = [self._id_of(int(code), path) for code in present]
        table = np.array([identifier for identifier, _ in ids], dtype=np.uint8)
        is_near = np.array([near for _, near in ids], dtype=np.bool_)
        pixels = inverse.reshape(colours.shape[:2])
        count = int(np.count_nonzero(is_near[pixels]))
        notes = (f"{count} pixels of '{path.name}' have colours near those of the table",) if count else ()
        decoded = _split(table[pixels])
        return Decoded(decoded.labels, decoded.ignore, notes)

    def _id_of(self, code: int, path: Path) -> tuple[int, bool]:
        ids = list(self.ids.values())
        exact = np.flatnonzero(self._codes == code)
        if exact.size:
            return ids[int(exact[0])], False
        colour = (code & 255, code >> 8 & 255, code >> 16)
        distances = [max(abs(a - b) for a, b in zip(colour, known, strict=True)) for known in self.ids]
        nearest = int(np.argmin(distances))
        if distances[nearest] <= self.tolerance:
            return ids[nearest], True
        if self.others is None:
            raise TileError(
                f"'{path}' holds the colour {colour}; expected one of {_listed(self.ids)} (R, G, B)", path
            )
        return self.others, False


def colour_code(colours: Pixels) -> npt.NDArray[np.int64]:
    """One number per colour: R + 256 G + 65536 B.

    Args:
        colours: (..., 3) uint8 RGB.
    """
    wide = colours.astype(np.int64)
    code: npt.NDArray[np.int64] = wide[..., 0] + (wide[..., 1] << 8) + (wide[..., 2] << 16)
    return code


def _split(codes: Ids) -> Decoded:
    ignore: BoolMask = codes == IGNORE
    return Decoded(np.where(ignore, np.uint8(0), codes), ignore)


def _listed(table: Mapping[Any, int]) -> str:
    names = [str(key) for key in table]
    return ", ".join(names[:16]) + (", ..." if len(names) > 16 else "")
