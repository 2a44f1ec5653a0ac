"""Compiled loops of the search for inexact copies: refinement, likeness, votes, region fits, block shifts.

Conventions are those of `geotamper.evidence.loops.discs`.
"""

import math

import numpy as np
import numpy.typing as npt

from geotamper.evidence.compiled import compiled
from geotamper.evidence.loops.discs import solve4

FloatPlane = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
BoolMask = npt.NDArray[np.bool_]

LINK_CELL = 32
"""Voters are looked for in the 5 x 5 cells of this many pixels around a point."""

RIVAL_CELL = 8
"""Rivals are looked for in the 3 x 3 cells of this many pixels around a point."""

RIVAL_REACH = 4.0
"""Distance, in pixels, within which two links speak of the same point."""

RIVAL_DISTANCE = 8.0
"""Distance of their images, in pixels, from which they contradict each other."""

VOTING_CELL = 3
"""Voters in one cell of this many pixels count once: keypoints with several orientations are one witness."""


@compiled
def settle_discs(
    here: FloatPlane,
    there: FloatPlane,
    gradient_x: FloatPlane,
    gradient_y: FloatPlane,
    centres: Ints,
    poses: Floats,
    radii: Ints,
    disc: Ints,
    softness: float,
    moved: Floats,
) -> None:
    """Robust Gauss-Newton on (a, b, u, v), from discs of `here` to places of `there` and its gradients.

    `disc` holds stride and steps; `moved` is the distance travelled, 99 where it failed.
    """
    height, width = here.shape
    stride, steps = disc[0], disc[1]
    h = np.empty((4, 4))
    g = np.empty(4)
    for i in range(len(centres)):
        cx, cy = centres[i, 0], centres[i, 1]
        a, b, u, v = poses[i, 0], poses[i, 1], poses[i, 2], poses[i, 3]
        u0, v0 = u, v
        r = radii[i]
        limit = r * r + r * 0.5
        failed = False
        for _ in range(steps):
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
                    e = here[y, x] - (
                        there[row, column] * w00
                        + there[row, column + 1] * w01
                        + there[row + 1, column] * w10
                        + there[row + 1, column + 1] * w11
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
                    weight = 1.0 / (1.0 + e * e / (softness * softness))
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
        moved[i] = 99.0 if failed else math.hypot(u - u0, v - v0)


@compiled
def compare_discs(grey: FloatPlane, centres: Ints, poses: Floats, radius: int, score: Floats) -> None:
    """1 - squared difference over the sum of the variances: 1 for equal discs, 0 and less for unrelated ones."""
    height, width = grey.shape
    limit = radius * radius + radius * 0.5
    for i in range(len(centres)):
        a, b, u, v = poses[i, 0], poses[i, 1], poses[i, 2], poses[i, 3]
        s1 = s2 = s11 = s22 = sd = 0.0
        n = 0
        for dy in range(-radius, radius + 1):
            y = centres[i, 1] + dy
            if y < 0 or y >= height:
                continue
            for dx in range(-radius + (dy & 1), radius + 1, 2):  # a chequerboard: half the pixels suffice
                x = centres[i, 0] + dx
                if dx * dx + dy * dy > limit or x < 0 or x >= width:
                    continue
                qx, qy = u + a * dx + b * dy, v - b * dx + a * dy
                if qx < 0 or qy < 0 or qx >= width - 1 or qy >= height - 1:
                    continue
                column, row = int(qx), int(qy)
                fx, fy = qx - column, qy - row
                other = (grey[row, column] * (1 - fx) + grey[row, column + 1] * fx) * (1 - fy)
                other += (grey[row + 1, column] * (1 - fx) + grey[row + 1, column + 1] * fx) * fy
                own = grey[y, x]
                s1 += own
                s2 += other
                s11 += own * own
                s22 += other * other
                sd += (own - other) * (own - other)
                n += 1
        if n < 20:
            score[i] = -1.0
            continue
        v1 = max(s11 / n - (s1 / n) ** 2, 0.0)
        v2 = max(s22 / n - (s2 / n) ** 2, 0.0)
        score[i] = 1.0 - (sd / n) / (v1 + v2 + 6.0) if min(v1, v2) > 2.25 else -1.0


@compiled
def assess_discs(
    grey: FloatPlane,
    high: FloatPlane,
    centres: Ints,
    poses: Floats,
    radii: Ints,
    relative: Floats,
) -> None:
    """75th percentile of the residual over that of the high-pass in each disc, 9 where too little is comparable."""
    height, width = grey.shape
    errors = np.empty(1024)
    detail = np.empty(1024)
    for i in range(len(centres)):
        a, b, u, v = poses[i, 0], poses[i, 1], poses[i, 2], poses[i, 3]
        n = 0
        radius = radii[i]
        limit = radius * radius + radius * 0.5
        for dy in range(-radius, radius + 1):
            y = centres[i, 1] + dy
            if y < 0 or y >= height:
                continue
            for dx in range(-radius, radius + 1):
                x = centres[i, 0] + dx
                if dx * dx + dy * dy > limit or x < 0 or x >= width:
                    continue
                qx, qy = u + a * dx + b * dy, v - b * dx + a * dy
                if qx < 0 or qy < 0 or qx >= width - 1 or qy >= height - 1:
                    continue
                column, row = int(qx), int(qy)
                fx, fy = qx - column, qy - row
                there = (grey[row, column] * (1 - fx) + grey[row, column + 1] * fx) * (1 - fy)
                there += (grey[row + 1, column] * (1 - fx) + grey[row + 1, column + 1] * fx) * fy
                errors[n] = abs(grey[y, x] - there)
                detail[n] = abs(high[y, x])
                n += 1
        if n < 20:
            relative[i] = 9.0
            continue
        relative[i] = np.sort(errors[:n])[(3 * n) // 4] / max(np.sort(detail[:n])[(3 * n) // 4], 0.8)


@compiled
def count_voters(
    links: FloatPlane, starts: Ints, across: int, asked: Ints, stamps: tuple[int, int], support: Floats
) -> None:
    """Count the cells of `VOTING_CELL` pixels with a link that confirms each link asked for.

    Args:
        links: (n, 6) point x, y, image u, v, turn a, b; sorted by cells of `LINK_CELL` pixels, row by row.
        starts: First link of each cell, and one entry more.
        across: Cells in one row.
        asked: Indices into `links`.
        stamps: Rows and columns of voting cells that cover all points.
        support: Filled with the counts.
    """
    stamp = np.full(stamps, -1, np.int64)
    down = (len(starts) - 1) // across
    for k in range(len(asked)):
        x, y, u, v, a, b = links[asked[k]]
        size = 0.0144 * (a * a + b * b)
        cell_x, cell_y = int(x) // LINK_CELL, int(y) // LINK_CELL
        votes = 0
        for row in range(max(cell_y - 2, 0), min(cell_y + 3, down)):
            first = starts[row * across + max(cell_x - 2, 0)]
            last = starts[row * across + min(cell_x + 3, across)]
            for j in range(first, last):
                da, db = links[j, 4] - a, links[j, 5] - b
                if da * da + db * db >= size:
                    continue
                dx, dy = links[j, 0] - x, links[j, 1] - y
                eu = u + a * dx + b * dy - links[j, 2]
                ev = v - b * dx + a * dy - links[j, 3]
                allowed = 1.0 + 0.03 * math.sqrt(dx * dx + dy * dy)
                if eu * eu + ev * ev >= allowed * allowed:
                    continue
                cy, cx = int(links[j, 1]) // VOTING_CELL, int(links[j, 0]) // VOTING_CELL
                if stamp[cy, cx] != k:
                    stamp[cy, cx] = k
                    votes += 1
        support[k] = votes


@compiled
def find_rivals(
    links: Floats, unlikeness: Floats, starts: Ints, across: int, asked: Ints, found: Floats
) -> None:
    """Find the least unlikeness of a link near each asked one that leads elsewhere, 9 where there is none.

    `links` is as for `count_voters`, sorted by cells of `RIVAL_CELL` pixels.
    """
    down = (len(starts) - 1) // across
    for k in range(len(asked)):
        i = asked[k]
        x, y, u, v, a, b = links[i]
        best = 9.0
        cell_x, cell_y = int(x) // RIVAL_CELL, int(y) // RIVAL_CELL
        for row in range(max(cell_y - 1, 0), min(cell_y + 2, down)):
            first = starts[row * across + max(cell_x - 1, 0)]
            last = starts[row * across + min(cell_x + 2, across)]
            for j in range(first, last):
                dx, dy = links[j, 0] - x, links[j, 1] - y
                if unlikeness[j] >= best or dx * dx + dy * dy >= RIVAL_REACH * RIVAL_REACH:
                    continue
                eu = u + a * dx + b * dy - links[j, 2]
                ev = v - b * dx + a * dy - links[j, 3]
                if eu * eu + ev * ev > RIVAL_DISTANCE * RIVAL_DISTANCE:
                    best = unlikeness[j]
        found[k] = best


@compiled
def region_equations(
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


@compiled
def shift_blocks(
    here: FloatPlane, there: FloatPlane, mask: BoolMask, side: int, least: int, out: Floats
) -> int:
    """Fill `out` with shift, standardised shift and correlation of each block; returns how many there are."""
    rows, columns = here.shape
    found = 0
    half = side // 2
    for top in range(0, rows - side + 1, half):
        for left in range(0, columns - side + 1, half):
            n = 0
            xx = xy = yy = ex = ey = ee = 0.0
            for y in range(max(top, 1), min(top + side, rows - 1)):
                for x in range(max(left, 1), min(left + side, columns - 1)):
                    if not mask[y, x]:
                        continue
                    e = here[y, x] - there[y, x]
                    gx = 0.25 * (there[y, x + 1] - there[y, x - 1] + here[y, x + 1] - here[y, x - 1])
                    gy = 0.25 * (there[y + 1, x] - there[y - 1, x] + here[y + 1, x] - here[y - 1, x])
                    xx += gx * gx
                    xy += gx * gy
                    yy += gy * gy
                    ex += gx * e
                    ey += gy * e
                    ee += e * e
                    n += 1
            if n < least:
                continue
            determinant = xx * yy - xy * xy
            smaller = 0.5 * (xx + yy - math.sqrt((xx - yy) * (xx - yy) + 4 * xy * xy))
            if smaller < n * 2.0:
                continue
            sx = (yy * ex - xy * ey) / determinant
            sy = (xx * ey - xy * ex) / determinant
            explained = sx * ex + sy * ey
            variance = max((ee - explained) / max(n - 2, 1), 0.3)
            out[found, 0] = math.hypot(sx, sy)
            out[found, 1] = math.sqrt(max(explained, 0.0) / (2 * variance))
            found += 1
            if found == len(out):
                return found
    return found


@compiled
def compare_places(
    stack: FloatPlane,
    contrast: FloatPlane,
    matrix: Floats,
    corner: Ints,
    least_shift: float,
    differences: FloatPlane,
    context: FloatPlane,
    valid: BoolMask,
) -> None:
    """Compare the pixels of a window with the places a matrix takes them to.

    Args:
        stack: (H, W, 4) luma, blue minus luma, red minus luma, activity.
        contrast: (H, W).
        matrix: (2, 3) between array indices.
        corner: Column and row of the window's first pixel.
        least_shift: Pixels nearer to their image than this are not valid.
        differences: (3, rows, columns), filled with absolute differences of the first three of `stack`.
        context: (2, rows, columns), filled with the smaller activity and the smaller contrast of both places.
        valid: (rows, columns), filled; where False the other outputs are 0.
    """
    height, width = contrast.shape
    rows, columns = valid.shape
    nearest = least_shift * least_shift
    for j in range(rows):
        y = corner[1] + j
        for i in range(columns):
            x = corner[0] + i
            qx = matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]
            qy = matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]
            inside = qx >= 0 and qy >= 0 and qx < width - 1 and qy < height - 1
            if not inside or (qx - x) * (qx - x) + (qy - y) * (qy - y) <= nearest:
                valid[j, i] = False
                for c in range(3):
                    differences[c, j, i] = 0.0
                context[0, j, i] = 0.0
                context[1, j, i] = 0.0
                continue
            valid[j, i] = True
            column, row = int(qx), int(qy)
            fx, fy = qx - column, qy - row
            w00, w01 = (1 - fx) * (1 - fy), fx * (1 - fy)
            w10, w11 = (1 - fx) * fy, fx * fy
            for c in range(4):
                value = stack[row, column, c] * w00 + stack[row, column + 1, c] * w01
                value += stack[row + 1, column, c] * w10 + stack[row + 1, column + 1, c] * w11
                if c < 3:
                    differences[c, j, i] = abs(stack[y, x, c] - value)
                else:
                    context[0, j, i] = min(stack[y, x, c], value)
            value = contrast[row, column] * w00 + contrast[row, column + 1] * w01
            value += contrast[row + 1, column] * w10 + contrast[row + 1, column + 1] * w11
            context[1, j, i] = min(contrast[y, x], value)
