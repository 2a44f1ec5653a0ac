import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from geotamper.inspection.regions import bounding_box, centroid, describe_region

masks = arrays.arrays(
    np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.booleans()
).filter(lambda mask: bool(mask.any()))


@given(masks)
def test_centroid_is_the_mean_pixel_centre(mask: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> None:
    rows, columns = np.nonzero(mask)
    assert centroid(mask) == pytest.approx((columns.mean() + 0.5, rows.mean() + 0.5, mask.sum()))


@given(masks)
def test_bounding_box_is_tight(mask: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> None:
    x0, y0, x1, y1 = bounding_box(mask)
    assert mask[y0:y1, x0:x1].sum() == mask.sum()
    assert mask[y0].any()
    assert mask[y1 - 1].any()
    assert mask[:, x0].any()
    assert mask[:, x1 - 1].any()


@given(masks)
def test_describe_region_rings_enclose_the_area(
    mask: np.ndarray[tuple[int, int], np.dtype[np.bool_]],
) -> None:
    region = describe_region(mask, frame=mask.size)
    doubled = sum(
        x0 * y1 - x1 * y0 for ring in region.polygon for (x0, y0), (x1, y1) in itertools.pairwise(ring)
    )
    assert abs(doubled) / 2 == pytest.approx(region.area_px)
    assert region.area_fraction == pytest.approx(region.area_px / mask.size)
