"""Attention: of one vector to several, each side projected once, and of tokens to tokens."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class CrossAttention(nn.Module):
    """Multi-head attention whose queries and keys are projected apart from each other.

    Parameters have the layout of `torch.nn.MultiheadAttention`, and the result is the same.

    Args:
        width: Length of all vectors.
        heads: Attention heads; they divide the width.
        dropout: Share of attention weights that training drops.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)

    def queries(self, vectors: Tensor) -> Tensor:
        """Projected queries, shape (B, width) as given."""
        width = vectors.shape[-1]
        return functional.linear(vectors, self.in_proj_weight[:width], self.in_proj_bias[:width])

    def keys(self, vectors: Tensor) -> Tensor:
        """Projected keys and values, shape (B, S, 2 width), of vectors of shape (B, S, width)."""
        width = vectors.shape[-1]
        return functional.linear(vectors, self.in_proj_weight[width:], self.in_proj_bias[width:])

    def forward(self, queries: Tensor, keys: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend.

        Args:
            queries: From `queries`, shape (N, width).
            keys: From `keys`, shape (N, S, 2 width).
            mask: Which keys count, bool, shape (N, S); None: all.

        Returns:
            Shape (N, width).
        """
        count, width = queries.shape
        depth = width // self.heads
        key, value = keys.view(count, -1, 2, self.heads, depth).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(
            queries.view(count, self.heads, 1, depth),
            key,
            value,
            attn_mask=None if mask is None else mask[:, None, None, :],
            dropout_p=self.dropout if self.training else 0.0,
        )
        result: Tensor = self.out_proj(attended.reshape(count, width))
        return result


def many_heads(
    rows: tuple[Tensor, Tensor, Tensor], heads: int, mask: Tensor | None, dropout: float
) -> Tensor:
    """Scaled dot-product attention of tokens to tokens, by several heads side by side.

    Args:
        rows: Queries of shape (N, S, width), keys and values of shape (N, L, width), already projected.
        heads: They divide the width.
        mask: Which of the L count, bool, shape (N, L); None for all.
        dropout: Share of attention weights that is dropped, 0 to 1.

    Returns:
        Shape (N, S, width).
    """
    query, key, value = (row.unflatten(2, (heads, -1)).transpose(1, 2) for row in rows)  # type: ignore[no-untyped-call]
    found = functional.scaled_dot_product_attention(
        query, key, value, attn_mask=None if mask is None else mask[:, None, None, :], dropout_p=dropout
    )
    return found.transpose(1, 2).flatten(2)
