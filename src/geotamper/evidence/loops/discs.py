"""Compiled loops over the pixels of small discs: correlation, registration, exactness.

All arrays are C-contiguous; coordinates are array indices (pixel centres at whole numbers). A pose (a, b, u, v)
looks for the content of centre + (dx, dy) at (u + a dx + b dy, v - b dx + a dy).
"""

import math

import numpy as np
import numpy.typing as npt

from geotamper.evidence.compiled import compiled

FloatPlane = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CHANCE = 0.35
"""Share of textured pixels that a registered look-alike meets by chance."""

MIN_RANGE = 3.0
"""Pixels whose 3 x 3 neighbourhood spans less than this, in grey levels, say nothing about a match."""


@compiled
def bilinear(plane: FloatPlane, x: float, y: float) -> float:
    """Value of a plane at column x, row y, which must have a right and a lower neighbour; compiled."""
    column, row = int(x), int(y)
    fx, fy = x - column, y - row
    top = plane[row, column] * (1.0 - fx) + plane[row, column + 1] * fx
    bottom = plane[row + 1, column] * (1.0 - fx) + plane[row + 1, column + 1] * fx
    return float(top * (1.0 - fy) + bottom * fy)


@compiled
def cubic(plane: FloatPlane, x: float, y: float) -> float:
    """Keys cubic with a = -0.75, the kernel of OpenCV."""
    column, row = int(x), int(y)
    fx, fy = x - column, y - row
    total = 0.0
    for j in range(-1, 3):
        t = abs(fy - j)
        if t < 1:
            wy = (1.25 * t - 2.25) * t * t + 1
        else:
            wy = -0.75 * (((t - 5) * t + 8) * t - 4)
        line = 0.0
        for i in range(-1, 3):
            t = abs(fx - i)
            if t < 1:
                wx = (1.25 * t - 2.25) * t * t + 1
            else:
                wx = -0.75 * (((t - 5) * t + 8) * t - 4)
            line += wx * plane[row + j, column + i]
        total += wy * line
    return total


@compiled
def correlate_discs(
    grey: FloatPlane, centres: Ints, poses: Floats, radius: float, step: float, score: Floats, spread: Floats
) -> None:
    """Zero-mean normalised cross-correlation of each pair of discs, and the smaller standard deviation."""
    height, width = grey.shape
    reach = int(radius / step)
    for i in range(len(centres)):
        a, b, u, v = poses[i, 0], poses[i, 1], poses[i, 2], poses[i, 3]
        s1 = s2 = s11 = s22 = s12 = 0.0
        n = 0
        for iy in range(-reach, reach + 1):
            for ix in range(-reach, reach + 1):
                dx, dy = ix * step, iy * step
                if dx * dx + dy * dy > radius * radius:
                    continue
                px, py = centres[i, 0] + dx, centres[i, 1] + dy
                qx, qy = u + a * dx + b * dy, v - b * dx + a * dy
                if px < 0 or py < 0 or px > width - 1 or py > height - 1:
                    continue
                if qx < 0 or qy < 0 or qx >= width - 1 or qy >= height - 1:
                    continue
                here = grey[int(py + 0.5), int(px + 0.5)]
                there = bilinear(grey, qx, qy)
                s1 += here
                s2 += there
                s11 += here * here
                s22 += there * there
                s12 += here * there
                n += 1
        if n < 20:
            score[i] = -1.0
            spread[i] = 0.0
            continue
        v1 = max(s11 / n - (s1 / n) ** 2, 0.0)
        v2 = max(s22 / n - (s2 / n) ** 2, 0.0)
        score[i] = (s12 / n - s1 / n * s2 / n) / math.sqrt(v1 * v2 + 1e-3)
        spread[i] = math.sqrt(min(v1, v2))


