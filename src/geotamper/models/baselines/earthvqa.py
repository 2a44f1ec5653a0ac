"""SOBA, the network of EarthVQA: places that know their class, and words, attend to each other."""

import math
from collections.abc import Mapping
from typing import Self

import torch
from pydantic import PositiveInt, model_validator
from torch import Tensor, nn
from torch.nn import functional

from geotamper.models.baselines.guidance import MAP_CLASSES, GuidedConfig, GuidedNetwork
from geotamper.models.blocks.attention import many_heads
from geotamper.models.blocks.image_towers import build_image_tower
from geotamper.models.blocks.map_towers import as_grid
from geotamper.models.blocks.text_towers import build_text_tower
from geotamper.models.config import COMPACT_TOWERS, TINY_TOWERS, Share, Towers, UNetConfig
from geotamper.models.protocol import Rows, TokenBatch
from geotamper.models.tower_config import RecurrentTextConfig, ResNetMapConfig

_BOTTLENECK = 16
_WAVELENGTH = 1e4


class EarthVqaConfig(GuidedConfig):
    """SOBA.

    Attributes:
        map_channels: Channels that are made of the class map and joined to those of the picture.
        layers: Blocks of each kind: places to places, places to words, words to places.
        heads: Attention heads; they divide the width.
        feed_forward: Hidden units of the feed-forward layers.
    """

    towers: Towers = Towers(
        image=ResNetMapConfig(depth=50), text=RecurrentTextConfig(embedding=256, hidden=384, layers=2)
    )
    width: PositiveInt = 384
    dropout: Share = 0.1
    map_channels: PositiveInt = 128
    layers: PositiveInt = 3
    heads: PositiveInt = 8
    feed_forward: PositiveInt = 384

    @model_validator(mode="after")
    def _check_heads(self) -> Self:
        if self.width % self.heads or self.width % 2:
            raise ValueError("width must be even and a multiple of heads")
        return self


