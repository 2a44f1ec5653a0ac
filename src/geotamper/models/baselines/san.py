"""SAN: stacked attention network."""

from collections.abc import Mapping

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from geotamper.models.blocks.image_towers import build_image_tower
from geotamper.models.blocks.text_towers import build_text_tower
from geotamper.models.config import COMPACT_TOWERS, TINY_TOWERS, NetworkConfig, Share, Towers
from geotamper.models.protocol import QuestionNetwork, Rows, TokenBatch
from geotamper.models.tower_config import ResNetMapConfig


class SanConfig(NetworkConfig):
    """Stacked attention network; `hidden` is the width of the attention.

    Attributes:
        hops: How often the question looks at the picture.
    """

    towers: Towers = Towers(image=ResNetMapConfig(depth=101))
    width: PositiveInt = 1024
    hidden: PositiveInt = 512
    dropout: Share = 0.5
    hops: PositiveInt = 2


class San(QuestionNetwork):
    """Stacked attention network (Yang et al., CVPR 2016, arXiv:1511.02274, section 3.3).

    The question looks at the places of the picture, and what it saw is added to it before it looks again. The inner
    tanh of both sides is that of the published code; the paper has one tanh around their sum.

    Args:
        config: Its sizes.
        classes: Answers.
    """

    def __init__(self, config: SanConfig, classes: int) -> None:
        super().__init__()
        self.config = config
        self.image_tower = build_image_tower(config.towers.image, config.towers.resolution)
        self.text_tower = build_text_tower(config.towers.text)
        self.image_projection = nn.Linear(self.image_tower.token_width, config.width)
        self.text_projection = nn.Linear(self.text_tower.width, config.width)
        hops = range(config.hops)
        self.place_attention = nn.ModuleList(nn.Linear(config.width, config.hidden) for _ in hops)
        self.question_attention = nn.ModuleList(nn.Linear(config.width, config.hidden) for _ in hops)
        self.scores = nn.ModuleList(nn.Linear(config.hidden, 1) for _ in hops)
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(config.width, classes)

    def encode_pictures(self, pictures: Tensor) -> Rows:
        """Rows "places" (P, S, width), and "keys" (P, hops, S, hidden), their side of each attention."""
        places = torch.tanh(self.image_projection(self.image_tower(pictures).tokens))
        keys = torch.stack([torch.tanh(layer(places)) for layer in self.place_attention], dim=1)
        return Rows({"places": places, "keys": keys})

    def encode_texts(self, tokens: TokenBatch) -> Rows:
        """Rows "question" (T, width)."""
        return Rows({"question": self.text_projection(self.text_tower(tokens).pooled)})

    def answer(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Logits."""
        question, places = texts["question"], pictures["places"]
        for hop, (layer, score) in enumerate(zip(self.question_attention, self.scores, strict=True)):
            sought = torch.tanh(layer(question))[:, None]
            shares = torch.softmax(score(torch.tanh(pictures["keys"][:, hop] + sought)), dim=1)
            question = question + (shares * places).sum(dim=1)
        return self.head(self.dropout(question)), {}


PRESETS: Mapping[str, SanConfig] = {
    "paper": SanConfig(),
    "compact": SanConfig(towers=COMPACT_TOWERS, width=384, hidden=256),
    "tiny": SanConfig(towers=TINY_TOWERS, width=24, hidden=16),
}
