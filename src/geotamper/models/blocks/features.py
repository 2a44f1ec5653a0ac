"""What towers give: one vector, and the places or tokens it was made of."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Features:
    """Features of B pictures or texts.

    Attributes:
        pooled: Shape (B, width of the tower).
        tokens: Places of the picture in row-major order or tokens of the text, shape (B, L, token width).
        mask: Which tokens count, bool, shape (B, L).
    """

    pooled: Tensor
    tokens: Tensor
    mask: Tensor
