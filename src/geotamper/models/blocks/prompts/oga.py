"""OGA, object-guided attention of EarthVQA: places know their predicted masks (CMFPF, Table IV).

Wang et al., "EarthVQA: Towards Queryable Earth via Relational Reasoning-Based Remote Sensing Visual Question
Answering", AAAI 2024. Written from the paper and from section 9 of the specification.
"""

import math
from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from geotamper.models.blocks.features import Features
from geotamper.models.blocks.prompts.protocol import MaskPlaces, Surroundings, TextPrompt
from geotamper.models.blocks.transformer import (
    AttentionPooling,
    CrossAttentionLayer,
    LayerSizes,
    SelfAttentionLayer,
)
from geotamper.models.cmfpf.config import PromptConfig
from geotamper.models.protocol import Rows

_LONGEST_WAVE = 10_000.0


class _ChannelAttention(nn.Module):
    """Channels weighted by their mean and largest value, added to the input."""

    def __init__(self, channels: int, ratio: int) -> None:
        super().__init__()
        inner = max(1, channels // ratio)
        self.layers = nn.Sequential(nn.Linear(channels, inner), nn.ReLU(), nn.Linear(inner, channels))

    def forward(self, grid: Tensor) -> Tensor:
        both = self.layers(grid.mean(dim=(2, 3))) + self.layers(grid.amax(dim=(2, 3)))
        return grid + grid * torch.sigmoid(both)[:, :, None, None]


class OgaPrompt(TextPrompt):
    """Self-attention of places, attention of places to words and of words to places, pooling of both.

    Args:
        config: Its sizes.
        around: What it has to fit.
    """

    def __init__(self, config: PromptConfig, around: Surroundings) -> None:
        super().__init__()
        sizes = LayerSizes(around.width, config.heads, config.feed_forward, config.dropout)
        embedding, layers = config.oga_embedding, range(config.oga_layers)
        channels = 2 * around.width + embedding
        self.places = MaskPlaces(config.encoder, around.width)
        self.embed = nn.Sequential(
            nn.Conv2d(2, embedding, 3, padding=1, bias=False), nn.BatchNorm2d(embedding), nn.ReLU()
        )
        self.channels = _ChannelAttention(channels, config.oga_ratio)
        self.project = nn.Linear(channels, around.width)
        self.words = nn.Linear(around.token_width, around.width)
        self.own = nn.ModuleList(SelfAttentionLayer(sizes) for _ in layers)
        self.to_words = nn.ModuleList(CrossAttentionLayer(sizes) for _ in layers)
        self.to_places = nn.ModuleList(CrossAttentionLayer(sizes) for _ in layers)
        self.pool_places = AttentionPooling(around.width)
        self.pool_words = AttentionPooling(around.width)
        self.norm = nn.LayerNorm(around.width)

    def read_masks(self, masks: Tensor) -> Mapping[str, Tensor]:
        """Rows "places" (P, S, width), past the self-attention."""
        source, target = (self.places.grid(masks[:, k : k + 1]) for k in range(2))
        small = functional.interpolate(masks[:, :2], size=list(source.shape[-2:]), mode="area")
        grid = self.channels(torch.cat((source, target, self.embed(small)), dim=1))
        places = self.project(grid.flatten(2).transpose(1, 2))
        places = places + _sine_positions(places)
        for layer in self.own:
            places = layer(places)
        return {"places": places}

    def read_texts(self, question: Tensor, features: Features) -> Mapping[str, Tensor]:  # noqa: ARG002
        """Rows "words" (T, L, width), "counts" (T, L), "word_keys_0", "word_keys_1", ... (T, L, 2 width)."""
        words = self.words(features.tokens)
        layers = (cast("CrossAttentionLayer", layer) for layer in self.to_words)
        keys = {f"word_keys_{number}": layer.keys(words) for number, layer in enumerate(layers)}
        return {"words": words, "counts": features.mask, **keys}

    def prompt(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """As `TextPrompt.prompt`; no loss terms."""
        places, words, counts = pictures["places"], texts["words"], texts["counts"]
        for number, layer in enumerate(self.to_words):
            places = layer(places, texts[f"word_keys_{number}"], counts)
        for layer in self.to_places:
            words = layer(words, cast("CrossAttentionLayer", layer).keys(places))
        return self.norm(self.pool_places(places) + self.pool_words(words, counts)), {}


def _sine_positions(vectors: Tensor) -> Tensor:
    """Sines and cosines of the place's number, shape (S, width), for vectors of shape (P, S, width)."""
    length, width = vectors.shape[1:]
    half = (width + 1) // 2
    waves = torch.arange(half, device=vectors.device) * (-math.log(_LONGEST_WAVE) / half)
    angles = torch.arange(length, device=vectors.device)[:, None] * waves.exp()[None]
    return torch.cat((angles.sin(), angles.cos()), dim=1)[:, :width].to(vectors.dtype)
