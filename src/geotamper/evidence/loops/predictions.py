"""Compiled loops that predict pixels from another place of the picture under a tabled kernel.

A kernel is its table of weights at distances 0, 1/512, 2/512, ... pixels, its support and the factor by which it
is widened. Coordinates are array indices (pixel centres at whole numbers).
"""

import math

import numpy as np
import numpy.typing as npt

from geotamper.evidence.compiled import compiled
from geotamper.evidence.loops.discs import bilinear, solve4
from geotamper.imagery.kernels import STEPS_PER_PIXEL

FloatPlane = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

OUTSIDE = 99.0
"""Residual of a pixel whose prediction would lie outside the picture or on the pixel itself."""

MIN_SHIFT = 8.0
"""A place is not predicted from less than this many pixels away: neighbours resemble each other."""

STEPS = 5
"""Gauss-Newton steps of a fit at most; it usually stops after two or three."""


@compiled
def on_grid(value: float, fractions: float) -> float:
    """A coordinate rounded to 1 / fractions of a pixel, or as it is where fractions is 0."""
    return float(math.floor(value * fractions + 0.5) / fractions) if fractions > 0.0 else value


@compiled
def resample_points(
    picture: FloatPlane,
    xs: Floats,
    ys: Floats,
    table: Floats,
    support: float,
    widening: float,
    bias: float,
    fractions: float,
    out: FloatPlane,
) -> None:
    """Sample `picture` (H, W, C) at n points with a separable kernel given as a table."""
    height, width, channels = picture.shape
    reach = support * widening
    step = STEPS_PER_PIXEL / widening
    wx = np.empty(64)
    sums = np.empty(channels)
    for i in range(len(xs)):
        x, y = on_grid(xs[i], fractions), on_grid(ys[i], fractions)
        x0, x1 = int(math.ceil(x - reach)), int(math.floor(x + reach))
        y0, y1 = int(math.ceil(y - reach)), int(math.floor(y + reach))
        total_x = 0.0
        for j in range(x0, x1 + 1):
            at = abs(x - j) * step
            k = int(at)
            wx[j - x0] = table[k] + (at - k) * (table[k + 1] - table[k])
            total_x += wx[j - x0]
        total_y = 0.0
        for c in range(channels):
            sums[c] = 0.0
        for row in range(y0, y1 + 1):
            at = abs(y - row) * step
            k = int(at)
            wy = table[k] + (at - k) * (table[k + 1] - table[k])
            total_y += wy
            r = min(max(row, 0), height - 1)
            for j in range(x0, x1 + 1):
                weight = wx[j - x0] * wy
                column = min(max(j, 0), width - 1)
                for c in range(channels):
                    sums[c] += weight * picture[r, column, c]
        norm = 1.0 / (total_x * total_y)
        for c in range(channels):
            out[i, c] = min(max(sums[c] * norm - bias, 0.0), 255.0)


@compiled
def residual_window(
    colour: FloatPlane,
    matrix: Floats,
    x0: int,
    y0: int,
    table: Floats,
    support: float,
    widening: float,
    bias: float,
    fractions: float,
    out: FloatPlane,
) -> None:
    """Largest channel difference of each pixel of a window from its prediction."""
    height, width, _ = colour.shape
    reach = support * widening
    step = STEPS_PER_PIXEL / widening
    wx = np.empty(64)
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            px, py = column + x0, row + y0
            x = matrix[0, 0] * px + matrix[0, 1] * py + matrix[0, 2]
            y = matrix[1, 0] * px + matrix[1, 1] * py + matrix[1, 2]
            dx, dy = x - px, y - py
            if x < 0 or y < 0 or x > width - 1 or y > height - 1 or dx * dx + dy * dy < MIN_SHIFT * MIN_SHIFT:
                out[row, column] = OUTSIDE
                continue
            x, y = on_grid(x, fractions), on_grid(y, fractions)
            left, right = int(math.ceil(x - reach)), int(math.floor(x + reach))
            top, bottom = int(math.ceil(y - reach)), int(math.floor(y + reach))
            total_x = 0.0
            for j in range(left, right + 1):
                at = abs(x - j) * step
                k = int(at)
                wx[j - left] = table[k] + (at - k) * (table[k + 1] - table[k])
                total_x += wx[j - left]
            total_y = red = green = blue = 0.0
            for i in range(top, bottom + 1):
                at = abs(y - i) * step
                k = int(at)
                wy = table[k] + (at - k) * (table[k + 1] - table[k])
                total_y += wy
                r = min(max(i, 0), height - 1)
                for j in range(left, right + 1):
                    weight = wx[j - left] * wy
                    c = min(max(j, 0), width - 1)
                    red += weight * colour[r, c, 0]
                    green += weight * colour[r, c, 1]
                    blue += weight * colour[r, c, 2]
            norm = 1.0 / (total_x * total_y)
            e0 = abs(colour[py, px, 0] - min(max(red * norm - bias, 0.0), 255.0))
            e1 = abs(colour[py, px, 1] - min(max(green * norm - bias, 0.0), 255.0))
            e2 = abs(colour[py, px, 2] - min(max(blue * norm - bias, 0.0), 255.0))
            out[row, column] = max(e0, e1, e2)


