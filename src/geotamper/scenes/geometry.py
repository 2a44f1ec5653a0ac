"""Outlines and the turned metre grid in which scenes are laid out."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
"""(N, 2) points (x, y)."""

_SUBPIXEL_BITS = 4
SUPERSAMPLING = 2


def rectangle(x0: float, y0: float, x1: float, y1: float) -> Points:
    """Corners of an upright rectangle."""
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], dtype=np.float64)


def box_at(centre: tuple[float, float], length: float, width: float) -> Points:
    """Corners of an upright rectangle around its centre."""
    x, y = centre
    return rectangle(x - length / 2, y - width / 2, x + length / 2, y + width / 2)


def ellipse(centre: tuple[float, float], radius_x: float, radius_y: float, count: int = 28) -> Points:
    """Points round an upright ellipse."""
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([centre[0] + radius_x * np.cos(angle), centre[1] + radius_y * np.sin(angle)], axis=1)


def turned(points: Points, angle: float) -> Points:
    """Points turned about the origin by `angle` radians, x axis towards y axis."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.asarray(points @ np.array([[cos, sin], [-sin, cos]]), dtype=np.float64)


def mirrored(points: Points) -> Points:
    """Points mirrored at the x axis."""
    return np.asarray(points * np.array([1.0, -1.0]), dtype=np.float64)


def fill(target: npt.NDArray[np.float32] | npt.NDArray[np.uint8], points: Points, value: object) -> None:
    """Fill a polygon in place; `points` are in pixels of `target` with pixel centres at +0.5."""
    fixed = np.round((points - 0.5) * 2**_SUBPIXEL_BITS).astype(np.int32)
    cv2.fillPoly(target, [fixed], value, lineType=cv2.LINE_8, shift=_SUBPIXEL_BITS)  # type: ignore[call-overload]


@dataclass(frozen=True)
class Frame:
    """Maps plan coordinates in metres to picture coordinates in pixels: turned, scaled and gently bent.

    Attributes:
        origin: Where the plan's (0, 0) lies in the picture, pixels.
        angle: Turn of the plan's x axis towards the picture's y axis, radians.
        unit: Pixels per metre.
        bend: Sideways swing of lines along x, metres.
        wavelength: Length of one swing, metres.
        phase: Where the swing begins, radians.
    """

    origin: tuple[float, float]
    angle: float
    unit: float
    bend: float = 0.0
    wavelength: float = 200.0
    phase: float = 0.0

    def to_pixels(self, points: Points) -> Points:
        """Picture positions, pixels with centres at +0.5, of plan points in metres."""
        swing = self.bend * np.sin(2 * np.pi * points[:, 0] / self.wavelength + self.phase)
        bent = np.stack([points[:, 0], points[:, 1] + swing], axis=1)
        pixels = turned(bent, self.angle) * self.unit + np.asarray(self.origin)
        return np.asarray(pixels, dtype=np.float64)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Picture position of one plan point."""
        position = self.to_pixels(np.array([(x, y)], dtype=np.float64))[0]
        return float(position[0]), float(position[1])

    def heading(self, x: float, y: float, along: float = 0.0) -> float:
        """Picture angle, radians, of the plan direction `along` (radians from the x axis) at a plan point."""
        step = 0.5 * np.array([np.cos(along), np.sin(along)])
        ends = self.to_pixels(np.array([x, y]) + np.array([-step, step]))
        delta = ends[1] - ends[0]
        return float(np.arctan2(delta[1], delta[0]))

    def outline(self, x0: float, y0: float, x1: float, y1: float) -> Points:
        """Picture outline of a plan rectangle; long sides follow the bend."""
        count = max(2, int(abs(x1 - x0) / 4)) if self.bend else 2
        xs = np.linspace(x0, x1, count)
        top = np.stack([xs, np.full(count, y0)], axis=1)
        bottom = np.stack([xs[::-1], np.full(count, y1)], axis=1)
        return self.to_pixels(np.concatenate([top, bottom]))
