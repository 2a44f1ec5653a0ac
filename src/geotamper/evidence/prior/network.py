"""The network of the tamper prior, run by ONNX Runtime on the CPU, window by window."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from geotamper.evidence.planes import Planes
from geotamper.evidence.prior.planes import FloatPlane, Guesses, prior_planes
from geotamper.evidence.sessions import open_session
from geotamper.weights import PRIOR, PackagedWeights

PixelLabel = Literal["clean", "source", "copy", "blurred"]

PIXEL_LABELS: tuple[PixelLabel, ...] = ("clean", "source", "copy", "blurred")
"""In the order of the network's outputs."""

WINDOW = 256
"""Rows and columns of the network's input: 512 x 512 pixels at half resolution."""

OVERLAP = 32
"""Rows and columns that neighbouring windows share; each gives up half of them."""

MOST = 8.0
"""Log odds are cut here: the network's certainty beyond that was not learned from anything."""


@dataclass(frozen=True)
class PriorMap:
    """What the network says of every 2 x 2 pixels.

    Attributes:
        log_probabilities: (4, H // 2, W // 2) float32, natural logarithms, in the order of `PIXEL_LABELS`.
    """

    log_probabilities: FloatPlane

    def log_odds(self, *labels: PixelLabel) -> FloatPlane:
        """(H // 2, W // 2) log odds of a place having one of these labels, -8 to 8."""
        chosen = [PIXEL_LABELS.index(label) for label in labels]
        shares = np.exp(self.log_probabilities[chosen]).sum(axis=0)
        least = np.float32(1e-6)
        odds = np.log(np.maximum(shares, least)) - np.log(np.maximum(1 - shares, least))
        return np.asarray(np.clip(odds, -MOST, MOST), np.float32)


class TamperPrior:
    """Tells what was tampered with, pixel by pixel.

    Args:
        weights: The packaged network.
    """

    def __init__(self, weights: PackagedWeights = PRIOR) -> None:
        self.weights = weights

    def judge(self, planes: Planes, guesses: Guesses) -> PriorMap:
        """The opinion of the network on a picture.

        Args:
            planes: The picture.
            guesses: What the search for inexact copies knows.

        Raises:
            MissingLibraryError: ONNX Runtime is not installed.
            GeotamperError: The packaged weights are missing or damaged.
        """
        return self.map_of(prior_planes(planes, guesses))

    def map_of(self, given: FloatPlane) -> PriorMap:
        """The same from the input planes, (16, h, w) float32; see `judge`."""
        session = open_session(self.weights, "the tamper prior")
        rows, columns = given.shape[1:]
        found = np.empty((len(PIXEL_LABELS), rows, columns), np.float32)
        for top in _starts(rows):
            for left in _starts(columns):
                part = _padded(given[:, top : top + WINDOW, left : left + WINDOW])
                judged = session.run(None, {"planes": part[np.newaxis]})[0][0]
                y, x = _kept(top), _kept(left)
                target = found[:, top + y : top + WINDOW, left + x : left + WINDOW]
                target[...] = judged[:, y : y + target.shape[1], x : x + target.shape[2]]
        return PriorMap(found)


def _starts(length: int) -> Iterator[int]:
    """Where windows begin that cover a length; the last one ends with it."""
    step = WINDOW - OVERLAP
    start = 0
    while start + WINDOW < length:
        yield start
        start += step
    yield max(0, min(start, length - WINDOW))


def _kept(start: int) -> int:
    """First row or column of a window that is used: those before belong to the window before."""
    return OVERLAP // 2 if start else 0


def _padded(part: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """A full window; what lies beyond the picture repeats its frame."""
    missing = WINDOW - part.shape[1], WINDOW - part.shape[2]
    return np.pad(part, ((0, 0), (0, missing[0]), (0, missing[1])), mode="edge")
