"""Compiled count of the keypoint pairs that agree with each other."""

import math

import numpy as np
import numpy.typing as npt

from geotamper.evidence.compiled import compiled

Floats32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


@compiled
def count_votes(
    order: Ints,
    keys: Ints,
    points: Floats32,
    others: Floats32,
    turns: npt.NDArray[np.complex64],
    most: int,
    votes: npt.NDArray[np.int32],
) -> None:
    """Raise `votes` (n,) to the number of pairs with the same key that follow the same transform.

    `order` sorts the pairs by `keys`; a pair leads from `points` to `others` with scale and rotation `turns`. Of more
    than `most` pairs with one key only the nearest in order are asked.
    """
    count = len(order)
    begin = 0
    while begin < count:
        end = begin
        key = keys[order[begin]]
        while end < count and keys[order[end]] == key:
            end += 1
        for i in range(begin, end):
            here = order[i]
            own = 0
            a, b = turns[here].real, turns[here].imag
            square = a * a + b * b
            last_x, last_y = np.float32(-99.0), np.float32(-99.0)
            for j in range(max(begin, i - most), min(end, i + most + 1)):
                there = order[j]
                dx, dy = points[there, 0] - points[here, 0], points[there, 1] - points[here, 1]
                if abs(dx) < 3.0 and abs(dy) < 3.0:
                    continue
                if abs(points[there, 0] - last_x) < 2.0 and abs(points[there, 1] - last_y) < 2.0:
                    continue
                slack = 2.0 + 0.15 * math.sqrt(square * (dx * dx + dy * dy))
                if abs(others[here, 0] + a * dx + b * dy - others[there, 0]) > slack:
                    continue
                if abs(others[here, 1] - b * dx + a * dy - others[there, 1]) > slack:
                    continue
                gap_a, gap_b = turns[there].real - a, turns[there].imag - b
                if gap_a * gap_a + gap_b * gap_b > 0.1 * square:
                    continue
                own += 1
                last_x, last_y = points[there, 0], points[there, 1]
            votes[here] = max(votes[here], own)
        begin = end
