"""What both sources of guesses must do: keypoints and dense discs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.control import Control
from geotamper.errors import CancelledError
from geotamper.evidence.dense import DenseCandidates
from geotamper.evidence.hypotheses import CandidateSource, Hypotheses
from geotamper.evidence.keypoints import KeypointCandidates
from geotamper.evidence.planes import Planes
from geotamper.forge.forgery import Forgery

POSES = [
    ("city", 35.0, 1.0, "opencv-linear"),
    ("suburb", -110.0, 1.2, "opencv-linear"),
    ("airport", 60.0, 0.8, "opencv-cubic"),
]


@pytest.fixture(params=[KeypointCandidates(), DenseCandidates()], ids=["keypoints", "dense"])
def source(request: pytest.FixtureRequest) -> CandidateSource:
    candidates: CandidateSource = request.param
    return candidates


def _propose(source: CandidateSource, planes: Planes, workers: int = 1) -> Hypotheses:
    return source.propose(planes, workers=workers, control=Control())


def _true(proposed: Hypotheses, forgery: Forgery, true_poses: Callable[..., Any]) -> int:
    """Guesses about the copy that lie within 2 px, 0.2 in scale and 12 degrees of the truth."""
    x, y = proposed.centres.T
    inside = (x >= 0) & (y >= 0) & (x < forgery.target_mask.shape[1]) & (y < forgery.target_mask.shape[0])
    proposed = proposed.subset(inside)
    x, y = proposed.centres.T
    proposed = proposed.subset(forgery.target_mask[y, x])
    poses = true_poses(forgery, proposed.centres)
    a, b, dx, dy = (proposed.poses - poses).T
    return int(np.count_nonzero((np.hypot(dx, dy) < 2) & (np.hypot(a, b) < 0.2)))


@pytest.mark.parametrize("pose", POSES)
def test_candidates_contain_the_true_pose(
    source: CandidateSource,
    pose: tuple[Any, ...],
    case: type,
    forged: Callable[..., Forgery],
    planes: Callable[..., Planes],
    true_poses: Callable[..., Any],
) -> None:
    key = case(*pose)
    proposed = _propose(source, planes(key))
    # one side may be missing: dense discs are only looked up among smaller ones
    assert _true(proposed, forged(key), true_poses) + _true(proposed.reversed(), forged(key), true_poses) >= 8


def test_candidates_do_not_depend_on_the_number_of_workers(
    source: CandidateSource, case: type, planes: Callable[..., Planes]
) -> None:
    one, three = (_propose(source, planes(case("city", 35.0)), workers) for workers in (1, 3))
    np.testing.assert_array_equal(one.centres, three.centres)
    np.testing.assert_array_equal(one.poses, three.poses)


def test_candidates_lie_apart(source: CandidateSource, noise: npt.NDArray[np.uint8]) -> None:
    proposed = _propose(source, Planes.of(noise))
    shift = np.abs(proposed.poses[:, 2:] - proposed.centres)
    assert len(proposed) > 0
    assert (shift.max(axis=1) > 8).all()


@pytest.mark.parametrize("level", [0, 93, 127])
def test_candidates_of_a_flat_picture_are_none(source: CandidateSource, level: int) -> None:
    assert len(_propose(source, Planes.of(np.full((96, 96, 3), level, np.uint8)))) == 0


def test_dense_candidates_of_a_white_picture_are_none() -> None:
    assert len(_propose(DenseCandidates(), Planes.of(np.full((96, 96, 3), 255, np.uint8)))) == 0


def test_candidates_stop_when_cancelled(source: CandidateSource, noise: npt.NDArray[np.uint8]) -> None:
    with pytest.raises(CancelledError):
        source.propose(Planes.of(noise), workers=1, control=Control(is_cancelled=lambda: True))
