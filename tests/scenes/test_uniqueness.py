"""Nothing in an untouched scene is a copy of anything else in it, and noise lies over everything."""

from collections.abc import Callable
from itertools import combinations

import cv2
import numpy as np
import pytest

from geotamper.scenes import Scene, SceneKind
from geotamper.scenes.sensor import expose

SceneOf = Callable[[SceneKind, int, int], Scene]


def test_scene_is_noisy_everywhere(scene_of: SceneOf, kind: SceneKind) -> None:
    pixels = scene_of(kind, 256, 0).pixels.astype(np.float64)
    for channel in np.moveaxis(pixels, 2, 0):
        variance = cv2.blur(channel**2, (7, 7)) - cv2.blur(channel, (7, 7)) ** 2
        assert variance.min() > 0.5


def test_scene_has_no_two_equal_patches(scene_of: SceneOf, kind: SceneKind) -> None:
    pixels = np.ascontiguousarray(scene_of(kind, 256, 0).pixels)
    windows = np.lib.stride_tricks.sliding_window_view(pixels, (4, 4), axis=(0, 1))
    patches = np.ascontiguousarray(windows).reshape(-1, 48)
    assert len(np.unique(patches, axis=0)) == len(patches)


@pytest.mark.parametrize(
    ("kind", "name"), [("city", "Car"), ("airport", "Airplane"), ("harbour", "Ship"), ("suburb", "Building")]
)
def test_scene_has_no_two_objects_of_the_same_form(scene_of: SceneOf, kind: SceneKind, name: str) -> None:
    scene = scene_of(kind, 256, 0)
    stamps = []
    for item in (o for o in scene.objects if o.object_class == name):
        x0, y0, x1, y1 = item.bbox
        body = scene.instances[y0:y1, x0:x1] == item.id
        stamps.append(np.where(body[..., None], scene.pixels[y0:y1, x0:x1], 0))
    assert len(stamps) >= 2
    for first, second in combinations(stamps, 2):
        assert first.shape != second.shape or np.mean(first != second) > 0.3


def _exposed(level: float, seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    flat = np.full((200, 200, 3), level, dtype=np.float32)
    return expose(flat, np.random.default_rng(seed)).astype(np.float64)


def _grain(pixels: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """Deviation of the noise, from neighbours, so that slow changes of brightness do not count."""
    return float(np.std(pixels[:, 1:] - pixels[:, :-1]) / np.sqrt(2))


def test_expose_noise_grows_with_the_signal() -> None:
    dark, bright = _grain(_exposed(0.05, 3)), _grain(_exposed(0.8, 3))
    assert 0.9 < dark < bright < 4.5


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_expose_keeps_noise_at_both_ends_of_the_range(level: float) -> None:
    assert _grain(_exposed(level, 1)) > 0.9


def test_expose_noise_is_independent_between_channels_and_neighbours() -> None:
    noise = _exposed(0.5, 5)
    noise -= cv2.blur(noise, (31, 31))
    red, green = noise[..., 0].ravel(), noise[..., 1].ravel()
    assert abs(np.corrcoef(red, green)[0, 1]) < 0.03
    left, right = noise[:, :-1, 0].ravel(), noise[:, 1:, 0].ravel()
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.03
