"""Weighted Gauss-Newton of one similarity over a whole region of an inexact copy, with its covariance."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.evidence.lookalikes.views import Views
from geotamper.evidence.loops.discs import solve4
from geotamper.evidence.loops.likeness import region_equations
from geotamper.evidence.order import median
from geotamper.imagery.region import Matrix, Region

FloatPlane = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_PIXELS = 1600
"""Pixels of a fit; more do not narrow the pose to a visible degree."""


@dataclass(frozen=True)
class Fit:
    """A refined transform.

    Attributes:
        matrix: From the region to the place it resembles, index coordinates.
        pose_sigma: Standard deviation of its scale-rotation part, from the residual and the gradients.
    """

    matrix: Matrix
    pose_sigma: float


def fit_region(views: Views, region: Region, matrix: Matrix, *, steps: int = 4) -> Fit:
    """Refine a matrix over a region; one that runs away from its start is given back as it was.

    Args:
        views: The picture.
        region: The pixels that resemble another place.
        matrix: Start, index coordinates.
        steps: Gauss-Newton steps.
    """
    columns, rows = region.eroded(at_least=60).pixels()
    if len(columns) > MOST_PIXELS:
        kept = np.linspace(0, len(columns) - 1, MOST_PIXELS).astype(np.int64)
        columns, rows = columns[kept], rows[kept]
    cx, cy = float(columns.mean()), float(rows.mean())
    unit = max(8.0, float(np.hypot(columns - cx, rows - cy).max()))
    u, v = matrix[:, :2] @ [cx, cy] + matrix[:, 2]
    pose = np.array([matrix[0, 0], matrix[0, 1], u, v])
    start = pose.copy()
    errors, h, g = np.empty(len(columns)), np.empty((4, 4)), np.empty(4)
    spread, typical, normal = 4.0, math.inf, np.eye(4)
    planes = views.luma_and_gradients
    for _ in range(steps):
        frame = np.array([*pose, cx, cy, unit])
        region_equations(planes, columns, rows, frame, 2.0 * spread, errors, h, g)
        h += 0.1 * np.eye(4)
        normal, typical = h.copy(), median(errors)
        if not solve4(h, g):
            break
        step = np.clip(g, -1.5, 1.5)
        pose += step * [1 / unit, 1 / unit, 1.0, 1.0]
        spread = max(1.5, 1.5 * typical / 0.6745)
    full = np.tril(normal) + np.tril(normal, -1).T
    sigma = typical / 0.6745 * math.sqrt(float(np.linalg.inv(full)[0, 0])) / unit
    moved, turned = pose[2:] - start[2:], pose[:2] - start[:2]
    if math.hypot(*moved) > 4.0 or math.hypot(*turned) * unit > 5.0:
        return Fit(matrix, sigma)
    linear = np.array([[pose[0], pose[1]], [-pose[1], pose[0]]])
    return Fit(np.column_stack([linear, pose[2:] - linear @ [cx, cy]]), sigma)