@compiled
def fit_pose(
    grey: FloatPlane,
    gradient_x: FloatPlane,
    gradient_y: FloatPlane,
    columns: Ints,
    rows: Ints,
    pose: Floats,
    table: Floats,
    support: float,
    widening: float,
    bias: float,
    fractions: float,
    softness: float,
    normal: Floats,
    errors: Floats,
) -> None:
    """Robust Gauss-Newton on pose = (a, b, u, v) about the mean pixel; `normal` is its last normal matrix."""
    height, width = grey.shape
    reach = support * widening
    step = STEPS_PER_PIXEL / widening
    wx = np.empty(64)
    h, g = np.empty((4, 4)), np.empty(4)
    n = len(columns)
    cx, cy = columns.mean(), rows.mean()
    for _ in range(STEPS):
        h[:] = 0.0
        g[:] = 0.0
        for i in range(n):
            dx, dy = columns[i] - cx, rows[i] - cy
            x = pose[2] + pose[0] * dx + pose[1] * dy
            y = pose[3] - pose[1] * dx + pose[0] * dy
            x, y = on_grid(x, fractions), on_grid(y, fractions)
            left, right = int(math.ceil(x - reach)), int(math.floor(x + reach))
            top, bottom = int(math.ceil(y - reach)), int(math.floor(y + reach))
            total_x = 0.0
            for j in range(left, right + 1):
                at = abs(x - j) * step
                k = int(at)
                wx[j - left] = table[k] + (at - k) * (table[k + 1] - table[k])
                total_x += wx[j - left]
            total_y = value = 0.0
            for r in range(top, bottom + 1):
                at = abs(y - r) * step
                k = int(at)
                wy = table[k] + (at - k) * (table[k + 1] - table[k])
                total_y += wy
                rr = min(max(r, 0), height - 1)
                line = 0.0
                for j in range(left, right + 1):
                    line += wx[j - left] * grey[rr, min(max(j, 0), width - 1)]
                value += wy * line
            e = grey[rows[i], columns[i]] - (value / (total_x * total_y) - bias)
            errors[i] = abs(e)
            # the smooth gradient planes are derivative enough to converge, whatever the kernel
            xi = min(max(x, 0.0), width - 1.001)
            yi = min(max(y, 0.0), height - 1.001)
            gx, gy = bilinear(gradient_x, xi, yi), bilinear(gradient_y, xi, yi)
            weight = 1.0 / (1.0 + (e / softness) ** 2) ** 2
            j0, j1 = gx * dx + gy * dy, gx * dy - gy * dx
            h[0, 0] += weight * j0 * j0
            h[1, 0] += weight * j1 * j0
            h[1, 1] += weight * j1 * j1
            h[2, 0] += weight * gx * j0
            h[2, 1] += weight * gx * j1
            h[2, 2] += weight * gx * gx
            h[3, 0] += weight * gy * j0
            h[3, 1] += weight * gy * j1
            h[3, 2] += weight * gy * gx
            h[3, 3] += weight * gy * gy
            g[0] += weight * j0 * e
            g[1] += weight * j1 * e
            g[2] += weight * gx * e
            g[3] += weight * gy * e
        for j in range(4):
            h[j, j] += 0.05
            for k in range(j):
                h[k, j] = h[j, k]
        normal[:] = h
        if not solve4(h, g):
            break
        pose[0] += min(max(g[0], -0.05), 0.05)
        pose[1] += min(max(g[1], -0.05), 0.05)
        pose[2] += min(max(g[2], -1.0), 1.0)
        pose[3] += min(max(g[3], -1.0), 1.0)
        if abs(g[2]) + abs(g[3]) < 1e-3 and abs(g[0]) + abs(g[1]) < 5e-5:
            break


