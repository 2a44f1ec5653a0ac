"""Guesses that one place of a picture repeats another, before they are tested."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from geotamper.control import Control
from geotamper.evidence.ahead import Ahead
from geotamper.evidence.planes import Planes


@dataclass(frozen=True)
class Hypotheses:
    """n guesses that the disc around a centre shows what lies elsewhere, turned and scaled.

    Array-index coordinates are used throughout this package (pixel centres at whole numbers); results are
    converted at its border.

    Attributes:
        centres: (n, 2) int64, column and row of each disc's centre.
        poses: (n, 4) float64 (a, b, u, v): the content of centre + (dx, dy) is looked for at
            (u + a dx + b dy, v - b dx + a dy), so a + ib is the scale and rotation from copy to original.
    """

    centres: npt.NDArray[np.int64]
    poses: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.centres)

    @classmethod
    def between(
        cls,
        points: npt.NDArray[np.float64],
        others: npt.NDArray[np.float64],
        turns: npt.NDArray[np.complex128],
    ) -> "Hypotheses":
        """Guess that each of `points` repeats its partner in `others`.

        Args:
            points: (n, 2) columns and rows, fractions allowed; the disc is centred on the nearest pixel.
            others: (n, 2) of the partners.
            turns: (n,) a + ib from point to partner.
        """
        centres = np.rint(points).astype(np.int64)
        shift = centres - points
        a, b = turns.real, turns.imag
        u = others[:, 0] + a * shift[:, 0] + b * shift[:, 1]
        v = others[:, 1] - b * shift[:, 0] + a * shift[:, 1]
        return cls(centres, np.stack([a, b, u, v], axis=1))

    @classmethod
    def none(cls) -> "Hypotheses":
        """No guess at all."""
        return cls(np.zeros((0, 2), np.int64), np.zeros((0, 4)))

    @classmethod
    def joined(cls, *parts: "Hypotheses") -> "Hypotheses":
        """All guesses of several sources, in order."""
        return cls(np.concatenate([p.centres for p in parts]), np.concatenate([p.poses for p in parts]))

    def subset(self, index: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> "Hypotheses":
        """The guesses that `index` selects, in its order."""
        return Hypotheses(self.centres[index], self.poses[index])

    def reversed(self) -> "Hypotheses":
        """The same guesses seen from the other place: the partner repeats the point."""
        a, b, u, v = self.poses.T
        turns = 1.0 / (a + 1j * b)
        return Hypotheses.between(np.stack([u, v], axis=1), self.centres.astype(np.float64), turns)


class CandidateSource(Protocol):
    """Something that proposes hypotheses from a picture."""

    def propose(self, planes: Planes, *, workers: int, control: Control) -> Hypotheses:
        """Guess which places repeat which; wrong guesses are expected and cost only time."""
        ...


class CandidatePool:
    """The hypotheses of several sources for one picture, each made once and only when asked for.

    Args:
        planes: The picture.
        workers: Threads.
        control: Progress, cancellation and limits.
        ahead: What may be begun early; nothing by default.
    """

    def __init__(self, planes: Planes, *, workers: int, control: Control, ahead: Ahead | None = None) -> None:
        self.planes = planes
        self.ahead = ahead or Ahead(control)
        self._workers = workers
        self._control = control
        self._known: dict[CandidateSource, Hypotheses] = {}

    def of(self, source: CandidateSource, *, control: Control | None = None) -> Hypotheses:
        """What a source proposes, without guesses whose disc is centred outside the picture.

        Two threads may ask at once only for different sources; each then brings a control of its own.
        """
        if source not in self._known:
            found = source.propose(self.planes, workers=self._workers, control=control or self._control)
            x, y = found.centres.T
            inside = (x >= 0) & (y >= 0) & (x < self.planes.width) & (y < self.planes.height)
            self._known[source] = found.subset(inside)
        return self._known[source]
