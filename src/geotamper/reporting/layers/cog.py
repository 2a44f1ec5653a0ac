"""Regions as cloud-optimised GeoTIFF, at the cost of the regions and not of the scene.

GDAL makes overviews by going through every pixel, which takes most of the time in a scene that is empty but for two
objects. Here only tiles that a region touches are filled, at every level, and GDAL puts the levels into one file.
"""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.shutil
from rasterio.io import MemoryFile
from rasterio.windows import Window as RasterWindow

from geotamper.imagery.conversion import quiet
from geotamper.imagery.pixel_source import PixelSource
from geotamper.imagery.region import Region, Window

BLOCK = 512
"""Side of the tiles, pixels; a scene with larger sides has overviews."""

INSIDE = np.uint8(255)

_CACHE_MEGABYTES = 64  # GDAL's own default is 5 % of the memory, which an empty scene fills with nothing


def encode_cog(regions: Sequence[Region], scene: PixelSource) -> bytes:
    """The union of regions as 8-bit cloud-optimised GeoTIFF: tiled, deflated, with overviews.

    Tiles without a region are left out of the file, as the format allows; they are read as zeros. A pixel of an
    overview is set where a region touches it, so that small regions can be seen at every level.

    Args:
        regions: Inside the scene; they may overlap.
        scene: Gives size, CRS and geotransform.
    """
    settings = rasterio.Env(GDAL_PAM_ENABLED="NO", GDAL_CACHEMAX=_CACHE_MEGABYTES)
    with quiet(), settings, contextlib.ExitStack() as stack:
        # In memory: GDAL would report a full disk late or only in its log, and leave companions behind.
        levels = [stack.enter_context(_written(level, shape)) for shape, level in _pyramid(regions, scene)]
        encoded = stack.enter_context(MemoryFile(ext=".tif"))
        rasterio.shutil.copy(
            _stacked([level.name for level in levels], scene),
            encoded.name,
            driver="COG",
            blocksize=BLOCK,
            compress="DEFLATE",
            sparse_ok=True,
            overviews="FORCE_USE_EXISTING",
            num_threads=1,
        )
        return bytes(encoded.getbuffer())


def grey_union(regions: Iterable[Region], window: Window) -> npt.NDArray[np.uint8]:
    """The union of regions in a window, (h, w) uint8, 0 or 255."""
    grey = np.zeros(window.shape, np.uint8)
    for region in regions:
        grey[region.within(window)] = INSIDE
    return grey


def _pyramid(
    regions: Sequence[Region], scene: PixelSource
) -> Iterator[tuple[tuple[int, int], Sequence[Region]]]:
    """Shapes (height, width) and regions of all levels, each half as large as the one before."""
    full = shape = (scene.height, scene.width)
    yield full, regions
    factor = 1
    while max(shape) > BLOCK:
        factor *= 2
        shape = (-(-full[0] // factor), -(-full[1] // factor))
        yield shape, [region.reduced(full, shape) for region in regions]


def _written(regions: Sequence[Region], shape: tuple[int, int]) -> MemoryFile:
    """One level as a sparse file."""
    height, width = shape
    file = MemoryFile(ext=".tif")
    with file.open(
        driver="GTiff",
        height=height,
        width=width,
        count=1,
        dtype="uint8",
        tiled=True,
        blockxsize=BLOCK,
        blockysize=BLOCK,
        compress="deflate",
        sparse_ok=True,
        BIGTIFF="IF_SAFER",
    ) as target:
        for window, touching in _touched_blocks(regions, shape):
            place = RasterWindow(window.x0, window.y0, window.x1 - window.x0, window.y1 - window.y0)
            target.write(grey_union(touching, window), 1, window=place)
    return file


def _touched_blocks(
    regions: Sequence[Region], shape: tuple[int, int]
) -> Iterator[tuple[Window, Sequence[Region]]]:
    """The blocks that regions touch, row by row, each with its regions."""
    touching: dict[tuple[int, int], list[Region]] = {}
    for region in regions:
        window = region.window
        if 0 in window.shape:
            continue
        for row in range(window.y0 // BLOCK, (window.y1 - 1) // BLOCK + 1):
            for column in range(window.x0 // BLOCK, (window.x1 - 1) // BLOCK + 1):
                touching.setdefault((row, column), []).append(region)
    height, width = shape
    for (row, column), chosen in sorted(touching.items(), key=lambda item: item[0]):
        x0, y0 = column * BLOCK, row * BLOCK
        yield Window(x0, y0, min(x0 + BLOCK, width), min(y0 + BLOCK, height)), chosen


def _stacked(names: Sequence[str], scene: PixelSource) -> str:
    """A virtual raster, as text, of a full-size file and its overviews at the scene's place."""
    full, *overviews = [
        f'<SourceFilename relativeToVRT="0">{escape(name)}</SourceFilename><SourceBand>1</SourceBand>'
        for name in names
    ]
    place = f"<SRS>{escape(scene.crs)}</SRS>" if scene.crs is not None else ""
    if scene.geotransform is not None:
        place += f"<GeoTransform>{', '.join(map(repr, scene.geotransform))}</GeoTransform>"
    return (
        f'<VRTDataset rasterXSize="{scene.width}" rasterYSize="{scene.height}">{place}'
        f'<VRTRasterBand dataType="Byte" band="1"><SimpleSource>{full}</SimpleSource>'
        + "".join(f"<Overview>{overview}</Overview>" for overview in overviews)
        + "</VRTRasterBand></VRTDataset>"
    )