@compiled
def _nearest_hits(colour: FloatPlane, columns: Ints, rows: Ints, cx: float, cy: float, pose: Floats) -> int:
    """Pixels that equal the nearest pixel of the place they are predicted from."""
    height, width, _ = colour.shape
    hits = 0
    for i in range(len(columns)):
        dx, dy = columns[i] - cx, rows[i] - cy
        x = int(math.floor(pose[2] + pose[0] * dx + pose[1] * dy + 0.5))
        y = int(math.floor(pose[3] - pose[1] * dx + pose[0] * dy + 0.5))
        if x < 0 or y < 0 or x >= width or y >= height:
            continue
        r, c = rows[i], columns[i]
        hits += (
            colour[r, c, 0] == colour[y, x, 0]
            and colour[r, c, 1] == colour[y, x, 1]
            and colour[r, c, 2] == colour[y, x, 2]
        )
    return hits


@compiled
def climb_nearest(
    colour: FloatPlane, columns: Ints, rows: Ints, pose: Floats, reach: float, finest: float
) -> None:
    """Move pose = (a, b, u, v) about the mean pixel to where most pixels are equal, by pattern search.

    Nearest-pixel prediction has no derivative. `reach` is the region's radius in pixels, so that a step of a or
    b moves its rim as far as a step of u or v; steps shrink from 1/4 pixel to `finest`.
    """
    cx, cy = columns.mean(), rows.mean()
    best = _nearest_hits(colour, columns, rows, cx, cy, pose)
    step = 0.25
    while step >= finest:
        improved = False
        for k in range(4):
            size = step / reach if k < 2 else step
            for sign in range(-1, 2, 2):
                before = pose[k]
                pose[k] = before + sign * size
                hits = _nearest_hits(colour, columns, rows, cx, cy, pose)
                if hits > best:
                    best = hits
                    improved = True
                else:
                    pose[k] = before
        if not improved:
            step *= 0.5


@compiled
def kernel_equations(
    plane: FloatPlane,
    columns: Ints,
    rows: Ints,
    xs: Floats,
    ys: Floats,
    knots: Floats,
    per_pixel: float,
    normal: Floats,
    right: Floats,
) -> None:
    """Normal equations of one Gauss-Newton step on a separable kernel given by its values at knots.

    The kernel is linear between knots 1 / per_pixel apart and zero from the last knot on. `normal` (k, k) and
    `right` (k,) are added to.
    """
    height, width = plane.shape
    count = len(knots)
    reach = (count - 1) / per_pixel
    derivative = np.empty(count)
    for i in range(len(columns)):
        x, y = xs[i], ys[i]
        left, last = int(math.ceil(x - reach)), int(math.floor(x + reach))
        top, bottom = int(math.ceil(y - reach)), int(math.floor(y + reach))
        derivative[:] = 0.0
        value = 0.0
        for r in range(top, bottom + 1):
            at_y = abs(y - r) * per_pixel
            ky = min(int(at_y), count - 2)
            fy = at_y - ky
            wy = knots[ky] * (1 - fy) + knots[ky + 1] * fy
            rr = min(max(r, 0), height - 1)
            for c in range(left, last + 1):
                at_x = abs(x - c) * per_pixel
                kx = min(int(at_x), count - 2)
                fx = at_x - kx
                wx = knots[kx] * (1 - fx) + knots[kx + 1] * fx
                level = plane[rr, min(max(c, 0), width - 1)]
                value += wx * wy * level
                derivative[kx] += (1 - fx) * wy * level
                derivative[kx + 1] += fx * wy * level
                derivative[ky] += (1 - fy) * wx * level
                derivative[ky + 1] += fy * wx * level
        e = plane[rows[i], columns[i]] - value
        weight = 1.0 / (1.0 + (e / 4.0) ** 2)
        for j in range(count):
            right[j] += weight * derivative[j] * e
            for k in range(j + 1):
                normal[j, k] += weight * derivative[j] * derivative[k]
