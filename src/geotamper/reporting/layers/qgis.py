"""How QGIS draws the layers: the colours of the overlay, and a dashed outline for sources.

The dashes tell source and copy apart where the colours do not.
"""

from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import quoteattr

from geotamper.reporting.overlay import FILL_OPACITY, SHADE, SOURCE_COLOUR, TARGET_COLOUR, Colour

STYLE_VERSION = "3.28"
"""QGIS release whose style files these are; later ones read them too."""

OUTLINE_MILLIMETRES = 0.6

SymbolKind = Literal["fill", "line"]
_GEOMETRY_TYPES: dict[SymbolKind, int] = {"line": 1, "fill": 2}


@dataclass(frozen=True)
class _Category:
    """How features of one role are drawn."""

    role: str
    label: str
    layers: tuple[str, ...]


def region_style() -> str:
    """The style of sources and targets, a QML document categorised by `role`."""
    return _document(
        "fill",
        (
            _Category("source", "source", (_fill(SOURCE_COLOUR, "dash"),)),
            _Category("target", "copy or blurred region", (_fill(TARGET_COLOUR, "solid"),)),
        ),
    )


def link_style() -> str:
    """The style of links, a QML document: a dark arrow from source to copy, lighter within."""
    return _document("line", (_Category("link", "from source to copy", (_arrow(),)),))


def _document(kind: SymbolKind, categories: tuple[_Category, ...]) -> str:
    listed = "".join(
        f'<category render="true" symbol="{number}" value={quoteattr(category.role)} '
        f"label={quoteattr(category.label)}/>"
        for number, category in enumerate(categories)
    )
    symbols = "".join(
        f'<symbol type="{kind}" name="{number}" alpha="1" clip_to_extent="1" force_rhr="0">'
        f"{''.join(category.layers)}</symbol>"
        for number, category in enumerate(categories)
    )
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        f'<qgis version="{STYLE_VERSION}" styleCategories="Symbology">\n'
        '<renderer-v2 type="categorizedSymbol" attr="role" symbollevels="0" enableorderby="0" forceraster="0">\n'
        f"<categories>{listed}</categories>\n<symbols>{symbols}</symbols>\n"
        "</renderer-v2>\n<blendMode>0</blendMode>\n<featureBlendMode>0</featureBlendMode>\n"
        f"<layerGeometryType>{_GEOMETRY_TYPES[kind]}</layerGeometryType>\n</qgis>\n"
    )


def _fill(colour: Colour, outline: str) -> str:
    return _symbol_layer(
        "SimpleFill",
        {
            "color": _rgba(colour, FILL_OPACITY),
            "style": "solid",
            "outline_color": _rgba(colour, 1),
            "outline_style": outline,
            "outline_width": f"{OUTLINE_MILLIMETRES}",
            "outline_width_unit": "MM",
            "joinstyle": "round",
        },
    )


def _arrow() -> str:
    # An arrow layer holds the fill of its arrow as a symbol of its own.
    fill = _symbol_layer(
        "SimpleFill",
        {
            "color": "255,255,255,255",
            "style": "solid",
            "outline_color": _rgba(SHADE, 1),
            "outline_style": "solid",
            "outline_width": "0.2",
            "outline_width_unit": "MM",
        },
    )
    return _symbol_layer(
        "ArrowLine",
        {
            "arrow_type": "0",
            "arrow_width": "0.6",
            "arrow_width_unit": "MM",
            "arrow_start_width": "0.6",
            "arrow_start_width_unit": "MM",
            "head_type": "0",
            "head_length": "2.5",
            "head_length_unit": "MM",
            "head_thickness": "1.5",
            "head_thickness_unit": "MM",
            "is_curved": "0",
            "is_repeated": "1",
            "offset": "0",
            "offset_unit": "MM",
        },
        inside=f'<symbol type="fill" name="@0@0" alpha="1" clip_to_extent="1" force_rhr="0">{fill}</symbol>',
    )


def _symbol_layer(kind: str, options: dict[str, str], *, inside: str = "") -> str:
    listed = "".join(
        f'<Option type="QString" name={quoteattr(name)} value={quoteattr(value)}/>'
        for name, value in options.items()
    )
    return (
        f'<layer class="{kind}" enabled="1" pass="0" locked="0"><Option type="Map">{listed}</Option>'
        f"{inside}</layer>"
    )


def _rgba(colour: Colour, opacity: float) -> str:
    return ",".join(map(str, (*colour, round(255 * opacity))))
