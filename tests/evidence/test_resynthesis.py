from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.errors import SpecificationError
from geotamper.evidence.planes import Planes
from geotamper.evidence.resampling import Resampling
from geotamper.evidence.resynthesis import Explanation, explain, explain_with
from geotamper.forge.forgery import BoolMask, Forgery
from geotamper.imagery.kernels import KEYS_ANTIALIASED, LANCZOS4, LINEAR, NEAREST, OPENCV_CUBIC, Kernel
from geotamper.imagery.region import Region, Window

FAMILIES = [
    (("city", 35.0, 1.0, "opencv-linear"), LINEAR),
    (("farmland", 0.0, 0.7, "opencv-linear"), LINEAR),
    (("airport", 60.0, 0.8, "opencv-cubic"), OPENCV_CUBIC),
    (("harbour", 0.0, 1.3, "opencv-cubic"), OPENCV_CUBIC),
    (("city", 25.0, 0.9, "opencv-lanczos4"), LANCZOS4),
    (("harbour", 77.0, 0.8, "opencv-nearest"), NEAREST),
]


def _region(mask: BoolMask) -> Region:
    return Region.cut(Window(0, 0, mask.shape[1], mask.shape[0]), mask)


def _truth(forgery: Forgery) -> npt.NDArray[np.float64]:
    assert forgery.transform is not None
    return forgery.transform.inverse().index_matrix


def _away(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A start that misses the copy by a few tenths of a pixel."""
    turned = matrix.copy()
    turned[:, :2] += [[0.003, -0.003], [0.003, 0.003]]
    turned[:, 2] += matrix[:, :2] @ [190, 70] - turned[:, :2] @ [190, 70] + [0.2, -0.2]
    return turned


@pytest.mark.parametrize(("pose", "kernel"), FAMILIES)
def test_explain_names_the_kernel_and_finds_the_transform(
    pose: tuple[Any, ...],
    kernel: Kernel,
    case: type,
    forged: Callable[..., Forgery],
    planes: Callable[..., Planes],
) -> None:
    forgery = forged(case(*pose))
    found = explain(planes(case(*pose)), _region(forgery.target_mask), _away(_truth(forgery)), seed=0)
    assert found.kernel is kernel
    assert found.share > 0.9
    assert found.residual < 0.65
    assert found.information > 300
    # the nearest pixel tells a position only to a fraction of a pixel
    slack = 4.0 if kernel is NEAREST else 1.0
    difference = complex(*(found.matrix[0, :2] - _truth(forgery)[0, :2]))
    assert abs(difference) < slack * 8e-4
    shift = (found.matrix - _truth(forgery)) @ [190, 70, 1]
    assert np.hypot(*shift) < slack * 0.02
    assert found.scale == pytest.approx(1 / pose[2], abs=slack * 1e-3)
    assert 0 < found.pose_sigma < 0.01


def test_explain_of_unrelated_places_is_not_exact(case: type, planes: Callable[..., Planes]) -> None:
    region = _region(np.pad(np.ones((40, 40), bool), ((20, 196), (100, 116))))
    found = explain(planes(case("city")), region, np.array([[1.0, 0, 60], [0, 1, 90]]), seed=0)
    assert found.share < 0.5
    assert found.residual > 2


def test_explain_is_the_same_for_the_same_seed(
    case: type, forged: Callable[..., Forgery], planes: Callable[..., Planes]
) -> None:
    forgery = forged(case("city", 35.0))
    arguments = planes(case("city", 35.0)), _region(forgery.target_mask), _away(_truth(forgery))
    one, two = (explain(*arguments, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.matrix, two.matrix)
    assert (one.share, one.residual, one.pose_sigma) == (two.share, two.residual, two.pose_sigma)


def test_explain_states_an_error_that_holds(
    case: type, forged: Callable[..., Forgery], planes: Callable[..., Planes]
) -> None:
    ratios = []
    for pose in (("city", 35.0), ("suburb", -110.0, 1.2), ("farmland", 0.0, 0.7), ("airport", 35.0)):
        forgery = forged(case(*pose))
        found = explain(planes(case(*pose)), _region(forgery.target_mask), _away(_truth(forgery)), seed=0)
        ratios.append(abs(complex(*(found.matrix[0, :2] - _truth(forgery)[0, :2]))) / found.pose_sigma)
    assert max(ratios) < 4
    assert min(ratios) > 0.01


def test_explain_needs_a_kernel_that_applies(
    case: type, forged: Callable[..., Forgery], planes: Callable[..., Planes]
) -> None:
    forgery = forged(case("harbour", 0.0, 1.3, "opencv-cubic"))
    with pytest.raises(SpecificationError, match="kernel"):
        explain(
            planes(case("harbour", 0.0, 1.3, "opencv-cubic")),
            _region(forgery.target_mask),
            _truth(forgery),
            seed=0,
            kernels=(KEYS_ANTIALIASED,),
        )


def test_explain_with_widens_only_what_tools_widen(
    case: type, forged: Callable[..., Forgery], planes: Callable[..., Planes]
) -> None:
    forgery = forged(case("farmland", 0.0, 0.7))
    arguments = planes(case("farmland", 0.0, 0.7)), _region(forgery.target_mask), _truth(forgery)
    plain = explain_with(*arguments, LINEAR, seed=0)
    wide = explain_with(*arguments, KEYS_ANTIALIASED, seed=0)
    assert plain.resampling == Resampling(LINEAR, 1.0)
    assert wide.widening == pytest.approx(1 / 0.7, abs=0.01)
    assert plain.share > wide.share


def test_explanation_scale_is_that_of_its_matrix() -> None:
    found = Explanation(np.array([[0.3, 0.4, 9.0], [-0.4, 0.3, 9.0]]), LINEAR, 1.0, 1.0, 0.0, 100.0, 0.001)
    assert found.scale == pytest.approx(0.5)
