import math

import numpy as np
import pytest
from shapely.geometry import MultiPolygon, Polygon, box

from geotamper.errors import InputError
from geotamper.imagery.georeference import apply_geotransform, ground_area, pixel_area, to_wgs84


def test_pixel_area_of_a_projected_grid_is_the_plane_area_in_square_metres() -> None:
    area, note = pixel_area("EPSG:32632", (5e5, 3, 4, 5e6, 4, -3), 100, 50)
    assert area == pytest.approx(25)
    assert note is None


def test_pixel_area_knows_the_unit_of_the_grid() -> None:
    feet = pixel_area("EPSG:2263", (1e6, 10, 0, 2e5, 0, -10), 10, 10)[0]  # New York, US survey feet
    assert feet == pytest.approx(100 * (1200 / 3937) ** 2, rel=1e-6)


@pytest.mark.parametrize("latitude", [0, 45, -60])
def test_pixel_area_in_degrees_follows_the_ellipsoid(latitude: float) -> None:
    step = 1e-4
    area, note = pixel_area("EPSG:4326", (10, step, 0, latitude + 5 * step, 0, -step), 10, 10)
    a, e2, phi = 6378137.0, 0.00669437999014, math.radians(latitude)
    w = math.sqrt(1 - e2 * math.sin(phi) ** 2)
    expected = (a * math.cos(phi) / w) * (a * (1 - e2) / w**3) * math.radians(step) ** 2
    assert area == pytest.approx(expected, rel=1e-5)
    assert note is not None


def test_pixel_area_does_not_believe_web_mercator() -> None:
    area, note = pixel_area("EPSG:3857", (0, 1, 0, 8_399_737.9, 0, -1), 10, 10)  # 60 degrees north
    assert area == pytest.approx(0.25, rel=0.01)
    assert note is not None


def test_pixel_area_is_none_where_the_place_is_unknown() -> None:
    local = 'LOCAL_CS["site",UNIT["metre",1]]'
    assert pixel_area(local, (0, 1, 0, 0, 0, -1), 10, 10) == (None, None)


def test_apply_geotransform_follows_gdals_order() -> None:
    np.testing.assert_allclose(apply_geotransform((100, 2, 0.5, 200, 0.25, -3), [(10, 20)]), [(130, 142.5)])


def test_to_wgs84_gives_longitude_before_latitude() -> None:
    np.testing.assert_allclose(to_wgs84([(500_000, 0)], "EPSG:32632"), [(9, 0)], atol=1e-9)
    np.testing.assert_allclose(to_wgs84([(9, 50)], "EPSG:4326"), [(9, 50)], atol=1e-9)


@pytest.mark.parametrize("crs", ["EPSG:999999", "nonsense", 'LOCAL_CS["site",UNIT["metre",1]]'])
def test_to_wgs84_refuses_unknown_systems(crs: str) -> None:
    with pytest.raises(InputError, match="expected a CRS"):
        to_wgs84([(0, 0)], crs)


def test_ground_area_of_many_pixels_is_the_zone_of_the_ellipsoid() -> None:
    # One degree of longitude from the equator to 60 degrees north: authalic area, by the closed formula.
    a, e = 6378137.0, math.sqrt(0.0066943799901413165)
    sine = math.sin(math.radians(60))
    zone = a * a * (1 - e * e) / 2 * (sine / (1 - (e * sine) ** 2) + math.atanh(e * sine) / e)
    region = MultiPolygon([box(0, 0, 1, 60)])
    found = ground_area(region, "EPSG:4326", (10.0, 1.0, 0.0, 60.0, 0.0, -1.0))
    assert found == pytest.approx(zone * math.radians(1), rel=1e-4)


def test_ground_area_takes_the_plane_where_it_keeps_areas_and_holes_off() -> None:
    region = MultiPolygon(
        [Polygon(box(0, 0, 10, 10).exterior, [box(2, 2, 4, 5).exterior]), box(20, 0, 21, 1)]
    )
    assert ground_area(region, "EPSG:32632", (5e5, 0.5, 0.0, 5e6, 0.0, -0.5)) == 95 / 4


def test_ground_area_is_unknown_where_the_system_has_no_place() -> None:
    local = 'LOCAL_CS["site",UNIT["metre",1]]'
    assert ground_area(MultiPolygon([box(0, 0, 1, 1)]), local, (0, 1, 0, 0, 0, -1)) is None
