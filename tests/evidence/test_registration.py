from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from geotamper.evidence.hypotheses import Hypotheses
from geotamper.evidence.planes import Planes
from geotamper.evidence.registration import (
    CorrelationGate,
    ExactGate,
    Gate,
    Registered,
    register,
    register_reversed,
)
from geotamper.forge.forgery import BoolMask, Forgery

POSES = [
    ("city", 35.0, 1.0, "opencv-linear"),
    ("suburb", -110.0, 1.2, "opencv-linear"),
    ("farmland", 0.0, 0.7, "opencv-linear"),
    ("airport", 60.0, 0.8, "opencv-cubic"),
    ("harbour", 0.0, 1.3, "opencv-cubic"),
]
COUNT = 60


def _centres(mask: BoolMask, within: int) -> npt.NDArray[np.int64]:
    """Pixels of a mask whose discs lie inside it."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * within + 1, 2 * within + 1))
    rows, columns = np.nonzero(cv2.erode(mask.astype(np.uint8), disc))
    chosen = np.random.default_rng(0).choice(len(rows), COUNT)
    return np.stack([columns[chosen], rows[chosen]], axis=1)


@pytest.fixture(scope="module", params=POSES, ids=lambda pose: f"{pose[0]}-{pose[1]}-{pose[2]}")
def pasted(
    request: pytest.FixtureRequest,
    case: type,
    forged: Callable[..., Forgery],
    planes: Callable[..., Planes],
    true_poses: Callable[..., Any],
) -> tuple[Planes, Hypotheses]:
    """A forged picture and true guesses about its copy."""
    key = case(*request.param)
    centres = _centres(forged(key).target_mask, 10)
    return planes(key), Hypotheses(centres, true_poses(forged(key), centres))


def _perturbed(guesses: Hypotheses) -> Hypotheses:
    rng = np.random.default_rng(1)
    change = np.concatenate([rng.uniform(-0.04, 0.04, (COUNT, 2)), rng.uniform(-1, 1, (COUNT, 2))], axis=1)
    return Hypotheses(guesses.centres, guesses.poses + change)


def _random(guesses: Hypotheses) -> Hypotheses:
    rng = np.random.default_rng(2)
    places = rng.uniform(25, 230, (COUNT, 2))
    far = np.abs(places - guesses.poses[:, 2:]).max(axis=1) > 20
    poses = np.concatenate([guesses.poses[:, :2], places], axis=1)
    return Hypotheses(guesses.centres, poses).subset(far)


def _register(planes: Planes, guesses: Hypotheses, *, workers: int = 1) -> Registered:
    radii = np.full(len(guesses), 9, np.int64)
    return register(planes, guesses, radii=radii, iterations=6, workers=workers)


def _distance(found: Hypotheses, true: Hypotheses) -> npt.NDArray[np.float64]:
    return np.asarray(np.hypot(*(found.poses[:, 2:] - true.poses[:, 2:]).T))


def _nearest(found: Hypotheses, true: Hypotheses) -> npt.NDArray[np.int64]:
    gaps = found.centres[:, None] - true.centres[None]
    return np.asarray(np.abs(gaps).max(axis=2).argmin(axis=1))


def test_register_converges_from_nearby(pasted: tuple[Planes, Hypotheses]) -> None:
    planes, true = pasted
    found = _register(planes, _perturbed(true))
    right = (_distance(found.hypotheses, true) < 0.05) & (found.exactness > 5)
    assert right.mean() >= 0.95
    assert (found.residual[right] < 1.5).all()
    assert (found.texture[right] > 20).all()
    np.testing.assert_array_equal(found.hypotheses.centres, true.centres)


def test_register_finds_nothing_exact_elsewhere(pasted: tuple[Planes, Hypotheses]) -> None:
    planes, true = pasted
    found = _register(planes, _random(true))
    assert len(found) > COUNT // 2
    assert (found.exactness < 3).all()


def test_register_leaves_its_input_and_needs_no_more_threads(pasted: tuple[Planes, Hypotheses]) -> None:
    planes, true = pasted
    start = _perturbed(true)
    before = start.poses.copy()
    one, three = (_register(planes, start, workers=workers) for workers in (1, 3))
    np.testing.assert_array_equal(start.poses, before)
    np.testing.assert_array_equal(one.hypotheses.poses, three.hypotheses.poses)
    np.testing.assert_array_equal(one.exactness, three.exactness)


def test_register_reversed_turns_guesses_about_the_source_into_exact_ones_about_the_copy(
    pasted: tuple[Planes, Hypotheses],
) -> None:
    planes, true = pasted
    wrong = _register(planes, true.reversed())
    back = register_reversed(planes, wrong, radius=9, workers=1)
    assert len(back) >= 0.9 * COUNT
    assert np.median(back.exactness) > 5
    images = back.hypotheses.centres - true.centres[_nearest(back.hypotheses, true)]
    assert np.median(np.abs(images)) <= 1


@pytest.mark.parametrize("gate", [CorrelationGate(), ExactGate()], ids=["correlation", "exact"])
def test_gates_pass_the_true_and_stop_the_random(gate: Gate, pasted: tuple[Planes, Hypotheses]) -> None:
    planes, true = pasted
    guesses = Hypotheses.joined(_random(true), true)
    passed = gate.passed(planes, guesses, most=1000, workers=1)
    near = np.array(
        [
            np.hypot(*(true.poses[(true.centres == centre).all(axis=1), 2:] - pose[2:]).T).min() < 1
            for centre, pose in zip(passed.centres, passed.poses, strict=True)
        ]
    )
    assert np.count_nonzero(near) >= 0.9 * COUNT
    assert np.count_nonzero(~near) <= 0.1 * COUNT
    assert len(gate.passed(planes, guesses, most=7, workers=2)) == 7


@pytest.mark.parametrize("gate", [CorrelationGate(), ExactGate()], ids=["correlation", "exact"])
def test_gates_and_registration_take_nothing_and_the_rim(gate: Gate, noise: npt.NDArray[np.uint8]) -> None:
    planes = Planes.of(noise)
    assert len(gate.passed(planes, Hypotheses.none(), most=5, workers=2)) == 0
    assert len(_register(planes, Hypotheses.none())) == 0
    corners = np.array([[0, 0], [119, 0], [0, 89], [119, 89]])
    poses = np.column_stack([np.ones(4), np.zeros(4), [119.0, -3.0, 500.0, 0.0], [89.0, 89.0, -70.0, 0.0]])
    rim = Hypotheses(corners, poses)
    gate.passed(planes, rim, most=5, workers=1)
    found = _register(planes, rim)
    assert np.isfinite(found.exactness).all()
    assert (found.exactness < 3).all()


def test_register_flat_discs_say_nothing() -> None:
    planes = Planes.of(np.full((64, 64, 3), 90, np.uint8))
    guess = Hypotheses(np.array([[20, 20]]), np.array([[1.0, 0.0, 45.0, 45.0]]))
    found = _register(planes, guess)
    assert found.exactness[0] < 3
    assert found.texture[0] == 0


def test_registered_subset_and_joined_keep_the_order() -> None:
    guesses = Hypotheses(np.arange(6).reshape(3, 2), np.arange(12.0).reshape(3, 4))
    one = Registered(guesses, np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0]), np.array([7.0, 8.0, 9.0]))
    both = Registered.joined(one.subset(np.array([2])), one.subset(np.array([True, False, False])))
    assert len(both) == 2
    assert both.exactness.tolist() == [3, 1]
    assert both.residual.tolist() == [6, 4]
    assert both.texture.tolist() == [9, 7]
    np.testing.assert_array_equal(both.hypotheses.poses, guesses.poses[[2, 0]])