@compiled
def solve4(h: Floats, g: Floats) -> bool:
    """Solve h x = g for (4, 4) h in place; g becomes x. False when h is not positive definite. Compiled."""
    for j in range(4):
        for k in range(j + 1):
            s = h[j, k]
            for m in range(k):
                s -= h[j, m] * h[k, m]
            if j == k:
                if s <= 1e-9:
                    return False
                h[j, j] = math.sqrt(s)
            else:
                h[j, k] = s / h[k, k]
    for j in range(4):
        s = g[j]
        for m in range(j):
            s -= h[j, m] * g[m]
        g[j] = s / h[j, j]
    for j in range(3, -1, -1):
        s = g[j]
        for m in range(j + 1, 4):
            s -= h[m, j] * g[m]
        g[j] = s / h[j, j]
    return True


@compiled
def refine_discs(
    grey: FloatPlane,
    gradient_x: FloatPlane,
    gradient_y: FloatPlane,
    centres: Ints,
    poses: Floats,
    radii: Ints,
    stride: int,
    iterations: int,
    moved: Floats,
) -> None:
    """Robust Gauss-Newton on (a, b, u, v); `moved` is the distance travelled, 99 where it failed."""
    height, width = grey.shape
    h = np.empty((4, 4))
    g = np.empty(4)
    for i in range(len(centres)):
        r = radii[i]
        limit = r * r + r * 0.5
        cx, cy = centres[i, 0], centres[i, 1]
        a, b, u, v = poses[i, 0], poses[i, 1], poses[i, 2], poses[i, 3]
        u0, v0 = u, v
        moved[i] = 99.0
        failed = False
        for _ in range(iterations):
            h[:] = 0.0
            g[:] = 0.0
            n = 0
            for dy in range(-r, r + 1, stride):
                y = cy + dy
                if y < 0 or y >= height:
                    continue
                for dx in range(-r, r + 1, stride):
                    x = cx + dx
                    if dx * dx + dy * dy > limit or x < 0 or x >= width:
                        continue
                    qx, qy = u + a * dx + b * dy, v - b * dx + a * dy
                    if qx < 0 or qy < 0 or qx >= width - 1 or qy >= height - 1:
                        continue
                    column, row = int(qx), int(qy)
                    fx, fy = qx - column, qy - row
                    w00 = (1 - fx) * (1 - fy)
                    w01 = fx * (1 - fy)
                    w10 = (1 - fx) * fy
                    w11 = fx * fy
                    e = grey[y, x] - (
                        grey[row, column] * w00
                        + grey[row, column + 1] * w01
                        + grey[row + 1, column] * w10
                        + grey[row + 1, column + 1] * w11
                    )
                    gx = (
                        gradient_x[row, column] * w00
                        + gradient_x[row, column + 1] * w01
                        + gradient_x[row + 1, column] * w10
                        + gradient_x[row + 1, column + 1] * w11
                    )
                    gy = (
                        gradient_y[row, column] * w00
                        + gradient_y[row, column + 1] * w01
                        + gradient_y[row + 1, column] * w10
                        + gradient_y[row + 1, column + 1] * w11
                    )
                    weight = 1.0 / (1.0 + e * e / 36.0)
                    weight *= weight
                    j0 = gx * dx + gy * dy
                    j1 = gx * dy - gy * dx
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
                    n += 1
            if n < 12:
                failed = True
                break
            for j in range(4):
                h[j, j] += 0.1
            if not solve4(h, g):
                failed = True
                break
            a += min(max(g[0], -0.08), 0.08)
            b += min(max(g[1], -0.08), 0.08)
            u += min(max(g[2], -1.5), 1.5)
            v += min(max(g[3], -1.5), 1.5)
            if abs(g[0]) + abs(g[1]) < 3e-4 and abs(g[2]) + abs(g[3]) < 4e-3:
                break
        poses[i, 0], poses[i, 1], poses[i, 2], poses[i, 3] = a, b, u, v
        if not failed:
            moved[i] = math.hypot(u - u0, v - v0)


