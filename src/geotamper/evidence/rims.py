"""Profiles across the outline of a region, beside those of the place that it repeats.

Along the rim of a copy the pasted pixels are joined to their new ground: cut off, feathered over a few pixels, or
adapted in colour. The place that was copied continues into its own ground as the camera saw it.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.evidence.grid import grid_of
from geotamper.evidence.planes import Planes
from geotamper.evidence.seams import find_seam
from geotamper.imagery.region import Matrix, Region

FloatPlane = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
BoolMask = npt.NDArray[np.bool_]

REACH = 9
"""How far from the outline both places are looked at, pixels: blended copies bring a band of their ground along."""

MOST_POINTS = 400
"""Points of an outline that are looked at."""

LEAST_POINTS = 12
"""Points without which an outline says nothing."""

RIM_FEATURES = 166
"""Numbers that describe a point of an outline."""

CONTRASTS = ("kink", "seam", "fine", "fine_to_ring", "noise_to_ring", "residual", "twice")
"""Names of what is compared of two regions as wholes, in the order of `compare_wholes`."""

SCALED_FROM = 0.03
"""Absolute logarithm of the scale from which the residuals of the two directions tell source from copy."""

_GROUND = slice(1, 4)
"""Positions of a profile that show the ground: six to eight pixels outside."""

_MIXED = slice(4, 16)
"""Positions at which the share of the repeated place in a mixture with the ground is looked at."""

_LEAST_CONTRAST = 25.0
"""Squared grey levels added to the contrast of place and ground before it divides."""


@dataclass(frozen=True, eq=False)
class Likeness:
    """Two regions of which one repeats the other.

    Attributes:
        regions: The two outlines.
        matrix: From the first region to the second, index coordinates.
    """

    regions: tuple[Region, Region]
    matrix: Matrix

    @property
    def exchanged(self) -> "Likeness":
        """The same pair in the other order."""
        inverse = np.asarray(cv2.invertAffineTransform(self.matrix), np.float64)
        return Likeness(self.regions[::-1], inverse)


def rim_features(planes: Planes, region: Region, matrix: Matrix) -> FloatPlane | None:
    """What each point of an outline shows across it, here and at the place the matrix takes it to.

    Args:
        planes: The picture.
        region: What may have been pasted.
        matrix: From the region to the place that it repeats, index coordinates.

    Returns:
        (n, 166) float32, or None where fewer than 12 profiles lie in the picture with both their ends.
    """
    points = _profile_points(planes, region)
    if points is None:
        return None
    images = points @ matrix[:, :2].T + matrix[:, 2]
    frame = np.array([planes.width - 1, planes.height - 1])
    inside = np.all((points >= 0) & (points <= frame) & (images >= 0) & (images <= frame), axis=(0, 2))
    if np.count_nonzero(inside) < LEAST_POINTS:
        return None
    here, there = (_sampled(planes.colour, places[:, inside]) for places in (points, images))
    return _described(here, there)


def _profile_points(planes: Planes, region: Region) -> Floats | None:
    """(19, n, 2) places (x, y) from outside to inside across the outline; None for very small regions."""
    window = region.window.grown(2, (planes.height, planes.width))
    mask = region.within(window).astype(np.uint8)
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    signed = cv2.GaussianBlur(distance, (0, 0), 1.0)
    normal_x, normal_y = cv2.Sobel(signed, cv2.CV_32F, 1, 0), cv2.Sobel(signed, cv2.CV_32F, 0, 1)
    rows, columns = np.nonzero((mask > 0) & (cv2.erode(mask, np.ones((3, 3), np.uint8)) == 0))
    if len(rows) < LEAST_POINTS:
        return None
    chosen = np.linspace(0, len(rows) - 1, min(len(rows), MOST_POINTS)).astype(np.int64)
    rows, columns = rows[chosen], columns[chosen]
    normal = np.stack([normal_x[rows, columns], normal_y[rows, columns]], axis=-1).astype(np.float64)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True) + 1e-6
    start = np.stack([columns + window.x0, rows + window.y0], axis=-1)
    offsets = np.arange(-REACH, REACH + 1, dtype=np.float64)[:, None, None]
    return np.asarray(start + offsets * normal)


def _sampled(colour: FloatPlane, points: Floats) -> FloatPlane:
    """(19, n, 3) colours at places between pixels."""
    xs, ys = points[..., 0].astype(np.float32), points[..., 1].astype(np.float32)
    return np.asarray(cv2.remap(colour, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.float32)


def _described(here: FloatPlane, there: FloatPlane) -> FloatPlane:
    difference = here - there
    parts = [_size(difference), _size(np.diff(difference, axis=0)), _size(np.diff(difference, n=2, axis=0))]
    for order in (1, 2, 4):
        parts += [_size(np.diff(profile, n=order, axis=0)) for profile in (here, there)]
    ground = here[_GROUND].mean(axis=0)
    place, mixture = there[_MIXED] - ground, here[_MIXED] - ground
    share = (mixture * place).sum(axis=2) / ((place * place).sum(axis=2) + _LEAST_CONTRAST)
    parts.append(np.asarray(np.clip(share, -1.0, 2.0), np.float32))
    return np.ascontiguousarray(np.concatenate(parts, axis=0).T, np.float32)


def _size(values: FloatPlane) -> FloatPlane:
    """Logarithm of the largest of the three colours."""
    return np.asarray(np.log1p(np.abs(values).max(axis=2)), np.float32)


def compare_wholes(planes: Planes, pair: Likeness) -> Floats:
    """(7,) how the first region as a whole differs from the second, see `CONTRASTS`; exchanged, the sign changes.

    Args:
        planes: The picture.
        pair: Two regions of which one repeats the other.
    """
    first, second = (_whole(planes, region) for region in pair.regions)
    kink, seam, fine, fine_to_ring, noise_to_ring = first - second
    residual = 0.0
    if abs(math.log(math.hypot(pair.matrix[0, 0], pair.matrix[0, 1]))) > SCALED_FROM:
        # the smaller of two scaled places holds the finer detail, whichever was pasted
        fine = 0.0
        other = pair.exchanged
        residual = math.log(
            (_unexplained(planes, other.regions[0], other.matrix) + 0.3)
            / (_unexplained(planes, pair.regions[0], pair.matrix) + 0.3)
        )
    grid = grid_of(planes)
    twice = 0.0 if grid is None else grid.twice(planes, pair.regions)
    return np.array([kink, seam, fine, fine_to_ring, noise_to_ring, residual, twice])


def _unexplained(planes: Planes, region: Region, matrix: Matrix) -> float:
    """75th percentile of what a linear or a cubic prediction leaves of a region, grey levels."""
    window, inner = region.window, region.eroded(at_least=60).mask
    local = matrix.copy()
    local[:, 2] += matrix[:, :2] @ [window.x0, window.y0]
    here = planes.grey[window.slices][inner]
    left = []
    for how in (cv2.INTER_LINEAR, cv2.INTER_CUBIC):
        flags = how | cv2.WARP_INVERSE_MAP
        predicted = cv2.warpAffine(
            planes.grey, local, window.shape[::-1], flags=flags, borderMode=cv2.BORDER_REFLECT
        )
        left.append(float(np.percentile(np.abs(here - predicted[inner]), 75)))
    return min(left)


def _whole(planes: Planes, region: Region) -> Floats:
    seam = find_seam(planes, region)
    window = region.window.grown(12, (planes.height, planes.width))
    mask = region.within(window).astype(np.uint8)
    inner = cv2.erode(mask, np.ones((5, 5), np.uint8)) > 0
    if np.count_nonzero(inner) < LEAST_POINTS:
        inner = mask > 0
    ring = (cv2.dilate(mask, np.ones((23, 23), np.uint8)) > 0) & (
        cv2.dilate(mask, np.ones((7, 7), np.uint8)) == 0
    )
    if np.count_nonzero(ring) < LEAST_POINTS:
        ring = inner
    grey = np.ascontiguousarray(planes.grey[window.slices])
    detail = np.abs(cv2.Laplacian(grey, cv2.CV_32F))
    checker = np.abs(cv2.filter2D(grey, cv2.CV_32F, _CHECKER))
    fine = [float(np.log(detail[part].mean() + 0.5)) for part in (inner, ring)]
    noise = [float(np.log(np.median(checker[part]) + 0.3)) for part in (inner, ring)]
    return np.array([seam.kink, seam.share, fine[0], fine[0] - fine[1], noise[0] - noise[1]])


_CHECKER = np.outer([1, -2, 1], [1, -2, 1]).astype(np.float32) / np.float32(6)
"""Noise, and hardly anything of a picture, passes it (Immerkaer, 1996)."""
