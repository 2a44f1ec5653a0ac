from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from _common.prior_planes import PLANES, REACH, Guesses, prior_planes
from geotamper.evidence.hypotheses import Hypotheses
from geotamper.evidence.planes import Planes

FIRST_OF_GUESSES = PLANES.index("guessed")


def noisy(rows: int, columns: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(5).integers(0, 256, (rows, columns, 3), dtype=np.uint8)


def shifts(*rows: tuple[tuple[int, int], tuple[float, float], float]) -> Guesses:
    """Guesses from centre, image and rank, without turn or scale."""
    centres = np.array([centre for centre, _, _ in rows], np.int64).reshape(-1, 2)
    poses = np.array([[1.0, 0.0, *image] for _, image, _ in rows]).reshape(-1, 4)
    n = len(rows)
    ranks = np.array([rank for _, _, rank in rows])
    return Guesses(Hypotheses(centres, poses), ranks, np.full(n, 4.0), np.full(n, 0.5))


@pytest.mark.parametrize("shape", [(64, 80), (65, 81), (2, 2)])
def test_prior_planes_cover_the_picture_at_half_resolution(shape: tuple[int, int]) -> None:
    planes = prior_planes(Planes.of(noisy(*shape)), shifts())
    assert planes.shape == (len(PLANES), shape[0] // 2, shape[1] // 2)
    assert planes.dtype == np.float32
    assert np.isfinite(planes).all()


def test_prior_planes_without_guesses_say_nothing_of_matches() -> None:
    assert (prior_planes(Planes.of(noisy(64, 64)), shifts())[FIRST_OF_GUESSES:] == 0).all()


def test_prior_planes_mark_both_ends_of_a_guess_and_nothing_else() -> None:
    planes = prior_planes(Planes.of(noisy(200, 200)), shifts(((40, 60), (150.0, 130.0), 0.1)))
    rows, columns = np.nonzero(planes[FIRST_OF_GUESSES])
    first = np.hypot(columns - 20, rows - 30) <= REACH // 2 + 1
    second = np.hypot(columns - 75, rows - 65) <= REACH // 2 + 1
    assert first.any()
    assert second.any()
    assert (first | second).all()


def test_prior_planes_leave_out_guesses_of_bad_rank() -> None:
    planes = prior_planes(Planes.of(noisy(200, 200)), shifts(((40, 60), (150.0, 130.0), 2.0)))
    assert (planes[FIRST_OF_GUESSES:] == 0).all()


def test_prior_planes_show_equal_places_as_equal_and_others_as_different() -> None:
    pixels = noisy(200, 200)
    pixels[110:150, 130:170] = pixels[40:80, 20:60]
    names = [PLANES.index("difference"), PLANES.index("likeness")]
    true = prior_planes(Planes.of(pixels), shifts(((40, 60), (150.0, 130.0), 0.1)))[names]
    false = prior_planes(Planes.of(pixels), shifts(((40, 60), (130.0, 40.0), 0.1)))[names]
    assert true[:, 30, 20] == pytest.approx([0.0, 1.0], abs=0.05)
    assert true[:, 65, 75] == pytest.approx([0.0, 1.0], abs=0.05)
    assert false[0, 30, 20] > 1
    assert false[1, 30, 20] < 0.5


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_prior_planes_let_the_better_guess_speak(order: Sequence[int]) -> None:
    pixels = noisy(200, 200)
    pixels[110:150, 130:170] = pixels[40:80, 20:60]
    rows = ((40, 60), (150.0, 130.0), 0.1), ((42, 60), (100.0, 40.0), 0.5)
    planes = prior_planes(Planes.of(pixels), shifts(*(rows[number] for number in order)))
    assert planes[PLANES.index("likeness"), 30, 20] > 0.9
