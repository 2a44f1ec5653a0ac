from collections.abc import Callable
from dataclasses import replace

import numpy as np

from geotamper.evidence.results import BlurEvidence
from geotamper.imagery.picture import Picture
from geotamper.inspection.exhibit import exhibit_of
from geotamper.inspection.findings import Findings
from geotamper.reporting.crops import AMPLIFICATION, Crop, finding_crops


def crops_of(findings: Findings) -> tuple[Crop, ...]:
    exhibit = exhibit_of(findings)
    return finding_crops(exhibit.source, exhibit.items[0])


def test_finding_crops_show_source_warp_copy_and_difference(
    judged: Callable[..., Findings],
) -> None:
    crops = crops_of(judged())
    assert [crop.title for crop in crops] == [
        "source",
        "source carried onto the copy",
        "copy",
        f"difference, {AMPLIFICATION} times",
    ]
    assert crops[1].pixels.shape == crops[2].pixels.shape == crops[3].pixels.shape


def test_finding_crops_difference_is_dark_inside_the_copy_only(
    judged: Callable[..., Findings],
) -> None:
    crops = crops_of(judged())
    difference = crops[3].pixels
    middle = tuple(side // 2 for side in difference.shape[:2])
    inside = difference[middle[0] - 20 : middle[0] + 20, middle[1] - 20 : middle[1] + 20]
    corner = difference[-20:, :20]
    assert inside.mean() < 25
    assert corner.mean() > 2 * inside.mean()


def test_finding_crops_of_a_blur_show_the_region_once(
    judged: Callable[..., Findings], make_blur: Callable[..., BlurEvidence]
) -> None:
    (crop,) = crops_of(judged(blurs=(make_blur(),)))
    assert crop.title == "blurred region"


def test_finding_crops_reduce_large_regions(judged: Callable[..., Findings]) -> None:
    mask = np.zeros((1200, 1200), np.bool_)
    mask[100:1100, 100:1100] = True
    large = replace(judged().items[0], source=mask, target=mask)
    blank = Picture.from_array(np.zeros((1200, 1200, 3), np.uint8))
    for crop in crops_of(replace(judged(), picture=blank, items=(large,))):
        assert max(crop.pixels.shape[:2]) <= 480
