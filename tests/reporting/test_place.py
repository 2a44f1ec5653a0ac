import math

import pytest

from geotamper.reporting.place import Place, degrees_text, metres_per_degree


def test_place_north_and_size_on_the_central_meridian() -> None:
    place = Place("EPSG:32632", (500000.0, 0.5, 0.0, 5300000.0, 0.0, -0.5), 160, 120)
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