@compiled
def judge_discs(
    grey: FloatPlane,
    grey_range: FloatPlane,
    centres: Ints,
    poses: Floats,
    radii: Ints,
    exactness: Floats,
    residual: Floats,
    texture: Floats,
) -> None:
    """Count exactly predicted textured pixels of each disc under the best of three kernels."""
    height, width = grey.shape
    errors = np.empty(1024)
    for i in range(len(centres)):
        r = radii[i]
        limit = r * r + r * 0.5
        a, b, u, v = poses[i, 0], poses[i, 1], poses[i, 2], poses[i, 3]
        n = 0
        total = square = hits = 0.0
        for dy in range(-r, r + 1):
            y = centres[i, 1] + dy
            if y < 0 or y >= height:
                continue
            for dx in range(-r, r + 1):
                x = centres[i, 0] + dx
                if dx * dx + dy * dy > limit or x < 0 or x >= width:
                    continue
                qx, qy = u + a * dx + b * dy, v - b * dx + a * dy
                if qx < 1 or qy < 1 or qx >= width - 2 or qy >= height - 2:
                    continue
                here = grey[y, x]
                e = min(abs(here - bilinear(grey, qx, qy)), abs(here - cubic(grey, qx, qy)))
                e = min(e, abs(here - grey[int(qy + 0.5), int(qx + 0.5)]))
                errors[n] = e
                n += 1
                spread = grey_range[y, x]
                if spread > MIN_RANGE:
                    weight = min(math.log(spread / MIN_RANGE), 2.0)
                    total += weight
                    square += weight * weight
                    if e <= 0.75 + 0.03 * spread:
                        hits += weight
        if n < 20:
            exactness[i] = -9.0
            residual[i] = 99.0
            texture[i] = 0.0
            continue
        residual[i] = np.sort(errors[:n])[(3 * n) // 4]
        exactness[i] = (hits - CHANCE * total) / math.sqrt(CHANCE * (1.0 - CHANCE) * square + 2.0)
        texture[i] = total


@compiled
def count_exact(
    grey: FloatPlane,
    grey_range: FloatPlane,
    centres: Ints,
    poses: Floats,
    radius: int,
    exactness: Floats,
) -> None:
    """The exactness of `judge_discs` alone, in a hurry.

    A first pass over every second row and column gives up discs with fewer hits than chance; the cubic kernel is
    only tried where the linear one nearly fits.
    """
    height, width = grey.shape
    limit = radius * radius + radius * 0.5
    for i in range(len(centres)):
        a, b, u, v = poses[i, 0], poses[i, 1], poses[i, 2], poses[i, 3]
        exactness[i] = -9.0
        total = square = hits = 0.0
        for stride in range(2, 0, -1):
            total = square = hits = 0.0
            for dy in range(-radius, radius + 1, stride):
                y = centres[i, 1] + dy
                if y < 0 or y >= height:
                    continue
                for dx in range(-radius, radius + 1, stride):
                    x = centres[i, 0] + dx
                    if dx * dx + dy * dy > limit or x < 0 or x >= width:
                        continue
                    spread = grey_range[y, x]
                    qx, qy = u + a * dx + b * dy, v - b * dx + a * dy
                    if spread <= MIN_RANGE or qx < 1 or qy < 1 or qx >= width - 2 or qy >= height - 2:
                        continue
                    weight = min(math.log(spread / MIN_RANGE), 2.0)
                    total += weight
                    square += weight * weight
                    here = grey[y, x]
                    tolerance = 0.75 + 0.03 * spread
                    error = abs(here - bilinear(grey, qx, qy))
                    if error <= tolerance or (
                        error <= 4.0 * tolerance and abs(here - cubic(grey, qx, qy)) <= tolerance
                    ):
                        hits += weight
            if hits < CHANCE * total:
                break
        if hits >= CHANCE * total:
            exactness[i] = (hits - CHANCE * total) / math.sqrt(CHANCE * (1.0 - CHANCE) * square + 2.0)
