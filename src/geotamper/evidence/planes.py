"""The views of one picture that every stage of the search reads, computed once."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

FloatPlane = npt.NDArray[np.float32]

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in the grey plane (ITU-R BT.601)."""


@dataclass(frozen=True)
class Planes:
    """Float views of a picture; all (H, W) float32 in grey levels 0 to 255 unless said otherwise.

    Attributes:
        pixels: (H, W, 3) uint8 RGB, the picture itself.
        colour: (H, W, 3) float32 RGB.
        grey: Luma, not rounded: rounding would hide that a copy is exact.
        gradient_x: Grey levels per pixel to the right.
        gradient_y: Grey levels per pixel downwards.
        grey_range: Largest minus smallest luma in the 3 x 3 neighbourhood.
        colour_range: The same, largest over the three channels.
        activity: Mean absolute high-pass of luma in 7 x 7 pixels.
    """

    pixels: npt.NDArray[np.uint8]
    colour: FloatPlane
    grey: FloatPlane
    gradient_x: FloatPlane
    gradient_y: FloatPlane
    grey_range: FloatPlane
    colour_range: FloatPlane
    activity: FloatPlane

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.grey.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.grey.shape[1])

    @classmethod
    def of(cls, pixels: npt.NDArray[np.uint8]) -> "Planes":
        """Compute all views of a picture, (H, W, 3) uint8 RGB."""
        colour = pixels.astype(np.float32)
        grey = np.ascontiguousarray(colour @ np.asarray(LUMA, np.float32))
        box = np.ones((3, 3), np.uint8)
        high = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 1.5))
        spread = cv2.dilate(pixels, box).astype(np.int16) - cv2.erode(pixels, box)
        return cls(
            pixels=pixels,
            colour=colour,
            grey=grey,
            gradient_x=cv2.Scharr(grey, cv2.CV_32F, 1, 0) / np.float32(32),
            gradient_y=cv2.Scharr(grey, cv2.CV_32F, 0, 1) / np.float32(32),
            grey_range=cv2.dilate(grey, box) - cv2.erode(grey, box),
            colour_range=spread.max(axis=2).astype(np.float32),
            activity=cv2.blur(high, (7, 7)),
        )
