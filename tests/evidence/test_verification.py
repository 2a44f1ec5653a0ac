from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.evidence.acceptance import ExactTest
from geotamper.evidence.direction import ResamplingJudge, RimJudge
from geotamper.evidence.growing import Grown
from geotamper.evidence.pair import CopyPair
from geotamper.evidence.planes import Planes
from geotamper.evidence.verification import verify
from geotamper.forge.forgery import BoolMask, Forgery
from geotamper.imagery.region import Region, Window

SHAPE = (256, 256)
POSES = [
    ("suburb", 0.0, 1.0, "opencv-linear"),
    ("city", 35.0, 1.0, "opencv-linear"),
    ("farmland", 0.0, 0.7, "opencv-linear"),
    ("airport", 60.0, 0.8, "opencv-cubic"),
]


def _region(mask: BoolMask) -> Region:
    return Region.cut(Window(0, 0, mask.shape[1], mask.shape[0]), mask)


def _verify(planes: Planes, grown: Grown) -> CopyPair | None:
    return verify(planes, grown, test=ExactTest(), judges=(ResamplingJudge(), RimJudge()), seed=0)


@pytest.fixture(params=POSES, ids=lambda pose: f"{pose[0]}-{pose[1]}-{pose[2]}")
def pasted(
    request: pytest.FixtureRequest,
    case: type,
    forged: Callable[..., Forgery],
    planes: Callable[..., Planes],
) -> tuple[Planes, Forgery]:
    key = case(*request.param)
    return planes(key), forged(key)


@pytest.mark.parametrize("side", ["copy", "source"])
def test_verify_completes_a_part_of_either_region(
    side: str,
    pasted: tuple[Planes, Forgery],
    ellipse: Callable[..., BoolMask],
    overlap: Callable[..., float],
) -> None:
    planes, forgery = pasted
    assert forgery.transform is not None
    matrix = forgery.transform.inverse().index_matrix
    part = ellipse((190.0, 70.0), (12.0, 12.0))
    grown = Grown(_region(part), matrix)
    if side == "source":
        grown = Grown(grown.region.moved(matrix, SHAPE), forgery.transform.index_matrix)
    pair = _verify(planes, grown)
    assert pair is not None
    assert overlap(pair.copy.full(SHAPE), forgery.target_mask) > 0.9
    assert overlap(pair.source.full(SHAPE), forgery.source_mask) > 0.9
    assert pair.probability > 0.9
    assert pair.direction.log_odds > 0
    assert pair.direction.probability > 0.75


def test_verify_does_not_accept_unrelated_places(
    pasted: tuple[Planes, Forgery], ellipse: Callable[..., BoolMask]
) -> None:
    planes, forgery = pasted
    assert forgery.transform is not None
    matrix = forgery.transform.inverse().index_matrix + np.array([[0, 0, 25.0], [0, 0, -40.0]])
    pair = _verify(planes, Grown(_region(ellipse((190.0, 70.0), (14.0, 14.0))), matrix))
    assert pair is None or pair.probability < 0.5


def test_verify_refuses_regions_on_top_of_each_other(noise: npt.NDArray[np.uint8]) -> None:
    planes = Planes.of(np.hstack([noise[:, :10]] * 12))
    region = _region(np.pad(np.ones((50, 60), bool), ((10, 30), (10, 50))))
    assert _verify(planes, Grown(region, np.array([[1.0, 0, 10], [0, 1, 0]]))) is None


def test_verify_refuses_partners_outside_the_frame(noise: npt.NDArray[np.uint8]) -> None:
    region = _region(np.pad(np.ones((20, 20), bool), ((10, 60), (10, 90))))
    assert _verify(Planes.of(noise), Grown(region, np.array([[1.0, 0, 400], [0, 1, 0]]))) is None


def test_verify_refuses_flat_regions() -> None:
    planes = Planes.of(np.full((100, 100, 3), 255, np.uint8))
    region = _region(np.pad(np.ones((20, 20), bool), ((10, 70), (10, 70))))
    pair = _verify(planes, Grown(region, np.array([[1.0, 0, 40], [0, 1, 40]])))
    assert pair is None or pair.probability < 0.5
