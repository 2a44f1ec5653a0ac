"""Weighted Gauss-Newton of one similarity over a whole region of an inexact copy, with its covariance."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.evidence.compiled import compiled
from geotamper.evidence.lookalikes.views import Views
from geotamper.evidence.region import Matrix, Region
from geotamper.evidence.registration import solve4

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


@compiled
def _normal_equations(
    planes: FloatPlane,
    xs: Ints,
    ys: Ints,
    frame: Floats,
    softness: float,
    errors: Floats,
    h: Floats,
    g: Floats,
) -> None:
    """Accumulate the equations of (a, b, u, v); `planes` is (H, W, 3) of luma and its gradients.

    `frame` holds the pose, the centre of the region, and the length by which a and b are scaled.
    """
    height, width = planes.shape[0], planes.shape[1]
    a, b, u, v, cx, cy, unit = frame[0], frame[1], frame[2], frame[3], frame[4], frame[5], frame[6]
    h[:] = 0.0
    g[:] = 0.0
    row_vector = np.empty(4)
    value = np.empty(3)
    for i in range(len(xs)):
        dx, dy = xs[i] - cx, ys[i] - cy
        qx = min(max(u + a * dx + b * dy, 0.0), width - 1.001)
        qy = min(max(v - b * dx + a * dy, 0.0), height - 1.001)
        column, row = int(qx), int(qy)
        fx, fy = qx - column, qy - row
        for c in range(3):
            top = planes[row, column, c] * (1 - fx) + planes[row, column + 1, c] * fx
            bottom = planes[row + 1, column, c] * (1 - fx) + planes[row + 1, column + 1, c] * fx
            value[c] = top * (1 - fy) + bottom * fy
        e = planes[ys[i], xs[i], 0] - value[0]
        errors[i] = abs(e)
        ratio = e / softness
        weight = 1.0 / (1.0 + ratio * ratio)
        row_vector[0] = (value[1] * dx + value[2] * dy) / unit
        row_vector[1] = (value[1] * dy - value[2] * dx) / unit
        row_vector[2] = value[1]
        row_vector[3] = value[2]
        for j in range(4):
            g[j] += weight * row_vector[j] * e
            for k in range(j + 1):
                h[j, k] += weight * row_vector[j] * row_vector[k]


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
    spread, sigma = 4.0, math.inf
    planes = views.luma_and_gradients
    for _ in range(steps):
        frame = np.array([*pose, cx, cy, unit])
        _normal_equations(planes, columns, rows, frame, 2.0 * spread, errors, h, g)
        h += 0.1 * np.eye(4)
        full = np.tril(h) + np.tril(h, -1).T
        sigma = float(np.median(errors)) / 0.6745 * math.sqrt(float(np.linalg.inv(full)[0, 0])) / unit
        if not solve4(h, g):
            break
        step = np.clip(g, -1.5, 1.5)
        pose += step * [1 / unit, 1 / unit, 1.0, 1.0]
        spread = max(1.5, 1.5 * float(np.median(errors)) / 0.6745)
    moved, turned = pose[2:] - start[2:], pose[:2] - start[:2]
    if math.hypot(*moved) > 4.0 or math.hypot(*turned) * unit > 5.0:
        return Fit(matrix, sigma)
    linear = np.array([[pose[0], pose[1]], [-pose[1], pose[0]]])
    return Fit(np.column_stack([linear, pose[2:] - linear @ [cx, cy]]), sigma)
