from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.evidence.growing import component_at, grow, pose_matrix
from geotamper.evidence.planes import Planes
from geotamper.forge.forgery import Forgery

POSES = [
    ("suburb", 0.0, 1.0, "opencv-linear"),
    ("city", 35.0, 1.0, "opencv-linear"),
    ("suburb", -110.0, 1.2, "opencv-linear"),
    ("farmland", 0.0, 0.7, "opencv-linear"),
    ("airport", 60.0, 0.8, "opencv-cubic"),
    ("harbour", 0.0, 1.3, "opencv-cubic"),
]
SEED = (190, 70)
"""The middle of every copy."""


def _pose(forgery: Forgery, true_poses: Callable[..., Any]) -> npt.NDArray[np.float64]:
    return np.asarray(true_poses(forgery, np.array([SEED]))[0], np.float64)


@pytest.mark.parametrize("pose", POSES)
def test_grow_covers_the_copy(
    pose: tuple[Any, ...],
    case: type,
    forged: Callable[..., Forgery],
    planes: Callable[..., Planes],
    true_poses: Callable[..., Any],
    overlap: Callable[..., float],
) -> None:
    forgery = forged(case(*pose))
    start = _pose(forgery, true_poses) + np.array([0.002, -0.002, 0.1, -0.1])
    grown = grow(planes(case(*pose)), SEED, pose_matrix(np.array(SEED), start))
    assert grown is not None
    assert overlap(grown.region.full((256, 256)), forgery.target_mask) > 0.8
    assert forgery.transform is not None
    corners = np.array([[0, 0], [1, 0], [0, 1]]) * 20 + SEED
    wanted = corners @ forgery.transform.inverse().index_matrix[:, :2].T
    found = corners @ grown.matrix[:, :2].T
    shift = grown.matrix[:, 2] - forgery.transform.inverse().index_matrix[:, 2]
    np.testing.assert_allclose(found + shift, wanted, atol=0.1)


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("shift", [(30, 0), (-45, 25), (11, -60)])
def test_grow_from_a_wrong_place_stays_small(
    pose: tuple[Any, ...],
    shift: tuple[int, int],
    case: type,
    forged: Callable[..., Forgery],
    planes: Callable[..., Planes],
    true_poses: Callable[..., Any],
) -> None:
    forgery = forged(case(*pose))
    start = _pose(forgery, true_poses) + np.array([0, 0, *shift])
    grown = grow(planes(case(*pose)), SEED, pose_matrix(np.array(SEED), start))
    assert grown is None or grown.region.area < 0.25 * np.count_nonzero(forgery.target_mask)


@pytest.mark.parametrize("scale", [0.2, 4.0])
def test_grow_refuses_scales_that_no_forger_uses(
    scale: float, case: type, planes: Callable[..., Planes]
) -> None:
    assert grow(planes(case()), SEED, scale * np.eye(2, 3)) is None


def test_grow_on_a_flat_picture_finds_nothing() -> None:
    planes = Planes.of(np.full((96, 96, 3), 128, np.uint8))
    assert grow(planes, (30, 30), np.array([[1.0, 0, 30], [0, 1, 30]])) is None


def test_grow_at_the_rim_is_cut_by_the_frame(noise: npt.NDArray[np.uint8]) -> None:
    planes = Planes.of(np.hstack([noise, noise]))
    grown = grow(planes, (0, 0), np.array([[1.0, 0, 120], [0, 1, 0]]))
    assert grown is not None
    found = grown.region.full((90, 240))
    assert found[:, :118].mean() > 0.95
    assert not found[:, 122:].any()


def test_pose_matrix_takes_the_centre_to_its_image() -> None:
    matrix = pose_matrix(np.array([7, 9]), np.array([0.8, 0.6, 50.5, 60.25]))
    assert matrix @ [7, 9, 1] == pytest.approx([50.5, 60.25])
    assert matrix @ [10, 9, 1] == pytest.approx([50.5 + 2.4, 60.25 - 1.8])


def test_component_at_takes_the_part_that_covers_most_nearby() -> None:
    mask = np.zeros((20, 20), bool)
    mask[2:5, 2:5] = mask[7:15, 7:15] = True
    wanted = np.zeros_like(mask)
    wanted[7:15, 7:15] = True
    found = component_at(mask, 6, 6)
    assert found is not None
    np.testing.assert_array_equal(found, wanted)
    assert component_at(mask, 19, 0, reach=3) is None
