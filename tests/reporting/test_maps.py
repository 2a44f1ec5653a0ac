import math
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from geotamper.evidence.results import BlurEvidence
from geotamper.imagery.region import Region, Window
from geotamper.inspection.exhibit import Exhibit, exhibit_of
from geotamper.inspection.findings import Findings
from geotamper.reporting.diagram import transform_diagram, way_words
from geotamper.reporting.graticule import graticule, sexagesimal, spacing
from geotamper.reporting.maps import close_window, picture_map, surroundings_map
from geotamper.reporting.place import Place, degrees_text, metres_per_degree, place_of
from geotamper.reporting.sections import area_text
from geotamper.reporting.svg import number, round_down

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


def test_place_north_and_size_on_the_central_meridian(exhibit: Exhibit) -> None:
    place = the_place(exhibit)
    assert place.north(0, 50) == pytest.approx((0, -1), abs=1e-4)
    assert place.pixel_metres(0, 50) == pytest.approx((0.5, 0.5), rel=1e-3)  # UTM's scale there is 0.9996


@pytest.mark.parametrize("turn", [20.0, 90.0, 180.0, -135.0])
def test_place_north_follows_a_turned_geotransform(turn: float) -> None:
    angle = math.radians(turn)  # columns run at this angle, counter-clockwise from east
    c, s = 2 * math.cos(angle), 2 * math.sin(angle)
    place = Place("EPSG:32632", (500000.0, c, s, 5300000.0, s, -c), 100, 100)
    assert place.north(0, 0) == pytest.approx((math.sin(angle), -math.cos(angle)), abs=1e-4)
    assert place.pixel_metres(0, 0) == pytest.approx((2, 2), rel=1e-3)


def test_place_longitudes_run_on_beyond_the_date_line() -> None:
    place = Place("EPSG:4326", (179.5, 0.01, 0.0, 10.0, 0.0, -0.01), 100, 50)
    assert place.to_degrees(place.corners)[:, 0] == pytest.approx([179.5, 180.5, 180.5, 179.5])
    assert degrees_text(180.5, 10.0, digits=1) == "10.0° N, 179.5° W"


def test_metres_per_degree_at_equator_and_pole() -> None:
    assert metres_per_degree(0) == pytest.approx((111319.49, 110574.28), abs=0.1)
    assert metres_per_degree(90) == pytest.approx((0, 111693.98), abs=0.1)


@pytest.mark.parametrize(
    ("value", "axis", "step", "words"),
    [
        (0.0, 1, 10.0, "0°N"),
        (-7.5, 0, 0.5, "7°30'W"),
        (190.0, 0, 10.0, "170°W"),
        (47.0025, 1, 1 / 3600, "47°00'09\"N"),
        (9.99999999, 0, 1 / 60, "10°00'E"),
        (10.25 / 3600, 0, 0.05 / 3600, "0°00'10.25\"E"),
    ],
)
def test_sexagesimal_is_no_finer_than_the_step(value: float, axis: int, step: float, words: str) -> None:
    assert sexagesimal(value, axis, step) == words


def test_spacing_is_the_largest_round_step() -> None:
    assert spacing(100, 3) == 30
    assert spacing(1, 3) == pytest.approx(20 / 60)


def test_graticule_lines_lie_on_their_values() -> None:
    def turned(points: np.ndarray) -> np.ndarray:
        x, y = points.T
        return np.column_stack([10 + 0.010 * x + 0.004 * y, 50 + 0.003 * x - 0.008 * y])

    lines = graticule(turned, (0, 0, 100, 60))
    assert {line.axis for line in lines} == {0, 1}
    for line in lines:
        assert turned(line.points)[:, line.axis] == pytest.approx(line.value)
        steps = np.linalg.norm(np.diff(line.points, axis=0), axis=1)
        reach = np.linalg.norm(line.points[-1] - line.points[0])
        assert steps.sum() == pytest.approx(reach)  # in order along a straight line


def test_picture_map_shows_regions_scale_and_degrees(exhibit: Exhibit) -> None:
    whole = Window(0, 0, 160, 120)
    drawn = str(picture_map(exhibit, the_place(exhibit), whole, title="where <it> is"))
    assert 'aria-label="where &lt;it&gt; is"' in drawn
    assert drawn.count('class="source"') == 1
    assert drawn.count('class="target"') == 1
    assert drawn.count('class="link"') == 2  # the arrow to the copy and the bar of the scale, with the needle
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


def test_transform_diagram_tells_turn_scale_and_way(judged: Judge, exhibit: Exhibit) -> None:
    from geotamper.inspection.report import Transform

    item = exhibit.items[0]
    assert item.transform is not None
    numbers = Transform(
        rotation_deg=30.0,
        scale=1.2,
        rotation_sigma=0.01,
        scale_sigma=0.0005,
        matrix=((1, 0, 0), (0, 1, 0)),
    )
    drawn = str(transform_diagram(item, numbers))
    assert "turned +30.000° ± 0.010°" in drawn
    assert "scaled by 1.2000 ± 0.0005" in drawn
    assert "px to the upper right" in drawn
    assert drawn.count('class="carried"') == 1
    del judged


def test_transform_diagram_of_a_blur_is_none(judged: Judge, make_blur: Callable[..., BlurEvidence]) -> None:
    from geotamper.inspection.report import Transform

    (item,) = exhibit_of(judged(blurs=(make_blur(),))).items
    numbers = Transform(
        rotation_deg=0, scale=1, rotation_sigma=0, scale_sigma=0, matrix=((1, 0, 0), (0, 1, 0))
    )
    assert transform_diagram(item, numbers) is None


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ((5, 0), "to the right"),
        ((5, -5), "to the upper right"),
        ((0, 5), "downwards"),
        ((-5, 0.1), "to the left"),
    ],
)
def test_way_words_name_the_direction_on_the_screen(way: tuple[float, float], words: str) -> None:
    assert way_words(*way) == words


def test_numbers_are_round_and_short() -> None:
    assert [round_down(value) for value in (0.7, 1.0, 49.9, 1000.0)] == [0.5, 1.0, 20.0, 1000.0]
    assert [number(value) for value in (1.005, -0.001, 120.0, 3.5)] == ["1", "0", "120", "3.5"]
    assert [area_text(value) for value in (0.12344, 91234.5, 2_345_678)] == [
        "0.1234 m²",
        "91234 m²",
        "2.346 km²",
    ]
