"""Similarity transforms of the picture plane: turn, scale, shift."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from geotamper.errors import SpecificationError

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Similarity:
    """A map of source points to target points that turns, scales and shifts.

    Points are (x, y) in pixels, x right, y down, **pixel centres at +0.5**: the pixel in column 0, row 0 has
    its centre at (0.5, 0.5). OpenCV and array indices put that centre at (0, 0); `index_matrix` gives the same
    map in their convention.

    The matrix is `[[s cos r, s sin r, tx], [-s sin r, s cos r, ty]]` with the rotation r counter-clockwise on
    the screen, so r = 90 degrees takes the direction (1, 0) to (0, -1), which is up.

    Attributes:
        a: s cos r.
        b: s sin r.
        tx: Shift in x, pixels.
        ty: Shift in y, pixels.
    """

    a: float
    b: float
    tx: float
    ty: float

    @classmethod
    def from_parameters(
        cls,
        *,
        rotation_deg: float = 0.0,
        scale: float = 1.0,
        centre: tuple[float, float] = (0.0, 0.0),
        image_of_centre: tuple[float, float] = (0.0, 0.0),
    ) -> Self:
        """Build the map that turns and scales about `centre` and takes it to `image_of_centre`.

        Args:
            rotation_deg: Counter-clockwise on the screen, degrees.
            scale: Length ratio target over source, > 0.
            centre: A source point, pixels, centres at +0.5.
            image_of_centre: Where it goes, pixels.

        Raises:
            SpecificationError: The scale is not positive.
        """
        if not scale > 0:
            raise SpecificationError(f"scale must be positive, got {scale}")
        angle = math.radians(rotation_deg)
        a, b = scale * math.cos(angle), scale * math.sin(angle)
        x, y = centre
        return cls(a, b, image_of_centre[0] - (a * x + b * y), image_of_centre[1] - (-b * x + a * y))

    @classmethod
    def from_matrix(cls, matrix: Sequence[Sequence[float]] | Matrix) -> Self:
        """Read a (2, 3) matrix in the convention of this class.

        Raises:
            SpecificationError: The matrix is not a similarity (mirrored, sheared or singular).
        """
        (m00, m01, tx), (m10, m11, ty) = ((float(v) for v in row) for row in matrix)
        size = max(abs(m00), abs(m01))
        if size == 0 or abs(m00 - m11) > 1e-6 * size or abs(m01 + m10) > 1e-6 * size:
            raise SpecificationError("the matrix is not a similarity; expected [[a, b, tx], [-b, a, ty]]")
        return cls(m00, m01, tx, ty)

    @classmethod
    def from_index_matrix(cls, matrix: Matrix) -> Self:
        """Read a (2, 3) matrix between array indices (pixel centres at whole numbers), as OpenCV uses."""
        a, b = float(matrix[0, 0]), float(matrix[0, 1])
        tx = float(matrix[0, 2]) + 0.5 - 0.5 * (a + b)
        ty = float(matrix[1, 2]) + 0.5 - 0.5 * (a - b)
        return cls(a, b, tx, ty)

    @property
    def scale(self) -> float:
        """Length ratio target over source."""
        return math.hypot(self.a, self.b)

    @property
    def rotation_deg(self) -> float:
        """Counter-clockwise rotation on the screen, -180 < r <= 180 degrees."""
        angle = math.degrees(math.atan2(self.b, self.a))
        return 180.0 if angle == -180.0 else angle

    @property
    def matrix(self) -> Matrix:
        """(2, 3) float64 matrix between points, pixel centres at +0.5."""
        return np.array([[self.a, self.b, self.tx], [-self.b, self.a, self.ty]])

    @property
    def index_matrix(self) -> Matrix:
        """(2, 3) float64 matrix between array indices, pixel centres at whole numbers."""
        tx = self.tx - 0.5 + 0.5 * (self.a + self.b)
        ty = self.ty - 0.5 + 0.5 * (self.a - self.b)
        return np.array([[self.a, self.b, tx], [-self.b, self.a, ty]])

    def inverse(self) -> "Similarity":
        """The map from target points back to source points."""
        square = self.a * self.a + self.b * self.b
        a, b = self.a / square, -self.b / square
        return Similarity(a, b, -(a * self.tx + b * self.ty), -(-b * self.tx + a * self.ty))

    def apply(self, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Map points.

        Args:
            points: (..., 2) array of (x, y), pixels, centres at +0.5.

        Returns:
            Array of the same shape with the images.
        """
        xy = np.asarray(points, dtype=np.float64)
        x, y = xy[..., 0], xy[..., 1]
        return np.stack([self.a * x + self.b * y + self.tx, -self.b * x + self.a * y + self.ty], axis=-1)
