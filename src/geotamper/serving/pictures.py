"""Pictures that are being looked at, kept open so that every tile does not read the file again."""

import threading
from collections import OrderedDict
from pathlib import Path

from geotamper.imagery.pixel_source import PictureSource
from geotamper.imagery.reading import read_picture
from geotamper.serving.tiles import Rgba, TiledPicture, TilePlace

_KEPT = 2
"""Pictures in memory."""


class OpenPictures:
    """The pictures looked at last.

    Args:
        max_pixels: Largest picture that is opened.
    """

    def __init__(self, max_pixels: int) -> None:
        self._max_pixels = max_pixels
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, TiledPicture] = OrderedDict()

    def tile(self, job_id: str, path: Path, place: TilePlace) -> Rgba:
        """A tile of the picture of an inspection; one at a time, so that memory is bounded.

        Raises:
            ServiceError: There is no such tile.
            InputError: The picture cannot be read.
        """
        with self._lock:
            picture = self._kept.pop(job_id, None)
            if picture is None:
                while len(self._kept) >= _KEPT:
                    self._kept.popitem(last=False)
                picture = TiledPicture(PictureSource(read_picture(path, max_pixels=self._max_pixels)))
            self._kept[job_id] = picture
            return picture.tile(place)

    def forget(self, job_id: str) -> None:
        """Close the picture of an inspection."""
        with self._lock:
            self._kept.pop(job_id, None)
