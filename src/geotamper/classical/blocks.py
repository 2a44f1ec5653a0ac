"""Block matching: features of overlapping blocks, sorted, and votes for shifts.

Fridrich, Soukal and Lukas, "Detection of Copy-Move Forgery in Digital Images", DFRWS 2003 (DCT); Popescu and Farid,
"Exposing Digital Forgeries by Detecting Duplicated Image Regions", Dartmouth TR2004-515 (PCA).
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from geotamper.classical.matches import BoolMask, Fit, Grey, Match, ordered_match
from geotamper.control import Control

BLOCK = 8
FEATURES = 16

_APART_PX = 24.0
_FOLLOWING = 4
"""Rows of the sorted list that each block is compared with."""
_MOST_DISTANCE = 2.0
"""Of two quantised features, in steps."""
_LEAST_DEVIATION = 3.0
"""Grey levels; flatter blocks are alike anywhere."""
_SAMPLE = 8000
_MOST_MATCHES = 3
_SAME_SHIFT_PX = 4
_LEAST_VOTES = 30

Features = npt.NDArray[np.float32]


@dataclass(frozen=True)
class BlockMethod:
    """What a block is described by.

    Attributes:
        kernels: (FEATURES, BLOCK, BLOCK) float32 for a picture: the features are the blocks' products with them.
        step: Width of a quantisation step.
    """

    kernels: Callable[[Grey], Features]
    step: float

    def find(self, grey: Grey, control: Control) -> list[Match]:
        """The shifts with the most votes; the strength is the number of votes.

        Args:
            grey: (H, W) uint8.
            control: Progress and cancellation.
        """
        if min(grey.shape) <= 2 * BLOCK:
            return []
        control.checkpoint(0.0, "describing blocks")
        places, features = self._describe(grey)
        control.checkpoint(0.4, "sorting blocks")
        here, there = _similar_blocks(places, features)
        control.checkpoint(0.8, "counting shifts")
        return _voted(here, there, grey.shape)

    def _describe(self, grey: Grey) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int16]]:
        """Upper left corners (N, 2) of textured blocks, columns and rows, and quantised features (N, FEATURES)."""
        picture = grey.astype(np.float32)
        rows, columns = grey.shape[0] - BLOCK + 1, grey.shape[1] - BLOCK + 1
        mean = _products(picture, np.full((BLOCK, BLOCK), 1 / BLOCK**2, np.float32))
        square = _products(picture**2, np.full((BLOCK, BLOCK), 1 / BLOCK**2, np.float32))
        textured = np.sqrt(np.maximum(square - mean**2, 0)) > _LEAST_DEVIATION
        y, x = np.nonzero(textured[:rows, :columns])
        features = np.empty((len(x), FEATURES), np.int16)
        for number, kernel in enumerate(self.kernels(grey)):
            values = _products(picture, kernel)[y, x]
            features[:, number] = np.rint(values / self.step)
        return np.stack([x, y], axis=1).astype(np.int32), features


def _products(picture: npt.NDArray[np.float32], kernel: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Product of a kernel with every block, at the block's upper left corner."""
    return np.asarray(
        cv2.filter2D(picture, cv2.CV_32F, kernel, anchor=(0, 0), borderType=cv2.BORDER_REFLECT), np.float32
    )


def _dct_kernels(grey: Grey) -> Features:
    """The first coefficients of the discrete cosine transform in zigzag order; the same for all pictures."""
    del grey
    order = sorted(
        ((u, v) for u in range(BLOCK) for v in range(BLOCK)),
        key=lambda place: (sum(place), place[0] if sum(place) % 2 else place[1]),
    )
    basis = []
    for u, v in order[:FEATURES]:
        unit = np.zeros((BLOCK, BLOCK), np.float32)
        unit[u, v] = 1
        basis.append(cv2.idct(unit))
    return np.stack(basis).astype(np.float32)


def _pca_kernels(grey: Grey) -> Features:
    """The first principal components of the blocks of a picture, from an even sample of them."""
    windows = np.lib.stride_tricks.sliding_window_view(grey, (BLOCK, BLOCK))
    step = max(1, int(np.sqrt(windows.shape[0] * windows.shape[1] / _SAMPLE)))
    blocks = windows[::step, ::step].reshape(-1, BLOCK**2).astype(np.float64)
    _, vectors = np.linalg.eigh(np.cov(blocks, rowvar=False))
    return vectors[:, ::-1][:, :FEATURES].T.reshape(FEATURES, BLOCK, BLOCK).astype(np.float32)


def _similar_blocks(
    places: npt.NDArray[np.int32], features: npt.NDArray[np.int16]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Pairs of blocks that are near each other in the sorted list and far from each other in the picture."""
    order = np.lexsort(features.T[::-1])
    features, places = features[order].astype(np.float32), places[order]
    here, there = [], []
    for after in range(1, min(_FOLLOWING, len(places) - 1) + 1):
        distance = np.linalg.norm(features[after:] - features[:-after], axis=1)
        shift = (places[after:] - places[:-after]).astype(np.float32)
        chosen = (distance <= _MOST_DISTANCE) & (np.hypot(shift[:, 0], shift[:, 1]) > _APART_PX)
        here.append(places[:-after][chosen])
        there.append(places[after:][chosen])
    if not here:
        return np.empty((0, 2), np.int32), np.empty((0, 2), np.int32)
    return np.concatenate(here), np.concatenate(there)


def _voted(here: npt.NDArray[np.int32], there: npt.NDArray[np.int32], shape: tuple[int, int]) -> list[Match]:
    """Regions of the shifts with the most votes."""
    swap = here[:, 0] > there[:, 0]
    here, there = np.where(swap[:, None], there, here), np.where(swap[:, None], here, there)
    shifts, number, votes = np.unique(there - here, axis=0, return_inverse=True, return_counts=True)
    found: list[Match] = []
    taken: list[npt.NDArray[np.int32]] = []
    for best in np.argsort(-votes, kind="stable"):
        count = int(votes[best])
        if count < _LEAST_VOTES or len(found) == _MOST_MATCHES:
            break
        if any(np.abs(shifts[best] - shift).max() < _SAME_SHIFT_PX for shift in taken):
            continue
        taken.append(shifts[best])
        voting = number.ravel() == best
        source, target = _covered(here[voting], shape), _covered(there[voting], shape)
        matrix = np.array([[1, 0, shifts[best][0]], [0, 1, shifts[best][1]]], np.float64)
        found.append(ordered_match(source, target, Fit(matrix, voting, 1 / BLOCK / count**0.5), float(count)))
    return found


def _covered(corners: npt.NDArray[np.int32], shape: tuple[int, int]) -> BoolMask:
    """(H, W) bool: the blocks with these upper left corners."""
    marked = np.zeros(shape, np.uint8)
    marked[corners[:, 1], corners[:, 0]] = 1
    covered = cv2.dilate(marked, np.ones((BLOCK, BLOCK), np.uint8), anchor=(BLOCK - 1, BLOCK - 1))
    return np.asarray(covered > 0)


DCT = BlockMethod(_dct_kernels, step=8.0)
PCA = BlockMethod(_pca_kernels, step=8.0)
