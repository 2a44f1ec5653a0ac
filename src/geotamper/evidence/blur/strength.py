"""How strongly a region was blurred."""

import cv2
import numpy as np
import numpy.typing as npt

BoolMask = npt.NDArray[np.bool_]
FloatPlane = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]

LEAST_PIXELS = 60
"""Pairs or pixels; fewer say nothing about strength."""

RADII = range(2, 9)
"""Radii of oil painting that are told apart."""

LEAST_ECHO = 0.08
"""Autocorrelation that an echo needs, as a negative number, to tell the radius."""


def energy_ratio(pixels: Pixels, region: BoolMask) -> float | None:
    """Energy of first over that of second differences at a distance of 2 pixels, less what rounding adds.

    For a Gaussian blur of a scene with a spectrum of 1/f it grows with the square of sigma.

    Args:
        pixels: (h, w, 3) uint8 RGB, a window around the region.
        region: (h, w) bool.

    Returns:
        The ratio, or None for regions too small or too flat.
    """
    values = pixels.astype(np.float32).mean(axis=2)
    first = second = 0.0
    count = 0
    inner = region.astype(np.uint8)
    for axis in (0, 1):
        box = np.ones((5, 1) if axis == 0 else (1, 5), np.uint8)
        where = cv2.erode(inner, box, borderValue=0) > 0
        plain, bent = np.zeros(3, np.float32), np.zeros(5, np.float32)
        plain[[0, 2]], bent[[0, 2, 4]] = (-1, 1), (1, -2, 1)
        for kernel, order in ((plain, 1), (bent, 2)):
            shaped = kernel[:, np.newaxis] if axis == 0 else kernel[np.newaxis]
            energy = float((np.asarray(cv2.filter2D(values, cv2.CV_32F, shaped))[where] ** 2).sum())
            if order == 1:
                first += energy
            else:
                second += energy
        count += int(where.sum())
    if count < LEAST_PIXELS:
        return None
    rounding = 1 / 36  # variance of rounding, 1/12, of the mean of three channels
    first, second = first / count - 2 * rounding, second / count - 6 * rounding
    if first <= 0.3 or second <= 0.02:
        return None
    return first / second


def gaussian_sigma(pixels: Pixels, region: BoolMask, line: tuple[float, float]) -> float | None:
    """Sigma of a Gaussian blur in pixels, or None when it cannot be told.

    Args:
        pixels: (h, w, 3) uint8 RGB, a window around the region.
        region: (h, w) bool.
        line: Offset and slope of ln sigma over half the ln of the ratio of energies, fitted on known blurs.
    """
    ratio = energy_ratio(pixels, region)
    if ratio is None:
        return None
    return float(np.exp(line[0] + line[1] * 0.5 * np.log(ratio)))


def oil_radius(pixels: Pixels, region: BoolMask) -> int | None:
    """Radius of an oil painting in pixels, or None when it cannot be told.

    Where one bin of brightness fills the square of 2 r + 1 pixels, the painting is a box mean: a pixel that
    enters the square leaves it 2 r + 1 pixels later, so the differences of neighbours have a negative echo.

    Args:
        pixels: (h, w, 3) uint8 RGB, a window around the region.
        region: (h, w) bool.
    """
    echoes = []
    for radius in RADII:
        product = power = 0.0
        count = 0
        for axis in (0, 1):
            values = np.swapaxes(pixels, 0, axis).astype(np.float32)
            inside = np.swapaxes(region, 0, axis)
            step = np.diff(values, axis=0)
            good = inside[1:] & inside[:-1] & (np.abs(step).max(axis=2) <= 4)
            lag = 2 * radius + 1
            both = good[lag:] & good[:-lag]
            one, other = step[lag:][both], step[:-lag][both]
            product += float((one * other).sum())
            power += float((one**2).sum() + (other**2).sum()) / 2
            count += len(one)
        echoes.append(product / power if count >= LEAST_PIXELS and power > 0 else 0.0)
    best = int(np.argmin(echoes))
    return RADII[best] if echoes[best] < -LEAST_ECHO else None
