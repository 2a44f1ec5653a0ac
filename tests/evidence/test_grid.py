import cv2
import numpy as np
import numpy.typing as npt
import pytest

from geotamper.evidence.direction import GridJudge
from geotamper.evidence.grid import block_coefficients, find_grid, find_phase, find_steps, grid_of
from geotamper.evidence.planes import LUMA, Planes
from geotamper.evidence.rims import Likeness
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.degradation import degrade_picture, parse_degradations
from geotamper.forge.forgery import Forgery
from geotamper.imagery.region import Region, Window
from geotamper.scenes import draw_scene

Pixels = npt.NDArray[np.uint8]
SIZE = 256


def _scene() -> Pixels:
    return draw_scene(kind="city", size=SIZE, seed=2).pixels


def _jpeg(pixels: Pixels, quality: int) -> Pixels:
    return degrade_picture(pixels, parse_degradations(f"jpeg:{quality}"), rng=np.random.default_rng(0))


def _grey(pixels: Pixels) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(pixels.astype(np.float32) @ np.asarray(LUMA, np.float32))


def _forged(pixels: Pixels) -> Forgery:
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    mask = ((x - 80.0) / 32.0) ** 2 + ((y - 175.0) / 24.0) ** 2 <= 1
    parameters = CopyMoveParameters(placement=(190.0, 71.0), edge="feather", feather_radius=2.0)
    return copy_move(pixels, mask, parameters, rng=np.random.default_rng(0))


def _likeness(forgery: Forgery) -> Likeness:
    """The copy first."""
    frame = Window(0, 0, SIZE, SIZE)
    assert forgery.transform is not None
    regions = Region.cut(frame, forgery.target_mask), Region.cut(frame, forgery.source_mask)
    return Likeness(regions, forgery.transform.inverse().index_matrix)


def test_block_coefficients_are_those_of_the_orthonormal_transform() -> None:
    block = np.random.default_rng(0).uniform(0, 255, (8, 8)).astype(np.float32)
    assert block_coefficients(block[None])[0] == pytest.approx(cv2.dct(block).ravel(), abs=1e-2)


@pytest.mark.parametrize("corner", [(0, 0), (3, 5), (7, 2)])
def test_find_phase_follows_the_crop(corner: tuple[int, int]) -> None:
    cut = _jpeg(_scene(), 90)[corner[0] :, corner[1] :]
    assert find_phase(_grey(cut)) == (-corner[0] % 8, -corner[1] % 8)


def test_find_steps_reads_the_quantisation_table() -> None:
    grey = _grey(_jpeg(_scene(), 75))
    blocks = grey.reshape(SIZE // 8, 8, SIZE // 8, 8).swapaxes(1, 2).reshape(-1, 8, 8)
    steps = find_steps(block_coefficients(blocks)).reshape(8, 8)
    # the standard luminance table at quality 75 (ITU-T T.81, table K.1, halved)
    expected = {(0, 1): 6, (1, 0): 6, (1, 1): 6, (0, 2): 5, (2, 0): 7, (0, 3): 8, (3, 0): 7}
    found = {place: int(steps[place]) for place in expected if steps[place]}
    assert len(found) >= 5
    assert found == {place: expected[place] for place in found}


def test_find_grid_says_nothing_of_small_pictures() -> None:
    assert find_grid(np.zeros((64, 80), np.float32)) is None


def test_find_grid_is_strong_where_there_was_a_compression() -> None:
    never, once = find_grid(_grey(_scene())), find_grid(_grey(_jpeg(_scene(), 92)))
    assert never is not None
    assert once is not None
    assert once.strength > 2 > never.strength


def test_grid_judge_knows_the_copy_that_breaks_the_grid() -> None:
    forgery = _forged(_jpeg(_scene(), 92))
    planes, pair = Planes.of(forgery.pixels), _likeness(forgery)
    found = GridJudge().compare(planes, pair)
    assert found.log_odds > 3
    assert found.basis.startswith("grid")
    assert GridJudge().compare(planes, pair.exchanged).log_odds == pytest.approx(-found.log_odds)


def test_grid_judge_has_no_opinion_without_an_earlier_compression() -> None:
    forgery = _forged(_scene())
    assert GridJudge().compare(Planes.of(forgery.pixels), _likeness(forgery)).log_odds == 0


def test_grid_judge_has_no_opinion_after_another_compression() -> None:
    forgery = _forged(_jpeg(_scene(), 92))
    planes = Planes.of(_jpeg(forgery.pixels, 85))
    assert GridJudge().compare(planes, _likeness(forgery)).log_odds == 0


def test_twice_knows_what_was_moved_before_the_last_compression() -> None:
    forgery = _forged(_jpeg(_scene(), 92))
    planes, pair = Planes.of(_jpeg(forgery.pixels, 85)), _likeness(forgery)
    grid = find_grid(planes.grey)
    assert grid is not None
    assert grid.twice(planes, pair.regions) > 2
    assert grid.twice(planes, pair.regions[::-1]) == pytest.approx(-grid.twice(planes, pair.regions))


def test_touched_blocks_leave_out_clipped_colours() -> None:
    pixels = _jpeg(_scene(), 92).copy()
    grid = find_grid(_grey(pixels))
    assert grid is not None
    region = Region.cut(Window(0, 0, SIZE, SIZE), np.pad(np.ones((32, 32), bool), ((64, 160), (64, 160))))
    pixels[64:96, 64:96] = np.clip(pixels[64:96, 64:96], 1, 254)
    assert len(grid.touched(Planes.of(pixels), region)) == 16
    pixels[70, 70, 1] = 255
    assert len(grid.touched(Planes.of(pixels), region)) == 15


def test_grid_of_reads_every_picture_anew() -> None:
    once, never = Planes.of(_jpeg(_scene(), 92)), Planes.of(_scene())
    found = grid_of(once)
    assert grid_of(once) is found
    assert grid_of(never) is not found
    assert found is not None
    again = grid_of(once)
    assert again is not None
    assert again.strength == found.strength
