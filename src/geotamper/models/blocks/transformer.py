"""Layers of transformers on sequences: post-norm, as MCAN, BERT and EarthVQA have them."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from geotamper.models.blocks.attention import CrossAttention


@dataclass(frozen=True)
class LayerSizes:
    """Sizes of one layer.

    Attributes:
        width: Length of all vectors.
        heads: Attention heads; they divide the width.
        hidden: Units of the feed-forward network.
        dropout: Share that training drops, of attention weights and of what is added to the input.
    """

    width: int
    heads: int
    hidden: int
    dropout: float


class FeedForward(nn.Sequential):
    """Linear, ReLU, dropout, linear; the width stays."""

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__(nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, width))


class SequenceAttention(CrossAttention):
    """Multi-head attention of sequences of queries."""

    def forward(self, queries: Tensor, keys: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend.

        Args:
            queries: From `queries`, shape (N, Q, width).
            keys: From `keys`, shape (N, S, 2 width).
            mask: Which keys count, bool, shape (N, S); None: all.

        Returns:
            Shape (N, Q, width).
        """
        count, length, width = queries.shape
        depth = width // self.heads
        key, value = keys.view(count, -1, 2, self.heads, depth).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(
            queries.view(count, length, self.heads, depth).transpose(1, 2),
            key,
            value,
            attn_mask=None if mask is None else mask[:, None, None, :],
            dropout_p=self.dropout if self.training else 0.0,
        )
        result: Tensor = self.out_proj(attended.transpose(1, 2).reshape(count, length, width))
        return result


class AttentionStep(nn.Module):
    """Attention whose result is added to the queries and normalised."""

    def __init__(self, sizes: LayerSizes) -> None:
        super().__init__()
        self.attention = SequenceAttention(sizes.width, sizes.heads, sizes.dropout)
        self.dropout = nn.Dropout(sizes.dropout)
        self.norm = nn.LayerNorm(sizes.width)

    def keys(self, vectors: Tensor) -> Tensor:
        """Keys of (N, S, width), for `forward`; they can be made once and shared."""
        return self.attention.keys(vectors)

    def forward(self, vectors: Tensor, keys: Tensor, mask: Tensor | None = None) -> Tensor:
        """Keep the shape (N, Q, width); `keys` and `mask` as for `SequenceAttention`."""
        attended = self.attention(self.attention.queries(vectors), keys, mask)
        result: Tensor = self.norm(vectors + self.dropout(attended))
        return result

    def to_itself(self, vectors: Tensor, mask: Tensor | None = None) -> Tensor:
        """Self-attention: every vector attends to all."""
        result: Tensor = self(vectors, self.keys(vectors), mask)
        return result


class FeedForwardStep(nn.Module):
    """Feed-forward network whose result is added to its input and normalised."""

    def __init__(self, sizes: LayerSizes) -> None:
        super().__init__()
        self.layers = FeedForward(sizes.width, sizes.hidden, sizes.dropout)
        self.dropout = nn.Dropout(sizes.dropout)
        self.norm = nn.LayerNorm(sizes.width)

    def forward(self, vectors: Tensor) -> Tensor:
        """Keep the shape (N, Q, width)."""
        result: Tensor = self.norm(vectors + self.dropout(self.layers(vectors)))
        return result


class SelfAttentionLayer(nn.Module):
    """Self-attention, then the feed-forward network."""

    def __init__(self, sizes: LayerSizes) -> None:
        super().__init__()
        self.attend = AttentionStep(sizes)
        self.feed_forward = FeedForwardStep(sizes)

    def forward(self, vectors: Tensor, mask: Tensor | None = None) -> Tensor:
        """Keep the shape (N, S, width); `mask` tells which vectors count, bool, shape (N, S)."""
        result: Tensor = self.feed_forward(self.attend.to_itself(vectors, mask))
        return result


class CrossAttentionLayer(nn.Module):
    """Attention to another sequence, then the feed-forward network."""

    def __init__(self, sizes: LayerSizes) -> None:
        super().__init__()
        self.attend = AttentionStep(sizes)
        self.feed_forward = FeedForwardStep(sizes)

    def keys(self, vectors: Tensor) -> Tensor:
        """Keys of (N, S, width), for `forward`."""
        return self.attend.keys(vectors)

    def forward(self, vectors: Tensor, keys: Tensor, mask: Tensor | None = None) -> Tensor:
        """Keep the shape (N, Q, width)."""
        result: Tensor = self.feed_forward(self.attend(vectors, keys, mask))
        return result


class AttentionPooling(nn.Module):
    """Weighted mean of a sequence, the weights from the vectors themselves (MCAN's attention reduction)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(width, width // 2), nn.ReLU(), nn.Linear(width // 2, 1))

    def forward(self, vectors: Tensor, mask: Tensor | None = None) -> Tensor:
        """One vector each, shape (N, width), of (N, S, width); `mask` tells which count, bool, shape (N, S)."""
        scores: Tensor = self.score(vectors).squeeze(-1).float()
        if mask is not None:
            scores = scores.masked_fill(~mask, float("-inf"))
        weights = functional.softmax(scores, dim=1).to(vectors.dtype)
        return torch.einsum("ns,nsw->nw", weights, vectors)
