"""What the air and the camera add to a finished drawing: haze, uneven light, blur and noise."""

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.scenes.texture import FloatArray

_HAZE = np.array([0.60, 0.66, 0.72], dtype=np.float32)
_STRIP = 256


def expose(scene: FloatArray, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Take the picture.

    The noise comes last and is drawn for every pixel and channel by itself, so that no two places are alike
    even where the drawing is. Its variance grows linearly with the signal, as that of photon counts does.

    Args:
        scene: (H, W, 3) float32 RGB, 0 to 1; overwritten.
        rng: The source of chance.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    haze = np.float32(rng.uniform(0.06, 0.12))
    gain = np.float32(rng.uniform(0.98, 1.1))
    blur = float(rng.uniform(0.5, 0.7))
    shot, read = float(rng.uniform(2.0, 3.5)), float(rng.uniform(1.0, 1.6))
    scene *= _illumination(rng, scene.shape[:2])[..., None]
    cv2.GaussianBlur(scene, (0, 0), blur, dst=scene)
    pixels = np.empty(scene.shape, dtype=np.uint8)
    for y in range(0, scene.shape[0], _STRIP):
        strip = scene[y : y + _STRIP] * gain
        strip += haze * (_HAZE - strip)
        # Kept off both ends of the range, so that noise shows everywhere.
        signal = np.clip(strip, 0.03, 0.95)
        deviation = np.sqrt(shot**2 * signal + read**2)
        noise = rng.standard_normal(signal.shape, dtype=np.float32) * deviation
        pixels[y : y + _STRIP] = np.clip(np.rint(signal * 255 + noise), 0, 255).astype(np.uint8)
    return pixels


def _illumination(rng: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    """Brightness that changes slowly across the frame, around 1."""
    y = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, shape[1], dtype=np.float32)[None, :]
    slope_x, slope_y = rng.uniform(-0.04, 0.04, 2)
    vignette = rng.uniform(0.01, 0.04)
    return np.asarray(1 + slope_x * x + slope_y * y - vignette * (x**2 + y**2), dtype=np.float32)
