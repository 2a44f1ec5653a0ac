from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pytest

from geotamper.errors import SpecificationError
from geotamper.evidence.planes import Planes
from geotamper.evidence.region import Region, Window
from geotamper.evidence.rim_model import RimModel, load_model, model_from
from geotamper.evidence.rims import CONTRASTS, Likeness, rim_features
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.forgery import Forgery
from geotamper.scenes import Scene

SIZE = 256


def _likeness(forgery: Forgery) -> Likeness:
    frame = Window(0, 0, SIZE, SIZE)
    assert forgery.transform is not None
    regions = Region.cut(frame, forgery.target_mask), Region.cut(frame, forgery.source_mask)
    return Likeness(regions, forgery.transform.inverse().index_matrix)


@pytest.mark.parametrize("kind", ["suburb", "harbour", "airport", "city"])
@pytest.mark.parametrize("radius", [1.0, 2.5])
def test_model_knows_feathered_plain_copies_of_drawn_scenes(
    kind: str, radius: float, scene: Callable[..., Scene], forged: Callable[..., Forgery], case: type
) -> None:
    parameters = CopyMoveParameters(placement=(190.0, 71.0), edge="feather", feather_radius=radius)
    source = forged(case(kind)).source_mask
    forgery = copy_move(scene(kind).pixels, source, parameters, rng=np.random.default_rng(0))
    planes, pair = Planes.of(forgery.pixels), _likeness(forgery)
    odds = load_model().log_odds(planes, pair)
    assert odds > 0.5
    assert load_model().log_odds(planes, pair.exchanged) == pytest.approx(-odds, rel=1e-5, abs=1e-5)


def test_model_falls_back_on_the_wholes_where_an_outline_is_too_short(
    case: type, forged: Callable[..., Forgery], planes: Callable[..., Planes]
) -> None:
    pair = _likeness(forged(case("city")))
    away = Likeness(pair.regions, pair.matrix + [[0, 0, 1000.0], [0, 0, 0]])
    model = load_model()
    views = planes(case("city"))
    assert rim_features(views, away.regions[0], away.matrix) is None
    assert np.isfinite(model.log_odds(views, away))


def test_model_fits_the_features() -> None:
    model = load_model()
    assert model.point_weights.shape[1] == len(model.centre) == len(model.spread)
    assert len(model.contrasts) == len(CONTRASTS)


@pytest.mark.parametrize("change", ["missing", "short"])
def test_model_from_refuses_damaged_arrays(change: str) -> None:
    arrays = {field.name: getattr(load_model(), field.name) for field in fields(RimModel)}
    if change == "missing":
        del arrays["growth"]
    else:
        arrays["contrasts"] = arrays["contrasts"][:-1]
    with pytest.raises(SpecificationError, match=r"'direction\.npz' is damaged; install the package again"):
        model_from(arrays)
