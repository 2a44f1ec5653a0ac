"""What the network sees: the picture at half resolution, and what the search for inexact copies knows of each place."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.evidence.hypotheses import Hypotheses
from geotamper.evidence.planes import Planes

FloatPlane = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

PLANES = (
    "luma",
    "blue",
    "red",
    "detail",
    "finest",
    "finest_chroma",
    "equal",
    "guessed",
    "goodness",
    "support",
    "unique",
    "scale",
    "guesses",
    "difference",
    "detail_difference",
    "likeness",
)
"""Names of the input planes, in order; the last nine rest on guesses and are 0 where there is none."""

WORST_RANK = 1.0
"""Rank beyond which a guess says nothing."""

REACH = 14
"""Pixels around each end of a guess for which it speaks."""

_LEAST_SUPPORT = 1.0
_FLOOR = 0.25
"""Grey levels added before a logarithm is taken: rounding leaves as much."""


@dataclass(frozen=True)
class Guesses:
    """Refined guesses that one place repeats another, with what their rank rests on.

    Attributes:
        hypotheses: n of them.
        rank: (n,) small for good ones.
        support: (n,) guesses that confirm each.
        uniqueness: (n,) unlikeness over that of the best rival.
    """

    hypotheses: Hypotheses
    rank: Floats
    support: Floats
    uniqueness: Floats


def prior_planes(planes: Planes, guesses: Guesses) -> FloatPlane:
    """Compute the input planes of the network.

    Args:
        planes: The picture, at least 2 x 2 pixels.
        guesses: What may repeat what.

    Returns:
        (16, H // 2, W // 2) float32, in the order of `PLANES`.
    """
    rows, columns = planes.height // 2, planes.width // 2
    picture = _picture_planes(planes, (rows, columns))
    evidence = _guess_planes(planes, _Ends.of(guesses), (rows, columns))
    return np.stack([*picture, *evidence])


def _halved(plane: FloatPlane, shape: tuple[int, int]) -> FloatPlane:
    """Means over 2 x 2 pixels; an odd last row or column is left out."""
    even = np.ascontiguousarray(plane[: 2 * shape[0], : 2 * shape[1]])
    return np.asarray(cv2.resize(even, (shape[1], shape[0]), interpolation=cv2.INTER_AREA), np.float32)


def _diagonal(plane: FloatPlane, shape: tuple[int, int]) -> FloatPlane:
    """Logarithm of the finest diagonal Haar coefficient of 2 x 2 pixels."""
    even = plane[: 2 * shape[0], : 2 * shape[1]]
    detail = even[::2, ::2] - even[1::2, ::2] - even[::2, 1::2] + even[1::2, 1::2]
    return np.asarray(np.log(_FLOOR + np.abs(detail) / 2), np.float32)


def _picture_planes(planes: Planes, shape: tuple[int, int]) -> list[FloatPlane]:
    grey, colour = planes.grey, planes.colour
    high = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 1.5))
    differ = np.any(planes.pixels[:, 1:] != planes.pixels[:, :-1], axis=2)
    equal = np.zeros(grey.shape, np.float32)
    equal[:, 1:] = ~differ
    return [
        (_halved(grey, shape) - 128) / 64,
        _halved(colour[..., 2] - grey, shape) / 32,
        _halved(colour[..., 0] - grey, shape) / 32,
        np.log(_FLOOR + _halved(high, shape)),
        _diagonal(grey, shape),
        _diagonal(colour[..., 0] - colour[..., 2], shape),
        _halved(equal, shape),
    ]


@dataclass(frozen=True)
class _Ends:
    """Guesses read from both ends, the worst first: 2 n statements that a place shows what another one shows.

    Attributes:
        points: (2n, 2) columns and rows.
        images: (2n, 2) where their content is found again.
        turns: (2n,) a + ib of the pose from point to image.
        numbers: (2n, 3) goodness, support and uniqueness, as logarithms.
    """

    points: Floats
    images: Floats
    turns: npt.NDArray[np.complex128]
    numbers: Floats

    @classmethod
    def of(cls, guesses: Guesses) -> "_Ends":
        usable = guesses.rank < WORST_RANK
        order = np.flatnonzero(usable)[np.argsort(-guesses.rank[usable], kind="stable")]
        chosen = guesses.hypotheses.subset(order)
        here, there = chosen.centres.astype(np.float64), chosen.poses[:, 2:]
        turns = chosen.poses[:, 0] + 1j * chosen.poses[:, 1]
        numbers = np.stack(
            [
                -np.log(guesses.rank[order] + 0.01),
                np.log(np.maximum(guesses.support[order], _LEAST_SUPPORT)),
                np.log(guesses.uniqueness[order] + 0.01),
            ],
            axis=1,
        )
        # interleaved, so that the order of ranks holds for both ends
        return cls(
            np.stack([here, there], axis=1).reshape(-1, 2),
            np.stack([there, here], axis=1).reshape(-1, 2),
            np.stack([turns, 1 / turns], axis=1).reshape(-1),
            np.repeat(numbers, 2, axis=0),
        )


def _guess_planes(planes: Planes, ends: _Ends, shape: tuple[int, int]) -> list[FloatPlane]:
    best, count = _painted(ends, shape)
    if not count.any():
        return [np.zeros(shape, np.float32) for _ in range(9)]
    guessed = best >= 0
    numbers = np.append(ends.numbers, np.log(np.abs(ends.turns))[:, None], axis=1).astype(np.float32)
    looked_up = np.where(guessed[..., None], numbers[best], np.float32(0))
    compared = _compared(planes, ends, best)
    return [
        guessed.astype(np.float32),
        *(np.ascontiguousarray(looked_up[..., number]) for number in range(4)),
        np.log1p(count),
        *(np.where(guessed, plane, np.float32(0)) for plane in compared),
    ]


def _painted(ends: _Ends, shape: tuple[int, int]) -> tuple[npt.NDArray[np.int32], FloatPlane]:
    """The best guess that speaks for each pixel, -1 for none, and how many ends lie about there."""
    best = np.full(shape, -1, np.int32)
    count = np.zeros(shape, np.float32)
    columns, rows = np.rint(ends.points.T / 2).astype(np.int64)
    for number, (x, y) in enumerate(zip(columns.tolist(), rows.tolist(), strict=True)):
        cv2.circle(best, (x, y), REACH // 2, number, -1)
    inside = (columns >= 0) & (columns < shape[1]) & (rows >= 0) & (rows < shape[0])
    np.add.at(count, (rows[inside], columns[inside]), np.float32(1))
    around = cv2.boxFilter(count, -1, (7, 7), normalize=False, borderType=cv2.BORDER_CONSTANT)
    return best, np.asarray(np.maximum(around, 0), np.float32)


def _compared(planes: Planes, ends: _Ends, best: npt.NDArray[np.int32]) -> list[FloatPlane]:
    """How much each pixel differs from the place that its best guess names: luma, detail, local correlation."""
    shape = best.shape
    rows, columns = 2 * shape[0], 2 * shape[1]
    wide = np.repeat(np.repeat(best, 2, axis=0), 2, axis=1)
    a, b = ends.turns.real[wide].astype(np.float32), ends.turns.imag[wide].astype(np.float32)
    start, image = ends.points[wide].astype(np.float32), ends.images[wide].astype(np.float32)
    dx = np.arange(columns, dtype=np.float32)[None, :] - start[..., 0]
    dy = np.arange(rows, dtype=np.float32)[:, None] - start[..., 1]
    u, v = image[..., 0] + a * dx + b * dy, image[..., 1] - b * dx + a * dy
    here = planes.grey[:rows, :columns]
    there = cv2.remap(planes.grey, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    high = np.asarray(planes.grey - cv2.GaussianBlur(planes.grey, (0, 0), 1.5), np.float32)
    high_here = high[:rows, :columns]
    high_there = np.asarray(
        cv2.remap(high, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.float32
    )
    difference = np.log(_FLOOR + _halved(np.abs(here - there), shape)) - math.log(_FLOOR)
    detail = np.log(_FLOOR + _halved(np.abs(high_here - high_there), shape)) - math.log(_FLOOR)
    return [difference, detail, _halved(_correlation(high_here, high_there), shape)]


def _correlation(one: FloatPlane, other: FloatPlane) -> FloatPlane:
    """In 9 x 9 pixels, of planes whose mean is near zero."""

    def mean(values: FloatPlane) -> FloatPlane:
        return np.asarray(cv2.blur(values, (9, 9)), np.float32)

    # running sums of the filter may fall below zero by rounding
    energy = np.sqrt(np.maximum(mean(one * one), 0) * np.maximum(mean(other * other), 0))
    return np.asarray(mean(one * other) / (energy + np.float32(0.5)), np.float32)
