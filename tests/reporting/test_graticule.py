import numpy as np
import pytest

from geotamper.reporting.graticule import graticule, sexagesimal, spacing


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
