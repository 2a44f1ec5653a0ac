"""Similar descriptors across a scene."""

import numpy as np
import pytest

from geotamper.control import Control
from geotamper.evidence.scenes.keypoints import SceneKeypoints
from geotamper.evidence.scenes.partners import Forest
from geotamper.evidence.scenes.spool import Spool

COUNT = 3000


def scattered(points: np.ndarray) -> SceneKeypoints:
    """Keypoints of one size and direction."""
    size = np.full(len(points), 4, np.float32)
    return SceneKeypoints(points.astype(np.float32), size, np.zeros(len(points), np.float32))


@pytest.fixture(scope="module")
def twins() -> np.ndarray:
    """Descriptors of which each of the second half is nearly one of the first half."""
    rng = np.random.default_rng(0)
    one = rng.normal(0, 25, (COUNT, 32))
    other = one + rng.normal(0, 2, one.shape)
    both = np.clip(np.rint(np.concatenate([one, other])), -127, 127)
    return np.asarray(both, np.int8)


def found(vectors: np.ndarray, points: np.ndarray, *, most_bytes: int) -> tuple[np.ndarray, bool]:
    """Partners, and whether the descriptors lay on disk."""
    with Spool(32, np.int8, most_bytes=most_bytes) as spool:
        spool.append(vectors)
        partners, _, trees = Forest().partners(scattered(points), spool, until=0.0, control=Control())
        assert trees == Forest().trees
        return partners, spool.is_on_disk


@pytest.mark.parametrize("most_bytes", [10**9, 40_000])
def test_forest_finds_twins_in_memory_and_on_disk(twins: np.ndarray, most_bytes: int) -> None:
    points = np.random.default_rng(1).uniform(0, 50_000, (2 * COUNT, 2))
    partners, is_on_disk = found(twins, points, most_bytes=most_bytes)
    assert is_on_disk == (most_bytes < twins.nbytes)
    expected = (np.arange(2 * COUNT) + COUNT) % (2 * COUNT)
    assert (partners[:, 0] == expected).mean() > 0.95


def test_forest_gives_the_same_for_the_same(twins: np.ndarray) -> None:
    points = np.random.default_rng(1).uniform(0, 50_000, (2 * COUNT, 2))
    first, _ = found(twins, points, most_bytes=10**9)
    again, _ = found(twins, points, most_bytes=10**9)
    np.testing.assert_array_equal(first, again)


def test_forest_leaves_out_partners_beside_the_keypoint(twins: np.ndarray) -> None:
    points = np.random.default_rng(1).uniform(0, 50_000, (2 * COUNT, 2))
    points[COUNT:] = points[:COUNT] + 4.0
    partners, _ = found(twins, points, most_bytes=10**9)
    expected = (np.arange(2 * COUNT) + COUNT) % (2 * COUNT)
    assert not (partners == expected[:, None]).any()


def test_forest_keeps_partners_that_lie_apart(twins: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    points = rng.uniform(0, 50_000, (2 * COUNT, 2))
    crowd = np.repeat(twins[:1], 40, axis=0)
    places = np.concatenate([points, np.full((20, 2), 100.0), np.full((20, 2), 900.0)])
    partners, _ = found(np.concatenate([twins, crowd]), places, most_bytes=10**9)
    row = partners[0][partners[0] >= 0]
    near = [np.abs(places[row] - corner).max(axis=1) < 6 for corner in (100.0, 900.0)]
    assert [int(one.sum()) for one in near] == [1, 1]


def test_forest_stops_when_time_is_up(twins: np.ndarray) -> None:
    points = np.random.default_rng(1).uniform(0, 50_000, (2 * COUNT, 2))
    with Spool(32, np.int8, most_bytes=10**9) as spool:
        spool.append(twins)
        control = Control(time_limit=100.0)
        partners, _, trees = Forest().partners(scattered(points), spool, until=200.0, control=control)
    assert trees == 0
    assert (partners == -1).all()
