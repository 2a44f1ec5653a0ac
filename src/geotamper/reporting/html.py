"""The report as one self-contained HTML page."""

import base64
import io
import shlex
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from geotamper.inspection.assembly import PATH_WITHOUT_FILE
from geotamper.inspection.exhibit import Exhibit
from geotamper.inspection.report import FindingEntry, InspectionReport, Verdict
from geotamper.reporting.crops import finding_crops
from geotamper.reporting.probabilities import probability_text

if TYPE_CHECKING:
    from jinja2 import Template

Pixels = npt.NDArray[np.uint8]

LARGEST_EMBEDDED = 1600
"""Pixels on the longer side of the embedded overlay; the file beside the page keeps the full size."""


@dataclass(frozen=True)
class EmbeddedImage:
    """An image inside the page: its caption and its data address."""

    title: str
    address: str
    width: int
    height: int


@dataclass(frozen=True)
class FindingSection:
    """What the page shows of one finding."""

    entry: FindingEntry
    crops: tuple[EmbeddedImage, ...]


def render_html(report: InspectionReport, exhibit: Exhibit, overlay: Pixels) -> str:
    """Render the page.

    Args:
        report: What it says.
        exhibit: Pixels and regions for the close-ups.
        overlay: (H, W, 3) uint8 RGB from `draw_overlay`.

    Returns:
        HTML that needs no other file and no network.
    """
    items = {item.id: item for item in exhibit.items}
    sections = [
        FindingSection(
            entry,
            tuple(
                _embed(crop.title, crop.pixels, "PNG")
                for crop in finding_crops(exhibit.source, items[entry.id])
            ),
        )
        for entry in report.findings
    ]
    return _template().render(
        report=report,
        name=Path(report.image.path).name,
        headline=_headline(report.verdict),
        state={True: "forged", False: "clean", None: "open"}[report.verdict.tampered],
        overlay=_embed("overlay", _reduced(overlay), "JPEG"),
        sections=sections,
        parameters={key: value for key, value in report.run.parameters.items() if value not in (None, [])},
        command=reproducing_command(report),
    )


def reproducing_command(report: InspectionReport) -> str | None:
    """The command line that makes this report again, or None for a picture that was no file."""
    if report.image.path == PATH_WITHOUT_FILE:
        return None
    chosen = report.run.parameters
    words = ["geotamper", "inspect", report.image.path, "--detector", report.run.detector]
    for text in chosen.get("questions", []):
        words += ["-q", text]
    for key, option, suffix in (
        ("finding", "--finding", ""),
        ("false_alarm_rate", "--false-alarm-rate", ""),
        ("time_limit", "--time-limit", "s"),
        ("max_memory", "--max-memory", ""),
    ):
        if chosen.get(key) is not None:
            words += [option, f"{chosen[key]}{suffix}"]
    return shlex.join([*words, "--out", "out"])


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


def _embed(title: str, pixels: Pixels, kind: str) -> EmbeddedImage:
    buffer = io.BytesIO()
    options = {"quality": 90} if kind == "JPEG" else {}
    Image.fromarray(pixels).save(buffer, kind, **options)
    content = base64.b64encode(buffer.getvalue()).decode("ascii")
    height, width = pixels.shape[:2]
    return EmbeddedImage(title, f"data:image/{kind.lower()};base64,{content}", width, height)


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
