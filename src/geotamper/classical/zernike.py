"""A dense field of Zernike moments: every place is matched with the place that looks most like it, turned or not.

Ryu, Lee and Lee, "Detection of Copy-Rotate-Move Forgery Using Zernike Moments", IH 2010; Cozzolino, Poggi and
Verdoliva, "Efficient Dense-Field Copy-Move Forgery Detection", IEEE TIFS 2015 (random search, test of local linearity).
The random search here runs in parallel over all places, and prediction by first differences stands for their rules of
propagation.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.classical.field import STEP, Offsets, search_field
from geotamper.classical.matches import BoolMask, Grey, Match, fit_similarity
from geotamper.classical.regions import matched_regions
from geotamper.control import Control

RADIUS = 6
"""Pixels; much smaller than the 12 to 16 of the literature, because objects seen from above are small."""
ORDERS = tuple((n, m) for n in range(6) for m in range(n % 2, n + 1, 2))
"""Degree and angular frequency of the moments: 12 up to degree 5."""

_WINDOW = 5
"""Grid places in which the offsets have to be linear."""
_LARGEST_ERROR = 0.5
"""Mean square deviation from linearity, pixels squared."""
_RECIPROCAL_PX = 6.0
_LEAST_DEVIATION = 2.0
"""Grey levels in the window of a moment; flatter windows are alike anywhere."""
_LEAST_PLACES = 12
_TOLERANCE_PX = 3.0
_MOST_MATCHES = 3

Features = npt.NDArray[np.float32]


@dataclass(frozen=True)
class _Kernel:
    """Real and imaginary part of one moment as correlation kernels."""

    real: Features
    imaginary: Features


def zernike_field(grey: Grey) -> Features:
    """Magnitudes of the moments around every place, which do not change when the content is turned.

    Args:
        grey: (H, W) uint8.

    Returns:
        (H, W, 12) float32, grey levels.
    """
    picture = grey.astype(np.float32)
    magnitudes = []
    for degree, frequency in ORDERS:
        kernel = _kernel(degree, frequency)
        real, imaginary = (
            cv2.filter2D(picture, cv2.CV_32F, part, borderType=cv2.BORDER_REFLECT)
            for part in (kernel.real, kernel.imaginary)
        )
        magnitudes.append(cv2.magnitude(real, imaginary))
    return np.stack(magnitudes, axis=2).astype(np.float32)


def _kernel(degree: int, frequency: int) -> _Kernel:
    """The moment (n + 1) / pi V*_nm on the disc, sampled at pixel centres."""
    y, x = np.mgrid[-RADIUS : RADIUS + 1, -RADIUS : RADIUS + 1] / (RADIUS + 0.5)
    r, angle = np.hypot(x, y), np.arctan2(y, x)
    radial = np.zeros_like(r)
    for k in range((degree - frequency) // 2 + 1):
        sign = -1 if k % 2 else 1
        half_sum, half_difference = (degree + frequency) // 2 - k, (degree - frequency) // 2 - k
        below = math.factorial(k) * math.factorial(half_sum) * math.factorial(half_difference)
        radial += sign * math.factorial(degree - k) / below * r ** (degree - 2 * k)
    area = math.pi * (RADIUS + 0.5) ** 2
    weight = np.where(r <= 1, radial * math.sqrt(degree + 1) / area, 0)
    return _Kernel(
        (weight * np.cos(frequency * angle)).astype(np.float32),
        (-weight * np.sin(frequency * angle)).astype(np.float32),
    )


@dataclass(frozen=True)
class ZernikeMethod:
    """Dense matching of a picture with itself."""

    def find(self, grey: Grey, control: Control) -> list[Match]:
        """The largest regions whose places are matched linearly; the strength is their correlating area, pixels.

        Args:
            grey: (H, W) uint8.
            control: Progress and cancellation.
        """
        if min(grey.shape) <= 4 * RADIUS:
            return []
        control.checkpoint(0.0, "computing moments")
        field = search_field(zernike_field(grey), control)
        control.checkpoint(0.8, "looking for linear offsets")
        return _regions(grey, field, _linear(field) & _textured(grey) & _reciprocal(field))


def _textured(grey: Grey) -> BoolMask:
    """Grid places whose window is not flat."""
    picture, size = grey.astype(np.float32), (2 * RADIUS + 1, 2 * RADIUS + 1)
    mean = cv2.blur(picture, size)
    deviation = np.sqrt(np.maximum(cv2.blur(picture**2, size) - mean**2, 0))
    return np.asarray(deviation[::STEP, ::STEP] > _LEAST_DEVIATION)


def _linear(field: Offsets) -> BoolMask:
    """Grid places around which the offsets are a linear function of the place, up to rounding."""
    reach = np.arange(_WINDOW, dtype=np.float64) - _WINDOW // 2
    flat = np.ones(_WINDOW)
    moment = float((reach**2).sum() * _WINDOW)
    error = np.zeros(field.x.shape)
    for offset in (field.x, field.y):
        values = cv2.medianBlur(offset.astype(np.float32), 3).astype(np.float64)
        sums = [
            cv2.sepFilter2D(given, cv2.CV_64F, along, across)
            for given, along, across in ((values, flat, flat), (values, reach, flat), (values, flat, reach))
        ]
        squares = cv2.sepFilter2D(values**2, cv2.CV_64F, flat, flat)
        error += squares - sums[0] ** 2 / _WINDOW**2 - (sums[1] ** 2 + sums[2] ** 2) / moment
    return np.asarray(error / _WINDOW**2 < _LARGEST_ERROR)


def _reciprocal(field: Offsets) -> BoolMask:
    """Grid places whose partner has them as its partner."""
    rows, columns = np.indices(field.x.shape)
    there_x, there_y = (
        columns + np.rint(field.x / STEP).astype(int),
        rows + np.rint(field.y / STEP).astype(int),
    )
    there_x = np.clip(there_x, 0, field.x.shape[1] - 1)
    there_y = np.clip(there_y, 0, field.x.shape[0] - 1)
    back_x, back_y = field.x[there_y, there_x], field.y[there_y, there_x]
    return np.asarray(np.hypot(back_x + field.x, back_y + field.y) < _RECIPROCAL_PX)


def _regions(grey: Grey, field: Offsets, chosen: BoolMask) -> list[Match]:
    """Connected places that one similarity explains, the largest first."""
    closed = cv2.morphologyEx(chosen.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(closed)
    found: list[Match] = []
    for label in np.argsort(-stats[:, cv2.CC_STAT_AREA], kind="stable"):
        if label == 0 or stats[label, cv2.CC_STAT_AREA] < _LEAST_PLACES or len(found) == _MOST_MATCHES:
            continue
        match = _match(grey, field, chosen & (labels == label))
        if match is not None and not any(_overlap(match.source, one.source) for one in found):
            found.append(match)
    return sorted(found, key=lambda match: -match.strength)


def _match(grey: Grey, field: Offsets, places: BoolMask) -> Match | None:
    rows, columns = np.nonzero(places)
    here = np.stack([columns, rows], axis=1).astype(np.float32) * STEP
    there = here + np.stack([field.x[places], field.y[places]], axis=1).astype(np.float32)
    fit = fit_similarity(here, there, _TOLERANCE_PX, _LEAST_PLACES)
    if fit is None:
        return None
    return matched_regions(grey, here, there, fit, weight=STEP**2)


def _overlap(one: BoolMask, other: BoolMask) -> bool:
    return bool((one & other).sum() > 0.5 * min(one.sum(), other.sum()))


ZERNIKE = ZernikeMethod()
