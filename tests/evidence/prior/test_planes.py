import numpy as np
import numpy.typing as npt
import pytest

from geotamper.evidence.hypotheses import Hypotheses
from geotamper.evidence.planes import Planes
from geotamper.evidence.prior.planes import PLANES, REACH, Guesses, prior_planes

FIRST_OF_GUESSES = PLANES.index("guessed")


def noisy(rows: int, columns: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(5).integers(0, 256, (rows, columns, 3), dtype=np.uint8)


def one_guess(centre: tuple[int, int], image: tuple[float, float], rank: float = 0.1) -> Guesses:
    pose = [1.0, 0.0, *image]
    return Guesses(
        Hypotheses(np.array([centre], np.int64), np.array([pose])),
        np.array([rank]),
        np.array([4.0]),
        np.array([0.5]),
    )


def none() -> Guesses:
    empty = np.zeros(0)
    return Guesses(Hypotheses.none(), empty, empty, empty)


@pytest.mark.parametrize("shape", [(64, 80), (65, 81), (2, 2)])
def test_prior_planes_cover_the_picture_at_half_resolution(shape: tuple[int, int]) -> None:
    planes = prior_planes(Planes.of(noisy(*shape)), none())
    assert planes.shape == (len(PLANES), shape[0] // 2, shape[1] // 2)
    assert planes.dtype == np.float32
    assert np.isfinite(planes).all()


def test_prior_planes_without_guesses_say_nothing_of_matches() -> None:
    planes = prior_planes(Planes.of(noisy(64, 64)), none())
    assert (planes[FIRST_OF_GUESSES:] == 0).all()
    assert planes[: FIRST_OF_GUESSES - 1].std(axis=(1, 2)).min() > 0.01


def test_prior_planes_mark_both_ends_of_a_guess() -> None:
    guessed = prior_planes(Planes.of(noisy(200, 200)), one_guess((40, 60), (150.0, 130.0)))[FIRST_OF_GUESSES]
    rows, columns = np.nonzero(guessed)
    near_first = np.hypot(columns - 20, rows - 30) <= REACH // 2 + 1
    near_second = np.hypot(columns - 75, rows - 65) <= REACH // 2 + 1
    assert near_first.any()
    assert near_second.any()
    assert (near_first | near_second).all()


def test_prior_planes_leave_out_guesses_of_bad_rank() -> None:
    planes = prior_planes(Planes.of(noisy(200, 200)), one_guess((40, 60), (150.0, 130.0), rank=2.0))
    assert (planes[FIRST_OF_GUESSES:] == 0).all()


def test_prior_planes_show_equal_places_as_equal_and_others_as_different() -> None:
    pixels = noisy(200, 200)
    pixels[110:150, 130:170] = pixels[40:80, 20:60]
    copied, other = (40, 60), (150.0, 130.0)
    names = PLANES.index("difference"), PLANES.index("likeness")
    true = prior_planes(Planes.of(pixels), one_guess(copied, other))[list(names)]
    false = prior_planes(Planes.of(pixels), one_guess(copied, (130.0, 40.0)))[list(names)]
    assert true[:, 30, 20] == pytest.approx([0.0, 1.0], abs=0.05)
    assert true[:, 65, 75] == pytest.approx([0.0, 1.0], abs=0.05)
    assert false[0, 30, 20] > 1
    assert false[1, 30, 20] < 0.5


def test_prior_planes_let_the_better_guess_speak() -> None:
    pixels = noisy(200, 200)
    pixels[110:150, 130:170] = pixels[40:80, 20:60]
    best, worse = one_guess((40, 60), (150.0, 130.0), 0.1), one_guess((42, 60), (100.0, 40.0), 0.5)
    for parts in ((best, worse), (worse, best)):
        both = Guesses(
            Hypotheses.joined(*(part.hypotheses for part in parts)),
            *(np.concatenate(numbers) for numbers in zip(*(_numbers(part) for part in parts), strict=True)),
        )
        planes = prior_planes(Planes.of(pixels), both)
        assert planes[PLANES.index("likeness"), 30, 20] > 0.9


def _numbers(guesses: Guesses) -> tuple[npt.NDArray[np.float64], ...]:
    return guesses.rank, guesses.support, guesses.uniqueness
