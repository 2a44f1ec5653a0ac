"""Where the picture comes from: the file, its pixels, its place on Earth, what it says about itself."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rasterio.crs import CRS

from geotamper.imagery.georeference import GDAL_ERRORS
from geotamper.inspection.report import ImageInfo
from geotamper.reporting.metadata import FileMetadata
from geotamper.reporting.place import Place, degrees_text


@dataclass(frozen=True)
class Row:
    """A line of a table: what it is, its value, and whether that is to be read letter by letter."""

    label: str
    value: str
    is_code: bool = False


def file_rows(image: ImageInfo, metadata: FileMetadata | None) -> list[Row]:
    """The file and its pixels."""
    megapixels = image.width * image.height / 1e6
    bands = "1 band" if image.bands == 1 else f"{image.bands} bands"
    rows = [
        Row("File", Path(image.path).name),
        Row("Path as given", image.path),
        Row("SHA-256", image.sha256, is_code=True),
    ]
    if metadata is not None:
        rows.append(Row("Size of the file", f"{metadata.bytes:,} bytes".replace(",", " ")))
    return [
        *rows,
        Row("Pixels", f"{image.width} \N{MULTIPLICATION SIGN} {image.height} ({megapixels:.3g} megapixels)"),
        Row("Samples", f"{bands} of {image.dtype}"),
    ]


def place_rows(image: ImageInfo, place: Place | None) -> list[Row]:
    """The picture's place on Earth, as far as its file tells."""
    if image.crs is None and image.geotransform is None:
        return [Row("Coordinate system", "none")]
    rows = [Row("Coordinate system", crs_text(image.crs) if image.crs else "none")]
    if image.geotransform is not None:
        rows.append(
            Row("Geotransform", ", ".join(f"{value:.12g}" for value in image.geotransform), is_code=True)
        )
    if place is None:
        return rows
    across, down = place.pixel_metres(place.width / 2, place.height / 2)
    size = f"{across:.4g} m \N{MULTIPLICATION SIGN} {down:.4g} m"
    rows.append(Row("Pixel on the ground", f"{size}, measured at the middle"))
    if image.pixel_area_m2 is not None:
        rows.append(Row("Ground area of a pixel", f"{image.pixel_area_m2:.4g} m²"))
    corners = place.to_map(place.corners)
    digits = map_digits(place)
    (x0, y0), (x1, y1) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    degrees = place.to_degrees(place.corners)
    low, high = degrees.min(axis=0).tolist(), degrees.max(axis=0).tolist()
    return [
        *rows,
        Row("Extent, map", f"x {x0:.{digits}f} to {x1:.{digits}f}, y {y0:.{digits}f} to {y1:.{digits}f}"),
        Row("Extent, WGS 84", f"{degrees_text(*low)} to {degrees_text(*high)}"),
    ]


def metadata_rows(metadata: FileMetadata | None) -> list[Row]:
    """What the file says about its origin."""
    return [] if metadata is None else [Row(label, value) for label, value in metadata.entries.items()]


def metadata_remark(image_has_file: bool, metadata: FileMetadata | None) -> str:  # noqa: FBT001 - two facts
    """What to make of the metadata, in a sentence or two."""
    if not image_has_file:
        return "The picture was handed over as pixels, without a file and its metadata."
    if metadata is None:
        return "The file was no longer there as it was inspected, so its metadata is not shown."
    if metadata.editor is not None:
        return (
            f"The metadata names an image editor ({metadata.editor}). Editors are also used without changing "
            "content, so this alone shows no forgery."
        )
    if not metadata.entries:
        return "The file carries no metadata about its origin. That is common and shows nothing."
    return "The metadata names no image editor. Metadata is easily changed or removed, so this shows nothing."


def crs_text(crs: str) -> str:
    """A coordinate system by its code and its name."""
    try:
        system = CRS.from_user_input(crs)
    except GDAL_ERRORS:
        return crs
    _, quote, rest = system.to_wkt().partition('"')
    name = rest.partition('"')[0] if quote else ""
    code = crs if len(crs) <= 20 else "no code"
    return f"{code} ({name})" if name else code


def map_digits(place: Place) -> int:
    """Decimal places that show a tenth of a pixel in map units."""
    _, a, b, _, d, e = place.geotransform
    size = float(np.sqrt(abs(a * e - b * d)))
    return max(0, math.ceil(-math.log10(size / 10))) if size > 0 else 2
