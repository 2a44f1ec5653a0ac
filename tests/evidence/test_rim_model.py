import json
from collections.abc import Callable

import numpy as np
import pytest

from geotamper.errors import SpecificationError
from geotamper.evidence.planes import Planes
from geotamper.evidence.rim_model import load_model, parse_model, rim_contrast
from geotamper.evidence.rims import CONTRASTS, RIM_FEATURES, Likeness, compare_wholes, rim_features
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.forgery import Forgery
from geotamper.imagery.region import Region, Window
from geotamper.scenes import Scene
from geotamper.weights import DIRECTION

SIZE = 256


def _likeness(forgery: Forgery) -> Likeness:
    frame = Window(0, 0, SIZE, SIZE)
    assert forgery.transform is not None
    regions = Region.cut(frame, forgery.target_mask), Region.cut(frame, forgery.source_mask)
    return Likeness(regions, forgery.transform.inverse().index_matrix)


def test_model_knows_feathered_plain_copies_of_drawn_scenes(
    scene: Callable[..., Scene], forged: Callable[..., Forgery], case: type
) -> None:
    found = []
    for kind in ("suburb", "harbour", "airport", "city"):
        source = forged(case(kind)).source_mask
        for radius in (1.0, 2.5):
            parameters = CopyMoveParameters(placement=(190.0, 71.0), edge="feather", feather_radius=radius)
            forgery = copy_move(scene(kind).pixels, source, parameters, rng=np.random.default_rng(0))
            planes, pair = Planes.of(forgery.pixels), _likeness(forgery)
            odds = load_model().log_odds(planes, pair)
            assert load_model().log_odds(planes, pair.exchanged) == pytest.approx(-odds, rel=1e-5, abs=1e-5)
            found.append(odds)
    # feathered widely on even ground, an edge may leave the model undecided, but never sure of the wrong
    assert sum(odds > 0 for odds in found) >= 6
    assert min(found) > -1


def test_model_falls_back_on_the_wholes_where_no_profile_lies_in_the_picture(
    case: type, forged: Callable[..., Forgery], planes: Callable[..., Planes]
) -> None:
    pair, views = _likeness(forged(case("city"))), planes(case("city"))
    away = Likeness(pair.regions, pair.matrix + np.array([[0, 0, 1000.0], [0, 0, 0]]))
    assert rim_features(views, away.regions[0], away.matrix) is None
    assert not rim_contrast(views, away, 0.5).any()
    model = load_model()
    assert model.log_odds(views, away) == pytest.approx(model.contrasts @ compare_wholes(views, away))


def test_rim_contrast_is_that_of_the_mean_points_and_grows_with_their_number(
    case: type, forged: Callable[..., Forgery], planes: Callable[..., Planes]
) -> None:
    pair, views = _likeness(forged(case("city"))), planes(case("city"))
    first = rim_features(views, pair.regions[0], pair.matrix)
    second = rim_features(views, pair.regions[1], pair.exchanged.matrix)
    assert first is not None
    assert second is not None
    plain = rim_contrast(views, pair, 0.0)
    assert plain == pytest.approx(first.mean(axis=0) - second.mean(axis=0), abs=1e-6)
    factor = (min(len(first), len(second)) / 100) ** 0.5
    assert rim_contrast(views, pair, 0.5) == pytest.approx(factor * plain)


def test_packaged_weights_are_read_as_they_are_written() -> None:
    entry, model = json.loads(DIRECTION.read()), load_model()
    assert model.rim.shape == (RIM_FEATURES,)
    assert dict(zip(CONTRASTS, model.contrasts, strict=True)) == entry["contrasts"]


def _damaged(change: str) -> bytes:
    entry = json.loads(DIRECTION.read())
    match change:
        case "missing":
            del entry["growth"]
        case "short":
            entry["rim"] = entry["rim"][1:]
        case "other":
            entry["schema"] = "something/1"
    return b"{" if change == "cut" else json.dumps(entry).encode()


@pytest.mark.parametrize("change", ["missing", "short", "other", "cut"])
def test_parse_model_refuses_damaged_files(change: str) -> None:
    with pytest.raises(SpecificationError, match=r"'direction\.json' is damaged; install the package again"):
        parse_model(_damaged(change))
