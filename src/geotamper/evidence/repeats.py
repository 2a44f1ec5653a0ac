"""Candidates from blocks of pixels that occur twice, to the last bit: plain moves, however small."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.control import Control
from geotamper.evidence.hypotheses import Hypotheses
from geotamper.evidence.planes import Planes

Words = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

CROWD = 6
"""Blocks that occur more often than this are a pattern, not copies."""

_ODD = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)
"""Odd multipliers with bits all over: products of different pixels rarely meet."""


def block_codes(pixels: npt.NDArray[np.uint8]) -> Words:
    """A 64-bit code of every 4 x 4 block of colour pixels.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        (H - 3, W - 3) uint64 of the blocks by their upper left pixel; equal blocks have equal codes, different
        ones practically never.
    """
    rgb = pixels.astype(np.uint64)
    word = rgb[..., 0] | rgb[..., 1] << np.uint64(8) | rgb[..., 2] << np.uint64(16)
    word = (word + np.uint64(1)) * np.uint64(_ODD[0])
    word ^= word >> np.uint64(29)
    width, height = word.shape[1] - 3, word.shape[0] - 3
    line = np.zeros((word.shape[0], width), np.uint64)
    for k in range(4):
        line += word[:, k : k + width] * np.uint64(_ODD[k])
    line ^= line >> np.uint64(31)
    code = np.zeros((height, width), np.uint64)
    for k in range(4):
        code += line[k : k + height] * np.uint64(_ODD[3 - k])
    return np.asarray(code ^ (code >> np.uint64(33)), np.uint64)


@dataclass(frozen=True)
class RepeatedBlocks:
    """Pairs of equal 4 x 4 blocks that many neighbours confirm with the same shift.

    Attributes:
        texture: Smallest colour range, in grey levels, around a block's centre: flat blocks repeat by chance.
        crowd: Blocks that occur more often than this are a pattern, not a copy.
        apart: Smallest shift along x or y, pixels.
        votes: Pairs that must share a shift.
        shifts: Shifts proposed at most, those with most votes.
        per_shift: Hypotheses proposed for each shift.
    """

    texture: float = 6.0
    crowd: int = CROWD
    apart: int = 10
    votes: int = 4
    shifts: int = 60
    per_shift: int = 6

    def propose(self, planes: Planes, *, workers: int, control: Control) -> Hypotheses:  # noqa: ARG002
        """Pair equal blocks of a picture."""
        control.checkpoint(0.01, "looking for repeated blocks")
        codes = block_codes(planes.pixels)
        textured = planes.colour_range[1:-2, 1:-2] >= self.texture
        rows, columns = (axis.astype(np.int64) for axis in np.nonzero(textured))
        first, second = self._equal_pairs(codes[rows, columns])
        dx, dy = columns[second] - columns[first], rows[second] - rows[first]
        apart = np.maximum(np.abs(dx), np.abs(dy)) >= self.apart
        first, dx, dy = first[apart], dx[apart], dy[apart]
        if len(first) == 0:
            return Hypotheses.none()
        chosen = self._of_common_shifts(dx * (4 * planes.height) + dy)
        centres = np.stack([columns[first[chosen]] + 2, rows[first[chosen]] + 2], axis=1)
        shifted = centres + np.stack([dx[chosen], dy[chosen]], axis=1)
        turns = np.ones(len(chosen), np.complex128)
        return Hypotheses.between(centres.astype(np.float64), shifted.astype(np.float64), turns)

    def _equal_pairs(self, codes: Words) -> tuple[Ints, Ints]:
        """All pairs of positions with equal codes, leaving out crowded codes."""
        order = np.argsort(codes, kind="stable")
        ordered = codes[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        sizes = np.diff(np.r_[starts, len(ordered)])
        crowded = np.repeat(sizes > self.crowd, sizes)
        first, second = [], []
        for step in range(1, self.crowd):
            same = (ordered[step:] == ordered[:-step]) & ~crowded[step:]
            at = np.flatnonzero(same)
            first.append(order[at])
            second.append(order[at + step])
        return np.concatenate(first), np.concatenate(second)

    def _of_common_shifts(self, keys: Ints) -> Ints:
        """Indices of a few pairs of each shift that enough pairs share."""
        _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
        common = np.argsort(-counts, kind="stable")[: self.shifts]
        common = common[counts[common] >= self.votes]
        chosen = []
        for shift in common:
            members = np.flatnonzero(inverse == shift)
            spread = np.linspace(0, len(members) - 1, min(self.per_shift, len(members))).astype(np.int64)
            chosen.append(members[spread])
        return np.concatenate(chosen) if chosen else np.zeros(0, np.int64)
