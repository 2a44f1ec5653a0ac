from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.evidence.acceptance import ExactTest
from geotamper.evidence.resynthesis import Explanation
from geotamper.imagery.kernels import LINEAR
from geotamper.imagery.region import Region, Window

TEST = ExactTest()
GOOD = Explanation(np.eye(2, 3), LINEAR, 1.0, share=0.98, residual=0.3, information=2000.0, pose_sigma=1e-4)


def _region(side: int) -> Region:
    return Region.cut(Window(0, 0, side, side), np.ones((side, side), bool))


def test_exact_test_accepts_a_copy() -> None:
    assert TEST.probability(_region(40), GOOD) > TEST.accepted_from


@pytest.mark.parametrize(
    ("found", "side"),
    [
        (replace(GOOD, share=0.8), 40),
        (replace(GOOD, residual=0.9), 40),
        (replace(GOOD, information=100.0), 40),
        (replace(GOOD, information=0.0, share=0.0), 40),
        (GOOD, 6),
        (GOOD, 0),
    ],
)
def test_exact_test_needs_everything_at_once(found: Explanation, side: int) -> None:
    assert TEST.probability(_region(side), found) < TEST.accepted_from


def test_exact_test_just_accepts_on_its_thresholds() -> None:
    on = replace(GOOD, share=TEST.share)
    assert TEST.probability(_region(40), on) == pytest.approx(TEST.accepted_from)
    on = replace(GOOD, residual=TEST.residual)
    assert TEST.probability(_region(40), on) == pytest.approx(TEST.accepted_from)
    on = replace(GOOD, information=TEST.information / GOOD.share)
    assert TEST.probability(_region(40), on) == pytest.approx(TEST.accepted_from)


@given(st.floats(0, 1), st.floats(0, 99), st.floats(0, 1e6), st.integers(0, 60), st.floats(0, 0.5))
def test_exact_test_rises_with_the_evidence(
    share: float, residual: float, information: float, side: int, more: float
) -> None:
    found = replace(GOOD, share=share, residual=residual, information=information)
    probability = TEST.probability(_region(side), found)
    assert 0 <= probability <= 1
    better = replace(
        found,
        share=min(1.0, share + more),
        residual=max(0.0, residual - more),
        information=information * (1 + more),
    )
    assert TEST.probability(_region(side + 1), better) >= probability
