"""Blurred regions: found with method and strength, and not found where nothing was blurred."""

from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import get_args

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.control import Control
from geotamper.errors import CancelledError, GeotamperError
from geotamper.evidence.blur import find_blurs, model
from geotamper.evidence.blur.search import RAREST, allowed_share, stated
from geotamper.evidence.results import BlurEvidence
from geotamper.evidence.search import BLUR_SHARE
from geotamper.evidence.settings import EvidenceSettings
from geotamper.forge.blur import BlurParameters, blur_region
from geotamper.scenes import SceneKind, draw_scene
from geotamper.weights import PackagedWeights

Pixels = npt.NDArray[np.uint8]
BoolMask = npt.NDArray[np.bool_]

SIZE = 256
KINDS = get_args(SceneKind)
BLURS = {
    "gaussian": BlurParameters("gaussian", 3.0),
    "mosaic": BlurParameters("mosaic", 9),
    "oil": BlurParameters("oil", 4),
}


def _search(pixels: Pixels, *, workers: int = 1, **settings: float) -> list[BlurEvidence]:
    return find_blurs(pixels, settings=EvidenceSettings(**settings), workers=workers, control=Control())  # type: ignore[arg-type]


@cache
def _scene(kind: SceneKind, seed: int = 3) -> Pixels:
    return draw_scene(kind=kind, size=SIZE, seed=seed).pixels


def _ellipse(
    centre: tuple[float, float] = (120.0, 130.0), half_axes: tuple[float, float] = (38.0, 27.0)
) -> BoolMask:
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    return np.asarray(((x - centre[0]) / half_axes[0]) ** 2 + ((y - centre[1]) / half_axes[1]) ** 2 <= 1)


def _blurred(method: str, kind: SceneKind = "city") -> tuple[Pixels, BoolMask]:
    mask = _ellipse()
    return blur_region(_scene(kind), mask, BLURS[method]).pixels, mask


def _overlap(one: BoolMask, other: BoolMask) -> float:
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize("kind", ["city", "suburb"])
@pytest.mark.parametrize("method", list(BLURS))
def test_find_blurs_finds_region_and_method(method: str, kind: SceneKind) -> None:
    pixels, mask = _blurred(method, kind)
    (found,) = _search(pixels)
    assert found.method == method
    assert _overlap(found.region, mask) > 0.8
    assert 0.5 < found.method_probability <= 1
    assert 0 < found.probability <= 1


@pytest.mark.parametrize("block", [6, 12])
def test_find_blurs_tells_the_block_of_a_mosaic(block: int) -> None:
    pixels = blur_region(_scene("city"), _ellipse(), BlurParameters("mosaic", block)).pixels
    assert [found.strength for found in _search(pixels)] == [block]


def test_find_blurs_estimates_sigma() -> None:
    strengths = []
    for sigma in (2.0, 4.5):
        pixels = blur_region(_scene("city"), _ellipse(), BlurParameters("gaussian", sigma)).pixels
        (found,) = _search(pixels)
        assert found.strength is not None
        assert found.strength == pytest.approx(sigma, rel=0.4)
        strengths.append(found.strength)
    assert strengths == sorted(strengths)


@pytest.mark.parametrize("radius", [3, 5])
def test_find_blurs_tells_the_radius_of_oil_painting(radius: int) -> None:
    pixels = blur_region(_scene("city"), _ellipse(), BlurParameters("oil", radius)).pixels
    (found,) = _search(pixels)
    assert found.strength == radius


