"""MQVQA: the question decides how deep to look, and looks in several steps."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

import torch
from pydantic import Field, NonNegativeFloat, PositiveInt
from torch import Tensor, nn
from torch.nn import functional

from geotamper.models.baselines.mqvqa_levels import LEVELS, level_channels, levels
from geotamper.models.blocks.image_towers import build_image_tower
from geotamper.models.blocks.text_towers import build_text_tower
from geotamper.models.config import COMPACT_TOWERS, TINY_TOWERS, NetworkConfig, Share, Towers
from geotamper.models.protocol import Head, NetworkOutput, Pairs, QuestionNetwork, Rows, TokenBatch
from geotamper.models.tower_config import RecurrentTextConfig, VggMapConfig


class MqvqaConfig(NetworkConfig):
    """Multistep question-driven network; `dropout` is that of the attention and of the classifier.

    Attributes:
        grid: Side of the map to which all levels are resized.
        steps: Attention steps.
        group_layers: Hidden units of the head that names the group of a question.
        group_weight: Weight of the cross-entropy of the groups.
    """

    towers: Towers = Towers(
        image=VggMapConfig(), text=RecurrentTextConfig(cell="gru", embedding=100, hidden=1024, layers=2)
    )
    width: PositiveInt = 1024
    hidden: PositiveInt = 1024
    dropout: Share = 0.4
    grid: PositiveInt = 28
    steps: Annotated[int, Field(ge=1, le=4)] = 2
    group_layers: tuple[PositiveInt, PositiveInt] = (512, 128)
    group_weight: NonNegativeFloat = 0.1


class _Step(nn.Module):
    """One attention step: what is seen is added to the query."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.score = nn.Linear(width, 1)

    def forward(self, places: Tensor, query: Tensor) -> Tensor:
        inner = torch.tanh(torch.tanh(places) + torch.tanh(query)[:, None])
        weights = torch.softmax(self.score(self.dropout(inner)), dim=1)
        return (weights * places).sum(dim=1) + query


class Mqvqa(QuestionNetwork):
    """Multistep question-driven visual question answering (Zhang et al., TGRS 2023).

    Args:
        config: Its sizes.
        classes: Answers.
    """

    def __init__(self, config: MqvqaConfig, classes: int) -> None:
        super().__init__()
        self.config = config
        width, (first, second) = config.width, config.group_layers
        self.image_tower = build_image_tower(config.towers.image, config.towers.resolution)
        self.text_tower = build_text_tower(config.towers.text)
        words = self.text_tower.width
        self.text_projection = nn.Identity() if words == width else nn.Linear(words, width)
        channels = level_channels(config.towers.image, self.image_tower)
        # one linear layer over joined channels is the sum of one for each level, which pictures can share
        self.level_projections = nn.ModuleList(
            nn.Linear(size, width, bias=number == LEVELS) for number, size in enumerate(channels)
        )
        self.group_head = nn.Sequential(
            nn.Linear(words, first), nn.ReLU(), nn.Linear(first, second), nn.ReLU(), nn.Linear(second, LEVELS)
        )
        self.attention = nn.ModuleList(_Step(width, config.dropout) for _ in range(config.steps))
        self.head = nn.Sequential(
            nn.Linear(width, config.hidden),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, classes),
        )

    def encode_pictures(self, pictures: Tensor) -> Rows:
        """Rows "levels" (P, 3, S, width) and "places" (P, S, width), of the last map."""
        maps = [
            project(_resized(values, self.config.grid).flatten(2).transpose(1, 2))
            for project, values in zip(
                self.level_projections,
                levels(self.config.towers.image, self.image_tower, pictures),
                strict=True,
            )
        ]
        return Rows({"levels": torch.stack(maps[:LEVELS], dim=1), "places": maps[LEVELS]})

    def encode_texts(self, tokens: TokenBatch) -> Rows:
        """Rows "question" (T, width) and "group" (T, 3), scores of the question's groups."""
        pooled = self.text_tower(tokens).pooled
        return Rows({"question": self.text_projection(pooled), "group": self.group_head(pooled)})

    def answer(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Logits."""
        depth = torch.softmax(texts["group"], dim=1)
        places = pictures["places"] + torch.einsum("nk,nksd->nsd", depth, pictures["levels"])
        query = texts["question"]
        for step in self.attention:
            query = step(places, query)
        logits: Tensor = self.head(query)
        return logits, {}

    def respond(self, pictures: Rows, texts: Rows, pairs: Pairs) -> NetworkOutput:
        """The answers, and the scores of the groups for their loss."""
        scores = texts["group"].index_select(0, pairs.text_of)
        output = super().respond(pictures, texts, pairs)
        return replace(output, heads={"group": Head(scores, "group", self.config.group_weight)})


def _resized(values: Tensor, side: int) -> Tensor:
    """A map (P, C, h, h) at another side: averaged to a smaller one, interpolated to a larger one."""
    if values.shape[-1] >= side:
        return functional.adaptive_avg_pool2d(values, side)
    return functional.interpolate(values, size=(side, side), mode="bilinear", align_corners=False)


PRESETS: Mapping[str, MqvqaConfig] = {
    "paper": MqvqaConfig(),
    "compact": MqvqaConfig(towers=COMPACT_TOWERS, width=256, hidden=256, grid=8, group_layers=(128, 64)),
    "tiny": MqvqaConfig(towers=TINY_TOWERS, width=24, hidden=16, grid=4, group_layers=(16, 8)),
}
