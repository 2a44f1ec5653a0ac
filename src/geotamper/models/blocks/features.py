"""What towers give: one vector, and the places or tokens it was made of."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Features:
    """Features of B pictures or texts.

    Attributes:
        pooled: Shape (B, width of the tower).
        tokens: Places of the picture in row-major order or tokens of the text, shape (B, L, token width).
        mask: Which tokens count, bool, shape (B, L).
        layers: Tokens after each of a text tower's last K layers, shape (B, K, L, token width); None where they were
            not asked for.
    """

    pooled: Tensor
    tokens: Tensor
    mask: Tensor
    layers: Tensor | None = None


def last_token(tokens: Tensor, mask: Tensor) -> Tensor:
    """The last token that counts: shape (T, width) of (T, L, width)."""
    places = torch.arange(mask.shape[1], device=mask.device)
    last = (mask * places).amax(dim=1)
    return tokens.gather(1, last[:, None, None].expand(-1, 1, tokens.shape[-1])).squeeze(1)
