"""A copied region and its copy, as the searches hand it on."""

import math
from dataclasses import dataclass, field

from geotamper.evidence.direction import Judgement
from geotamper.evidence.results import CopyEvidence
from geotamper.imagery.region import Matrix, Region
from geotamper.imagery.similarity import Similarity

LEAST_ROTATION_SIGMA = 0.002
LEAST_SCALE_SIGMA = 0.00005
"""Floors of the stated errors: the fit's own estimate ignores that tools round coordinates."""


@dataclass(frozen=True)
class CopyPair:
    """Two regions of which one repeats the other, with everything that speaks for it.

    Attributes:
        source: What was copied.
        copy: What was pasted.
        matrix: From the copy to its source, index coordinates.
        pose_sigma: Standard deviation of the matrix's scale-rotation part.
        direction: Opinion on the two not being exchanged; log odds of at least 0.
        probability: That it is a copy at all, 0 to 1.
        kernel: The interpolation that explains the paste, or None.
        measurements: Named numbers behind the probability.
    """

    source: Region
    copy: Region
    matrix: Matrix
    pose_sigma: float
    direction: Judgement
    probability: float
    kernel: str | None = None
    measurements: dict[str, float] = field(default_factory=dict)

    @property
    def transform(self) -> Similarity:
        """Takes source points to points of the copy, pixel centres at +0.5."""
        return Similarity.from_index_matrix(self.matrix).inverse()

    @property
    def rotation_sigma(self) -> float:
        """Standard deviation of the rotation, degrees."""
        return max(math.degrees(self._relative_sigma), LEAST_ROTATION_SIGMA)

    @property
    def scale_sigma(self) -> float:
        """Standard deviation of the scale."""
        return max(self._relative_sigma * self.transform.scale, LEAST_SCALE_SIGMA)

    @property
    def _relative_sigma(self) -> float:
        return self.pose_sigma / math.hypot(self.matrix[0, 0], self.matrix[1, 0])

    def as_evidence(self, shape: tuple[int, int]) -> CopyEvidence:
        """The pair in pixel coordinates of a picture with (rows, columns) `shape`."""
        return CopyEvidence(
            source=self.source.full(shape),
            target=self.copy.full(shape),
            transform=self.transform,
            rotation_sigma=self.rotation_sigma,
            scale_sigma=self.scale_sigma,
            probability=self.probability,
            direction_probability=self.direction.probability,
            direction_basis=self.direction.basis,
            kernel=self.kernel,
            measurements=self.measurements,
        )
