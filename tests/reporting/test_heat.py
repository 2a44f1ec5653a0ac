import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from geotamper.imagery.picture import Picture
from geotamper.imagery.pixel_source import PictureSource
from geotamper.imagery.region import Region, Window
from geotamper.inspection.exhibit import Exhibit, exhibit_of
from geotamper.inspection.findings import Findings
from geotamper.reporting.heat import forgery_probability, heat_block

Judge = Callable[..., Findings]
WHOLE = Window(0, 0, 160, 120)


def test_forgery_probability_is_the_confidence_inside_and_falls_outside(judged: Judge) -> None:
    exhibit = exhibit_of(judged())
    item = exhibit.items[0]
    probability = forgery_probability(exhibit, WHOLE, (160, 120))
    inside = item.target.full((120, 160))
    assert probability[inside] == pytest.approx(item.confidence)
    row, edge = 25, item.target.window.x0
    fall = probability[row, edge - 10 : edge + 1]
    assert (np.diff(fall) >= 0).all()
    assert fall[0] == 0
    assert 0 < fall[-2] < item.confidence
    assert probability[item.source.full((120, 160))].max() == 0


def test_forgery_probability_is_the_same_in_tiles(judged: Judge) -> None:
    exhibit = exhibit_of(judged())
    whole = forgery_probability(exhibit, WHOLE, (160, 120))
    tiles = [
        [forgery_probability(exhibit, Window(x, y, x + 40, y + 40), (40, 40)) for x in range(0, 160, 40)]
        for y in range(0, 120, 40)
    ]
    assert np.allclose(np.block(tiles), whole, atol=1e-6)  # exp differs in the last digit by memory layout


def test_forgery_probability_keeps_small_regions_of_large_scenes(judged: Judge) -> None:
    exhibit = exhibit_of(judged())
    reduced = forgery_probability(exhibit, Window(0, 0, 40_000, 40_000), (64, 64))
    assert reduced[0, 0] == pytest.approx(exhibit.items[0].confidence)
    assert np.count_nonzero(reduced) == 1


def test_forgery_probability_takes_the_larger_of_two_findings(judged: Judge) -> None:
    exhibit = exhibit_of(judged())
    item = exhibit.items[0]
    doubtful = replace(item, id=2, confidence=0.3)
    both = forgery_probability(replace(exhibit, items=(item, doubtful)), WHOLE, (160, 120))
    assert np.allclose(both, forgery_probability(exhibit, WHOLE, (160, 120)), atol=1e-6)


def test_heat_block_is_clear_where_nothing_is_and_lighter_where_more_is(judged: Judge) -> None:
    exhibit = exhibit_of(judged())
    block = heat_block(exhibit, WHOLE, (160, 120))
    assert block.shape == (120, 160, 4)
    assert block[100, 40, 3] == 0  # the source
    surest, doubtful = (
        heat_block(
            replace(exhibit, items=(replace(exhibit.items[0], confidence=value),)),
            Window(120, 20, 130, 30),
            (10, 10),
        )
        for value in (0.95, 0.4)
    )
    assert surest[5, 5, 3] > doubtful[5, 5, 3] > 0
    weights = np.array([0.2126, 0.7152, 0.0722])
    assert surest[5, 5, :3] @ weights > doubtful[5, 5, :3] @ weights


def test_heat_block_ends_at_the_frame(judged: Judge) -> None:
    picture = Picture.from_array(np.zeros((50, 50, 3), np.uint8))
    item = exhibit_of(judged()).items[0]
    corner = replace(item, target=Region(Window(40, 40, 50, 50), np.ones((10, 10), np.bool_)))
    block = heat_block(Exhibit(PictureSource(picture), (corner,)), Window(0, 0, 100, 100), (100, 100))
    assert block[45, 45, 3] > 0
    assert not block[51:, :, 3].any()
    assert not block[:, 51:, 3].any()


def test_heat_block_costs_the_same_for_any_window(judged: Judge) -> None:
    item = exhibit_of(judged()).items[0]
    mask = np.ones((3000, 3000), np.bool_)
    large = replace(item, target=Region(Window(0, 0, 3000, 3000), mask))
    exhibit = replace(exhibit_of(judged()), items=(large,))
    start = time.process_time()
    heat_block(exhibit, Window(0, 0, 3000, 3000), (256, 256))
    assert time.process_time() - start < 1.0
