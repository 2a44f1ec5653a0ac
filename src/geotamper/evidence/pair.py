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

    def as_evidence(self, shape: tuple[int, int]) -> CopyEvidence:
        """The pair in pixel coordinates of a picture with (rows, columns) `shape`."""
        transform = Similarity.from_index_matrix(self.matrix).inverse()
        relative = self.pose_sigma / math.hypot(self.matrix[0, 0], self.matrix[1, 0])
        return CopyEvidence(
            source=self.source.full(shape),
            target=self.copy.full(shape),
            transform=transform,
            rotation_sigma=max(math.degrees(relative), LEAST_ROTATION_SIGMA),
            scale_sigma=max(relative * transform.scale, LEAST_SCALE_SIGMA),
            probability=self.probability,
            direction_probability=self.direction.probability,
            direction_basis=self.direction.basis,
            kernel=self.kernel,
            measurements=self.measurements,
        )
