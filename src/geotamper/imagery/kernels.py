"""The interpolation kernels that picture tools resample with, as functions and as tables."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

STEPS_PER_PIXEL = 512
"""Resolution of the tables: linear look-up between entries errs by less than 1e-5."""


@dataclass(frozen=True)
class Kernel:
    """A separable interpolation kernel.

    Attributes:
        name: The field's name for it, with the tools that use it.
        support: Half width in pixels; the kernel is zero beyond.
        antialiased: Whether it widens by the shrink factor when a picture is made smaller.
        function: Weight at a distance in pixels, vectorised.
        bias: Grey levels by which the tool's values lie below the interpolated ones on average: 0.5 where it
            cuts fractions off instead of rounding.
        fractions: Steps per pixel to which the tool rounds coordinates, 0 where it does not.
    """

    name: str
    support: float
    antialiased: bool
    function: Callable[[FloatArray], FloatArray]
    bias: float = 0.0
    fractions: float = 0.0

    def table(self) -> FloatArray:
        """Weights at distances 0, 1/512, 2/512, ... pixels up to and beyond the support, float64."""
        return _table(self)


@cache
def _table(kernel: Kernel) -> FloatArray:
    count = math.ceil(kernel.support * STEPS_PER_PIXEL) + 2
    distance = np.arange(count) / STEPS_PER_PIXEL
    values = np.where(distance <= kernel.support, kernel.function(distance), 0.0)
    values.setflags(write=False)
    return values


def _nearest(distance: FloatArray) -> FloatArray:
    return np.where(distance <= 0.5, 1.0, 0.0)


def _linear(distance: FloatArray) -> FloatArray:
    return np.maximum(0.0, 1.0 - distance)


def _keys(a: float) -> Callable[[FloatArray], FloatArray]:
    """Cubic convolution of Keys (1981) with the free parameter `a`."""

    def function(t: FloatArray) -> FloatArray:
        near = ((a + 2) * t - (a + 3)) * t * t + 1
        far = a * (((t - 5) * t + 8) * t - 4)
        return np.where(t < 1, near, np.where(t < 2, far, 0.0))

    return function


def _lanczos(lobes: int) -> Callable[[FloatArray], FloatArray]:
    def function(t: FloatArray) -> FloatArray:
        return np.where(t < lobes, np.sinc(t) * np.sinc(t / lobes), 0.0)

    return function


def _cubic_spline(t: FloatArray) -> FloatArray:
    """Cardinal cubic B-spline: interpolation after the usual recursive prefilter, as one kernel."""
    pole = math.sqrt(3.0) - 2.0
    total = np.zeros_like(t)
    for shift in range(-10, 11):
        d = np.abs(t - shift)
        basis = np.where(d < 1, 2 / 3 - d * d + d * d * d / 2, np.where(d < 2, (2 - d) ** 3 / 6, 0.0))
        total += math.sqrt(3.0) * pole ** abs(shift) * basis
    return total


NEAREST = Kernel("nearest", 0.5, antialiased=False, function=_nearest)
LINEAR = Kernel("linear", 1.0, antialiased=False, function=_linear)
OPENCV_CUBIC = Kernel("cubic a=-0.75 (OpenCV)", 2.0, antialiased=False, function=_keys(-0.75))
KEYS_CUBIC = Kernel("cubic a=-0.5 (Matlab, GDAL)", 2.0, antialiased=False, function=_keys(-0.5))
SHARP_CUBIC = Kernel("cubic a=-1 (Pillow transform)", 2.0, antialiased=False, function=_keys(-1.0), bias=0.5)
LANCZOS3 = Kernel("Lanczos-3", 3.0, antialiased=False, function=_lanczos(3))
LANCZOS4 = Kernel("Lanczos-4 (OpenCV)", 4.0, antialiased=False, function=_lanczos(4), fractions=32.0)
LINEAR_32 = Kernel(
    "linear in 1/32 px (OpenCV before 5)", 1.0, antialiased=False, function=_linear, fractions=32.0
)
OPENCV_CUBIC_32 = Kernel(
    "cubic a=-0.75 in 1/32 px (OpenCV before 5)",
    2.0,
    antialiased=False,
    function=_keys(-0.75),
    fractions=32.0,
)
CUBIC_SPLINE = Kernel("cubic B-spline (SciPy, scikit-image)", 7.0, antialiased=False, function=_cubic_spline)
LINEAR_ANTIALIASED = Kernel("linear, antialiased (Pillow)", 1.0, antialiased=True, function=_linear)
KEYS_ANTIALIASED = Kernel(
    "cubic a=-0.5, antialiased (Pillow, Matlab)", 2.0, antialiased=True, function=_keys(-0.5)
)
LANCZOS3_ANTIALIASED = Kernel("Lanczos-3, antialiased (Pillow)", 3.0, antialiased=True, function=_lanczos(3))

KERNELS: tuple[Kernel, ...] = (
    LINEAR,
    OPENCV_CUBIC,
    NEAREST,
    KEYS_CUBIC,
    LANCZOS4,
    SHARP_CUBIC,
    CUBIC_SPLINE,
    LANCZOS3,
    LINEAR_ANTIALIASED,
    KEYS_ANTIALIASED,
    LANCZOS3_ANTIALIASED,
    LINEAR_32,
    OPENCV_CUBIC_32,
)
"""The bank, the commonest first."""
