from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from geotamper.scenes import SCENE_CLASSES, Scene, SceneKind
from geotamper.sets.screening import Thresholds
from geotamper.sets.screening.measures import blur_share, cloud_share, flat_share, void_share

Pixels = npt.NDArray[np.uint8]
Draw = Callable[..., Scene]

LIMITS = Thresholds()


def with_clouds(pixels: Pixels, cover: float) -> Pixels:
    """Thick white clouds over a share of the picture, with soft edges."""
    rng = np.random.default_rng(3)
    layers = [
        cv2.resize(rng.random((2**k, 2**k)).astype(np.float32), (512, 512), interpolation=cv2.INTER_CUBIC)
        / 2**k
        for k in range(2, 7)
    ]
    field = np.asarray(sum(layers), dtype=np.float64)
    density = np.clip((field - np.quantile(field, 1 - cover)) / (0.3 * field.std()), 0, 1)[..., np.newaxis]
    white = 235 + 8 * ((field - field.mean()) / field.std())[..., np.newaxis]
    return np.asarray(np.clip(pixels * (1 - density) + white * density, 0, 255), dtype=np.uint8)


@pytest.mark.parametrize("kind", SCENE_CLASSES)
def test_measures_let_drawn_scenes_pass(scene: Draw, kind: SceneKind) -> None:
    pixels = scene(kind, 1).pixels
    assert void_share(pixels, np.zeros((512, 512), np.bool_)) <= LIMITS.nodata
    assert flat_share(pixels) <= LIMITS.blank
    assert blur_share(pixels) <= LIMITS.blurred
    assert cloud_share(pixels) <= LIMITS.cloud


def test_void_share_counts_marks_black_and_white_once(scene: Draw) -> None:
    pixels, ignore = scene("city", 1).pixels.copy(), np.zeros((512, 512), np.bool_)
    before = void_share(pixels, ignore)
    pixels[:128] = 0
    pixels[128:192] = 255
    ignore[:64] = True
    assert void_share(pixels, ignore) == pytest.approx(before + 0.375, abs=0.01)


def test_flat_share_of_a_half_empty_picture(scene: Draw) -> None:
    pixels = scene("city", 1).pixels.copy()
    pixels[256:] = np.random.default_rng(0).integers(100, 103, (256, 512, 1), dtype=np.uint8)
    assert flat_share(pixels) == pytest.approx(0.5, abs=0.02)
    assert flat_share(np.full((512, 512, 3), 77, np.uint8)) == 1


@pytest.mark.parametrize("kind", ["suburb", "farmland"])
def test_blur_share_rises_with_blur(scene: Draw, kind: SceneKind) -> None:
    pixels = scene(kind, 1).pixels
    shares = [blur_share(pixels)]
    shares += [
        blur_share(np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), dtype=np.uint8)) for sigma in (1, 2, 4)
    ]
    assert shares == sorted(shares)
    assert shares[-1] > LIMITS.blurred


def test_blur_share_sees_blur_along_one_axis(scene: Draw) -> None:
    pixels = scene("city", 1).pixels
    for window in ((25, 1), (1, 25)):
        assert blur_share(np.asarray(cv2.blur(pixels, window), dtype=np.uint8)) > LIMITS.blurred
    assert blur_share(np.full((512, 512, 3), 9, np.uint8)) == 1


@pytest.mark.parametrize("kind", ["suburb", "harbour"])
def test_cloud_share_follows_the_cover(scene: Draw, kind: SceneKind) -> None:
    pixels = scene(kind, 1).pixels
    shares = [cloud_share(with_clouds(pixels, cover)) for cover in (0.1, 0.4, 0.7)]
    assert shares == sorted(shares)
    assert shares[0] <= LIMITS.cloud < shares[2]
