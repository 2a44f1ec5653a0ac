from collections.abc import Callable

import cv2
import numpy as np

from geotamper.evidence.results import BlurEvidence
from geotamper.forge.forgery import Forgery
from geotamper.imagery.region import Window
from geotamper.inspection.exhibit import exhibit_of
from geotamper.inspection.findings import Findings
from geotamper.reporting.warped import warped_source
from geotamper.reporting.windows import surroundings

Judge = Callable[..., Findings]


def test_warped_source_equals_the_whole_picture_warped(judged: Judge, forgery: Forgery) -> None:
    assert forgery.transform is not None
    exhibit = exhibit_of(judged())
    item = exhibit.items[0]
    window = item.target.window
    block = warped_source(exhibit, item, window)
    whole = cv2.warpAffine(forgery.pixels, forgery.transform.index_matrix, (160, 120), flags=cv2.INTER_LINEAR)
    inside = item.target.mask
    assert block.valid[inside].all()
    off = np.abs(block.pixels.astype(int) - np.asarray(whole)[window.slices].astype(int))
    assert off[inside].max() <= 2  # the fixed-point weights of the warp depend on its origin


def test_warped_source_shows_nothing_far_from_the_copy(judged: Judge) -> None:
    exhibit = exhibit_of(judged())
    item = exhibit.items[0]
    block = warped_source(exhibit, item, Window(0, 0, 160, 120))
    near = surroundings(item.target.window, exhibit.source)
    assert block.valid[near.slices].any()
    block.valid[near.slices] = False
    block.pixels[near.slices] = 0
    assert not block.valid.any()
    assert not block.pixels.any()


def test_warped_source_comes_at_any_size_and_beyond_the_frame(judged: Judge) -> None:
    exhibit = exhibit_of(judged())
    block = warped_source(exhibit, exhibit.items[0], Window(64, -32, 192, 96), (32, 32))
    assert block.pixels.shape == (32, 32, 3)
    assert block.valid.any()
    assert not block.valid[:8].any()  # above the picture


def test_warped_source_of_a_blur_has_no_pixel(judged: Judge, make_blur: Callable[..., BlurEvidence]) -> None:
    exhibit = exhibit_of(judged(blurs=(make_blur(),)))
    assert not warped_source(exhibit, exhibit.items[0], Window(0, 0, 50, 50)).valid.any()
