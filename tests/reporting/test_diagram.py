from collections.abc import Callable

import pytest

from geotamper.evidence.results import BlurEvidence
from geotamper.inspection.exhibit import exhibit_of
from geotamper.inspection.findings import Findings
from geotamper.inspection.report import Transform
from geotamper.reporting.diagram import transform_diagram, way_words

Judge = Callable[..., Findings]


def test_transform_diagram_tells_turn_scale_and_way(judged: Judge) -> None:
    item = exhibit_of(judged()).items[0]
    assert item.transform is not None
    numbers = Transform(
        rotation_deg=30.0,
        scale=1.2,
        rotation_sigma=0.01,
        scale_sigma=0.0005,
        matrix=((1, 0, 0), (0, 1, 0)),
    )
    drawn = str(transform_diagram(item, numbers))
    assert "turned +30.000° ± 0.010°" in drawn
    assert "scaled by 1.2000 ± 0.0005" in drawn
    assert "px to the upper right" in drawn
    assert drawn.count('class="carried"') == 1


def test_transform_diagram_of_a_blur_is_none(judged: Judge, make_blur: Callable[..., BlurEvidence]) -> None:
    (item,) = exhibit_of(judged(blurs=(make_blur(),))).items
    numbers = Transform(
        rotation_deg=0, scale=1, rotation_sigma=0, scale_sigma=0, matrix=((1, 0, 0), (0, 1, 0))
    )
    assert transform_diagram(item, numbers) is None


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ((5, 0), "to the right"),
        ((5, -5), "to the upper right"),
        ((0, 5), "downwards"),
        ((-5, 0.1), "to the left"),
    ],
)
def test_way_words_name_the_direction_on_the_screen(way: tuple[float, float], words: str) -> None:
    assert way_words(*way) == words
