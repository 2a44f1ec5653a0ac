"""Votes of neighbouring keypoint pairs."""

import math
from dataclasses import replace

import numpy as np
import pytest

from geotamper.evidence.scenes.keypoints import SceneKeypoints
from geotamper.evidence.scenes.voting import candidates_of, vote
from geotamper.imagery.similarity import Similarity

MOVE = Similarity.from_parameters(
    rotation_deg=35, scale=1.2, centre=(60.0, 60.0), image_of_centre=(9000.0, 4000.0)
)


@pytest.fixture
def matched() -> tuple[SceneKeypoints, np.ndarray, np.ndarray]:
    """Six keypoints of an object with their images, and forty pairs of strangers that are as alike."""
    rng = np.random.default_rng(0)
    own = np.array([[40, 50], [52, 44], [61, 61], [58, 75], [47, 66], [70, 52]], float)
    strangers = rng.uniform(0, 10_000, (80, 2))
    points = np.concatenate([own, MOVE.apply(own), strangers])
    sizes = np.concatenate([np.full(6, 5.0), np.full(6, 6.0), np.full(80, 5.0)])
    angles = np.concatenate([np.full(6, 1.0), np.full(6, 1.0 - math.radians(35)), rng.uniform(0, 6, 80)])
    partners = np.full((92, 2), -1, np.int32)
    partners[:6, 0] = np.arange(6, 12)
    partners[6:12, 0] = np.arange(6)
    partners[12:52, 0] = np.arange(52, 92)
    distances = np.where(partners >= 0, np.int32((0.1 * 254) ** 2), 0).astype(np.int32)
    keypoints = SceneKeypoints(points.astype(np.float32), sizes.astype(np.float32), angles.astype(np.float32))
    return keypoints, partners, distances


def test_vote_counts_neighbours_that_follow_the_same_transform(
    matched: tuple[SceneKeypoints, np.ndarray, np.ndarray],
) -> None:
    pairs = vote(*matched)
    assert len(pairs) == 46  # pairs that were entered from both sides count once
    of_object = np.abs(pairs.points - 60).max(axis=1) < 30
    assert (pairs.votes[of_object] == 5).all()
    assert (pairs.votes[~of_object] == 0).all()
    np.testing.assert_allclose(pairs.distances, 0.1, atol=0.01)


def test_candidates_of_puts_supported_pairs_first_and_together(
    matched: tuple[SceneKeypoints, np.ndarray, np.ndarray],
) -> None:
    best, *others = candidates_of(vote(*matched), most=10)
    assert best.votes == 5
    assert len(best.hypotheses) == 12  # by the transform that all six follow, and as each keypoint tells it
    assert len(others) == 9
    centres, poses = best.hypotheses.centres, best.hypotheses.poses
    np.testing.assert_allclose(poses[:, 2:], MOVE.apply(centres.astype(float)), atol=1.0)
    np.testing.assert_allclose(poses[:, 0], MOVE.a, atol=1e-5)
    np.testing.assert_allclose(poses[:, 1], MOVE.b, atol=1e-5)


def test_candidates_of_fits_one_transform_to_pairs_that_are_a_little_off(
    matched: tuple[SceneKeypoints, np.ndarray, np.ndarray],
) -> None:
    keypoints, partners, distances = matched
    rng = np.random.default_rng(3)
    angles, points = keypoints.angles.copy(), keypoints.points.copy()
    angles[:6] += rng.normal(0, 0.05, 6).astype(np.float32)
    points[5] += 14  # one is wrong altogether
    changed = replace(keypoints, angles=angles, points=points)
    best = candidates_of(vote(changed, partners, distances), most=1)[0]
    fitted = best.hypotheses.poses[: len(best.hypotheses) - 6]
    assert len(fitted) == 5
    np.testing.assert_allclose(fitted[:, 0], MOVE.a, atol=0.01)
    np.testing.assert_allclose(fitted[:, 1], MOVE.b, atol=0.01)


def test_candidates_of_nothing_is_nothing() -> None:
    nothing = SceneKeypoints(np.zeros((3, 2), np.float32), np.ones(3, np.float32), np.zeros(3, np.float32))
    alone = np.full((3, 4), -1, np.int32)
    assert candidates_of(vote(nothing, alone, np.zeros((3, 4), np.int32)), most=5) == []
