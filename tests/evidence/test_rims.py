from collections.abc import Callable

import numpy as np
import pytest

from geotamper.evidence.planes import Planes
from geotamper.evidence.rims import CONTRASTS, REACH, Likeness, compare_wholes, rim_features
from geotamper.forge.forgery import BoolMask, Forgery
from geotamper.imagery.region import Region, Window

POSITIONS = 2 * REACH + 1


def _region(mask: BoolMask) -> Region:
    return Region.cut(Window(0, 0, mask.shape[1], mask.shape[0]), mask)


def _likeness(forgery: Forgery) -> Likeness:
    assert forgery.transform is not None
    regions = _region(forgery.target_mask), _region(forgery.source_mask)
    return Likeness(regions, forgery.transform.inverse().index_matrix)


def test_rim_features_show_that_only_the_inside_is_repeated(
    case: type, forged: Callable[..., Forgery], planes: Callable[..., Planes]
) -> None:
    pair = _likeness(forged(case("city")))
    features = rim_features(planes(case("city")), pair.regions[0], pair.matrix)
    assert features is not None
    difference = np.median(features[:, :POSITIONS], axis=0)
    # a profile runs from outside to inside; its middle is the last pixel that was pasted
    assert difference[REACH + 1 :] == pytest.approx(0.0, abs=1e-3)
    assert difference[: REACH - 2].min() > 0.5


def test_rim_features_are_those_of_all_points_within_the_picture(
    case: type, planes: Callable[..., Planes], ellipse: Callable[..., BoolMask]
) -> None:
    views = planes(case("city"))
    region = _region(ellipse())
    inside = rim_features(views, region, np.array([[1.0, 0.0, 40.0], [0.0, 1.0, 0.0]]))
    beyond = rim_features(views, region, np.array([[1.0, 0.0, 150.0], [0.0, 1.0, 0.0]]))
    assert inside is not None
    assert beyond is not None
    assert inside.dtype == np.float32
    assert inside.shape[1] == beyond.shape[1]
    assert 0 < len(beyond) < len(inside)


@pytest.mark.parametrize("half_axes", [(1.2, 1.2), (2.0, 1.0)])
def test_rim_features_say_nothing_of_specks(
    half_axes: tuple[float, float],
    case: type,
    planes: Callable[..., Planes],
    ellipse: Callable[..., BoolMask],
) -> None:
    region = _region(ellipse(half_axes=half_axes))
    assert rim_features(planes(case("city")), region, np.eye(2, 3)) is None


def test_rim_features_say_nothing_of_places_beyond_the_frame(
    case: type, planes: Callable[..., Planes], ellipse: Callable[..., BoolMask]
) -> None:
    away = np.array([[1.0, 0.0, 1000.0], [0.0, 1.0, 0.0]])
    assert rim_features(planes(case("city")), _region(ellipse()), away) is None


@pytest.mark.parametrize("scale", [1.0, 1.3])
def test_compare_wholes_changes_sign_when_exchanged(
    scale: float, case: type, forged: Callable[..., Forgery], planes: Callable[..., Planes]
) -> None:
    key = case("harbour", rotation=20.0, scale=scale)
    pair = _likeness(forged(key))
    found = compare_wholes(planes(key), pair)
    assert found.shape == (len(CONTRASTS),)
    assert compare_wholes(planes(key), pair.exchanged) == pytest.approx(-found)


def test_compare_wholes_takes_the_residual_of_scaled_pairs_alone(
    case: type, forged: Callable[..., Forgery], planes: Callable[..., Planes]
) -> None:
    residual = CONTRASTS.index("residual")
    scaled, turned = case("harbour", scale=1.3), case("harbour", rotation=20.0)
    assert compare_wholes(planes(scaled), _likeness(forged(scaled)))[residual] > 0.5
    assert compare_wholes(planes(turned), _likeness(forged(turned)))[residual] == 0.0
