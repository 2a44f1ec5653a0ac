"""Tiles of a scene inspected as pictures."""

from dataclasses import replace

import numpy as np
import pytest

from geotamper.control import Control
from geotamper.errors import CancelledError
from geotamper.imagery.picture import Picture
from geotamper.imagery.pixel_source import PictureSource
from geotamper.imagery.region import Region, Window
from geotamper.inspection.findings import Finding, Findings
from geotamper.inspection.scenes.findings import SceneFinding, SceneFindings
from geotamper.inspection.scenes.tiles import TileSearch, search_tiles
from geotamper.inspection.scenes.verdict import with_more

BLUR = (slice(940, 980), slice(950, 1010))
"""Rows and columns of a red region that several tiles see."""


@pytest.fixture(scope="module")
def source() -> PictureSource:
    """Black of 2000 x 1100 pixels with the red region."""
    pixels = np.zeros((1100, 2000, 3), np.uint8)
    pixels[BLUR] = (255, 0, 0)
    return PictureSource(Picture.from_array(pixels))


def find_red(picture: Picture, share: float, control: Control) -> Findings:
    """A detector that takes red for blurred."""
    assert share == pytest.approx(1 / 6)
    assert control.max_memory == 123
    mask = picture.pixels[..., 0] == 255
    items = (Finding(1, 1, "blur", 0.9, mask, mask, blur_method="gaussian"),) if mask.any() else ()
    return Findings(picture, tampered=bool(items), score=0.9, confidence=0.9, items=items)


def test_search_tiles_finds_what_several_tiles_see_once_and_in_its_place(source: PictureSource) -> None:
    found = search_tiles(source, find_red, (), Control(max_memory=123))
    (item,) = found.items
    assert item.target.window == Window(950, 940, 1010, 980)
    assert found.notes == ()


def test_search_tiles_leaves_out_what_is_known(source: PictureSource) -> None:
    (known,) = search_tiles(source, find_red, (), Control(max_memory=123)).items
    assert search_tiles(source, find_red, (known,), Control(max_memory=123)).items == ()


def test_search_tiles_says_how_many_tiles_time_left_out(source: PictureSource) -> None:
    found = search_tiles(source, find_red, (), Control(max_memory=123, time_limit=1e-9))
    assert found.items == ()
    assert "6 of 6 tiles" in found.notes[0]


def test_search_tiles_can_be_cancelled(source: PictureSource) -> None:
    with pytest.raises(CancelledError):
        search_tiles(source, find_red, (), Control(is_cancelled=lambda: True))


def finding(x: int, confidence: float) -> SceneFinding:
    """A copy of a square to (x, 10)."""
    full = np.ones((20, 20), bool)
    here, there = Window(100, 10, 120, 30), Window(x, 10, x + 20, 30)
    return SceneFinding(1, 1, "copy-move", confidence, Region(here, full), Region(there, full))


def test_with_more_renumbers_by_confidence(source: PictureSource) -> None:
    before = SceneFindings(source, tampered=True, score=0.9, confidence=0.9, items=(finding(300, 0.9),))
    blur = replace(finding(500, 0.95), kind="blur")
    after = with_more(before, TileSearch((blur,)))
    assert [(item.id, item.group, item.kind) for item in after.items] == [(1, 1, "blur"), (2, 2, "copy-move")]
    assert after.score == 0.95
    assert after.tampered is True


def test_with_more_decides_an_open_verdict(source: PictureSource) -> None:
    candidates = SceneFindings(source, tampered=None, score=0.6, confidence=0.0, items=(finding(300, 0.6),))
    after = with_more(candidates, TileSearch((finding(500, 0.95),)))
    assert after.tampered is True
    assert [item.target.window.x0 for item in after.items] == [500]


def test_with_more_leaves_a_search_that_was_cut_short_open(source: PictureSource) -> None:
    untouched = SceneFindings(source, tampered=False, score=0.3, confidence=0.7)
    after = with_more(untouched, TileSearch(notes=("no time",)))
    assert after.tampered is None
    assert after.confidence == 0
    assert not after.complete
    assert with_more(untouched, TileSearch()).tampered is False
