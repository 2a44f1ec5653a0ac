from collections.abc import Callable

import numpy as np

from geotamper.evidence.results import BlurEvidence
from geotamper.forge.forgery import Forgery
from geotamper.imagery.picture import Picture
from geotamper.inspection.findings import Findings
from geotamper.reporting.crops import AMPLIFICATION, finding_crops


def test_finding_crops_show_source_warp_copy_and_difference(
    judged: Callable[..., Findings], picture: Picture
) -> None:
    crops = finding_crops(picture.pixels, judged().items[0])
    assert [crop.title for crop in crops] == [
        "source",
        "source carried onto the copy",
        "copy",
        f"difference, {AMPLIFICATION} times",
    ]
    assert crops[1].pixels.shape == crops[2].pixels.shape == crops[3].pixels.shape


def test_finding_crops_difference_is_dark_inside_the_copy_only(
    judged: Callable[..., Findings], forgery: Forgery
) -> None:
    crops = finding_crops(forgery.pixels, judged().items[0])
    difference = crops[3].pixels
    middle = tuple(side // 2 for side in difference.shape[:2])
    inside = difference[middle[0] - 20 : middle[0] + 20, middle[1] - 20 : middle[1] + 20]
    corner = difference[-20:, :20]
    assert inside.mean() < 25
    assert corner.mean() > 2 * inside.mean()


def test_finding_crops_of_a_blur_show_the_region_once(
    judged: Callable[..., Findings], picture: Picture, make_blur: Callable[..., BlurEvidence]
) -> None:
    (crop,) = finding_crops(picture.pixels, judged(blurs=(make_blur(),)).items[0])
    assert crop.title == "blurred region"


def test_finding_crops_reduce_large_regions(judged: Callable[..., Findings]) -> None:
    from dataclasses import replace

    item = judged().items[0]
    mask = np.zeros((1200, 1200), np.bool_)
    mask[100:1100, 100:1100] = True
    large = replace(item, source=mask, target=mask)
    for crop in finding_crops(np.zeros((1200, 1200, 3), np.uint8), large):
        assert max(crop.pixels.shape[:2]) <= 480
