"""Areas of interest by window, bbox and GeoJSON."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.errors import InputError, SpecificationError
from geotamper.imagery.area import Area
from geotamper.imagery.georeference import apply_geotransform, to_wgs84
from geotamper.imagery.picture import Geotransform
from geotamper.imagery.region import Window


@dataclass(frozen=True)
class _Grid:
    path: str | None = "scene.tif"
    width: int = 200
    height: int = 100
    crs: str | None = "EPSG:32632"
    geotransform: Geotransform | None = (500_000, 2, 0, 5_200_000, 0, -2)


def _geojson(path: Path, *rings: Any, **more: Any) -> Path:
    polygon = {"type": "Polygon", "coordinates": [np.asarray(ring).tolist() for ring in rings]}
    path.write_text(json.dumps({"type": "Feature", "geometry": polygon, **more}))
    return path


_SQUARE = [[10, 20], [50, 20], [50, 60], [10, 60], [10, 20]]


def test_a_window_is_cut_at_the_frame() -> None:
    area = Area.from_window(150, 90, 100, 100).on(_Grid())
    assert area.window == Window(150, 90, 200, 100)
    assert area.mask(area.window).all()
    assert not area.mask(Window(0, 0, 150, 90)).any()


def test_a_bbox_is_in_map_coordinates() -> None:
    area = Area.from_bbox(500_020, 5_199_900, 500_100, 5_199_960).on(_Grid())
    assert area.window == Window(10, 20, 50, 50)


def test_geojson_is_in_degrees_where_the_picture_has_a_crs(tmp_path: Path) -> None:
    grid = _Grid()
    assert grid.geotransform is not None
    ring = to_wgs84(apply_geotransform(grid.geotransform, _SQUARE), "EPSG:32632")
    area = Area.from_geojson(_geojson(tmp_path / "a.geojson", ring)).on(grid)
    mask = area.mask(Window(0, 0, 200, 100))
    expected = np.zeros((100, 200), bool)
    expected[20:60, 10:50] = True
    assert np.count_nonzero(mask != expected) <= 160 * 0.02


def test_geojson_is_in_pixels_where_the_picture_has_no_crs(tmp_path: Path) -> None:
    hole = [[20, 30], [30, 30], [30, 40], [20, 40], [20, 30]]
    path = _geojson(tmp_path / "a.geojson", _SQUARE, hole)
    area = Area.from_geojson(path).on(_Grid(crs=None, geotransform=None))
    assert area.window == Window(10, 20, 50, 60)
    assert area.mask(area.window).sum() == 1600 - 100


@given(x=st.integers(0, 190), y=st.integers(0, 90), width=st.integers(1, 10), height=st.integers(1, 10))
def test_masks_of_windows_are_parts_of_the_whole(x: int, y: int, width: int, height: int) -> None:
    triangle = (((13.3, 5.1), (180.2, 33.7), (70.9, 96.4), (13.3, 5.1)),)
    area = Area("pixels", (triangle,), "triangle").on(_Grid())
    whole = area.mask(Window(0, 0, 200, 100))
    part = Window(x, y, x + width, y + height)
    np.testing.assert_array_equal(area.mask(part), whole[part.slices])


@pytest.mark.parametrize(
    ("area", "grid", "words"),
    [
        (Area.from_window(300, 0, 10, 10), _Grid(), "outside of 'scene.tif'"),
        (Area.from_bbox(0, 0, 1, 1), _Grid(), "outside of 'scene.tif'"),
        (Area.from_bbox(0, 0, 1, 1), _Grid(crs=None), "no map coordinates"),
        (Area.from_bbox(500_000.1, 5_199_999.1, 500_000.2, 5_199_999.2), _Grid(), "holds no pixel"),
    ],
)
def test_areas_that_do_not_fit_are_refused(area: Area, grid: _Grid, words: str) -> None:
    with pytest.raises(InputError, match=words):
        area.on(grid)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "no usable area"),
        ("[]", "no usable area"),
        ('{"type": "Point", "coordinates": [1, 2]}', "holds no polygon"),
        ('{"type": "FeatureCollection", "features": []}', "holds no polygon"),
        ('{"type": "Polygon", "coordinates": [[[1, 2], [3, 4], [5, 6]]]}', "not closed"),
        ('{"type": "Polygon", "coordinates": [[[NaN, 2], [3, 4], [5, 6], [NaN, 2]]]}', "not"),
        ('{"type": "Blob"}', "unknown"),
        (
            '{"type": "Polygon", "crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}, "coordinates": []}',
            "25832",
        ),
    ],
)
def test_broken_geojson_is_refused(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(content)
    with pytest.raises(InputError, match=words) as caught:
        Area.from_geojson(path)
    assert str(path) in str(caught.value)


def test_geojson_in_metres_is_told_apart(tmp_path: Path) -> None:
    ring = np.array(_SQUARE) + 500_000
    with pytest.raises(InputError, match="degrees"):
        Area.from_geojson(_geojson(tmp_path / "a.geojson", ring)).on(_Grid())
    with pytest.raises(InputError, match="cannot be read"):
        Area.from_geojson(tmp_path / "missing.geojson")


def test_empty_rectangles_are_wrong_usage() -> None:
    with pytest.raises(SpecificationError, match="at least 1 x 1"):
        Area.from_window(0, 0, 0, 5)
    with pytest.raises(SpecificationError, match="empty"):
        Area.from_bbox(5, 0, 5, 5)
