"""How a picture shall be read: which bands, which range of values, which part."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geotamper.errors import SpecificationError
from geotamper.imagery.area import Area

DEFAULT_STRETCH = (0.5, 99.5)
"""Percentiles of the samples that become 0 and 255, where samples are not of 8 bits and nothing else is asked for."""


@dataclass(frozen=True)
class ReadOptions:
    """Choices of the caller about reading; the same for small pictures and for scenes.

    Attributes:
        bands: One band for grey, or three for red, green, blue; the first is 1. None takes the bands that the file
            names red, green and blue, else the first three, else the first.
        stretch: Percentiles, 0 to 100, of the valid samples of all chosen bands that become 0 and 255. None leaves
            8-bit samples as they are and takes `DEFAULT_STRETCH` for others.
        area: Part of the picture to be searched; None for all of it.
        vrt_root: Folder that all files named by a VRT must lie in; None for anywhere on this machine.
    """

    bands: tuple[int, ...] | None = None
    stretch: tuple[float, float] | None = None
    area: Area | None = None
    vrt_root: Path | None = None

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            SpecificationError: Other numbers of bands, or percentiles that do not rise.
        """
        if self.bands is not None and (len(self.bands) not in {1, 3} or min(self.bands) < 1):
            raise SpecificationError(
                f"the bands {','.join(map(str, self.bands))} were asked for; expected one for grey or three for "
                "red, green, blue, the first band being 1"
            )
        if self.stretch is not None and not 0 <= self.stretch[0] < self.stretch[1] <= 100:
            raise SpecificationError(
                f"a stretch from {self.stretch[0]:g} to {self.stretch[1]:g} was asked for; expected two rising "
                "percentiles between 0 and 100, such as 0.5 and 99.5"
            )

    def as_parameters(self) -> dict[str, Any]:
        """What was chosen, as plain values for a report; nothing where a file is read as it is stored."""
        chosen = {
            "bands": None if self.bands is None else list(self.bands),
            "stretch": None if self.stretch is None else list(self.stretch),
            "area": None if self.area is None else self.area.name,
        }
        return {name: value for name, value in chosen.items() if value is not None}


READ_AS_STORED = ReadOptions()
"""No choice of the caller: the bands that the file names, the whole picture, 8 bits as they are."""
