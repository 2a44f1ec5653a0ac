"""The copies of a scene accepted so far: pieces of one copy are joined, and nothing is counted twice."""

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from geotamper.evidence.pair import CopyPair
from geotamper.evidence.scenes.voting import Candidate
from geotamper.imagery.region import Matrix, Region, Window

SAME_PLACE = 1.5
"""Pixels by which two transforms may differ that take one piece and another of the same copy to their source."""

NEAR = 4
"""Pixels between pieces of one copy."""


@dataclass
class Accepted:
    """What was found in a scene.

    Attributes:
        shape: (height, width) of the scene.
        pairs: In scene coordinates; none shows what another one does.
    """

    shape: tuple[int, int]
    pairs: list[CopyPair] = field(default_factory=list)

    def knows(self, candidate: Candidate) -> bool:
        """Whether a candidate's best guess lies in a known pair and follows its transform."""
        place, other = candidate.hypotheses.centres[0].astype(float), candidate.hypotheses.poses[0, 2:]
        return any(_follows(pair, place, other) or _follows(pair, other, place) for pair in self.pairs)

    def add(self, pair: CopyPair) -> bool:
        """Take a pair; false where it was known already, or its copy is pasted over by a known one."""
        for number, known in enumerate(self.pairs):
            for piece in (pair, flipped(pair)):
                if _is_piece(piece, known, self.shape):
                    is_new = piece.copy.shared_with(known.copy) < 0.8 * piece.copy.area
                    self.pairs[number] = _joined(known, piece)
                    return is_new
        if any(_overlap(pair.copy, known.copy) for known in self.pairs):
            return False
        self.pairs.append(pair)
        return True


def flipped(pair: CopyPair) -> CopyPair:
    """The pair with source and copy exchanged, and what speaks for its direction now against it."""
    inverse = np.asarray(cv2.invertAffineTransform(pair.matrix), np.float64)
    direction = replace(pair.direction, log_odds=-pair.direction.log_odds)
    return replace(pair, source=pair.copy, copy=pair.source, matrix=inverse, direction=direction)


def _follows(pair: CopyPair, place: np.ndarray, other: np.ndarray) -> bool:
    if not pair.copy.contains(float(place[0]), float(place[1])):
        return False
    return bool(np.abs(_moved(pair.matrix, place) - other).max() < NEAR)


def _moved(matrix: Matrix, point: np.ndarray) -> np.ndarray:
    return np.asarray(matrix[:, :2] @ point + matrix[:, 2])


def _is_piece(piece: CopyPair, known: CopyPair, shape: tuple[int, int]) -> bool:
    """Whether a pair is a further part of a known copy, by the same transform."""
    w = piece.copy.window
    middle = np.array([(w.x0 + w.x1) / 2, (w.y0 + w.y1) / 2])
    if np.abs(_moved(piece.matrix, middle) - _moved(known.matrix, middle)).max() > SAME_PLACE:
        return False
    return piece.copy.dilated(NEAR, shape).shared_with(known.copy) > 0


def _overlap(one: Region, other: Region) -> bool:
    return one.shared_with(other) > 0.3 * min(one.area, other.area)


def _joined(known: CopyPair, piece: CopyPair) -> CopyPair:
    """Both parts as one pair with the transform of the larger one, in the direction that they speak for together."""
    leading, other = (known, piece) if known.copy.area >= piece.copy.area else (piece, known)
    both = replace(leading.direction, log_odds=known.direction.log_odds + piece.direction.log_odds)
    joined = replace(
        leading,
        source=_union(known.source, piece.source),
        copy=_union(known.copy, piece.copy),
        direction=both,
        probability=max(leading.probability, other.probability),
    )
    return joined if both.log_odds >= 0 else flipped(joined)


def _union(one: Region, other: Region) -> Region:
    a, b = one.window, other.window
    window = Window(min(a.x0, b.x0), min(a.y0, b.y0), max(a.x1, b.x1), max(a.y1, b.y1))
    return Region.cut(window, one.within(window) | other.within(window))
