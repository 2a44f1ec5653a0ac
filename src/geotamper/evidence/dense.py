"""Candidates from a dense grid of small discs: objects too small, thin or smooth for keypoints.

Each disc is described by the magnitudes of its circular harmonics on two rings of three opponent colours,
which do not change when the disc is turned. Discs of the picture are looked up among discs of the picture made
smaller by several factors, so that scale is covered too, and the phases then give the rotation: each match is a
full similarity.
"""

import math
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.control import Control
from geotamper.evidence.compiled import for_slices
from geotamper.evidence.hypotheses import Hypotheses
from geotamper.evidence.lookup import InvertedFile, Queries, list_centres
from geotamper.evidence.planes import Planes

Floats32 = npt.NDArray[np.float32]
Complex = npt.NDArray[np.complex64]

RINGS = 2
ORDERS = 4
"""Highest angular frequency."""

LISTS = 256
"""Of the inverted file: about the square root of the discs of a 512-pixel tile."""

SMALLEST_INDEX = 400
"""Discs; fewer are a picture without texture."""

STRIP = 16
"""Rows of discs that are described at once: the patches of all would be forty times the picture."""

LEAST_AGREEMENT = 0.5
"""Of the phases of two discs, 1 for equal ones; true matches lie above 0.65."""

ANGLES = 48
"""Rotations tried for the phases of a match, evenly over the circle."""


@dataclass(frozen=True)
class Discs:
    """Circular harmonics of n discs.

    Attributes:
        centres: (n, 2) float32 columns and rows in the full-size picture.
        harmonics: (n, 3 * RINGS, ORDERS + 1) complex64.
        energy: (n,) float32, sum of squared magnitudes of the orders from 1 on.
    """

    centres: Floats32
    harmonics: Complex
    energy: Floats32

    def textured(self, activity: float) -> "Discs":
        """The discs that show more than a flat patch."""
        kept = self.energy > activity * activity
        return Discs(self.centres[kept], self.harmonics[kept], self.energy[kept])

    def invariants(self) -> Floats32:
        """(n, 3 * RINGS * (ORDERS + 1)) float32 that stay the same when a disc is turned."""
        magnitude = np.abs(self.harmonics)
        magnitude[..., 0] *= 0.5  # absolute colours vary more than structure between look-alikes, but slowly
        magnitude[..., 1:] *= 1.4
        # the low orders tell most and come first, so that the look-up can give up early
        return np.ascontiguousarray(magnitude.swapaxes(1, 2)).reshape(
            len(magnitude), 3 * RINGS * (ORDERS + 1)
        )


@cache
def _basis(radius: float) -> npt.NDArray[np.float32]:
    """(side * side, 2 * RINGS * (ORDERS + 1)) filters, real parts first, of a disc of `radius` pixels."""
    reach, fine = math.ceil(radius), 4
    side = 2 * reach + 1
    axis = (np.arange(side * fine) - (side * fine - 1) / 2) / fine
    x, y = np.meshgrid(axis, axis)
    rho, angle = np.hypot(x, y) / radius, np.arctan2(y, x)
    filters = []
    for ring in range(RINGS):
        weight = np.exp(-((rho - (ring + 0.5) / RINGS) ** 2) / (2 * (0.42 / RINGS) ** 2)) * (rho <= 1.05)
        for order in range(ORDERS + 1):
            wave = (weight * np.exp(-1j * order * angle)).reshape(side, fine, side, fine).mean(axis=(1, 3))
            share = weight.reshape(side, fine, side, fine).mean(axis=(1, 3))
            share /= share.sum()
            wave /= weight.reshape(side, fine, side, fine).mean(axis=(1, 3)).sum()
            # the square grid gives the waves a small mean, through which brightness would leak in
            filters.append(wave - share * wave.sum() if order else wave)
    stacked = np.array(filters).reshape(len(filters), -1)
    return np.ascontiguousarray(np.concatenate([stacked.real, stacked.imag]).T, np.float32)


