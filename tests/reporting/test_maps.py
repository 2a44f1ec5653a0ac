import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from geotamper.imagery.region import Region, Window
from geotamper.inspection.exhibit import Exhibit, exhibit_of
from geotamper.inspection.findings import Findings
from geotamper.reporting.maps import close_window, picture_map, surroundings_map
from geotamper.reporting.place import Place, place_of

Judge = Callable[..., Findings]
UTM = (500000.0, 0.5, 0.0, 5300000.0, 0.0, -0.5)


@pytest.fixture
def exhibit(judged: Judge) -> Exhibit:
    findings = judged()
    return exhibit_of(
        replace(findings, picture=replace(findings.picture, crs="EPSG:32632", geotransform=UTM))
    )


def the_place(exhibit: Exhibit) -> Place:
    place = place_of(exhibit.source)
    assert place is not None
    return place


def test_picture_map_shows_regions_scale_and_degrees(exhibit: Exhibit) -> None:
    whole = Window(0, 0, 160, 120)
    drawn = str(picture_map(exhibit, the_place(exhibit), whole, title="where <it> is"))
    assert 'aria-label="where &lt;it&gt; is"' in drawn
    assert drawn.count('class="source"') == 1
    assert drawn.count('class="target"') == 1
    assert (
        drawn.count('class="link"') == 3
    )  # the arrow to the copy, the needle to the north, the bar of the scale
    assert re.search(r">20 m<", drawn)
    assert re.search(r"47°51'12\"N", drawn)


def test_picture_map_rings_what_would_be_too_small(exhibit: Exhibit) -> None:
    small = Region(Window(10, 10, 11, 11), np.ones((1, 1), np.bool_))
    item = replace(exhibit.items[0], source=small, target=small)
    drawn = str(
        picture_map(
            Exhibit(exhibit.source, (item,)), the_place(exhibit), Window(0, 0, 160, 120), title="small"
        )
    )
    assert '<circle class="target"' in drawn


def test_surroundings_map_shows_the_outline_and_a_scale(exhibit: Exhibit) -> None:
    drawn = str(surroundings_map(exhibit, the_place(exhibit)))
    assert drawn.count('class="footprint"') == 1
    assert re.search(r">\d+ (m|km)<", drawn)


@pytest.mark.parametrize("corner", [(-180.0, 90.0, 1.0), (179.9, -89.8, 0.001), (0.0, 45.0, 0.0001)])
def test_maps_work_anywhere_on_earth(exhibit: Exhibit, corner: tuple[float, float, float]) -> None:
    longitude, latitude, step = corner
    place = Place("EPSG:4326", (longitude, step, 0.0, latitude, 0.0, -step), 160, 120)
    for drawn in (
        surroundings_map(exhibit, place),
        picture_map(exhibit, place, Window(0, 0, 160, 120), title="anywhere"),
    ):
        assert "nan" not in str(drawn)
        assert 'class="frame"' in str(drawn)


def test_close_window_is_for_small_findings_only(exhibit: Exhibit) -> None:
    assert close_window(exhibit) is None  # source and copy lie at opposite ends of the picture
    item = exhibit.items[0]
    near = replace(item, source=item.target)
    window = close_window(Exhibit(exhibit.source, (near,)))
    assert window is not None
    assert window.x0 <= item.target.window.x0 - 8
    assert close_window(Exhibit(exhibit.source, ())) is None
