"""Two windows of a scene in one picture."""

import numpy as np
import pytest

from geotamper.evidence.direction import Judgement
from geotamper.evidence.hypotheses import Hypotheses
from geotamper.evidence.pair import CopyPair
from geotamper.evidence.scenes.views import BLANK, PairView
from geotamper.imagery.picture import Picture
from geotamper.imagery.pixel_source import Block, PictureSource
from geotamper.imagery.region import Region, Window


@pytest.fixture(scope="module")
def scene() -> PictureSource:
    """Noise of 700 x 400 pixels."""
    rng = np.random.default_rng(0)
    return PictureSource(Picture.from_array(rng.integers(0, 256, (400, 700, 3), dtype=np.uint8)))


HERE, THERE = Window(50, 60, 70, 90), Window(560, 300, 590, 340)


def test_pair_view_holds_both_windows_at_whole_blocks(scene: PictureSource) -> None:
    view = PairView.read(scene, HERE, THERE, margin=20)
    assert not view.is_single
    for window, box in zip((view.here, view.there), view.boxes, strict=True):
        assert (window.x0 - box.x0) % 8 == 0
        assert (window.y0 - box.y0) % 8 == 0
        np.testing.assert_array_equal(view.pixels[box.slices], scene.read(window).pixels)
    assert view.here.x0 <= 30
    assert view.there.y1 >= 360


def test_pair_view_reads_one_window_around_near_places(scene: PictureSource) -> None:
    view = PairView.read(scene, HERE, Window(90, 60, 110, 90), margin=20)
    assert view.is_single
    assert len(view.boxes) == 1
    np.testing.assert_array_equal(view.pixels, scene.read(view.here).pixels)


def test_hypotheses_survive_the_way_there_and_back(scene: PictureSource) -> None:
    view = PairView.read(scene, HERE, THERE, margin=20)
    guesses = Hypotheses(
        np.array([[60, 75], [55, 70]]), np.array([[0.9, 0.2, 575.0, 320.0], [1.0, 0, 565, 310]])
    )
    there = view.to_view(guesses)
    np.testing.assert_array_equal(
        view.pixels[there.centres[0, 1], there.centres[0, 0]], scene.read(Window(60, 75, 61, 76)).pixels[0, 0]
    )
    back = view.hypotheses_to_scene(there)
    np.testing.assert_array_equal(back.centres, guesses.centres)
    np.testing.assert_allclose(back.poses, guesses.poses)


def test_hypotheses_that_lead_backwards_are_turned_round_in_their_place(scene: PictureSource) -> None:
    view = PairView.read(scene, HERE, THERE, margin=20)
    guesses = Hypotheses(np.array([[60, 75], [55, 70]]), np.array([[1.0, 0, 575, 320], [1.0, 0, 565, 310]]))
    there = view.to_view(guesses)
    mixed = Hypotheses.joined(there.subset(np.array([0])).reversed(), there.subset(np.array([1])))
    turned = view.hypotheses_to_scene(mixed)
    np.testing.assert_array_equal(turned.centres, guesses.centres)
    np.testing.assert_allclose(turned.poses, guesses.poses)


def test_to_scene_carries_regions_and_matrix(scene: PictureSource) -> None:
    view = PairView.read(scene, HERE, THERE, margin=20)
    first, second = view.boxes
    copy = Region(Window(second.x0 + 20, 30, second.x0 + 40, 45), np.ones((15, 20), bool))
    source = Region(Window(first.x0 + 10, 12, first.x0 + 30, 27), np.ones((15, 20), bool))
    matrix = np.array([[1.0, 0.0, source.window.x0 - copy.window.x0], [0.0, 1.0, -18.0]])
    pair = CopyPair(source, copy, matrix, 0.0, Judgement(1.0, ""), 0.9)
    placed = view.to_scene(pair)
    assert placed.copy.window.x0 == view.there.x0 + 20
    assert placed.copy.window.y0 == view.there.y0 + 30
    assert placed.source.window.x0 == view.here.x0 + 10
    corner = placed.matrix[:, :2] @ [placed.copy.window.x0, placed.copy.window.y0] + placed.matrix[:, 2]
    np.testing.assert_allclose(corner, [placed.source.window.x0, placed.source.window.y0])
    assert np.count_nonzero(view.mask(placed.copy)) == 300
    np.testing.assert_array_equal(view.mask(placed.copy), copy.full(view.pixels.shape[:2]))


def test_is_cut_tells_regions_at_the_border_of_their_window(scene: PictureSource) -> None:
    view = PairView.read(scene, HERE, THERE, margin=20)
    shape = (400, 700)
    inside = Region(Window(55, 65, 65, 80), np.ones((15, 10), bool))
    at_border = Region(Window(view.here.x0 + 1, 65, 65, 80), np.ones((15, 64 - view.here.x0), bool))
    assert not view.is_cut(inside, shape)
    assert view.is_cut(at_border, shape)


class Masked(PictureSource):
    """A picture whose left half holds nothing."""

    def read(self, window: Window) -> Block:
        """As the picture, with validity."""
        block = super().read(window)
        block.valid[:, : max(0, 350 - window.x0)] = False
        return block


def test_pair_view_blanks_what_holds_nothing(scene: PictureSource) -> None:
    masked = Masked(scene._picture)
    view = PairView.read(masked, HERE, THERE, margin=20)
    first, second = view.boxes
    assert (view.pixels[first.slices] == BLANK).all()
    np.testing.assert_array_equal(view.pixels[second.slices], scene.read(view.there).pixels)
