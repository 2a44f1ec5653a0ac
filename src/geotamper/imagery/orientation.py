"""The orientation tag of cameras and scanners (EXIF and TIFF 274): pictures are turned upright."""

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from geotamper.imagery.region import Window

_Sample = TypeVar("_Sample", bound=np.generic)


@dataclass(frozen=True)
class Orientation:
    """How stored rows and columns become the picture that viewers show.

    The stored picture is transposed first where that is asked for, then mirrored.

    Attributes:
        is_transposed: Stored rows become columns.
        flips_x: The left edge becomes the right one.
        flips_y: The upper edge becomes the lower one.
    """

    is_transposed: bool = False
    flips_x: bool = False
    flips_y: bool = False

    @classmethod
    def from_tag(cls, value: object) -> "Orientation":
        """The orientation of a tag's value; damaged and missing values mean upright."""
        return _BY_TAG.get(value, cls()) if isinstance(value, int) else cls()

    @property
    def is_upright(self) -> bool:
        """Whether nothing is to be done."""
        return self == Orientation()

    @property
    def notes(self) -> tuple[str, ...]:
        """The note for the user; none for upright pictures."""
        if self.is_upright:
            return ()
        tag = next(tag for tag, orientation in _BY_TAG.items() if orientation == self)
        note = (
            f"the orientation tag is {tag}: the picture was turned upright as viewers show it; "
            "coordinates and masks refer to the upright picture"
        )
        return (note,)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Columns and rows of the upright picture (and back: the map is its own inverse)."""
        return (height, width) if self.is_transposed else (width, height)

    def upright(self, stored: npt.NDArray[_Sample]) -> npt.NDArray[_Sample]:
        """Turn stored pixels, (h, w) or (h, w, n), upright; the result is contiguous."""
        if self.is_upright:
            return stored
        turned: npt.NDArray[Any] = stored.swapaxes(0, 1) if self.is_transposed else stored
        turned = turned[:, ::-1] if self.flips_x else turned
        turned = turned[::-1] if self.flips_y else turned
        return np.ascontiguousarray(turned)

    def stored(self, window: Window, width: int, height: int) -> Window:
        """Where a window of the upright picture is stored.

        Args:
            window: In the upright picture.
            width: Columns of the upright picture.
            height: Rows of the upright picture.
        """
        x0, x1 = (width - window.x1, width - window.x0) if self.flips_x else (window.x0, window.x1)
        y0, y1 = (height - window.y1, height - window.y0) if self.flips_y else (window.y0, window.y1)
        return Window(y0, x0, y1, x1) if self.is_transposed else Window(x0, y0, x1, y1)


UPRIGHT = Orientation()
"""Nothing is to be done."""

_BY_TAG = {
    1: UPRIGHT,
    2: Orientation(flips_x=True),
    3: Orientation(flips_x=True, flips_y=True),
    4: Orientation(flips_y=True),
    5: Orientation(is_transposed=True),
    6: Orientation(is_transposed=True, flips_x=True),
    7: Orientation(is_transposed=True, flips_x=True, flips_y=True),
    8: Orientation(is_transposed=True, flips_y=True),
}
