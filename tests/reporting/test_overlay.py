from collections.abc import Callable

import numpy as np
import pytest

from geotamper.evidence.results import BlurEvidence, CopyEvidence, Evidence
from geotamper.imagery.picture import Picture, Pixels
from geotamper.imagery.similarity import Similarity
from geotamper.inspection.exhibit import exhibit_of
from geotamper.inspection.findings import Findings
from geotamper.inspection.report import InspectionReport
from geotamper.inspection.verdict import judge
from geotamper.reporting.overlay import (
    FILL_OPACITY,
    SOURCE_COLOUR,
    TARGET_COLOUR,
    describe_change,
    draw_overlay,
)

Draw = Callable[[Findings], Pixels]
Judge = Callable[..., Findings]


@pytest.fixture
def draw(report_of: Callable[..., InspectionReport]) -> Draw:
    return lambda findings: draw_overlay(report_of(findings), exhibit_of(findings))


def test_draw_overlay_enlarges_small_pictures_by_a_whole_factor(judged: Judge, draw: Draw) -> None:
    assert draw(judged()).shape == (120 * 6, 160 * 6, 3)


def test_draw_overlay_leaves_an_untouched_picture_as_it_is(
    judged: Judge, picture: Picture, draw: Draw
) -> None:
    drawn = draw(judged(copies=()))
    assert np.array_equal(drawn[::6, ::6], picture.pixels)


def test_draw_overlay_tints_source_green_and_copy_red(
    picture: Picture, make_copy: Callable[..., CopyEvidence], draw: Draw
) -> None:
    grey = Picture.from_array(np.full_like(picture.pixels, 100))
    item = make_copy()
    drawn = draw(judge(grey, Evidence(copies=(item,))))[3::6, 3::6]
    for mask, colour in ((item.source, SOURCE_COLOUR), (item.target, TARGET_COLOUR)):
        wanted = np.rint(100 * (1 - FILL_OPACITY) + FILL_OPACITY * np.array(colour))
        tinted = (drawn == wanted).all(axis=-1)
        assert tinted[mask].mean() > 0.5
        assert not tinted[~mask].any()


@pytest.mark.parametrize("shape", [(40, 40), (33, 700), (2000, 60), (1500, 1400)])
def test_draw_overlay_draws_any_shape(
    shape: tuple[int, int], make_copy: Callable[..., CopyEvidence], draw: Draw
) -> None:
    height, width = shape
    picture = Picture.from_array(np.full((*shape, 3), 100, np.uint8))
    source, target = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    source[2:8, 2:8] = True
    target[height - 9 : height - 1, width - 9 : width - 1] = True
    item = make_copy(source=source, target=target)
    drawn = draw(judge(picture, Evidence(copies=(item, item, item))))
    factor = drawn.shape[0] // height
    assert drawn.shape == (height * factor, width * factor, 3)
    assert (drawn == 255).all(axis=-1).sum() > 50  # the words of the labels


def test_describe_change_says_what_was_done(
    judged: Judge, report_of: Callable[..., InspectionReport], make_blur: Callable[..., BlurEvidence]
) -> None:
    def change(**evidence: object) -> str:
        return describe_change(report_of(judged(**evidence)).findings[0])

    assert change() == "turned +30.00°, scaled by 1.200"
    assert change(blurs=(make_blur(),)) == "blurred (gaussian, 2.5 px)"
    assert change(blurs=(make_blur(strength=None),)) == "blurred (gaussian)"


def test_draw_overlay_survives_regions_on_one_spot(
    judged: Judge, make_copy: Callable[..., CopyEvidence], draw: Draw
) -> None:
    plain = make_copy()
    same = make_copy(source=plain.target, transform=Similarity(1, 0, 0, 0))
    assert draw(judged(copies=(same,))).shape == (720, 960, 3)


def test_draw_overlay_reduces_large_pictures(make_copy: Callable[..., CopyEvidence], draw: Draw) -> None:
    shape = (600, 8192)
    source, target = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    source[100:300, 200:400] = True
    target[300:500, 7800:8000] = True
    picture = Picture.from_array(np.full((*shape, 3), 100, np.uint8))
    drawn = draw(judge(picture, Evidence(copies=(make_copy(source=source, target=target),))))
    assert drawn.shape == (300, 4096, 3)
    for (x, y), colour in (((120, 60), SOURCE_COLOUR), ((3980, 240), TARGET_COLOUR)):
        wanted = np.rint(100 * (1 - FILL_OPACITY) + FILL_OPACITY * np.array(colour))
        assert (drawn[y, x] == wanted).all()
