"""FEH, "from easy to hard": a language-guided look at regions beside the whole picture, and a curriculum."""

from collections.abc import Mapping

import torch
from pydantic import PositiveInt
from torch import Tensor, nn
from torch.nn import functional

from geotamper.models.blocks.image_towers import build_image_tower
from geotamper.models.blocks.map_towers import count_places
from geotamper.models.blocks.text_towers import build_text_tower
from geotamper.models.config import (
    COMPACT_TOWERS,
    TINY_TOWERS,
    NetworkConfig,
    Share,
    SkipThoughtsTextConfig,
    Towers,
)
from geotamper.models.protocol import QuestionNetwork, Rows, TokenBatch
from geotamper.models.tower_config import ResNetMapConfig

_BLOCK = 4
"""Side of the blocks of places and channels that are averaged."""


class FehConfig(NetworkConfig):
    """FEH.

    Attributes:
        flattened: Length of the whole picture's vector: the places times the channels that a 1x1 convolution leaves
            them; the nearest multiple of the places from below.
        regions: Channels of the regional branch.
    """

    towers: Towers = Towers(
        resolution=256, image=ResNetMapConfig(depth=152, frozen=True), text=SkipThoughtsTextConfig()
    )
    width: PositiveInt = 1200
    hidden: PositiveInt = 256
    dropout: Share = 0.5
    flattened: PositiveInt = 2048
    regions: PositiveInt = 256


class Feh(QuestionNetwork):
    """The network of "From Easy to Hard" (Yuan et al., TGRS 2022, arXiv:2205.03147).

    Its curriculum is the setting `curriculum=easy_to_hard` of a training.

    Args:
        config: Its sizes.
        classes: Answers.
    """

    def __init__(self, config: FehConfig, classes: int) -> None:
        super().__init__()
        self.config = config
        width, regions = config.width, config.regions
        places = count_places(config.towers.image, config.towers.resolution)
        channels = max(1, config.flattened // places)
        self.image_tower = build_image_tower(config.towers.image, config.towers.resolution)
        self.text_tower = build_text_tower(config.towers.text)
        self.reduce = nn.Linear(self.image_tower.token_width, channels)
        self.image_projection = nn.Linear(channels * places, width)
        self.text_projection = nn.Linear(self.text_tower.width, width)
        self.region_keys = nn.Linear(self.image_tower.token_width, regions)
        self.region_guide = nn.Linear(width, regions)
        self.region_mix = nn.Linear(regions, regions)
        self.region_projection = nn.Linear(-(-places // _BLOCK) * -(-regions // _BLOCK), width)
        self.dropout = nn.Dropout(config.dropout)
        self.first = nn.Linear(width, config.hidden)
        self.second = nn.Linear(config.hidden, classes)

    def encode_pictures(self, pictures: Tensor) -> Rows:
        """Rows "image" (P, width), and "keys" (P, S, regions), of length 1."""
        places = self.image_tower(pictures).tokens
        flat = self.reduce(places).flatten(1)
        return Rows(
            {
                "image": torch.tanh(self.image_projection(self.dropout(flat))),
                "keys": functional.normalize(self.region_keys(places), dim=2),
            }
        )

    def encode_texts(self, tokens: TokenBatch) -> Rows:
        """Rows "question" (T, width), and "guide" (T, regions), of length 1."""
        question = self.text_projection(self.dropout(self.text_tower(tokens).pooled))
        guide = functional.normalize(self.region_guide(question), dim=1)
        return Rows({"question": torch.tanh(question), "guide": guide})

    def answer(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Logits."""
        keys = pictures["keys"]
        guided = self.region_mix(functional.relu(keys + texts["guide"][:, None]))
        scores = guided @ keys.transpose(1, 2) / self.config.regions**0.5
        regional = torch.softmax(scores, dim=2) @ guided
        blocks = functional.avg_pool2d(regional[:, None], _BLOCK, ceil_mode=True).flatten(1)
        image = pictures["image"] + self.region_projection(blocks)
        inner = torch.tanh(self.first(self.dropout(image * texts["question"])))
        logits: Tensor = self.second(self.dropout(inner))
        return logits, {}


PRESETS: Mapping[str, FehConfig] = {
    "paper": FehConfig(),
    "compact": FehConfig(towers=COMPACT_TOWERS, width=384, hidden=256, regions=128),
    "tiny": FehConfig(towers=TINY_TOWERS, width=24, hidden=16, flattened=64, regions=16),
}
