from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.errors import SpecificationError
from geotamper.forge.blur import BlurParameters, blur_region
from geotamper.forge.copy_move import CopyMoveParameters, copy_move

Pixels = npt.NDArray[np.uint8]
BoolMask = npt.NDArray[np.bool_]
Textured = Callable[[int, tuple[int, int]], Pixels]


@pytest.fixture
def mask() -> BoolMask:
    square = np.zeros((120, 160), dtype=np.bool_)
    square[10:30, 20:60] = True
    return square


@pytest.mark.parametrize(
    ("rotation", "scale", "recorded"),
    [(0.0, 1.0, 0.0), (45.0, 1.0, 45.0), (0.0, 0.7, 0.0), (200.0, 1.3, -160.0), (180.0, 1.0, 180.0)],
)
def test_facts_of_a_copy_are_exact(
    textured: Textured, mask: BoolMask, rotation: float, scale: float, recorded: float
) -> None:
    how = CopyMoveParameters(rotation_deg=rotation, scale=scale)
    forgery = copy_move(
        textured(1, (120, 160)), mask, how, rng=np.random.default_rng(0), object_class="Airplane"
    )
    facts = forgery.facts()
    assert (facts.width, facts.height) == (160, 120)
    assert facts.kind == "copy-move"
    assert facts.object_class == "Airplane"
    # Equality on purpose: a rule asks whether a made copy was scaled at all.
    assert facts.scale == scale
    assert facts.rotation_deg == recorded
    assert facts.scale_sigma == 0
    assert facts.rotation_sigma == 0
    assert facts.source is not None
    assert facts.target is not None
    assert facts.source.centroid == pytest.approx((40.0, 20.0))
    assert facts.source.area_px == 800
    assert facts.target.area_px == np.count_nonzero(forgery.target_mask)


def test_facts_of_a_blur_have_one_region_and_no_transform(textured: Textured, mask: BoolMask) -> None:
    facts = blur_region(textured(1, (120, 160)), mask, BlurParameters("mosaic", 8)).facts()
    assert facts.kind == "blur"
    assert facts.source == facts.target
    assert facts.scale is None
    assert facts.rotation_deg is None


def test_parts_of_different_size_are_refused(textured: Textured, mask: BoolMask) -> None:
    forgery = blur_region(textured(1, (120, 160)), mask, BlurParameters("mosaic", 8))
    with pytest.raises(SpecificationError, match="one frame"):
        replace(forgery, target_mask=mask[:-1])
