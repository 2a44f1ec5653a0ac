"""Errors of turn and scale against complex numbers and sorted lists."""

import cmath
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.errors import SpecificationError
from geotamper.metrics import (
    RegionPair,
    TransformPair,
    localise,
    measured_pairs,
    rotation_error,
    transform_metrics,
)

ANGLES = st.floats(-1000, 1000)
SCALES = st.floats(0.2, 5)
PAIRS = st.lists(st.builds(TransformPair, ANGLES, ANGLES, SCALES, SCALES), min_size=1, max_size=12)


def slow_median(values: list[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


@given(ANGLES, ANGLES)
def test_rotation_error_agrees_with_unit_vectors(first: float, second: float) -> None:
    turn = cmath.exp(1j * math.radians(first)) / cmath.exp(1j * math.radians(second))
    assert rotation_error(first, second) == pytest.approx(abs(math.degrees(cmath.phase(turn))), abs=1e-6)
    assert rotation_error(first, second) == rotation_error(second, first)


@pytest.mark.parametrize(
    ("first", "second", "error"), [(179, -179, 2), (0, 360, 0), (10, 350, 20), (-180, 180, 0), (0, 180, 180)]
)
def test_rotation_error_goes_the_short_way_round(first: float, second: float, error: float) -> None:
    assert rotation_error(first, second) == pytest.approx(error)


@given(PAIRS)
def test_transform_metrics_agree_with_sorted_lists(pairs: list[TransformPair]) -> None:
    result = transform_metrics(pairs)
    assert result is not None
    turns = [rotation_error(pair.true_rotation_deg, pair.rotation_deg) for pair in pairs]
    scales = [max(pair.scale, pair.true_scale) - min(pair.scale, pair.true_scale) for pair in pairs]
    assert result.pairs == len(pairs)
    assert result.rotation_median_deg == pytest.approx(slow_median(turns))
    assert result.rotation_mae_deg == pytest.approx(sum(turns) / len(turns))
    assert result.scale_median == pytest.approx(slow_median(scales))
    assert result.scale_mae == pytest.approx(sum(scales) / len(scales))


def test_transform_metrics_are_none_without_pairs() -> None:
    assert transform_metrics([]) is None


def test_measured_pairs_leave_out_missed_exchanged_and_blurred_pictures() -> None:
    left, right = np.zeros((4, 8), dtype=np.bool_), np.zeros((4, 8), dtype=np.bool_)
    left[:, :3], right[:, 5:] = True, True
    truth = RegionPair(left, right)
    pictures = [
        localise("copy-move", truth, truth),
        localise("copy-move", truth, RegionPair(right, left)),
        localise("copy-move", truth, RegionPair.empty((4, 8))),
        localise("blur", RegionPair(left, left), RegionPair(left, left)),
        localise("copy-move", truth, truth),
    ]
    pairs = [TransformPair(float(i), 0.0, 1.0, 1.0) for i in range(4)]
    assert measured_pairs(pictures, [*pairs, None]) == pairs[:1]
    with pytest.raises(SpecificationError, match="one transform or None per picture"):
        measured_pairs(pictures, pairs)
