"""Batched sub-pixel registration of hypotheses on small discs, and how exact they are then.

Section names of the steps: a correlation gate throws out guesses whose discs do not resemble each other;
robust Gauss-Newton refines the four parameters of the similarity; the exactness score counts textured pixels
that the other place predicts to within rounding, because only a copy is that exact.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from geotamper.evidence.compiled import compiled, for_slices
from geotamper.evidence.hypotheses import Hypotheses
from geotamper.evidence.planes import Planes

FloatPlane = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CHANCE = 0.35
"""Share of textured pixels that a registered look-alike meets by chance."""

MIN_RANGE = 3.0
"""Pixels whose 3 x 3 neighbourhood spans less than this, in grey levels, say nothing about a match."""


@dataclass(frozen=True)
class Registered:
    """Hypotheses after refinement, with what the refined discs show.

    Attributes:
        hypotheses: n refined guesses.
        exactness: (n,) standardised count of exactly predicted textured pixels; above 3 is unusual for
            look-alikes, a copy reaches 5 to 20.
        residual: (n,) 75th percentile of the grey-level residual.
        texture: (n,) total texture weight of the disc, 0 for a flat one.
    """

    hypotheses: Hypotheses
    exactness: Floats
    residual: Floats
    texture: Floats

    def __len__(self) -> int:
        return len(self.hypotheses)

    def subset(self, index: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> "Registered":
        """The members that `index` selects, in its order."""
        return Registered(
            self.hypotheses.subset(index), self.exactness[index], self.residual[index], self.texture[index]
        )

    @classmethod
    def joined(cls, *parts: "Registered") -> "Registered":
        """All members of several batches, in order."""
        return cls(
            Hypotheses.joined(*(p.hypotheses for p in parts)),
            np.concatenate([p.exactness for p in parts]),
            np.concatenate([p.residual for p in parts]),
            np.concatenate([p.texture for p in parts]),
        )


@compiled
def bilinear(plane: FloatPlane, x: float, y: float) -> float:
    """Value of a plane at column x, row y, which must have a right and a lower neighbour; compiled."""
    column, row = int(x), int(y)
    fx, fy = x - column, y - row
    top = plane[row, column] * (1.0 - fx) + plane[row, column + 1] * fx
    bottom = plane[row + 1, column] * (1.0 - fx) + plane[row + 1, column + 1] * fx
    return float(top * (1.0 - fy) + bottom * fy)


@compiled
def _cubic(plane: FloatPlane, x: float, y: float) -> float:
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
def _correlate(
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
def _refine(
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
def _judge(
    grey: FloatPlane,
    grey_range: FloatPlane,
    centres: Ints,
    poses: Floats,
    radii: Ints,
    exactness: Floats,
    residual: Floats,
    texture: Floats,
) -> None:
    """Count exactly predicted textured pixels of each disc under the better of two kernels."""
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
                e = min(abs(here - bilinear(grey, qx, qy)), abs(here - _cubic(grey, qx, qy)))
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
def _count_exact(
    grey: FloatPlane,
    grey_range: FloatPlane,
    centres: Ints,
    poses: Floats,
    radius: int,
    exactness: Floats,
) -> None:
    """The exactness of `_judge` alone, in a hurry.

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
                        error <= 4.0 * tolerance and abs(here - _cubic(grey, qx, qy)) <= tolerance
                    ):
                        hits += weight
            if hits < CHANCE * total:
                break
        if hits >= CHANCE * total:
            exactness[i] = (hits - CHANCE * total) / math.sqrt(CHANCE * (1.0 - CHANCE) * square + 2.0)


class Gate(Protocol):
    """Something that throws out hypotheses whose discs do not resemble each other."""

    def passed(self, planes: Planes, hypotheses: Hypotheses, *, most: int, workers: int) -> Hypotheses:
        """The best of those that pass, at most `most`."""
        ...


def _best(hypotheses: Hypotheses, score: Floats, passing: npt.NDArray[np.bool_], most: int) -> Hypotheses:
    kept = np.flatnonzero(passing)
    if len(kept) > most:
        kept = kept[np.argsort(-score[kept], kind="stable")[:most]]
    return hypotheses.subset(kept)


