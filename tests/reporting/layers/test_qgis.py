from xml.etree import ElementTree as ET

from geotamper.reporting.layers.qgis import link_style, region_style
from geotamper.reporting.overlay import SOURCE_COLOUR, TARGET_COLOUR


def options(layer: ET.Element) -> dict[str, str]:
    return {item.attrib["name"]: item.attrib["value"] for item in layer.findall("./Option/Option")}


def test_region_style_draws_both_roles_in_the_colours_of_the_overlay() -> None:
    root = ET.fromstring(region_style())  # noqa: S314 - our own text
    renderer = root.find("renderer-v2")
    assert renderer is not None
    assert renderer.attrib["attr"] == "role"
    outlines = {}
    for category in renderer.findall("./categories/category"):
        symbol = renderer.find(f"./symbols/symbol[@name='{category.attrib['symbol']}']/layer")
        assert symbol is not None
        drawn = options(symbol)
        colour = tuple(int(part) for part in drawn["outline_color"].split(",")[:3])
        outlines[category.attrib["value"]] = (colour, drawn["outline_style"])
    # Dashes tell the two apart for those who cannot by colour.
    assert outlines == {"source": (SOURCE_COLOUR, "dash"), "target": (TARGET_COLOUR, "solid")}
    assert root.findtext("layerGeometryType") == "2"


def test_link_style_draws_arrows() -> None:
    root = ET.fromstring(link_style())  # noqa: S314 - our own text
    layer = root.find("./renderer-v2/symbols/symbol/layer")
    assert layer is not None
    assert layer.attrib["class"] == "ArrowLine"
    assert layer.find("./symbol[@type='fill']/layer") is not None
    assert root.findtext("layerGeometryType") == "1"
