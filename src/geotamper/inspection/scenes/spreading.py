"""The keypoints of a scene's tiles found by several processes, of this machine or of a cluster."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from geotamper.control import Control
from geotamper.evidence.scenes.keypoints import TileKeypoints, tile_keypoints
from geotamper.evidence.scenes.search import FIXED_BYTES
from geotamper.imagery.area import PixelArea
from geotamper.imagery.pixel_source import PixelSource
from geotamper.imagery.raster import Raster, RasterSpec
from geotamper.imagery.region import Window
from geotamper.inspection.scenes.area import AreaSource
from geotamper.processes import EngineName, in_order, open_engine

WORKER_BYTES = 600_000_000
"""Memory of a process that finds the keypoints of tiles: libraries and one tile with its scale space."""


@dataclass(frozen=True)
class Spread:
    """How the tiles of a scene are shared out.

    Attributes:
        jobs: Processes.
        engine: "local" for processes of this machine, "ray" for a Ray cluster, whose machines need the file under
            the same path.
    """

    jobs: int = 1
    engine: EngineName = "local"

    def within(self, control: Control) -> "Spread":
        """As many processes of this machine as the memory bound allows beside the search itself, at least one."""
        if control.max_memory is None or self.engine == "ray":
            return self
        most = (control.max_memory - FIXED_BYTES) // WORKER_BYTES
        return Spread(max(1, min(self.jobs, most)), self.engine)

    @property
    def is_one(self) -> bool:
        """Whether there is nothing to share out."""
        return self.jobs == 1 and self.engine == "local"


@dataclass(frozen=True)
class TileProcesses:
    """Finds keypoints in other processes, each with the file opened anew; see `FindKeypoints`.

    Attributes:
        spec: Of the scene.
        area: The part that counts; None for all of it.
        spread: How many processes, and where.
    """

    spec: RasterSpec
    area: PixelArea | None
    spread: Spread

    def __call__(self, tiles: Sequence[Window], per_pixel: float) -> Generator[TileKeypoints]:
        """The keypoints of tiles, in their order; closing the generator ends the processes."""
        work = partial(_tile_keypoints, self.spec, self.area, per_pixel)
        with open_engine(self.spread.engine, self.spread.jobs) as engine:
            yield from in_order(engine, work, tiles)


def _tile_keypoints(
    spec: RasterSpec, area: PixelArea | None, per_pixel: float, tile: Window
) -> TileKeypoints:
    raster = _opened(spec)
    source: PixelSource = raster if area is None else AreaSource(raster, area)
    return tile_keypoints(source, tile, per_pixel)


@lru_cache(maxsize=1)
def _opened(spec: RasterSpec) -> Raster:
    """Kept open in a worker process, which looks at many tiles of one scene."""
    return spec.open()
