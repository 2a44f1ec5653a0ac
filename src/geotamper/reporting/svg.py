"""Line drawings inside the page, as SVG that a browser and a PDF writer show alike.

Every class of `STYLES` comes with plain colours as attributes, which is what the PDF writer and printers see; the
style sheet of the page repeats the classes with the colours of the reader's scheme, light or dark.
"""

import math
from collections.abc import Iterable, Mapping

from markupsafe import Markup, escape

Point = tuple[float, float]

PAPER, INK, SOFT, LINE = "#ffffff", "#1b1f27", "#5b6472", "#c3c9d3"
SOURCE, TARGET, ACCENT = "#00788c", "#c24a00", "#2f5fd0"

STYLES: Mapping[str, Mapping[str, str]] = {
    "paper": {"fill": PAPER},
    "frame": {"fill": "none", "stroke": INK, "stroke-width": "1.2"},
    "graticule": {"fill": "none", "stroke": LINE, "stroke-width": "1"},
    "on-picture": {"fill": "none", "stroke": "#ffffff", "stroke-width": "0.8", "stroke-opacity": "0.55"},
    "axis": {"fill": "none", "stroke": INK, "stroke-width": "1.6"},
    "before": {"fill": "none", "stroke": SOFT, "stroke-width": "1.4", "stroke-dasharray": "4 4"},
    "angle": {"fill": "none", "stroke": ACCENT, "stroke-width": "2"},
    "head": {"fill": INK},
    "footprint": {"fill": ACCENT, "fill-opacity": "0.25", "stroke": ACCENT, "stroke-width": "1.8"},
    "source": {"fill": SOURCE, "fill-opacity": "0.22", "stroke": SOURCE, "stroke-width": "2"},
    "target": {"fill": TARGET, "fill-opacity": "0.22", "stroke": TARGET, "stroke-width": "2"},
    "carried": {"fill": "none", "stroke": SOURCE, "stroke-width": "2", "stroke-dasharray": "6 4"},
    "casing": {"fill": "none", "stroke": "#101218", "stroke-width": "4.5", "stroke-opacity": "0.8"},
    "link": {"fill": "none", "stroke": "#ffffff", "stroke-width": "2.2"},
    "link-head": {"fill": "#ffffff", "stroke": "#101218", "stroke-width": "0.8"},
    "window": {"fill": "none", "stroke": "#ffffff", "stroke-width": "1.6", "stroke-dasharray": "5 3"},
    "label": {"fill": INK, "font-size": "13"},
    "small": {"fill": SOFT, "font-size": "11.5"},
    "value": {"fill": ACCENT, "font-size": "13", "font-weight": "600"},
    "plate": {"fill": "#101218", "fill-opacity": "0.82"},
    "plate-text": {"fill": "#ffffff", "font-size": "12"},
}
"""What each class looks like on white paper."""

FONT = "DejaVu Sans, Arial, sans-serif"


def element(
    name: str,
    *content: str | Markup,
    kind: str = "",
    named: Mapping[str, float | str] | None = None,
    **attributes: float | str,
) -> Markup:
    """One SVG element.

    Args:
        name: Of the element.
        content: Text, which is escaped, or elements.
        kind: One of `STYLES`, or empty.
        named: Attributes whose names are no words of Python.
        attributes: Underscores stand for hyphens; numbers are rounded to hundredths.
    """
    chosen: dict[str, float | str] = {"class": kind, **STYLES[kind]} if kind else {}
    chosen |= named or {}
    chosen |= {key.replace("_", "-"): value for key, value in attributes.items()}
    written = Markup("").join(
        Markup(' {}="{}"').format(key, number(value) if isinstance(value, float | int) else value)
        for key, value in chosen.items()
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, Markup("").join(map(escape, content)))


