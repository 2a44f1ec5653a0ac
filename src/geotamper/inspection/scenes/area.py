"""A scene of which only an area counts."""

from geotamper.imagery.area import PixelArea
from geotamper.imagery.picture import Geotransform
from geotamper.imagery.pixel_source import Block, PixelSource
from geotamper.imagery.region import Window


class AreaSource:
    """A scene whose pixels outside an area count as empty; places, size and coordinates stay those of the scene.

    Args:
        source: The scene.
        area: The part that counts.
    """

    def __init__(self, source: PixelSource, area: PixelArea) -> None:
        self._source = source
        self._area = area

    @property
    def path(self) -> str | None:
        """As `PixelSource.path`."""
        return self._source.path

    @property
    def sha256(self) -> str:
        """As `PixelSource.sha256`."""
        return self._source.sha256

    @property
    def width(self) -> int:
        """As `PixelSource.width`."""
        return self._source.width

    @property
    def height(self) -> int:
        """As `PixelSource.height`."""
        return self._source.height

    @property
    def bands(self) -> int:
        """As `PixelSource.bands`."""
        return self._source.bands

    @property
    def dtype(self) -> str:
        """As `PixelSource.dtype`."""
        return self._source.dtype

    @property
    def crs(self) -> str | None:
        """As `PixelSource.crs`."""
        return self._source.crs

    @property
    def geotransform(self) -> Geotransform | None:
        """As `PixelSource.geotransform`."""
        return self._source.geotransform

    @property
    def pixel_area_m2(self) -> float | None:
        """As `PixelSource.pixel_area_m2`."""
        return self._source.pixel_area_m2

    @property
    def notes(self) -> tuple[str, ...]:
        """As `PixelSource.notes`."""
        return self._source.notes

    def read(self, window: Window) -> Block:
        """As `PixelSource.read`; pixels outside the area are not valid."""
        block = self._source.read(window)
        return Block(block.pixels, block.valid & self._area.mask(window))

    def is_empty(self, window: Window) -> bool:
        """As `PixelSource.is_empty`; also where the window and the box around the area do not meet."""
        box = self._area.window
        apart = window.x1 <= box.x0 or window.x0 >= box.x1 or window.y1 <= box.y0 or window.y0 >= box.y1
        return apart or self._source.is_empty(window)

    def reduced(self, longest: int) -> Block:
        """As `PixelSource.reduced`, of the whole scene."""
        return self._source.reduced(longest)
