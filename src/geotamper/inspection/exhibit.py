"""What a report shows of a picture: its pixels on demand, and the findings as small windows of it.

Reporting reads this and never whole masks, so that a page, a layer or a tile costs the same for a picture of half a
megapixel and for a scene that no memory holds.
"""

from dataclasses import dataclass
from typing import Any

from geotamper.imagery.pixel_source import PictureSource, PixelSource
from geotamper.imagery.region import Region
from geotamper.imagery.similarity import Similarity
from geotamper.inspection.findings import Findings, ForgedRegion
from geotamper.inspection.regions import as_region
from geotamper.inspection.report import FindingKind


@dataclass(frozen=True, eq=False)
class ShownFinding:
    """One finding, to be drawn.

    Attributes:
        id: Of the finding in the report.
        kind: What was done.
        confidence: That the region was forged, 0 to 1.
        source: The region that was copied; for a blur the region itself.
        target: The forged region.
        transform: Takes source points to target points; None for a blur.
        direction_basis: What the direction rests on, in a few words; empty where there is none.
        object_basis: What the class rests on, in a few words; empty where there is none.
    """

    id: int
    kind: FindingKind
    confidence: float
    source: Region
    target: Region
    transform: Similarity | None
    direction_basis: str = ""
    object_basis: str = ""


@dataclass(frozen=True, eq=False)
class Exhibit:
    """A picture with what was found in it.

    Attributes:
        source: The pixels.
        items: In falling confidence; candidates where nothing is decided.
    """

    source: PixelSource
    items: tuple[ShownFinding, ...]

    def select(self, finding: int) -> ShownFinding | None:
        """The finding with this id; None where there is none."""
        return next((item for item in self.items if item.id == finding), None)


def exhibit_of(findings: Findings) -> Exhibit:
    """The exhibit of a picture in memory."""
    items = (shown(item, as_region(item.source), as_region(item.target)) for item in findings.items)
    return Exhibit(PictureSource(findings.picture), tuple(items))


def shown(item: ForgedRegion[Any], source: Region, target: Region) -> ShownFinding:
    """A finding with its regions as windows, to be drawn."""
    return ShownFinding(
        id=item.id,
        kind=item.kind,
        confidence=item.confidence,
        source=source,
        target=target,
        transform=item.transform,
        direction_basis=item.direction_basis,
        object_basis=item.object_basis,
    )