def opponent_colours(colour: Floats32) -> Floats32:
    """(H, W, 3) float32 of mean, red against green, yellow against blue."""
    red, green, blue = colour[..., 0], colour[..., 1], colour[..., 2]
    return np.stack(
        [(red + green + blue) / 3, (red - green) * 0.7, (red + green - 2 * blue) * 0.35], axis=2
    ).astype(np.float32)


def describe_discs(opponent: Floats32, radius: float, stride: int, *, workers: int = 1) -> Discs:
    """Circular harmonics of all discs on a grid.

    Args:
        opponent: (H, W, 3) float32.
        radius: Of the discs, pixels.
        stride: Of the grid, pixels.
        workers: Threads.
    """
    basis = _basis(radius)
    reach = math.ceil(radius)
    side = 2 * reach + 1
    # colour by colour, so that the rows of a patch are copied as they lie
    planar = np.ascontiguousarray(opponent.transpose(2, 0, 1))
    patches = np.lib.stride_tricks.sliding_window_view(planar, (side, side), axis=(1, 2))
    patches = patches[:, ::stride, ::stride].transpose(1, 2, 0, 3, 4)
    rows, columns = patches.shape[:2]
    count = basis.shape[1] // 2
    harmonics = np.empty((rows, columns, 3, count), np.complex64)

    def work(start: int, stop: int) -> None:
        for row in range(start * STRIP, stop * STRIP, STRIP):
            strip = np.ascontiguousarray(patches[row : row + STRIP]).reshape(-1, side * side)
            values = (strip @ basis).reshape(-1, columns, 3, 2 * count)
            harmonics.real[row : row + STRIP] = values[..., :count]
            harmonics.imag[row : row + STRIP] = values[..., count:]

    for_slices(work, -(-rows // STRIP), workers)
    grid_y, grid_x = np.mgrid[:rows, :columns].astype(np.float32) * stride + reach
    shaped = harmonics.reshape(rows * columns, 3 * RINGS, ORDERS + 1)
    waves = shaped[..., 1:]
    energy = (waves.real**2 + waves.imag**2).sum(axis=(1, 2))
    return Discs(np.stack([grid_x.ravel(), grid_y.ravel()], axis=1), shaped, energy)


@dataclass(frozen=True)
class DenseCandidates:
    """Look-up of every small disc among all others at several scales.

    Attributes:
        radius: Of the discs, pixels.
        query_stride: Grid of the discs that are looked up.
        base_stride: Grid of the discs among which they are looked up.
        shrinks: Factors by which the picture is made smaller for the latter.
        scales_kept: Of the scales, how many of the nearest make a hypothesis for each disc.
        probes: Lists of the inverted file that are searched.
        activity: Discs with less structure, in grey levels, are left out.
        apart: Smallest distance of two places along x or y, pixels.
        most_pixels: Pictures with more pixels are not searched densely.
    """

    radius: float = 4.0
    query_stride: int = 3
    base_stride: int = 2
    shrinks: tuple[float, ...] = (1.0, 1.25, 1.55, 1.93)
    scales_kept: int = 2
    probes: int = 1
    activity: float = 1.5
    apart: float = 12.0
    most_pixels: int = 1_500_000

    def propose(self, planes: Planes, *, workers: int, control: Control) -> Hypotheses:
        """Match the discs of a picture; nothing for pictures beyond `most_pixels`."""
        if planes.height * planes.width > self.most_pixels:
            return Hypotheses.none()
        opponent = opponent_colours(planes.colour)
        discs = describe_discs(opponent, self.radius, self.query_stride, workers=workers)
        discs = discs.textured(self.activity)
        if len(discs.centres) < SMALLEST_INDEX:
            return Hypotheses.none()
        vectors = discs.invariants()
        centres = list_centres(vectors, LISTS, workers=workers)
        queries = Queries.of(vectors, discs.centres, centres, probes=self.probes, workers=workers)
        parts, distances = [], []
        for i, shrink in enumerate(self.shrinks):
            control.checkpoint(0.5 + 0.05 * i, f"matching small discs at scale {1 / shrink:.2f}")
            base = self._base(opponent, shrink, workers)
            if len(base.centres) < SMALLEST_INDEX:
                continue
            file = InvertedFile.of(base.invariants(), base.centres, centres, workers=workers)
            near, distance = file.nearest_apart(queries, apart=self.apart, workers=workers)
            parts.append(_Matches(shrink, base, near))
            distances.append(distance)
        if not parts:
            return Hypotheses.none()
        kept = _nearest_scales(np.stack(distances), self.scales_kept)
        return Hypotheses.joined(
            *(part.hypotheses(discs, queries.order, kept[i]) for i, part in enumerate(parts))
        )

    def _base(self, opponent: Floats32, shrink: float, workers: int) -> Discs:
        """Discs of the picture made smaller by a factor, with centres in the full-size picture."""
        small = opponent
        if shrink > 1.0:
            if shrink > 1.3:
                small = np.asarray(cv2.GaussianBlur(small, (0, 0), 0.35 * shrink), np.float32)
            resized = cv2.resize(small, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_LINEAR)
            small = np.asarray(resized, np.float32)
        if min(small.shape[:2]) < 2 * math.ceil(self.radius) + 1:
            return Discs(
                np.zeros((0, 2), np.float32), np.zeros((0, 0, 0), np.complex64), np.zeros(0, np.float32)
            )
        discs = describe_discs(small, self.radius, self.base_stride, workers=workers)
        ratio = opponent.shape[1] / small.shape[1]
        centres = ((discs.centres + 0.5) * ratio - 0.5).astype(np.float32)
        return Discs(centres, discs.harmonics, discs.energy).textured(self.activity)


def _nearest_scales(distances: Floats32, count: int) -> npt.NDArray[np.bool_]:
    """Mark, for each query, the `count` scales of (scales, n) distances that are nearest."""
    kept = np.zeros(distances.shape, bool)
    order = np.argsort(distances, axis=0, kind="stable")[:count]
    np.put_along_axis(kept, order, values=True, axis=0)
    return kept


@dataclass(frozen=True)
class _Matches:
    """The nearest disc at one scale of every query, in the order of the queries."""

    shrink: float
    base: Discs
    near: npt.NDArray[np.int64]

    def hypotheses(
        self, discs: Discs, order: npt.NDArray[np.int64], kept: npt.NDArray[np.bool_]
    ) -> Hypotheses:
        """The kept matches as full similarities."""
        chosen = np.flatnonzero(kept & (self.near >= 0))
        here, there = order[chosen], self.near[chosen]
        angle, fit = _relative_angle(discs.harmonics[here], self.base.harmonics[there])
        agreeing = 2 * fit > LEAST_AGREEMENT * (discs.energy[here] + self.base.energy[there] + 20)
        here, there, angle = here[agreeing], there[agreeing], angle[agreeing]
        # the phase angle runs clockwise on the screen, the pose's counter-clockwise
        turns = self.shrink * np.exp(-1j * angle)
        return Hypotheses.between(
            discs.centres[here].astype(np.float64), self.base.centres[there].astype(np.float64), turns
        )


def _relative_angle(first: Complex, second: Complex) -> tuple[npt.NDArray[np.float64], Floats32]:
    """(n,) rotations from each first disc to its second, radians clockwise on the screen, and how well they fit."""
    cross = (np.conj(first[..., 1:]) * second[..., 1:]).sum(axis=1)
    tried = np.arange(ANGLES) * (2 * np.pi / ANGLES)
    waves = np.exp(1j * np.outer(np.arange(1, ORDERS + 1), tried)).astype(np.complex64)
    agreement = cross.real @ waves.real - cross.imag @ waves.imag
    best = agreement.argmax(axis=1)
    fit = np.take_along_axis(agreement, best[:, None], axis=1)[:, 0]
    return np.asarray(tried[best], np.float64), np.asarray(fit, np.float32)
