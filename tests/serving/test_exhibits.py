from collections.abc import Callable

import numpy as np
import pytest

from geotamper.forge.forgery import Forgery
from geotamper.imagery.picture import Picture
from geotamper.imagery.pixel_source import PictureSource
from geotamper.inspection.assembly import Request, assemble_report
from geotamper.inspection.exhibit import Exhibit, exhibit_of
from geotamper.inspection.findings import Findings
from geotamper.inspection.inspector import Inspector
from geotamper.serving.exhibits import draw_heat, draw_warped, exhibit_of_report
from geotamper.serving.refusals import ServiceError
from geotamper.serving.tiles import TilePlace

WHOLE = TilePlace(0, 0, 0)
"""The tile that holds all of the picture, which is smaller than a tile."""


@pytest.fixture
def reopened(picture: Picture, judged: Callable[..., Findings]) -> Exhibit:
    """The forged picture's exhibit, made from its report."""
    report = assemble_report(Inspector(), judged(), Request(), seconds=0.5)
    return exhibit_of_report(report, PictureSource(picture))


def test_exhibit_of_report_has_the_regions_of_the_findings(
    reopened: Exhibit, judged: Callable[..., Findings]
) -> None:
    before, after = exhibit_of(judged()).items[0], reopened.items[0]
    for name in ("source", "target"):
        assert getattr(after, name).window == getattr(before, name).window
        assert np.array_equal(getattr(after, name).mask, getattr(before, name).mask)
    assert before.transform is not None
    assert after.transform is not None
    assert np.allclose(after.transform.matrix, before.transform.matrix)
    assert after.confidence == before.confidence


def test_exhibit_of_report_keeps_holes_open(
    forgery: Forgery, picture: Picture, judged: Callable[..., Findings], make_copy: Callable[..., object]
) -> None:
    target = forgery.target_mask.copy()
    target[23:27, 123:127] = False
    report = assemble_report(Inspector(), judged(copies=(make_copy(target=target),)), Request(), seconds=0.5)
    item = exhibit_of_report(report, PictureSource(picture)).items[0]
    assert np.array_equal(item.target.full(target.shape), target)


def test_draw_heat_is_strongest_on_the_copy(reopened: Exhibit, forgery: Forgery) -> None:
    tile = draw_heat(reopened, WHOLE)
    assert tile.shape == (256, 256, 4)
    opacity = tile[:120, :160, 3]
    assert opacity[forgery.target_mask].min() == opacity.max() > 0
    assert opacity[forgery.source_mask].max() == 0
    assert not tile[120:, :, 3].any()


def test_draw_warped_shows_the_source_on_the_copy(reopened: Exhibit, forgery: Forgery) -> None:
    tile = draw_warped(reopened, WHOLE)
    inside = forgery.target_mask
    assert (tile[:120, :160, 3][inside] == 255).all()
    assert not tile[:120, :160, 3][forgery.source_mask].any()
    shown = tile[:120, :160, :3][inside].astype(int)
    copied = np.abs(shown - forgery.pixels[inside]).mean()
    assert copied < np.abs(shown - forgery.original[inside]).mean() / 3


def test_draw_warped_refuses_a_tile_that_is_not_there(reopened: Exhibit) -> None:
    with pytest.raises(ServiceError, match="there is no tile 3/0/0"):
        draw_warped(reopened, TilePlace(3, 0, 0))
