import numpy as np
import numpy.typing as npt
import pytest

from geotamper.evidence.keypoints import Keypoints, nearest_partners
from geotamper.evidence.lookup import InvertedFile, Queries, list_centres, nearest_lists

Floats32 = npt.NDArray[np.float32]

APART = 12.0
LISTS = 9


@pytest.fixture(scope="module")
def members() -> tuple[Floats32, Floats32]:
    """Vectors in clumps, and where they lie."""
    rng = np.random.default_rng(0)
    clumps = rng.normal(0, 30, (6, 10))
    vectors = clumps[rng.integers(0, 6, 700)] + rng.normal(0, 4, (700, 10))
    return vectors.astype(np.float32), rng.uniform(0, 60, (700, 2)).astype(np.float32)


def _distances(vectors: Floats32, places: Floats32) -> npt.NDArray[np.float64]:
    """(n, n) squared distances, infinite where two places are too near."""
    wide = vectors.astype(np.float64)
    square = ((wide[:, None] - wide[None]) ** 2).sum(axis=2)
    near = np.abs(places[:, None] - places[None]).max(axis=2) < APART
    return np.where(near, np.inf, square)


def _looked_up(
    vectors: Floats32, places: Floats32, *, probes: int, workers: int = 1
) -> tuple[npt.NDArray[np.int64], Floats32]:
    centres = list_centres(vectors, LISTS)
    queries = Queries.of(vectors, places, centres, probes=probes)
    file = InvertedFile.of(vectors, places, centres)
    near, distances = file.nearest_apart(queries, apart=APART, workers=workers)
    order = np.argsort(queries.order)
    return near[order], distances[order]


def test_inverted_file_with_all_lists_is_exhaustive(members: tuple[Floats32, Floats32]) -> None:
    near, distances = _looked_up(*members, probes=LISTS)
    wanted = _distances(*members)
    np.testing.assert_allclose(distances, wanted.min(axis=1), rtol=1e-3)
    np.testing.assert_allclose(wanted[np.arange(700), near], wanted.min(axis=1), rtol=1e-3)


def test_inverted_file_with_one_list_finds_most(members: tuple[Floats32, Floats32]) -> None:
    near, distances = _looked_up(*members, probes=1)
    found = near >= 0
    wanted = _distances(*members)
    picked = wanted[np.flatnonzero(found), near[found]]
    assert np.isfinite(picked).all()
    np.testing.assert_allclose(distances[found], picked, rtol=1e-3)
    assert np.isclose(picked, wanted[found].min(axis=1), rtol=1e-3).mean() > 0.7


def test_inverted_file_does_not_depend_on_threads(members: tuple[Floats32, Floats32]) -> None:
    one, three = (_looked_up(*members, probes=2, workers=workers) for workers in (1, 3))
    np.testing.assert_array_equal(one[0], three[0])


def test_inverted_file_says_where_all_members_are_too_near(members: tuple[Floats32, Floats32]) -> None:
    near, _ = _looked_up(members[0], np.zeros((700, 2), np.float32), probes=LISTS)
    assert (near == -1).all()


def test_nearest_lists_come_in_rising_distance(members: tuple[Floats32, Floats32]) -> None:
    centres = list_centres(members[0], LISTS)
    found = nearest_lists(members[0], centres, 4)
    square = ((members[0][:, None].astype(np.float64) - centres[None]) ** 2).sum(axis=2)
    np.testing.assert_array_equal(found, np.argsort(square, axis=1, kind="stable")[:, :4])


def test_nearest_partners_are_those_of_an_exhaustive_search() -> None:
    rng = np.random.default_rng(1)
    described = np.abs(rng.normal(0, 1, (300, 128)))
    described[150:] = described[:150] + rng.normal(0, 0.3, (150, 128))
    described /= np.linalg.norm(described, axis=1, keepdims=True)
    points = rng.uniform(0, 80, (300, 2)).astype(np.float32)
    keypoints = Keypoints(
        points, np.ones(300, np.float32), np.zeros(300, np.float32), described.astype(np.float32)
    )
    found = nearest_partners(keypoints, neighbours=3, distance=0.7, apart=10.0)
    gap = np.linalg.norm(described[:, None] - described[None], axis=2)
    gap[np.abs(points[:, None] - points[None]).max(axis=2) < 10] = np.inf
    for row in range(300):
        wanted = [int(c) for c in np.argsort(gap[row], kind="stable")[:3] if gap[row, c] < 0.7]
        assert found[row].tolist() == wanted + [-1] * (3 - len(wanted))
    assert (found[:, 0] >= 0).sum() > 200
