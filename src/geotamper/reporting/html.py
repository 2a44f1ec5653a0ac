"""The report as one self-contained HTML page."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from markupsafe import Markup
from PIL import Image

from geotamper.imagery.region import Window
from geotamper.inspection.exhibit import Exhibit
from geotamper.inspection.probabilities import probability_text
from geotamper.inspection.report import InspectionReport, Verdict
from geotamper.reporting.maps import close_window, picture_map, surroundings_map
from geotamper.reporting.metadata import read_metadata
from geotamper.reporting.place import Place, place_of
from geotamper.reporting.provenance import file_rows, metadata_remark, metadata_rows, place_rows
from geotamper.reporting.reproduction import reproducing_command
from geotamper.reporting.sections import embedded, finding_sections

if TYPE_CHECKING:
    from jinja2 import Template

Pixels = npt.NDArray[np.uint8]

LARGEST_EMBEDDED = 1600
"""Pixels on the longer side of the embedded overlay; the file beside the page keeps the full size."""


@dataclass(frozen=True)
class MapFigure:
    """A map and what it shows."""

    caption: str
    drawing: Markup


def render_html(report: InspectionReport, exhibit: Exhibit, overlay: Pixels) -> str:
    """Render the page.

    The page tells the same for the same picture and parameters, but for the seconds and the memory of the run.

    Args:
        report: What it says.
        exhibit: Pixels and regions; the pixels are read in windows only.
        overlay: (H, W, 3) uint8 RGB from `draw_overlay`.

    Returns:
        HTML that needs no other file and no network.

    Raises:
        InputError: The picture's file is damaged where a close-up or a map reads it.
    """
    place = place_of(exhibit.source)
    metadata = read_metadata(exhibit.source)
    return _template().render(
        report=report,
        name=Path(report.image.path).name,
        headline=_headline(report.verdict),
        state=_state(report.verdict),
        basis=next((item.basis for item in report.answers if item.type == "tampered"), ""),
        overlay=embedded("overlay", _reduced(overlay), "JPEG"),
        file_rows=file_rows(report.image, metadata),
        place_rows=place_rows(report.image, place),
        metadata_rows=metadata_rows(metadata),
        metadata_remark=metadata_remark(exhibit.source.path is not None, metadata),
        maps=_maps(exhibit, place),
        sections=finding_sections(report, exhibit, place),
        parameters={key: value for key, value in report.run.parameters.items() if value not in (None, [])},
        command=reproducing_command(report),
    )


def _maps(exhibit: Exhibit, place: Place | None) -> list[MapFigure]:
    if place is None:
        return []
    close = close_window(exhibit)
    whole = Window(0, 0, exhibit.source.width, exhibit.source.height)
    caption = "The findings in the picture" if exhibit.items else "The picture"
    if close is not None:
        caption += "; the dashed window is shown in detail"
    maps = [
        MapFigure("The picture (blue) in its surroundings, north up", surroundings_map(exhibit, place)),
        MapFigure(caption, picture_map(exhibit, place, whole, title=caption, inner=close)),
    ]
    if close is not None:
        caption = f"Number {exhibit.items[0].id} in detail"
        maps.append(MapFigure(caption, picture_map(exhibit, place, close, title=caption)))
    return maps


def _state(verdict: Verdict) -> str:
    return {True: "forged", False: "clean", None: "open"}[verdict.tampered]


def _headline(verdict: Verdict) -> str:
    if verdict.tampered is None:
        return "Not decided"
    if not verdict.tampered:
        return "No tampering found"
    return {"copy-move": "Tampered: copied region", "blur": "Tampered: blurred region"}.get(
        verdict.kind or "", "Tampered"
    )


def _reduced(pixels: Pixels) -> Pixels:
    longer = max(pixels.shape[:2])
    if longer <= LARGEST_EMBEDDED:
        return pixels
    image = Image.fromarray(pixels)
    image.thumbnail((LARGEST_EMBEDDED, LARGEST_EMBEDDED), Image.Resampling.LANCZOS)
    return np.asarray(image)


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("geotamper.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["probability"] = probability_text
    environment.filters["percent"] = lambda share: f"{100 * share:.0f} %"
    return environment.get_template("report.html.j2")
