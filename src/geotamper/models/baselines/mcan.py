"""MCAN: deep modular co-attention network."""

from collections.abc import Mapping
from typing import Self

import torch
from pydantic import PositiveInt, model_validator
from torch import Tensor, nn

from geotamper.models.blocks.attention import many_heads
from geotamper.models.blocks.image_towers import build_image_tower
from geotamper.models.blocks.text_towers import build_text_tower
from geotamper.models.config import COMPACT_TOWERS, TINY_TOWERS, NetworkConfig, Share
from geotamper.models.protocol import QuestionNetwork, Rows, TokenBatch

_EPSILON = 1e-6


class McanConfig(NetworkConfig):
    """Deep modular co-attention network; `hidden` is the length of the fused vector.

    Attributes:
        layers: Units of either kind.
        heads: Attention heads; they divide the width.
    """

    width: PositiveInt = 768
    hidden: PositiveInt = 1024
    dropout: Share = 0.1
    layers: PositiveInt = 6
    heads: PositiveInt = 8

    @model_validator(mode="after")
    def _check_heads(self) -> Self:
        if self.width % self.heads:
            raise ValueError("width must be a multiple of heads")
        return self


class _Attention(nn.Module):
    """Multi-head attention of one sequence to another, added to the first and normalised."""

    def __init__(self, config: McanConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.share = config.dropout
        self.dropout = nn.Dropout(config.dropout)
        self.norm = nn.LayerNorm(width, eps=_EPSILON)

    def forward(self, tokens: Tensor, attended: Tensor, mask: Tensor | None) -> Tensor:
        """Shape (N, S, width) of (N, S, width) and (N, L, width); `mask` (N, L) says which of L count."""
        query, key, value = (
            layer(given)
            for layer, given in ((self.query, tokens), (self.key, attended), (self.value, attended))
        )
        found = many_heads((query, key, value), self.heads, mask, self.share if self.training else 0.0)
        result: Tensor = self.norm(tokens + self.dropout(self.out(found)))
        return result


class _FeedForward(nn.Module):
    """Two linear layers, added to their input and normalised."""

    def __init__(self, config: McanConfig) -> None:
        super().__init__()
        width = config.width
        self.layers = nn.Sequential(
            nn.Linear(width, 4 * width),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(4 * width, width),
            nn.Dropout(config.dropout),
        )
        self.norm = nn.LayerNorm(width, eps=_EPSILON)

    def forward(self, tokens: Tensor) -> Tensor:
        result: Tensor = self.norm(tokens + self.layers(tokens))
        return result


class _SelfUnit(nn.Module):
    """SA: words attend to words."""

    def __init__(self, config: McanConfig) -> None:
        super().__init__()
        self.attention = _Attention(config)
        self.feed_forward = _FeedForward(config)

    def forward(self, words: Tensor, mask: Tensor) -> Tensor:
        result: Tensor = self.feed_forward(self.attention(words, words, mask))
        return result


class _GuidedUnit(nn.Module):
    """SGA: places attend to places and then to words."""

    def __init__(self, config: McanConfig) -> None:
        super().__init__()
        self.attention = _Attention(config)
        self.guidance = _Attention(config)
        self.feed_forward = _FeedForward(config)

    def look(self, places: Tensor) -> Tensor:
        """The part that no question changes in the first unit."""
        result: Tensor = self.attention(places, places, None)
        return result

    def be_guided(self, places: Tensor, words: Tensor, mask: Tensor) -> Tensor:
        """The part that follows `look`."""
        result: Tensor = self.feed_forward(self.guidance(places, words, mask))
        return result


class _Pooling(nn.Module):
    """Attention over tokens, then a linear layer."""

    def __init__(self, config: McanConfig) -> None:
        super().__init__()
        width = config.width
        self.score = nn.Sequential(
            nn.Linear(width, width), nn.ReLU(), nn.Dropout(config.dropout), nn.Linear(width, 1)
        )
        self.out = nn.Linear(width, config.hidden)

    def forward(self, tokens: Tensor, mask: Tensor | None) -> Tensor:
        scores = self.score(tokens)
        if mask is not None:
            scores = scores.masked_fill(~mask[..., None], float("-inf"))
        result: Tensor = self.out((torch.softmax(scores, dim=1) * tokens).sum(dim=1))
        return result


class Mcan(QuestionNetwork):
    """Deep modular co-attention network, encoder and decoder (Yu et al., CVPR 2019, arXiv:1906.10770, section 3).

    Its scores are raw: no sigmoid stands between them and the cross-entropy.

    Args:
        config: Its sizes.
        classes: Answers.
    """

    def __init__(self, config: McanConfig, classes: int) -> None:
        super().__init__()
        self.config = config
        self.image_tower = build_image_tower(config.towers.image, config.towers.resolution)
        self.text_tower = build_text_tower(config.towers.text)
        self.image_projection = nn.Linear(self.image_tower.token_width, config.width)
        self.text_projection = nn.Linear(self.text_tower.token_width, config.width)
        self.words = nn.ModuleList(_SelfUnit(config) for _ in range(config.layers))
        self.places = nn.ModuleList(_GuidedUnit(config) for _ in range(config.layers))
        self.text_pooling = _Pooling(config)
        self.image_pooling = _Pooling(config)
        self.norm = nn.LayerNorm(config.hidden, eps=_EPSILON)
        self.head = nn.Linear(config.hidden, classes)

    def encode_pictures(self, pictures: Tensor) -> Rows:
        """Rows "places" (P, S, width), after the first self-attention."""
        places = self.image_projection(self.image_tower(pictures).tokens)
        return Rows({"places": self.places[0].look(places)})  # type: ignore[operator]

    def encode_texts(self, tokens: TokenBatch) -> Rows:
        """Rows "words" (T, L, width), their "mask" (T, L), and "question" (T, hidden)."""
        read = self.text_tower(tokens)
        words = self.text_projection(read.tokens)
        for unit in self.words:
            words = unit(words, read.mask)
        return Rows({"words": words, "mask": read.mask, "question": self.text_pooling(words, read.mask)})

    def answer(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Logits."""
        places = pictures["places"]
        for number, unit in enumerate(self.places):
            looked = unit.look(places) if number else places  # type: ignore[operator]
            places = unit.be_guided(looked, texts["words"], texts["mask"])  # type: ignore[operator]
        fused = self.norm(self.image_pooling(places, None) + texts["question"])
        return self.head(fused), {}


PRESETS: Mapping[str, McanConfig] = {
    "paper": McanConfig(),
    "compact": McanConfig(towers=COMPACT_TOWERS, width=256, hidden=512, layers=2),
    "tiny": McanConfig(towers=TINY_TOWERS, width=24, hidden=16, layers=2, heads=4),
}
