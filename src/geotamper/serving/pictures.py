"""Pictures that are being looked at, kept open so that every tile does not read the file again."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from geotamper.imagery.raster import Raster, open_raster
from geotamper.imagery.read_options import ReadOptions
from geotamper.inspection.exhibit import Exhibit
from geotamper.inspection.report import InspectionReport
from geotamper.serving.exhibits import draw_heat, draw_warped, exhibit_of_report
from geotamper.serving.tiles import DrawnLayer, Rgba, TiledPicture, TilePlace

_KEPT = 2
"""Pictures that are open."""

_DRAWERS: Mapping[DrawnLayer, Callable[[Exhibit, TilePlace], Rgba]] = {
    "heat": draw_heat,
    "warped": draw_warped,
}


@dataclass(frozen=True)
class PictureFile:
    """A file and how it is read, as its inspection read it."""

    path: Path
    options: ReadOptions


class _OpenPicture:
    """One picture with its tiles, and its exhibit once a layer was asked for."""

    def __init__(self, source: Raster) -> None:
        self.tiles = TiledPicture(source)
        self._source = source
        self._exhibit: Exhibit | None = None

    def exhibit(self, report: InspectionReport) -> Exhibit:
        if self._exhibit is None:
            self._exhibit = exhibit_of_report(report, self._source)
        return self._exhibit

    def close(self) -> None:
        self._source.close()


class OpenPictures:
    """The pictures looked at last; one tile is made at a time, so that memory is bounded."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _OpenPicture] = OrderedDict()

    def tile(self, job_id: str, file: PictureFile, place: TilePlace) -> Rgba:
        """A tile of the picture of an inspection.

        Raises:
            ServiceError: There is no such tile.
            InputError: The picture cannot be read.
        """
        with self._lock:
            return self._open(job_id, file).tiles.tile(place)

    def drawn(
        self, job_id: str, file: PictureFile, place: TilePlace, layer: DrawnLayer, report: InspectionReport
    ) -> Rgba:
        """A tile of a layer that is made from the picture and its report.

        Raises:
            ServiceError: There is no such tile.
            InputError: The picture cannot be read.
        """
        with self._lock:
            return _DRAWERS[layer](self._open(job_id, file).exhibit(report), place)

    def forget(self, job_id: str) -> None:
        """Close the picture of an inspection."""
        with self._lock:
            opened = self._kept.pop(job_id, None)
            if opened is not None:
                opened.close()

    def close(self) -> None:
        """Close all."""
        for job_id in list(self._kept):
            self.forget(job_id)

    def _open(self, job_id: str, file: PictureFile) -> _OpenPicture:
        picture = self._kept.pop(job_id, None)
        if picture is None:
            while len(self._kept) >= _KEPT:
                self._kept.popitem(last=False)[1].close()
            picture = _OpenPicture(open_raster(file.path, file.options))
        self._kept[job_id] = picture
        return picture
