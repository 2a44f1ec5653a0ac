"""Pulling rough guesses to the nearest registration, and how alike their discs are then.

Unlike the exact search this one cannot recognise a copy from the rough guess or from single exact pixels, so all
guesses are first refined coarsely on a smoothed picture, and only then compared.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.evidence.compiled import compiled, for_slices
from geotamper.evidence.hypotheses import Hypotheses
from geotamper.evidence.lookalikes.views import Views
from geotamper.evidence.registration import solve4

FloatPlane = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LOST = 9.0
"""Relative residual of a guess that could not be refined."""


@dataclass(frozen=True)
class Settled:
    """Guesses after refinement.

    Attributes:
        hypotheses: n refined guesses.
        relative: (n,) 75th percentile of the residual over that of the high-pass of the disc.
        residual: (n,) 75th percentile of the grey-level residual.
    """

    hypotheses: Hypotheses
    relative: Floats
    residual: Floats

    def __len__(self) -> int:
        return len(self.hypotheses)

    def subset(self, index: Ints | npt.NDArray[np.bool_]) -> "Settled":
        """The members that `index` selects, in its order."""
        return Settled(self.hypotheses.subset(index), self.relative[index], self.residual[index])


@compiled
def _settle(
    grey: FloatPlane,
    gradient_x: FloatPlane,
    gradient_y: FloatPlane,
    centres: Ints,
    poses: Floats,
    disc: Ints,
    softness: float,
    moved: Floats,
) -> None:
    """Robust Gauss-Newton on (a, b, u, v); `disc` holds radius, stride and steps; `moved` is 99 where it failed."""
    height, width = grey.shape
    r, stride, steps = disc[0], disc[1], disc[2]
    limit = r * r + r * 0.5
    h = np.empty((4, 4))
    g = np.empty(4)
    for i in range(len(centres)):
        cx, cy = centres[i, 0], centres[i, 1]
        a, b, u, v = poses[i, 0], poses[i, 1], poses[i, 2], poses[i, 3]
        u0, v0 = u, v
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
def _compare(grey: FloatPlane, centres: Ints, poses: Floats, radius: int, score: Floats) -> None:
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
                there = (grey[row, column] * (1 - fx) + grey[row, column + 1] * fx) * (1 - fy)
                there += (grey[row + 1, column] * (1 - fx) + grey[row + 1, column + 1] * fx) * fy
                here = grey[y, x]
                s1 += here
                s2 += there
                s11 += here * here
                s22 += there * there
                sd += (here - there) * (here - there)
                n += 1
        if n < 20:
            score[i] = -1.0
            continue
        v1 = max(s11 / n - (s1 / n) ** 2, 0.0)
        v2 = max(s22 / n - (s2 / n) ** 2, 0.0)
        score[i] = 1.0 - (sd / n) / (v1 + v2 + 6.0) if min(v1, v2) > 2.25 else -1.0


@compiled
def _assess(
    grey: FloatPlane,
    high: FloatPlane,
    centres: Ints,
    poses: Floats,
    radius: int,
    relative: Floats,
    residual: Floats,
) -> None:
    """75th percentiles of residual and of residual over high-pass in each disc."""
    height, width = grey.shape
    limit = radius * radius + radius * 0.5
    errors = np.empty(1024)
    detail = np.empty(1024)
    for i in range(len(centres)):
        a, b, u, v = poses[i, 0], poses[i, 1], poses[i, 2], poses[i, 3]
        n = 0
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
            residual[i] = 99.0
            continue
        residual[i] = np.sort(errors[:n])[(3 * n) // 4]
        relative[i] = residual[i] / max(np.sort(detail[:n])[(3 * n) // 4], 0.8)


@dataclass(frozen=True)
class Settling:
    """How guesses are refined and thinned out.

    Attributes:
        radius: Of the discs, pixels.
        coarse_steps: Gauss-Newton steps on the smoothed picture, every second row and column.
        fine_steps: Steps on the picture itself.
        at_least: Smallest likeness (1 for equal discs) that is refined finely.
        most: Guesses refined finely at most, the most alike.
        strayed: Distance, in pixels, beyond which a refinement has lost its way.
    """

    radius: int = 9
    coarse_steps: int = 3
    fine_steps: int = 5
    at_least: float = 0.5
    most: int = 5000
    strayed: float = 6.0

    def run(self, views: Views, hypotheses: Hypotheses, workers: int) -> Settled:
        """Refine guesses; those that stray or do not look alike are left out."""
        coarse = self._coarse(views, hypotheses, workers)
        n = len(coarse)
        poses = coarse.poses.copy()
        moved, relative, residual = np.empty(n), np.empty(n), np.empty(n)
        planes = views.planes
        disc = np.array([self.radius, 1, self.fine_steps], np.int64)

        def work(start: int, stop: int) -> None:
            part = slice(start, stop)
            centres = coarse.centres[part]
            _settle(
                planes.grey,
                planes.gradient_x,
                planes.gradient_y,
                centres,
                poses[part],
                disc,
                6.0,
                moved[part],
            )
            _assess(
                planes.grey, views.high, centres, poses[part], self.radius, relative[part], residual[part]
            )

        for_slices(work, n, workers)
        relative[moved > self.strayed] = LOST
        scale = np.hypot(poses[:, 0], poses[:, 1])
        kept = (relative < LOST) & (scale > 0.35) & (scale < 2.8)
        return Settled(Hypotheses(coarse.centres, poses), relative, residual).subset(kept)

    def _coarse(self, views: Views, hypotheses: Hypotheses, workers: int) -> Hypotheses:
        n = len(hypotheses)
        poses = hypotheses.poses.copy()
        moved, score = np.empty(n), np.empty(n)
        disc = np.array([self.radius, 2, self.coarse_steps], np.int64)

        def work(start: int, stop: int) -> None:
            part = slice(start, stop)
            centres = hypotheses.centres[part]
            _settle(
                views.smooth,
                views.smooth_x,
                views.smooth_y,
                centres,
                poses[part],
                disc,
                8.0,
                moved[part],
            )
            _compare(views.planes.grey, centres, poses[part], self.radius, score[part])

        for_slices(work, n, workers)
        kept = np.flatnonzero((score > self.at_least) & (moved < self.strayed))
        if len(kept) > self.most:
            kept = np.sort(kept[np.argsort(-score[kept], kind="stable")[: self.most]])
        return Hypotheses(hypotheses.centres[kept], poses[kept])
