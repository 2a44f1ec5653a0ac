"""SIFT descriptors made small enough for scenes with millions of them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats32 = npt.NDArray[np.float32]
Compact = npt.NDArray[np.int8]

COMPONENTS = 32
"""Bytes of a compact descriptor."""

STEPS = 254.0
"""Levels per unit of length; what is more than half a unit from the mean, which is rare, is cut."""

ENOUGH = 20_000
"""Descriptors that the components are fitted to."""


@dataclass(frozen=True)
class Projection:
    """RootSIFT on its principal components, in whole numbers.

    Distances between compact descriptors, over `STEPS`, are at most those between the RootSIFT vectors.

    Attributes:
        mean: (128,) float32.
        axes: (128, 32) float32, orthonormal columns.
    """

    mean: Floats32
    axes: Floats32

    @classmethod
    def fitted(cls, raw: Floats32) -> "Projection":
        """The principal components of (n, 128) float32 descriptors as OpenCV's SIFT gives them; n at least 1."""
        root = _root(raw).astype(np.float64)
        mean = root.mean(axis=0)
        _, axes = np.linalg.eigh((root - mean).T @ (root - mean))
        # eigenvectors are known up to their sign, which differs between libraries
        leading = axes[:, ::-1][:, :COMPONENTS]
        leading *= np.sign(leading[np.abs(leading).argmax(axis=0), np.arange(COMPONENTS)])
        return cls(mean.astype(np.float32), np.ascontiguousarray(leading, np.float32))

    def compact(self, raw: Floats32) -> Compact:
        """(n, 32) int8 of (n, 128) float32 descriptors."""
        levels = np.rint((_root(raw) - self.mean) @ self.axes * np.float32(STEPS))
        return np.asarray(np.clip(levels, -127, 127), np.int8)


def _root(raw: Floats32) -> Floats32:
    return np.asarray(np.sqrt(raw / (raw.sum(axis=1, keepdims=True) + np.float32(1e-7))), np.float32)
