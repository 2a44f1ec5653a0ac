"""The picture with its findings drawn on it: source green, copy red, the way between them, the transform."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from geotamper.inspection.exhibit import Exhibit
from geotamper.inspection.report import FindingEntry, InspectionReport, Region

Pixels = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]

SOURCE_COLOUR: Colour = (0, 200, 90)
TARGET_COLOUR: Colour = (240, 50, 60)
INK: Colour = (255, 255, 255)
SHADE: Colour = (16, 18, 24)
FILL_OPACITY = 0.28
SMALLEST_DRAWING = 900
"""Pixels on the longer side: smaller pictures are enlarged by a whole factor, so that text stays readable."""

LARGEST_FACTOR = 16

LARGEST_DRAWING = 4096
"""Pixels on the longer side: larger pictures are reduced to it, because no one looks at more at once."""


def draw_overlay(report: InspectionReport, exhibit: Exhibit) -> Pixels:
    """Draw the findings on their picture.

    Args:
        report: Outlines, centroids and what was done; without findings the picture stays as it is.
        exhibit: The pixels, and the regions to tint.

    Returns:
        (f H, f W, 3) uint8 RGB with a whole factor f >= 1, above 1 for pictures with sides below 900 pixels.
        Pictures with a side above 4,096 pixels are reduced to that.
    """
    pixels = exhibit.source.reduced(LARGEST_DRAWING).pixels
    height, width = pixels.shape[:2]
    factor = min(LARGEST_FACTOR, max(1, math.ceil(SMALLEST_DRAWING / max(width, height))))
    canvas = Image.fromarray(_tinted(pixels, exhibit))
    if factor > 1:
        canvas = canvas.resize((width * factor, height * factor), Image.Resampling.NEAREST)
    drawing = _Drawing(canvas, canvas.width / exhibit.source.width)
    for entry in report.findings:
        drawing.outline(entry)
    for entry in report.findings:
        drawing.link(entry)
    for entry in report.findings:
        drawing.label(entry)
    return np.asarray(canvas)


def describe_change(entry: FindingEntry) -> str:
    """What was done to the region, in a few words for a label."""
    if entry.transform is not None:
        return f"turned {entry.transform.rotation_deg:+.2f}°, scaled by {entry.transform.scale:.3f}"
    if entry.blur is None:
        return "blurred" if entry.kind == "blur" else "copied"
    strength = "" if entry.blur.strength is None else f", {entry.blur.strength:.1f} px"
    return f"blurred ({entry.blur.method}{strength})"


def _tinted(pixels: Pixels, exhibit: Exhibit) -> Pixels:
    tinted = pixels.copy()
    source = exhibit.source
    for item in exhibit.items:
        coloured = [(item.source, SOURCE_COLOUR), (item.target, TARGET_COLOUR)]
        for region, colour in coloured[1:] if item.kind == "blur" else coloured:
            shown = region.reduced((source.height, source.width), pixels.shape[:2])
            view = tinted[shown.window.slices]
            inside = view[shown.mask].astype(np.float32)
            mixed = (1 - FILL_OPACITY) * inside + FILL_OPACITY * np.array(colour, np.float32)
            view[shown.mask] = np.rint(mixed).astype(np.uint8)
    return tinted


def _coloured(entry: FindingEntry) -> list[tuple[Region, Colour]]:
    """The regions of a finding to outline."""
    target = (entry.target, TARGET_COLOUR)
    if entry.kind == "blur" or entry.source is None:
        return [target]
    return [(entry.source, SOURCE_COLOUR), target]


@dataclass(frozen=True)
class _Text:
    """A line of a label: its words and the colour of the mark before them."""

    words: str
    mark: Colour | None = None


class _Drawing:
    """Draws on one canvas, in pixels of the picture; sizes follow the size of the canvas."""

    def __init__(self, canvas: Image.Image, factor: float) -> None:
        self._draw = ImageDraw.Draw(canvas)
        self._size = canvas.size
        self._factor = factor
        longer = max(canvas.size)
        # By the square root: large drawings are looked at reduced, and yet must not hide small objects.
        size = math.sqrt(longer / SMALLEST_DRAWING)
        self._width = max(2, round(2.5 * size))
        self._font = ImageFont.load_default(size=round(18 * size))
        self._taken: list[Box] = []

    def outline(self, entry: FindingEntry) -> None:
        """Draw the outlines of source and copy."""
        for region, colour in _coloured(entry):
            for ring in region.polygon:
                points = [(x * self._factor, y * self._factor) for x, y in ring]
                self._stroke(points, colour)
            box = [value * self._factor for value in region.bbox]
            self._taken.append((box[0], box[1], box[2], box[3]))

    def link(self, entry: FindingEntry) -> None:
        """Draw the arrow from source to copy."""
        if entry.kind == "blur" or entry.source is None:
            return
        ends = self._link_ends(entry.source, entry.target)
        if ends is None:
            return
        start, end = ends
        length = math.dist(start, end)
        along = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
        head = min(6.0 * self._width, length / 2)
        neck = (end[0] - head * along[0], end[1] - head * along[1])
        self._stroke([start, neck], INK)
        wing = 0.5 * head
        left = (neck[0] - wing * along[1], neck[1] + wing * along[0])
        right = (neck[0] + wing * along[1], neck[1] - wing * along[0])
        self._draw.polygon([end, left, right], fill=INK, outline=SHADE)
        radius = 1.4 * self._width
        self._avoid_line(start, end)
        dot = (start[0] - radius, start[1] - radius, start[0] + radius, start[1] + radius)
        self._draw.ellipse(dot, fill=INK, outline=SHADE)

    def _link_ends(
        self, source: Region, target: Region
    ) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """From the rim of the source to the rim of the copy, or None where they lie too close together."""
        (x0, y0), (x1, y1) = source.centroid, target.centroid
        length = math.dist((x0, y0), (x1, y1))
        radii = [0.8 * math.sqrt(region.area_px / math.pi) for region in (source, target)]
        if length * self._factor < 4 * self._width:
            return None
        if length < 2 * sum(radii):  # neighbours: from middle to middle
            radii = [0.0, 0.0]
        dx, dy = (x1 - x0) / length, (y1 - y0) / length
        start = (x0 + radii[0] * dx, y0 + radii[0] * dy)
        end = (x1 - radii[1] * dx, y1 - radii[1] * dy)
        return (
            (start[0] * self._factor, start[1] * self._factor),
            (end[0] * self._factor, end[1] * self._factor),
        )

    def _avoid_line(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Keep labels off a line, which counts as a row of small boxes."""
        steps = max(2, round(math.dist(start, end) / (6 * self._width)))
        half = 2.0 * self._width
        for step in range(steps + 1):
            x = start[0] + (end[0] - start[0]) * step / steps
            y = start[1] + (end[1] - start[1]) * step / steps
            self._taken.append((x - half, y - half, x + half, y + half))

    def label(self, entry: FindingEntry) -> None:
        """Write what was found beside the copy, and mark the source."""
        name = "blur" if entry.kind == "blur" else "copy"
        lines = [_Text(f"{name} {entry.id}", TARGET_COLOUR), _Text(describe_change(entry))]
        if entry.kind != "blur" and entry.source is not None:
            self._write([_Text(f"source {entry.id}", SOURCE_COLOUR)], entry.source)
        self._write(lines, entry.target)

    def _stroke(self, points: Sequence[tuple[float, float]], colour: Colour) -> None:
        self._draw.line(points, fill=SHADE, width=self._width + 2, joint="curve")
        self._draw.line(points, fill=colour, width=self._width, joint="curve")

    def _write(self, lines: Sequence[_Text], beside: Region) -> None:
        height = 1.15 * self._font.getbbox("Åg")[3]
        pad = height / 3
        mark = 0.7 * height
        widths = [self._draw.textlength(line.words, font=self._font) for line in lines]
        widths = [width + (mark if line.mark else 0) for width, line in zip(widths, lines, strict=True)]
        size = (max(widths) + 2 * pad, len(lines) * height + 2 * pad)
        box = self._free_place(size, beside)
        self._taken.append(box)
        self._draw.rounded_rectangle(box, radius=pad, fill=SHADE)
        for row, line in enumerate(lines):
            x, y = box[0] + pad, box[1] + pad + row * height
            if line.mark:
                self._draw.ellipse((x, y + 0.3 * height, x + 0.5 * height, y + 0.8 * height), fill=line.mark)
                x += mark
            self._draw.text((x, y), line.words, fill=INK, font=self._font)

    def _free_place(self, size: tuple[float, float], beside: Region) -> Box:
        """The place around a region, inside the canvas, that covers least of what is drawn already."""
        x0, y0, x1, y1 = (value * self._factor for value in beside.bbox)
        gap = 2.0 * self._width
        middle = ((x0 + x1 - size[0]) / 2, (y0 + y1 - size[1]) / 2)
        corners = [
            (middle[0], y1 + gap),
            (middle[0], y0 - gap - size[1]),
            (x1 + gap, middle[1]),
            (x0 - gap - size[0], middle[1]),
            (x1 + gap, y1 + gap),
            (x1 + gap, y0 - gap - size[1]),
            (x0 - gap - size[0], y1 + gap),
            (x0 - gap - size[0], y0 - gap - size[1]),
        ]
        boxes = [self._inside(corner, size) for corner in corners]
        return min(boxes, key=lambda box: sum(_common_area(box, other) for other in self._taken))

    def _inside(self, corner: tuple[float, float], size: tuple[float, float]) -> Box:
        x = max(0.0, min(corner[0], self._size[0] - 1 - size[0]))
        y = max(0.0, min(corner[1], self._size[1] - 1 - size[1]))
        return x, y, x + size[0], y + size[1]


def _common_area(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)
