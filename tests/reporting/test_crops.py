from collections.abc import Callable
from dataclasses import replace

import numpy as np

from geotamper.evidence.results import BlurEvidence
from geotamper.imagery.picture import Picture
from geotamper.imagery.pixel_source import Block, PictureSource
from geotamper.imagery.region import Region, Window
from geotamper.inspection.exhibit import Exhibit, exhibit_of
from geotamper.inspection.findings import Findings
from geotamper.reporting.crops import AMPLIFICATION, finding_crops

Judge = Callable[..., Findings]


def test_finding_crops_show_source_warp_copy_and_difference(judged: Judge) -> None:
    exhibit = exhibit_of(judged())
    crops = finding_crops(exhibit, exhibit.items[0])
    assert [crop.title for crop in crops] == [
        "source",
        "source carried onto the copy",
        "copy",
        f"difference, {AMPLIFICATION} times",
    ]
    assert crops[1].pixels.shape == crops[2].pixels.shape == crops[3].pixels.shape


def test_finding_crops_difference_is_dark_inside_the_copy_only(judged: Judge) -> None:
    exhibit = exhibit_of(judged())
    difference = finding_crops(exhibit, exhibit.items[0])[3].pixels
    middle = tuple(side // 2 for side in difference.shape[:2])
    inside = difference[middle[0] - 20 : middle[0] + 20, middle[1] - 20 : middle[1] + 20]
    corner = difference[-20:, :20]
    assert inside.mean() < 25
    assert corner.mean() > 2 * inside.mean()


def test_finding_crops_of_a_blur_show_the_region_once(
    judged: Judge, make_blur: Callable[..., BlurEvidence]
) -> None:
    exhibit = exhibit_of(judged(blurs=(make_blur(),)))
    (crop,) = finding_crops(exhibit, exhibit.items[0])
    assert crop.title == "blurred region"


def test_finding_crops_reduce_large_regions_and_read_small_windows_only(judged: Judge) -> None:
    class Watched(PictureSource):
        largest = 0

        def read(self, window: Window) -> Block:
            self.largest = max(self.largest, *window.shape)
            return super().read(window)

    source = Watched(Picture.from_array(np.zeros((2200, 2200, 3), np.uint8)))
    region = Region(Window(100, 100, 2100, 2100), np.ones((2000, 2000), np.bool_))
    large = replace(exhibit_of(judged()).items[0], source=region, target=region)
    for crop in finding_crops(Exhibit(source, (large,)), large):
        assert max(crop.pixels.shape[:2]) <= 480
    assert 0 < source.largest <= 2 * 1024  # a turned piece needs a larger box
