"""Whether a region belongs to a pattern that goes on, rather than to a copied object."""

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.evidence.planes import Planes
from geotamper.imagery.region import Matrix, Region

LARGEST_PATCH = 41
SMALLEST_PATCH = 9
"""Sides, in pixels, of the square inside the region that is looked for elsewhere."""

NEARLY = 0.03
"""How much less alike than the region's partner another place may be."""

APART = 6
"""Pixels between two places that count as two."""

CROWD = 4
"""Other places, as alike as the partner, that make a pattern: nobody pastes an object so often."""


def belongs_to_pattern(planes: Planes, region: Region, matrix: Matrix) -> bool:
    """Whether several further places show what a region and its partner show.

    A square from the region's middle is compared with all places of the picture by normalised correlation. Lattices,
    checkerboards and waves agree with themselves at many of them as well as the region agrees with its partner.

    Args:
        planes: The picture.
        region: One of two alike regions.
        matrix: From it to its partner, index coordinates.
    """
    patch = _inner_square(region)
    if patch is None:
        return False
    x0, y0, side = patch
    template = planes.grey[y0 : y0 + side, x0 : x0 + side]
    if float(template.std()) < 1.0:
        return False
    local = matrix.copy()
    local[:, 2] += matrix[:, :2] @ [x0, y0]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    partner = cv2.warpAffine(planes.grey, local, (side, side), flags=flags, borderMode=cv2.BORDER_REFLECT)
    likeness = _correlation(template, np.asarray(partner, np.float32))
    found = cv2.matchTemplate(planes.grey, template, cv2.TM_CCOEFF_NORMED)
    box = np.ones((2 * APART + 1, 2 * APART + 1), np.uint8)
    peaks = (found >= cv2.dilate(found, box)) & (found > likeness - NEARLY)
    peaks[max(0, y0 - APART) : y0 + APART + 1, max(0, x0 - APART) : x0 + APART + 1] = False
    return int(np.count_nonzero(peaks)) > CROWD


def _inner_square(region: Region) -> tuple[int, int, int] | None:
    """Left, top and side of a square around the region's innermost pixel that lies in the region, or None."""
    padded = np.pad(region.mask.astype(np.uint8), 1)
    depth = cv2.distanceTransform(padded, cv2.DIST_C, 3)[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    reach = min(int(depth[row, column]) - 1, LARGEST_PATCH // 2)
    if 2 * reach + 1 < SMALLEST_PATCH:
        return None
    return region.window.x0 + int(column) - reach, region.window.y0 + int(row) - reach, 2 * reach + 1


def _correlation(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    a, b = one - one.mean(), other - other.mean()
    return float((a * b).sum() / np.sqrt(float((a * a).sum() * (b * b).sum()) + 1e-3))
