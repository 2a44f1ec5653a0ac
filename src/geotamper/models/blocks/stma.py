"""Source-tampering mutual aggregation: what two predicted masks add to a question (CMFPF, section III-C)."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from geotamper.models.blocks.attention import CrossAttention
from geotamper.models.blocks.features import Features
from geotamper.models.blocks.mask_encoder import MaskEncoder
from geotamper.models.blocks.prompts.protocol import TextPrompt
from geotamper.models.cmfpf.config import StmaConfig
from geotamper.models.protocol import Rows

_SMALLEST = 1e-9  # of a probability in the Kullback-Leibler terms
SIMILAR, DIFFERENT = slice(0, 2), slice(2, 4)


def divergence(first: Tensor, second: Tensor) -> Tensor:
    """Kullback-Leibler divergence of the softmax of `first` from that of `second`, for each row.

    Args:
        first: Shape (B, width).
        second: Shape (B, width).

    Returns:
        Shape (B,), in float32.
    """
    p = functional.softmax(first.float(), dim=1).clamp(_SMALLEST, 1)
    q = functional.softmax(second.float(), dim=1).clamp(_SMALLEST, 1)
    return (p * (p / q).log()).sum(dim=1)


class FeedForward(nn.Module):
    """Linear layers with ReLU and dropout between."""

    def __init__(self, width: int, config: StmaConfig) -> None:
        super().__init__()
        hidden = config.feed_forward
        sizes = [width] + [hidden] * (config.feed_forward_layers - 1) + [width]
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(sizes))
        self.dropout = nn.Dropout(config.attention_dropout)

    def forward(self, vectors: Tensor) -> Tensor:
        """Keep the shape (N, width)."""
        for layer in list(self.layers)[:-1]:
            vectors = self.dropout(functional.relu(layer(vectors)))
        result: Tensor = self.layers[-1](vectors)
        return result


@dataclass(frozen=True)
class EncodedMasks:
    """Two masks as the relations see them.

    Attributes:
        vectors: Source and target for the similar, then for the different relation, shape (P, 4, width).
        keys: The same, projected for attention, shape (P, 4, S, 2 width): S is 1, or the number of places.
    """

    vectors: Tensor
    keys: Tensor


class Stma(TextPrompt):
    """Relations of source and target.

    Args:
        config: Its form.
        width: Length of all vectors.
    """

    def __init__(self, config: StmaConfig, width: int) -> None:
        super().__init__()
        self.config = config
        self.encoders = nn.ModuleList(MaskEncoder(config.encoder, width) for _ in range(config.encoders))
        self.attentions = nn.ModuleList(
            CrossAttention(width, config.heads, config.attention_dropout) for _ in range(4)
        )
        self.feed_forwards = nn.ModuleList(
            FeedForward(width, config) for _ in range(1 if config.share_feed_forward else 2)
        )
        self.places = (
            nn.ModuleList(nn.Conv2d(8 * config.encoder.base, width, 1) for _ in range(config.encoders))
            if config.mode == "tokens"
            else None
        )

    def read_masks(self, masks: Tensor) -> Mapping[str, Tensor]:
        """Rows "keys" (P, 4, S, 2 width) and "divergences" (P, 2)."""
        encoded = self.encode_masks(masks[:, 0:1], masks[:, 1:2])
        return {"keys": encoded.keys, "divergences": self.divergences(encoded.vectors)}

    def read_texts(self, question: Tensor, features: Features) -> Mapping[str, Tensor]:  # noqa: ARG002
        """Rows "queries" (T, 4, width)."""
        return {"queries": self.queries(question)}

    def prompt(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """As `TextPrompt.prompt`, with the loss term "kl"."""
        attended = self.attend(texts["queries"], pictures["keys"])
        return self.aggregate(attended), {"kl": self.loss(self._compared(pictures["divergences"], attended))}

    def enrich(self, vectors: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors of pictures in place of questions: the visual prompt after the image tower (CMFPF, Table V).

        Args:
            vectors: Of P pictures, shape (P, width).
            masks: As for `read_masks`.

        Returns:
            The vectors with what is added to them, and the divergences of the loss, shape (P, 2).
        """
        encoded = self.encode_masks(masks[:, 0:1], masks[:, 1:2])
        attended = self.attend(self.queries(vectors), encoded.keys)
        divergences = self._compared(self.divergences(encoded.vectors), attended)
        return vectors + self.aggregate(attended), divergences

    def _compared(self, divergences: Tensor, attended: Tensor) -> Tensor:
        """Divergences of the encoders as given, or those of the attended vectors, as configured."""
        return divergences if self.config.kl_features == "encoder" else self.divergences(attended)

    def encode_masks(self, source: Tensor, target: Tensor) -> EncodedMasks:
        """Read masks of shape (P, 1, H, W), each, on a scale of 0 to 1."""
        readings = (source, 0), (target, 0), (source, 1), (target, self.config.encoders - 1)
        vectors, keys = [], []
        for (mask, number), attention in zip(readings, self.attentions, strict=True):
            encoder = self.encoders[number]
            grid = encoder.grid(mask)  # type: ignore[operator]
            vectors.append(encoder.pool(grid))  # type: ignore[operator]
            seen = vectors[-1].unsqueeze(1)
            if self.places is not None:
                seen = self.places[number](grid).flatten(2).transpose(1, 2)
            keys.append(attention.keys(seen))  # type: ignore[operator]
        return EncodedMasks(torch.stack(vectors, dim=1), torch.stack(keys, dim=1))

    def queries(self, questions: Tensor) -> Tensor:
        """Questions of shape (T, width), projected for the four attentions: (T, 4, width).

        Of the query tokens only the end token's result is used, and the question's vector stands for it; so this
        one query is all that is computed in the mode `tokens` too.
        """
        return torch.stack([attention.queries(questions) for attention in self.attentions], dim=1)  # type: ignore[operator]

    def attend(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Results of the four attentions, shape (N, 4, width), for N rows of `queries` and of `keys`."""
        return torch.stack(
            [attention(queries[:, k], keys[:, k]) for k, attention in enumerate(self.attentions)], dim=1
        )

    def aggregate(self, attended: Tensor) -> Tensor:
        """What is added to the questions, shape (N, width), from what `attend` returns."""
        total = attended.new_zeros(())
        for number, relation in enumerate((SIMILAR, DIFFERENT)):
            joined = attended[:, relation].sum(dim=1)
            refined = self.feed_forwards[number % len(self.feed_forwards)](joined)
            total = total + (joined + refined if self.config.residual else refined)
        return total

    def divergences(self, vectors: Tensor) -> Tensor:
        """Divergence of target from source in the similar and in the different relation, shape (B, 2)."""
        return torch.stack(
            (divergence(vectors[:, 1], vectors[:, 0]), divergence(vectors[:, 3], vectors[:, 2])), dim=1
        )

    def loss(self, divergences: Tensor) -> Tensor:
        """L_sim + L_dis, a scalar, from the divergences of N questions, shape (N, 2)."""
        if self.config.kl_margin is not None:
            reached = divergences[:, 1].clamp(max=self.config.kl_margin)
            divergences = torch.stack((divergences[:, 0], reached), dim=1)
        similar, different = divergences.mean(dim=0)
        reciprocal = 1 / (different + self.config.kl_sigma)
        if self.config.kl_limit is not None:
            reciprocal = reciprocal.clamp(max=self.config.kl_limit)
        total: Tensor = similar + reciprocal
        return total
