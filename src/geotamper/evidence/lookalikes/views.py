"""The views of a picture that the search for inexact copies reads, computed once."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.evidence.planes import Planes

FloatPlane = npt.NDArray[np.float32]

SMOOTHING = (1.2, 1.9)
"""Sigmas, in pixels, of the planes on which guesses are pulled in: wider basins, less noise.

The larger one is for the larger of two places whose scales differ, so that both are equally smooth.
"""

_UNRELATED = ((97, 31), (-61, 83), (41, -127), (139, 101))
"""Shifts (x, y), in pixels, at which a picture shows something else."""


_AROUND = ((7, 0), (-7, 0), (0, 7), (0, -7), (8, 8), (-8, 8), (8, -8), (-8, -8))
"""Shifts (x, y), in pixels, to places just around."""


@dataclass(frozen=True)
class Smoothed:
    """Blurred luma, (H, W) float32.

    Attributes:
        grey: Grey levels.
        gradient_x: Its gradient to the right.
        gradient_y: Its gradient downwards.
    """

    grey: FloatPlane
    gradient_x: FloatPlane
    gradient_y: FloatPlane

    @classmethod
    def of(cls, grey: FloatPlane, sigma: float) -> "Smoothed":
        """Blur luma with a Gaussian of `sigma` pixels."""
        smooth = np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), np.float32)
        return cls(
            smooth,
            np.asarray(cv2.Scharr(smooth, cv2.CV_32F, 1, 0) / np.float32(32), np.float32),
            np.asarray(cv2.Scharr(smooth, cv2.CV_32F, 0, 1) / np.float32(32), np.float32),
        )


@dataclass(frozen=True)
class Views:
    """Float views of a picture beyond those of `Planes`; (H, W) float32 in grey levels unless said otherwise.

    Attributes:
        planes: The picture.
        high: Luma minus its blur with sigma 1.5.
        smooth: Luma blurred with each sigma of `SMOOTHING`, with gradients.
        stack: (H, W, 4) luma, blue minus luma, red minus luma, 5 x 5 mean of |high|.
        contrast: How much luma differs from that 7 and 12 pixels away: the unrelated difference of this very place.
        luma_and_gradients: (H, W, 3) luma, gradient to the right, gradient downwards.
        noise: Standard deviation of the finest diagonal detail: noise and what compression left of it.
        unrelated: (3,) scale of the difference of unrelated places in the first three of `stack`.
    """

    planes: Planes
    high: FloatPlane
    smooth: tuple[Smoothed, Smoothed]
    stack: FloatPlane
    contrast: FloatPlane
    luma_and_gradients: FloatPlane
    noise: float
    unrelated: npt.NDArray[np.float64]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.planes.height, self.planes.width

    @classmethod
    def of(cls, planes: Planes) -> "Views":
        """Compute all views."""
        grey = planes.grey
        high = grey - cv2.GaussianBlur(grey, (0, 0), 1.5)
        activity = cv2.blur(np.abs(high), (5, 5))
        blue, red = planes.colour[..., 2] - grey, planes.colour[..., 0] - grey
        stack = np.ascontiguousarray(cv2.merge([grey, blue, red, activity]), np.float32)
        return cls(
            planes=planes,
            high=np.asarray(high, np.float32),
            smooth=(Smoothed.of(grey, SMOOTHING[0]), Smoothed.of(grey, SMOOTHING[1])),
            stack=stack,
            contrast=_local_contrast(grey),
            luma_and_gradients=np.ascontiguousarray(
                cv2.merge([grey, planes.gradient_x, planes.gradient_y]), np.float32
            ),
            noise=_finest_detail(grey),
            unrelated=_unrelated_scale(stack[..., :3]),
        )


def _unrelated_scale(stack: FloatPlane) -> npt.NDArray[np.float64]:
    """Laplace scale of the difference of unrelated places, (3,), with floors for nearly empty pictures."""
    height, width = stack.shape[:2]
    # every second pixel: a median over a quarter of the picture is as good
    rows, columns = np.arange(0, height, 2)[:, None], np.arange(0, width, 2)
    medians = []
    for dx, dy in _UNRELATED:
        difference = np.abs(stack[rows, columns] - stack[(rows - dy) % height, (columns - dx) % width])
        medians.append(np.median(difference.reshape(-1, 3), axis=0))
    return np.asarray(np.maximum(np.mean(medians, axis=0) / np.log(2.0), [6.0, 4.0, 4.0]), np.float64)


def _finest_detail(grey: FloatPlane) -> float:
    """Robust standard deviation of the diagonal Haar coefficients, grey levels."""
    even = grey[: grey.shape[0] // 2 * 2, : grey.shape[1] // 2 * 2]
    detail = (even[::2, ::2] - even[1::2, ::2] - even[::2, 1::2] + even[1::2, 1::2]) / 2
    return float(np.median(np.abs(detail)) / 0.6745)


def _local_contrast(grey: FloatPlane) -> FloatPlane:
    """Mean difference to the places around, smoothed; at least 0.5 grey levels."""
    padded = cv2.copyMakeBorder(grey, 12, 12, 12, 12, cv2.BORDER_REFLECT)
    height, width = grey.shape
    total = np.zeros_like(grey)
    for dx, dy in _AROUND:
        total += np.abs(grey - padded[12 + dy : 12 + dy + height, 12 + dx : 12 + dx + width])
    mean = cv2.GaussianBlur(total / np.float32(len(_AROUND)), (0, 0), 2.0)
    return np.asarray(np.maximum(mean, 0.5), np.float32)
