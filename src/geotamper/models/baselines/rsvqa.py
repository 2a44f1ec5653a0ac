"""RSVQA: the first network for questions about remote-sensing pictures."""

from collections.abc import Mapping

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from geotamper.models.blocks.head import AnswerHead
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


class RsvqaConfig(NetworkConfig):
    """RSVQA.

    Attributes:
        flattened: Length of the picture's vector: the places times the channels that a 1x1 convolution leaves them;
            the nearest multiple of the places from below.
    """

    towers: Towers = Towers(
        resolution=256, image=ResNetMapConfig(depth=152, frozen=True), text=SkipThoughtsTextConfig()
    )
    width: PositiveInt = 1200
    hidden: PositiveInt = 256
    dropout: Share = 0.5
    flattened: PositiveInt = 2048


class Rsvqa(QuestionNetwork):
    """RSVQA (Lobry et al., TGRS 2020, arXiv:2003.07333, section III).

    Args:
        config: Its sizes.
        classes: Answers.
    """

    def __init__(self, config: RsvqaConfig, classes: int) -> None:
        super().__init__()
        self.config = config
        places = count_places(config.towers.image, config.towers.resolution)
        channels = max(1, config.flattened // places)
        self.image_tower = build_image_tower(config.towers.image, config.towers.resolution)
        self.text_tower = build_text_tower(config.towers.text)
        self.reduce = nn.Linear(self.image_tower.token_width, channels)
        self.image_projection = nn.Linear(channels * places, config.width)
        self.text_projection = nn.Linear(self.text_tower.width, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.head = AnswerHead(config.width, config.hidden, classes, nn.Tanh(), config.dropout)

    def encode_pictures(self, pictures: Tensor) -> Rows:
        """Rows "image" (P, width)."""
        flat = self.reduce(self.image_tower(pictures).tokens).flatten(1)
        return Rows({"image": torch.tanh(self.image_projection(self.dropout(flat)))})

    def encode_texts(self, tokens: TokenBatch) -> Rows:
        """Rows "question" (T, width)."""
        pooled = self.text_tower(tokens).pooled
        return Rows({"question": torch.tanh(self.text_projection(self.dropout(pooled)))})

    def answer(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Logits."""
        return self.head(pictures["image"] * texts["question"]), {}


PRESETS: Mapping[str, RsvqaConfig] = {
    "paper": RsvqaConfig(),
    "compact": RsvqaConfig(towers=COMPACT_TOWERS, width=384, hidden=256),
    "tiny": RsvqaConfig(towers=TINY_TOWERS, width=24, hidden=16, flattened=64),
}
