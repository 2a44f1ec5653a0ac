import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.evidence.hypotheses import Hypotheses

_POINT = st.tuples(st.floats(0, 500), st.floats(0, 500))


def _image(pose: npt.NDArray[np.float64], dx: float, dy: float) -> tuple[float, float]:
    a, b, u, v = pose
    return u + a * dx + b * dy, v - b * dx + a * dy


@given(_POINT, _POINT, st.floats(-np.pi, np.pi), st.floats(0.4, 2.5))
def test_hypotheses_between_takes_each_point_to_its_partner(
    point: tuple[float, float], other: tuple[float, float], angle: float, scale: float
) -> None:
    turn = scale * np.exp(1j * angle)
    guess = Hypotheses.between(np.array([point]), np.array([other]), np.array([turn]))
    centre, pose = guess.centres[0], guess.poses[0]
    assert np.abs(centre - point).max() <= 0.5
    assert complex(pose[0], pose[1]) == pytest.approx(turn)
    assert _image(pose, *(np.array(point) - centre)) == pytest.approx(other, abs=1e-6)


@given(_POINT, _POINT, st.floats(-np.pi, np.pi), st.floats(0.4, 2.5))
def test_hypotheses_reversed_lead_back(
    point: tuple[float, float], other: tuple[float, float], angle: float, scale: float
) -> None:
    turn = scale * np.exp(1j * angle)
    guess = Hypotheses.between(np.array([point]), np.array([other]), np.array([turn]))
    back = guess.reversed()
    for dx, dy in ((0.0, 0.0), (7.0, -3.0)):
        image = _image(guess.poses[0], dx, dy)
        again = _image(back.poses[0], *(np.array(image) - back.centres[0]))
        assert again == pytest.approx(tuple(guess.centres[0] + [dx, dy]), abs=1e-6)


def test_hypotheses_joined_and_subset_keep_the_order() -> None:
    rng = np.random.default_rng(0)
    parts = [Hypotheses(rng.integers(0, 9, (n, 2)), rng.random((n, 4))) for n in (3, 0, 2)]
    joined = Hypotheses.joined(*parts, Hypotheses.none())
    assert len(joined) == 5
    picked = joined.subset(np.array([4, 0]))
    np.testing.assert_array_equal(picked.poses, [parts[2].poses[1], parts[0].poses[0]])
    np.testing.assert_array_equal(picked.centres, [parts[2].centres[1], parts[0].centres[0]])
    assert len(Hypotheses.none()) == 0