def drawing(width: float, height: float, parts: Iterable[Markup], *, title: str, kind: str) -> Markup:
    """A whole drawing.

    Args:
        width: Of the drawing area.
        height: Of the drawing area.
        parts: From back to front.
        title: What it shows, for those who do not see it.
        kind: A class for the page's style sheet, beside "drawing".
    """
    named: Mapping[str, float | str] = {
        "class": f"drawing {kind}",
        "viewBox": f"0 0 {number(width)} {number(height)}",
        "aria-label": title,
    }
    return element(
        "svg",
        element("title", title),
        *parts,
        named=named,
        width=width,
        height=height,
        role="img",
        font_family=FONT,
    )


def number(value: float) -> str:
    """A number as short as hundredths allow."""
    short = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short


def line(start: Point, end: Point, kind: str) -> Markup:
    """A straight line."""
    return element("line", kind=kind, x1=start[0], y1=start[1], x2=end[0], y2=end[1])


def path(rings: Iterable[Iterable[Point]], kind: str, *, closed: bool = True) -> Markup:
    """Polygons with holes (even-odd), or open lines."""
    end = "Z" if closed else ""
    text = " ".join("M" + " L".join(f"{number(x)} {number(y)}" for x, y in ring) + end for ring in rings)
    return element("path", kind=kind, d=text, fill_rule="evenodd", stroke_linejoin="round")


def text(words: str, at: Point, kind: str = "label", *, anchor: str = "start") -> Markup:
    """A line of text."""
    return element("text", words, kind=kind, x=at[0], y=at[1], text_anchor=anchor)


def arrow_head(tip: Point, along: Point, size: float, kind: str = "head") -> Markup:
    """A filled triangle that points along a unit vector."""
    neck = (tip[0] - size * along[0], tip[1] - size * along[1])
    wing = (-0.45 * size * along[1], 0.45 * size * along[0])
    left, right = (neck[0] + wing[0], neck[1] + wing[1]), (neck[0] - wing[0], neck[1] - wing[1])
    return path([[tip, left, right]], kind)


def north_arrow(middle: Point, direction: Point, *, on_picture: bool) -> list[Markup]:
    """An arrow with an N at its tip.

    Args:
        middle: Of the arrow.
        direction: Unit vector to the north, y down.
        on_picture: Whether a dark plate goes below, because a picture lies there.
    """
    x, y = middle
    dx, dy = direction
    foot, tip = (x - 15 * dx, y - 15 * dy), (x + 9 * dx, y + 9 * dy)
    letter = (x + 19 * dx, y + 19 * dy + 4)
    plate = [element("circle", kind="plate", cx=x, cy=y, r=27)] if on_picture else []
    line_kind, head_kind, words = (
        ("link", "link-head", "plate-text") if on_picture else ("axis", "head", "label")
    )
    return [
        *plate,
        line(foot, tip, line_kind),
        arrow_head(tip, direction, 11, head_kind),
        text("N", letter, words, anchor="middle"),
    ]


def scale_bar(corner: Point, longest: float, metres_per_unit: float, *, on_picture: bool) -> list[Markup]:
    """A bar of a round length.

    Args:
        corner: Its lower left end.
        longest: Units of the drawing that it may take.
        metres_per_unit: On the ground.
        on_picture: As `north_arrow`.
    """
    metres = round_down(longest * metres_per_unit)
    length = metres / metres_per_unit
    words = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    x, y = corner
    plate = [element("rect", kind="plate", x=x - 9, y=y - 24, width=length + 18, height=33, rx=4)]
    kind, label = ("link", "plate-text") if on_picture else ("axis", "label")
    ends = [[(x, y - 5), (x, y), (x + length, y), (x + length, y - 5)]]
    return [
        *(plate if on_picture else []),
        path(ends, kind, closed=False),
        text(words, (x + length / 2, y - 8), label, anchor="middle"),
    ]


def round_down(value: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is not above a positive value."""
    power = 10.0 ** math.floor(math.log10(value))
    return max(step * power for step in (1, 2, 5) if step * power <= value)
