"""What the page shows of each finding, as text and images ready for the template."""

import base64
import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from markupsafe import Markup
from PIL import Image

from geotamper.inspection.exhibit import Exhibit, ShownFinding
from geotamper.inspection.report import FindingEntry, InspectionReport, Region
from geotamper.reporting.crops import finding_crops
from geotamper.reporting.diagram import transform_diagram
from geotamper.reporting.place import Place, degrees_text
from geotamper.reporting.provenance import map_digits

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class EmbeddedImage:
    """An image inside the page: its caption and its data address."""

    title: str
    address: str
    width: int
    height: int


@dataclass(frozen=True)
class RegionColumn:
    """One region of a finding, in words.

    Attributes:
        label: What it is.
        role: "source" or "target", for its colour.
        lines: Label and value.
    """

    label: str
    role: str
    lines: dict[str, str]


@dataclass(frozen=True)
class FindingSection:
    """What the page shows of one finding."""

    entry: FindingEntry
    crops: tuple[EmbeddedImage, ...]
    diagram: Markup | None
    regions: tuple[RegionColumn, ...]
    direction_basis: str
    object_basis: str


def finding_sections(report: InspectionReport, exhibit: Exhibit, place: Place | None) -> list[FindingSection]:
    """One section per finding of the report, in its order.

    Args:
        report: What it says.
        exhibit: Pixels and regions.
        place: Where the picture lies, or None.
    """
    shown = {item.id: item for item in exhibit.items}
    return [_section(entry, shown[entry.id], report, exhibit, place) for entry in report.findings]


def embedded(title: str, pixels: Pixels, kind: str) -> EmbeddedImage:
    """An image for the page.

    Args:
        title: What it shows.
        pixels: (H, W, 3) uint8 RGB.
        kind: "PNG" or "JPEG".
    """
    buffer = io.BytesIO()
    options = {"quality": 90} if kind == "JPEG" else {}
    Image.fromarray(pixels).save(buffer, kind, **options)
    content = base64.b64encode(buffer.getvalue()).decode("ascii")
    height, width = pixels.shape[:2]
    return EmbeddedImage(title, f"data:image/{kind.lower()};base64,{content}", width, height)


def _section(
    entry: FindingEntry, item: ShownFinding, report: InspectionReport, exhibit: Exhibit, place: Place | None
) -> FindingSection:
    area = report.image.pixel_area_m2
    regions = [("blurred region", "target", entry.target)]
    if entry.kind == "copy-move":
        regions = [("source", "source", entry.source or entry.target), ("copy", "target", entry.target)]
    return FindingSection(
        entry=entry,
        crops=tuple(embedded(crop.title, crop.pixels, "PNG") for crop in finding_crops(exhibit, item)),
        diagram=transform_diagram(item, entry.transform) if entry.transform else None,
        regions=tuple(
            RegionColumn(label, role, _region_lines(region, area, place)) for label, role, region in regions
        ),
        direction_basis=item.direction_basis,
        object_basis=item.object_basis,
    )


def _region_lines(region: Region, pixel_area_m2: float | None, place: Place | None) -> dict[str, str]:
    x, y = region.centroid
    x0, y0, x1, y1 = region.bbox
    lines = {
        "Area": f"{region.area_px} px ({100 * region.area_fraction:.2g} % of the picture)",
        "Middle": f"{x:.1f}, {y:.1f} px",
        "Box": f"{x0}, {y0} to {x1}, {y1} px",
    }
    if pixel_area_m2 is not None:
        lines["On the ground"] = area_text(region.area_px * pixel_area_m2)
    if place is not None:
        (map_x, map_y), digits = place.to_map([[x, y]])[0].tolist(), map_digits(place)
        lines["Middle, map"] = f"{map_x:.{digits}f}, {map_y:.{digits}f}"
        lines["Middle, WGS 84"] = degrees_text(*place.to_degrees([[x, y]])[0].tolist(), digits=6)
    return lines


def area_text(square_metres: float) -> str:
    """An area on the ground, with four digits that count.

    Example:
        >>> area_text(0.12344), area_text(91234.5), area_text(2_345_678)
        ('0.1234 m²', '91234 m²', '2.346 km²')
    """
    if square_metres >= 1e6:
        return f"{square_metres / 1e6:.4g} km²"
    return f"{square_metres:.4g} m²" if square_metres < 1e4 else f"{square_metres:.0f} m²"
