import sys
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.errors import GeotamperError, MissingLibraryError
from geotamper.evidence.objects import network
from geotamper.evidence.objects.network import (
    CLASS_LABELS,
    NETWORKS,
    OTHER,
    ClassNetworkName,
    ClassShares,
    ObjectClassifier,
    combine,
)
from geotamper.evidence.objects.views import SIDE, describe_outline, region_views
from geotamper.scenes import Scene, draw_scene
from geotamper.task.classes import ObjectClass
from geotamper.weights import PackagedWeights

BoolMask = npt.NDArray[np.bool_]


@pytest.fixture(scope="module")
def scenes() -> dict[str, Scene]:
    """Scenes that no network was trained on."""
    return {kind: draw_scene(kind=kind, size=384, seed=11) for kind in ("harbour", "airport")}


@pytest.fixture
def no_sessions() -> Iterator[None]:
    """Forget the open networks before and after."""
    network._session.cache_clear()
    yield
    network._session.cache_clear()


def disc(size: int, middle: tuple[float, float], radius: float) -> BoolMask:
    rows, columns = np.mgrid[:size, :size]
    inside: BoolMask = (columns + 0.5 - middle[0]) ** 2 + (rows + 0.5 - middle[1]) ** 2 < radius**2
    return inside


def largest(scene: Scene, name: ObjectClass) -> BoolMask:
    things = [thing for thing in scene.objects if thing.object_class == name]
    return scene.mask(max(things, key=lambda thing: thing.area_px).id)


def test_region_views_show_the_region_in_the_middle() -> None:
    region = disc(200, (120.0, 60.0), 15)
    pixels = np.zeros((200, 200, 3), np.uint8)
    pixels[region] = (200, 100, 50)
    views = region_views(pixels, region)
    assert views.crops.shape == (2, SIDE, SIDE, 4)
    for crop in views.crops:
        middle = crop[SIDE // 2 - 3 : SIDE // 2 + 3, SIDE // 2 - 3 : SIDE // 2 + 3]
        assert (middle == (200, 100, 50, 255)).all()
        assert (crop[0, 0] == 0).all()
    shares = (views.crops[..., 3] / 255).mean(axis=(1, 2))
    assert shares[0] == pytest.approx(np.pi / 4 / 1.25**2, rel=0.1)
    assert shares[1] == pytest.approx(np.pi * 15**2 / 96**2, rel=0.1)


def test_region_views_mirror_the_picture_beyond_the_frame() -> None:
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)
    region = np.zeros((40, 50), np.bool_)
    region[0, 0] = True
    crop = region_views(pixels, region).crops[1]  # 96 pixels from (-48, -48), not resized
    assert (crop[48 : 48 + 40, 48 : 48 + 48, :3] == pixels[:, :48]).all()
    assert (crop[48, 47, :3] == pixels[0, 1]).all()
    assert (crop[47, 48, :3] == pixels[1, 0]).all()
    assert np.count_nonzero(crop[..., 3]) == 1


def test_region_views_of_a_single_pixel_picture() -> None:
    views = region_views(np.full((1, 1, 3), 7, np.uint8), np.ones((1, 1), np.bool_))
    assert (views.crops[..., :3] == 7).all()
    assert np.isfinite(views.shape).all()


def test_describe_outline_tells_strips_discs_and_rings_apart() -> None:
    round_one = describe_outline(disc(64, (32, 32), 30))
    strip = describe_outline(np.ones((8, 120), np.bool_))
    ring = describe_outline(disc(64, (32, 32), 30) & ~disc(64, (32, 32), 15))
    assert strip[1] > 2
    assert round_one[1] < 0.2
    assert ring[7] == pytest.approx(0.25, abs=0.02)
    assert round_one[7] == 0
    assert strip[8] > round_one[8]
    halves = np.ones((8, 120), np.bool_)
    halves[:, 60] = False
    assert describe_outline(halves)[3] == pytest.approx(np.log(2))


@pytest.mark.parametrize("name", NETWORKS)
def test_packaged_networks_tell_drawn_ships_and_airplanes(
    name: ClassNetworkName, scenes: dict[str, Scene]
) -> None:
    classifier = ObjectClassifier(NETWORKS[name])
    shown: dict[str, ObjectClass] = {"harbour": "Ship", "airport": "Airplane"}
    for kind, wanted in shown.items():
        scene = scenes[kind]
        region = largest(scene, wanted)
        found = classifier.classify(scene.pixels, region, region)
        assert found.label == wanted
        assert found.confidence > 0.5


def test_classify_is_a_distribution_and_repeats_itself(scenes: dict[str, Scene]) -> None:
    classifier = ObjectClassifier(NETWORKS["research"])
    scene = scenes["harbour"]
    source, target = largest(scene, "Building"), largest(scene, "Ship")
    first, second = (classifier.classify(scene.pixels, target, source) for _ in range(2))
    assert first == second
    assert sum(first.shares.values()) == pytest.approx(1)
    assert first.shares != classifier.classify(scene.pixels, target).shares


def test_log_probabilities_do_not_depend_on_what_else_is_asked(scenes: dict[str, Scene]) -> None:
    classifier = ObjectClassifier(NETWORKS["permissive"])
    scene = scenes["airport"]
    views = [region_views(scene.pixels, largest(scene, name)) for name in ("Car", "Airplane", "Road")]
    together = classifier.log_probabilities(views)
    alone = [classifier.log_probabilities([one])[0] for one in views]
    assert together == pytest.approx(np.stack(alone), abs=1e-4)
    assert np.exp(together).sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5)


def test_combine_weighs_the_source_more() -> None:
    target, source = np.full(8, 0.02), np.full(8, 0.02)
    target[0], source[1] = 0.86, 0.86
    both = combine(np.log([target, source]))
    assert both.sum() == pytest.approx(1)
    assert both.argmax() == 1
    assert combine(np.log([target])) == pytest.approx(target)
    assert combine(np.log([target, source]), source_weight=0.5)[0] == pytest.approx(both[:2].mean(), abs=0.02)


def test_class_shares_name_the_best_class_beside_other() -> None:
    shares = dict.fromkeys(CLASS_LABELS, 0.05) | {OTHER: 0.5, "Road": 0.2}
    found = ClassShares(shares)
    assert (found.label, found.confidence, found.best_class) == (OTHER, 0.5, "Road")


@pytest.mark.usefixtures("no_sessions")
def test_classify_without_onnx_runtime_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingLibraryError, match="pip install onnxruntime"):
        ObjectClassifier(NETWORKS["research"]).classify(
            np.zeros((9, 9, 3), np.uint8), np.ones((9, 9), np.bool_)
        )


def test_damaged_weights_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PackagedWeights, "read", lambda _: b"no network")
    with pytest.raises(GeotamperError, match=r"'cut\.onnx' are damaged .* install geotamper again"):
        ObjectClassifier(PackagedWeights("cut.onnx", "Apache-2.0")).classify(
            np.zeros((9, 9, 3), np.uint8), np.ones((9, 9), np.bool_)
        )
