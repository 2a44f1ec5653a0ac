"""SGA: a class map decides where a question looks; a reconstruction."""

from collections.abc import Mapping

import torch
from pydantic import PositiveInt
from torch import Tensor, nn
from torch.nn import functional

from geotamper.models.baselines.guidance import MAP_CLASSES, GuidedConfig, GuidedNetwork
from geotamper.models.blocks.image_towers import build_image_tower
from geotamper.models.blocks.map_towers import as_grid
from geotamper.models.blocks.text_towers import build_text_tower
from geotamper.models.config import COMPACT_TOWERS, TINY_TOWERS, Share, Towers, UNetConfig
from geotamper.models.protocol import Rows, TokenBatch
from geotamper.models.tower_config import ResNetMapConfig


class SgaConfig(GuidedConfig):
    """Segmentation-guided attention.

    Attributes:
        map_channels: Channels of the three convolutions that read the class map; each halves its side.
        glimpses: Places that a question looks at, each a weighted mean.
    """

    towers: Towers = Towers(image=ResNetMapConfig(depth=50))
    width: PositiveInt = 512
    hidden: PositiveInt = 1024
    dropout: Share = 0.5
    map_channels: tuple[PositiveInt, PositiveInt, PositiveInt] = (64, 128, 256)
    glimpses: PositiveInt = 2


class Sga(GuidedNetwork):
    """Segmentation-guided attention (Tosato et al., IGARSS 2024, arXiv:2407.08669).

    No code is public. What is known: the output of a frozen segmentation network with several channels guides the
    attention. The form of the attention is a reconstruction.

    Args:
        config: Its sizes.
        classes: Answers.
    """

    def __init__(self, config: SgaConfig, classes: int) -> None:
        super().__init__(config)
        self.config = config
        width = config.width
        self.image_tower = build_image_tower(config.towers.image, config.towers.resolution)
        self.text_tower = build_text_tower(config.towers.text)
        self.text_projection = nn.Linear(self.text_tower.width, width)
        places = self.image_tower.token_width
        self.map_reader = _map_reader(config.map_channels) if self.guided else None
        self.guide = nn.Linear(config.map_channels[-1] if self.guided else places, width)
        self.score = nn.Linear(width, config.glimpses)
        self.head = nn.Sequential(
            nn.Dropout(config.dropout),
            nn.Linear(config.glimpses * places + width, config.hidden),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, classes),
        )

    def encode_pictures(self, pictures: Tensor) -> Rows:
        """Rows "places" (P, S, D), "guides" (P, S, width), and "class_map" where it is predicted."""
        pictures, scores = self.class_scores(pictures)
        places = self.image_tower(pictures).tokens
        if scores is None or self.map_reader is None:
            return Rows({"places": places, "guides": self.guide(places)})
        # the segmentation learns from true maps alone, not from what would help an answer
        shares = torch.softmax(scores.detach(), dim=1).to(places.dtype)
        grid = functional.adaptive_avg_pool2d(self.map_reader(shares), as_grid(places).shape[-1])
        guides = self.guide(grid.flatten(2).transpose(1, 2))
        found = {"places": places, "guides": guides}
        return Rows(found if self.segmentation is None else {**found, "class_map": scores})

    def encode_texts(self, tokens: TokenBatch) -> Rows:
        """Rows "question" (T, width)."""
        return Rows({"question": self.text_projection(self.text_tower(tokens).pooled)})

    def answer(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Logits."""
        question = texts["question"]
        scores = self.score(functional.relu(pictures["guides"] + question[:, None]))
        seen = torch.softmax(scores, dim=1).transpose(1, 2) @ pictures["places"]
        logits: Tensor = self.head(torch.cat((seen.flatten(1), question), dim=1))
        return logits, {}


def _map_reader(channels: tuple[int, int, int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs, outputs in zip((MAP_CLASSES, *channels[:-1]), channels, strict=True):
        layers += [nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), nn.ReLU()]
    return nn.Sequential(*layers)


PRESETS: Mapping[str, SgaConfig] = {
    "paper": SgaConfig(),
    "compact": SgaConfig(
        towers=COMPACT_TOWERS,
        width=256,
        hidden=256,
        map_channels=(32, 64, 128),
        segmentation=UNetConfig(base=16, size=96),
    ),
    "tiny": SgaConfig(
        towers=TINY_TOWERS,
        width=24,
        hidden=16,
        map_channels=(4, 8, 8),
        segmentation=UNetConfig(base=4),
    ),
}
