"""What a saved report shows, as regions again: the layers of the viewer are drawn from it."""

import numpy as np
import numpy.typing as npt

from geotamper.imagery.pixel_source import PixelSource
from geotamper.imagery.region import BoolMask, Region, Window
from geotamper.imagery.similarity import Similarity
from geotamper.inspection import report as saved
from geotamper.inspection.exhibit import Exhibit, ShownFinding
from geotamper.reporting.heat import heat_block
from geotamper.reporting.warped import warped_source
from geotamper.serving.tiles import TILE_SIDE, TilePlace, tile_window

Rgba = npt.NDArray[np.uint8]


def exhibit_of_report(report: saved.InspectionReport, source: PixelSource) -> Exhibit:
    """The exhibit of a report that was saved.

    Args:
        report: With outlines that run along the edges of pixels, as every report has them.
        source: The pixels of its picture.
    """
    return Exhibit(source, tuple(_shown(entry) for entry in report.findings))


def draw_heat(exhibit: Exhibit, place: TilePlace) -> Rgba:
    """One tile of the heat map, (256, 256, 4) uint8, transparent where nothing is likely forged.

    Raises:
        ServiceError: There is no such tile.
    """
    return heat_block(exhibit, _whole_tile(exhibit.source, place), (TILE_SIDE, TILE_SIDE))


def draw_warped(exhibit: Exhibit, place: TilePlace) -> Rgba:
    """One tile of all sources carried onto their copies, (256, 256, 4) uint8, transparent elsewhere.

    Where the surroundings of two copies overlap, the surer finding is shown.

    Raises:
        ServiceError: There is no such tile.
        InputError: The file is damaged there.
    """
    window = _whole_tile(exhibit.source, place)
    tile = np.zeros((TILE_SIDE, TILE_SIDE, 4), np.uint8)
    for item in reversed(exhibit.items):
        block = warped_source(exhibit, item, window, (TILE_SIDE, TILE_SIDE))
        tile[block.valid, :3] = block.pixels[block.valid]
        tile[block.valid, 3] = 255
    return tile


def _whole_tile(source: PixelSource, place: TilePlace) -> Window:
    """The pixels under a tile, also those beyond the edge of the picture."""
    window, step = tile_window(place, source.width, source.height)
    side = TILE_SIDE * step
    return Window(window.x0, window.y0, window.x0 + side, window.y0 + side)


def _shown(entry: saved.FindingEntry) -> ShownFinding:
    target = _region(entry.target)
    return ShownFinding(
        id=entry.id,
        kind=entry.kind,
        confidence=entry.confidence,
        source=target if entry.source is None else _region(entry.source),
        target=target,
        transform=None if entry.transform is None else Similarity.from_matrix(entry.transform.matrix),
    )


def _region(region: saved.Region) -> Region:
    """The pixels inside the outlines: those with an odd number of rings around their centres."""
    from rasterio.features import rasterize
    from rasterio.transform import Affine

    x0, y0, x1, y1 = region.bbox
    mask: BoolMask = np.zeros((y1 - y0, x1 - x0), np.bool_)
    for ring in region.polygon:
        outline = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        mask ^= rasterize([outline], mask.shape, transform=Affine.translation(x0, y0), dtype=np.uint8) > 0
    return Region(Window(x0, y0, x1, y1), mask)