@dataclass(frozen=True)
class CorrelationGate:
    """Passes discs whose luma correlates.

    Attributes:
        radius: Of the discs, pixels.
        at_least: Smallest zero-mean normalised correlation that passes, -1 to 1.
        spread: Smallest standard deviation that passes, grey levels.
    """

    radius: float = 9.0
    at_least: float = 0.75
    spread: float = 1.5

    def passed(self, planes: Planes, hypotheses: Hypotheses, *, most: int, workers: int) -> Hypotheses:
        """The best correlated hypotheses."""
        n = len(hypotheses)
        score, spread = np.empty(n), np.empty(n)
        centres, poses = hypotheses.centres, hypotheses.poses

        def work(start: int, stop: int) -> None:
            part = slice(start, stop)
            _correlate(
                planes.grey, centres[part], poses[part], self.radius, 1.5, score[part], spread[part]
            )

        for_slices(work, n, workers)
        return _best(hypotheses, score, (score > self.at_least) & (spread > self.spread), most)


@dataclass(frozen=True)
class ExactGate:
    """Refines coarsely, then passes the discs that become most exact: only a copy becomes exact at all.

    Attributes:
        radius: Of the discs, pixels.
        steps: Gauss-Newton steps, on every second row and column.
        strayed: Distance, in pixels, beyond which a refinement has lost its way.
        at_least: Smallest exactness that passes.
    """

    radius: int = 6
    steps: int = 3
    strayed: float = 5.0
    at_least: float = 0.0

    def passed(self, planes: Planes, hypotheses: Hypotheses, *, most: int, workers: int) -> Hypotheses:
        """The most exact hypotheses after a coarse refinement."""
        n = len(hypotheses)
        poses = hypotheses.poses.copy()
        moved, exactness = np.empty(n), np.empty(n)
        radii = np.full(n, self.radius, np.int64)
        grey, gradients = planes.grey, (planes.gradient_x, planes.gradient_y)

        def work(start: int, stop: int) -> None:
            part = slice(start, stop)
            centres = hypotheses.centres[part]
            _refine(grey, *gradients, centres, poses[part], radii[part], 2, self.steps, moved[part])
            _count_exact(grey, planes.grey_range, centres, poses[part], self.radius, exactness[part])

        for_slices(work, n, workers)
        passing = (exactness > self.at_least) & (moved < self.strayed)
        return _best(Hypotheses(hypotheses.centres, poses), exactness, passing, most)


def register(
    planes: Planes,
    hypotheses: Hypotheses,
    *,
    radii: Ints,
    iterations: int,
    workers: int,
) -> Registered:
    """Refine guesses by Gauss-Newton and score how exact they become.

    Args:
        planes: The picture.
        hypotheses: n guesses, within a few pixels and a few per cent of the truth.
        radii: (n,) disc radii, 3 to 16 pixels.
        iterations: Gauss-Newton steps at most.
        workers: Threads.

    Returns:
        The refined guesses, in order; those that failed or ran away have exactness -9.
    """
    n = len(hypotheses)
    poses = hypotheses.poses.copy()
    moved = np.empty(n)
    exactness, residual, texture = np.zeros(n), np.full(n, 99.0), np.zeros(n)

    def work(start: int, stop: int) -> None:
        part = slice(start, stop)
        centres = hypotheses.centres[part]
        _refine(
            planes.grey,
            planes.gradient_x,
            planes.gradient_y,
            centres,
            poses[part],
            radii[part],
            1,
            iterations,
            moved[part],
        )
        _judge(
            planes.grey,
            planes.grey_range,
            centres,
            poses[part],
            radii[part],
            exactness[part],
            residual[part],
            texture[part],
        )

    for_slices(work, n, workers)
    lost = moved > 6.0
    exactness[lost] = -9.0
    return Registered(Hypotheses(hypotheses.centres, poses), exactness, residual, texture)


def register_reversed(planes: Planes, registered: Registered, *, radius: int, workers: int) -> Registered:
    """Register the same pairs from the other side.

    Only the copy is exactly predictable from its source, not the source from its copy, so a guess made in the
    wrong direction never becomes exact. The disc shrinks or grows with the scale, within 5 to `radius` pixels.
    """
    a, b, u, v = registered.hypotheses.poses.T
    scale = np.hypot(a, b)
    fits = (scale > 0.3) & (scale < 3.0) & (registered.exactness > -9.0)
    fits &= (u > 3) & (v > 3) & (u < planes.width - 4) & (v < planes.height - 4)
    turned = registered.hypotheses.subset(fits).reversed()
    radii = np.clip(np.rint(radius * scale[fits]), min(5, radius), radius).astype(np.int64)
    return register(planes, turned, radii=radii, iterations=4, workers=workers)