def test_find_blurs_returns_several_regions_in_falling_probability() -> None:
    pixels = _scene("city")
    places = {"gaussian": (60.0, 60.0), "mosaic": (180.0, 80.0), "oil": (110.0, 190.0)}
    for method, centre in places.items():
        pixels = blur_region(pixels, _ellipse(centre), BLURS[method]).pixels
    found = _search(pixels)
    assert {one.method for one in found} == set(places)
    assert [one.probability for one in found] == sorted((one.probability for one in found), reverse=True)
    assert _search(pixels, max_findings=1)[0].probability == found[0].probability
    assert len(_search(pixels, max_findings=1)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_find_blurs_leaves_untouched_scenes_alone(kind: SceneKind) -> None:
    assert _search(_scene(kind)) == []


def _water(rng: np.random.Generator) -> Pixels:
    """Smooth ground with a little noise, as water and sand are."""
    y, x = np.mgrid[:SIZE, :SIZE]
    waves = 90 + 8 * np.sin(x / 9 + y / 23) + 5 * np.sin(y / 13)
    return _rounded(waves[..., np.newaxis] * (0.7, 0.9, 1.0) + rng.normal(0, 0.8, (SIZE, SIZE, 3)))


def _gradient(_: np.random.Generator) -> Pixels:
    ramp = np.linspace(20, 230, SIZE)
    return _rounded(np.repeat(np.add.outer(ramp, ramp)[..., np.newaxis] / 2, 3, axis=2))


def _saturated(_: np.random.Generator) -> Pixels:
    """A scene of too much light: its roofs are patches of pure white."""
    return _rounded((_scene("city").astype(float) - 60) * 2.2)


def _shadow(_: np.random.Generator) -> Pixels:
    """A scene with a patch that is darkened to a fifth."""
    pixels = _scene("suburb").astype(float)
    pixels[_ellipse()] *= 0.2
    return _rounded(pixels)


def _rounded(values: npt.NDArray[np.float64]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _soft(_: np.random.Generator) -> Pixels:
    import cv2

    return np.asarray(cv2.GaussianBlur(_scene("airport"), (0, 0), 1.5), dtype=np.uint8)


@pytest.mark.parametrize("draw", [_water, _gradient, _saturated, _shadow, _soft])
def test_find_blurs_leaves_smooth_pictures_alone(draw: Callable[[np.random.Generator], Pixels]) -> None:
    # what a whole inspection leaves to blurred regions
    rate = BLUR_SHARE * EvidenceSettings().false_alarm_rate
    assert _search(draw(np.random.default_rng(5)), false_alarm_rate=rate) == []


@pytest.mark.parametrize("method", list(BLURS))
def test_find_blurs_does_not_depend_on_workers(method: str) -> None:
    pixels, _ = _blurred(method)
    one, many = _search(pixels), _search(pixels, workers=3)
    assert len(one) == len(many) > 0
    for first, second in zip(one, many, strict=True):
        assert (first.probability, first.method, first.strength) == (
            second.probability,
            second.method,
            second.strength,
        )
        np.testing.assert_array_equal(first.region, second.region)


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (31, 31), (32, 32), (40, 300)])
@pytest.mark.parametrize("level", [0, 130, 255])
def test_find_blurs_finds_nothing_in_constant_pictures(shape: tuple[int, int], level: int) -> None:
    assert _search(np.full((*shape, 3), level, np.uint8)) == []


def test_find_blurs_is_stricter_at_a_lower_rate() -> None:
    pixels, _ = _blurred("gaussian")
    loose, strict = _search(pixels, false_alarm_rate=0.2), _search(pixels, false_alarm_rate=0.001)
    assert len(loose) >= len(strict)
    cuts = model.load_model().region_alarms
    assert cuts.cut(0.001) > cuts.cut(0.05)


def test_find_blurs_can_be_cancelled() -> None:
    with pytest.raises(CancelledError):
        find_blurs(
            _scene("city"), settings=EvidenceSettings(), workers=1, control=Control(is_cancelled=lambda: True)
        )


def _without_a_table() -> bytes:
    stored = BytesIO()
    np.savez(stored, rates=np.array([0.1]))
    return stored.getvalue()


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 cut off", _without_a_table()])
def test_load_model_names_damaged_weights(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PackagedWeights, "read", lambda _: content)
    model.load_model.cache_clear()
    with pytest.raises(GeotamperError, match=r"blur\.npz.*install geotamper again"):
        model.load_model()


def test_stated_probability_rises_from_the_cut_and_falls_with_the_allowed_alarms() -> None:
    assert stated(0.11, 0.11, 0.005) == pytest.approx(9.5 / 10.5)
    assert stated(0.5, 0.11, 0.005) > stated(0.2, 0.11, 0.005) > stated(0.11, 0.11, 0.005)
    assert stated(0.11, 0.11, 0.05) < 0.5 < stated(1.0, 0.11, 0.05) <= 1


def test_allowed_share_keeps_the_rate_of_larger_pictures() -> None:
    assert allowed_share(0.01, 512 * 512) == 0.01
    assert allowed_share(0.01, 100 * 100) == 0.01
    assert allowed_share(0.01, 4 * 512 * 512) == pytest.approx(0.0025)
    assert allowed_share(0.01, 4096 * 4096) == RAREST
    assert allowed_share(RAREST / 10, 4096 * 4096) == RAREST / 10
