from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rasterio.features import rasterize
from shapely.geometry import Polygon

from geotamper.errors import SpecificationError
from geotamper.imagery.polygons import grouped_parts, mask_parts, mask_polygons

_MASKS = hnp.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))


def _signed_area(ring: list[tuple[float, float]]) -> float:
    x, y = np.asarray(ring).T
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2


def test_mask_polygons_puts_one_pixel_on_its_edges() -> None:
    mask = np.zeros((5, 6), bool)
    mask[2, 3] = True
    (ring,) = mask_polygons(mask)
    assert ring[0] == ring[-1]
    assert set(ring) == {(3, 2), (4, 2), (4, 3), (3, 3)}
    assert len(ring) == 5


def test_mask_polygons_gives_holes_as_rings_the_other_way_round() -> None:
    mask = np.ones((5, 5), bool)
    mask[2, 2] = False
    outer, hole = mask_polygons(mask)
    assert _signed_area(outer) == -25  # counter-clockwise on the screen, where y points down
    assert _signed_area(hole) == 1
    assert set(hole) == {(2, 2), (3, 2), (3, 3), (2, 3)}


def test_mask_parts_groups_islands_in_holes_apart() -> None:
    mask = np.zeros((9, 9), bool)
    mask[1:8, 1:8] = True
    mask[2:7, 2:7] = False
    mask[4, 4] = True
    assert [len(part) for part in mask_parts(mask)] == [2, 1]


def test_mask_polygons_of_nothing_and_everything() -> None:
    assert mask_polygons(np.zeros((4, 4), bool)) == []
    (ring,) = mask_polygons(np.ones((4, 7), bool))
    assert set(ring) == {(0, 0), (7, 0), (7, 4), (0, 4)}


@given(_MASKS)
def test_mask_parts_are_valid_and_exact(mask: Any) -> None:
    shapes = [Polygon(part[0], part[1:]) for part in mask_parts(mask)]
    assert all(shape.is_valid for shape in shapes)
    assert sum(shape.area for shape in shapes) == mask.sum()
    assert -sum(_signed_area(ring) for ring in mask_polygons(mask)) == mask.sum()
    drawn = rasterize(shapes, out_shape=mask.shape, dtype="uint8") if shapes else np.zeros(mask.shape)
    np.testing.assert_array_equal(drawn.astype(bool), mask)


@given(_MASKS, st.floats(0.1, 3))
def test_mask_parts_keeps_all_parts_when_simplified(mask: Any, tolerance: float) -> None:
    exact, simple = mask_parts(mask), mask_parts(mask, simplify=tolerance)
    assert sorted(len(part) for part in simple) == sorted(len(part) for part in exact)
    assert sum(len(r) for part in simple for r in part) <= sum(len(r) for part in exact for r in part)
    assert all(_signed_area(part[0]) < 0 for part in simple)


def test_mask_parts_straightens_a_staircase() -> None:
    mask = np.tril(np.ones((40, 40), bool))
    (ring,) = mask_polygons(mask, simplify=1.0)
    assert len(ring) < 8
    assert -_signed_area(ring) == pytest.approx(mask.sum(), rel=0.05)


@pytest.mark.parametrize(("mask", "tolerance"), [(np.zeros((4, 4), np.uint8), 0), (np.zeros(4, bool), 0)])
def test_mask_parts_refuses_other_arrays(mask: Any, tolerance: float) -> None:
    with pytest.raises(SpecificationError, match="expected bool"):
        mask_parts(mask, simplify=tolerance)


@pytest.mark.parametrize("tolerance", [-1.0, float("nan")])
def test_mask_parts_refuses_negative_tolerances(tolerance: float) -> None:
    with pytest.raises(SpecificationError, match="0 or more"):
        mask_parts(np.zeros((4, 4), bool), simplify=tolerance)


@given(_MASKS)
def test_grouped_parts_undo_what_mask_polygons_flattens(mask: Any) -> None:
    assert grouped_parts(mask_polygons(mask)) == mask_parts(mask)