class _Block(nn.Module):
    """Normalised attention and normalised feed-forward layers, each added to its input.

    Args:
        config: Its sizes.
        crosses: Whether the keys are another sequence, with a normalisation of their own.
    """

    def __init__(self, config: EarthVqaConfig, *, crosses: bool) -> None:
        super().__init__()
        width = config.width
        self.heads, self.share = config.heads, config.dropout
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.norm = nn.LayerNorm(width)
        self.key_norm = nn.LayerNorm(width) if crosses else None
        self.dropout = nn.Dropout(config.dropout)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, config.feed_forward),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.feed_forward, width),
            nn.Dropout(config.dropout),
        )

    def forward(self, tokens: Tensor, others: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """Shape (N, S, width); `mask` (N, L) says which of the others count."""
        normal = self.norm(tokens)
        keys = normal if others is None or self.key_norm is None else self.key_norm(others)
        query, key, value = (
            layer(given) for layer, given in ((self.query, normal), (self.key, keys), (self.value, keys))
        )
        found = many_heads((query, key, value), self.heads, mask, self.share if self.training else 0.0)
        tokens = tokens + self.dropout(self.out(found))
        result: Tensor = tokens + self.feed_forward(tokens)
        return result


class _ChannelAttention(nn.Module):
    """Weigh channels by their means and maxima, and add the weighted channels to the channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(1, channels // _BOTTLENECK)
        self.layers = nn.Sequential(nn.Linear(channels, inner), nn.ReLU(), nn.Linear(inner, channels))

    def forward(self, places: Tensor) -> Tensor:
        """Places (P, S, C)."""
        weights = torch.sigmoid(self.layers(places.mean(dim=1)) + self.layers(places.amax(dim=1)))
        return places + places * weights[:, None]


class _Pooling(nn.Module):
    """One vector of a sequence, by weights that its tokens give themselves."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))
        self.project = nn.Linear(width, width)

    def forward(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        scores = self.score(tokens).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask, float("-inf"))
        pooled: Tensor = self.project((torch.softmax(scores, dim=1)[..., None] * tokens).sum(dim=1))
        return pooled


class EarthVqa(GuidedNetwork):
    """Semantic object-aware network, SOBA (Wang et al., AAAI 2024, arXiv:2312.12222).

    Args:
        config: Its sizes.
        classes: Answers.
    """

    def __init__(self, config: EarthVqaConfig, classes: int) -> None:
        super().__init__(config)
        self.config = config
        width, blocks = config.width, range(config.layers)
        self.image_tower = build_image_tower(config.towers.image, config.towers.resolution)
        self.text_tower = build_text_tower(config.towers.text)
        channels = self.image_tower.token_width
        self.map_reader = None
        if self.guided:
            channels += config.map_channels
            self.map_reader = nn.Sequential(
                nn.Conv2d(MAP_CLASSES, config.map_channels, 3, padding=1),
                nn.BatchNorm2d(config.map_channels),
                nn.ReLU(),
            )
        self.channel_attention = _ChannelAttention(channels)
        self.image_projection = nn.Linear(channels, width)
        words = self.text_tower.token_width
        self.text_projection = nn.Identity() if words == width else nn.Linear(words, width)
        self.places_to_places = nn.ModuleList(_Block(config, crosses=False) for _ in blocks)
        self.places_to_words = nn.ModuleList(_Block(config, crosses=True) for _ in blocks)
        self.words_to_places = nn.ModuleList(_Block(config, crosses=True) for _ in blocks)
        self.image_pooling = _Pooling(width)
        self.text_pooling = _Pooling(width)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def encode_pictures(self, pictures: Tensor) -> Rows:
        """Rows "places" (P, S, width), and "class_map" where it is predicted."""
        pictures, scores = self.class_scores(pictures)
        places = self.image_tower(pictures).tokens
        if scores is not None and self.map_reader is not None:
            hard = functional.one_hot(scores.argmax(dim=1), MAP_CLASSES).permute(0, 3, 1, 2)
            size = list(as_grid(places).shape[-2:])
            small = functional.interpolate(hard.to(places.dtype), size=size, mode="nearest")
            classes = self.map_reader(small).flatten(2).transpose(1, 2)
            places = torch.cat((places, classes), dim=2)
        places = _placed(self.image_projection(self.channel_attention(places)))
        for block in self.places_to_places:
            places = block(places)
        if self.segmentation is None or scores is None:
            return Rows({"places": places})
        return Rows({"places": places, "class_map": scores})

    def encode_texts(self, tokens: TokenBatch) -> Rows:
        """Rows "words" (T, L, width) and "mask" (T, L)."""
        read = self.text_tower(tokens)
        return Rows({"words": _placed(self.text_projection(read.tokens)), "mask": read.mask})

    def answer(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Logits."""
        places, words, mask = pictures["places"], texts["words"], texts["mask"]
        for block in self.places_to_words:
            places = block(places, words, mask)
        for block in self.words_to_places:
            words = block(words, places)
        fused = self.norm(self.image_pooling(places) + self.text_pooling(words, mask))
        logits: Tensor = self.head(fused)
        return logits, {}


def _placed(tokens: Tensor) -> Tensor:
    """Tokens (B, L, width) with sines and cosines of their places added."""
    length, width = tokens.shape[1:]
    half = width // 2
    rates = torch.exp(
        torch.arange(half, device=tokens.device, dtype=torch.float32) * (-math.log(_WAVELENGTH) / half)
    )
    angles = torch.arange(length, device=tokens.device, dtype=torch.float32)[:, None] * rates
    return tokens + torch.cat((angles.sin(), angles.cos()), dim=1).to(tokens.dtype)


PRESETS: Mapping[str, EarthVqaConfig] = {
    "paper": EarthVqaConfig(),
    "compact": EarthVqaConfig(
        towers=COMPACT_TOWERS,
        width=192,
        feed_forward=192,
        map_channels=64,
        segmentation=UNetConfig(base=16, size=96),
    ),
    "tiny": EarthVqaConfig(
        towers=TINY_TOWERS,
        width=16,
        feed_forward=16,
        map_channels=4,
        layers=1,
        heads=2,
        segmentation=UNetConfig(base=4),
    ),
}
