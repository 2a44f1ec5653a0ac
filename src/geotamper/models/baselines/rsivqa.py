"""RSIVQA: mutual attention inception network, a reconstruction."""

from collections.abc import Mapping
from typing import Annotated, Literal

import torch
from pydantic import Field, PositiveInt
from torch import Tensor, nn

from geotamper.models.blocks.image_towers import build_image_tower
from geotamper.models.blocks.text_towers import build_text_tower
from geotamper.models.config import COMPACT_TOWERS, TINY_TOWERS, NetworkConfig, Share, Towers
from geotamper.models.protocol import QuestionNetwork, Rows, TokenBatch
from geotamper.models.tower_config import RecurrentTextConfig, VggMapConfig


class RsivqaConfig(NetworkConfig):
    """Mutual attention inception network.

    Attributes:
        rounds: 2: what the first attention saw guides a second one.
        products: Widths of the parallel bilinear products.
    """

    towers: Towers = Towers(image=VggMapConfig(), text=RecurrentTextConfig(hidden=512))
    width: PositiveInt = 512
    hidden: PositiveInt = 512
    dropout: Share = 0.5
    rounds: Literal[1, 2] = 2
    products: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (256, 512, 1024)


class _Guided(nn.Module):
    """Attention over places or words that one vector guides.

    The side of the places or words is projected apart, so that it is computed once for all questions.
    """

    def __init__(self, items: int, guide: int, width: int) -> None:
        super().__init__()
        self.item_side = nn.Linear(items, width)
        self.guide_side = nn.Linear(guide, width)
        self.score = nn.Linear(width, 1)

    def forward(self, items: Tensor, keys: Tensor, guide: Tensor, mask: Tensor | None = None) -> Tensor:
        """The weighted sum of items, (N, D); keys are their `item_side`, and `mask` says which count."""
        scores = self.score(torch.tanh(keys + self.guide_side(guide)[:, None])).squeeze(-1)
        if mask is not None:
            scores = scores.masked_fill(~mask, float("-inf"))
        return (torch.softmax(scores, dim=1)[..., None] * items).sum(dim=1)


class Rsivqa(QuestionNetwork):
    """Mutual attention inception network (Zheng et al., TGRS 2021).

    No code is public. What is known: places and words attend to each other, and bilinear products fuse them. The
    form of both is a reconstruction.

    Args:
        config: Its sizes.
        classes: Answers.
    """

    def __init__(self, config: RsivqaConfig, classes: int) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.image_tower = build_image_tower(config.towers.image, config.towers.resolution)
        self.text_tower = build_text_tower(config.towers.text)
        words = self.text_tower.token_width
        self.image_projection = nn.Linear(self.image_tower.token_width, width)
        guides = [self.text_tower.width, words][: config.rounds]
        self.place_attention = nn.ModuleList(_Guided(width, guide, width) for guide in guides)
        self.word_attention = nn.ModuleList(_Guided(words, width, width) for _ in guides)
        self.image_products = nn.ModuleList(nn.Linear(width, size) for size in config.products)
        self.text_products = nn.ModuleList(nn.Linear(words, size) for size in config.products)
        self.head = nn.Sequential(
            nn.Dropout(config.dropout),
            nn.Linear(sum(config.products), config.hidden),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, classes),
        )

    def encode_pictures(self, pictures: Tensor) -> Rows:
        """Rows "places" (P, S, width), "keys" (P, rounds, S, width), and "image" (P, width), their mean."""
        places = self.image_projection(self.image_tower(pictures).tokens)
        keys = torch.stack([attention.item_side(places) for attention in self.place_attention], dim=1)  # type: ignore[operator]
        return Rows({"places": places, "keys": keys, "image": places.mean(dim=1)})

    def encode_texts(self, tokens: TokenBatch) -> Rows:
        """Rows "words" (T, L, D), "keys" (T, rounds, L, width), "mask" (T, L), and "question" (T, pooled width)."""
        read = self.text_tower(tokens)
        keys = torch.stack([attention.item_side(read.tokens) for attention in self.word_attention], dim=1)  # type: ignore[operator]
        return Rows({"words": read.tokens, "keys": keys, "mask": read.mask, "question": read.pooled})

    def answer(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Logits."""
        image, question = pictures["image"], texts["question"]
        for number, (look, read) in enumerate(zip(self.place_attention, self.word_attention, strict=True)):
            seen = look(pictures["places"], pictures["keys"][:, number], question)
            question = read(texts["words"], texts["keys"][:, number], image, texts["mask"])
            image = seen
        products = [
            torch.tanh(left(image)) * torch.tanh(right(question))
            for left, right in zip(self.image_products, self.text_products, strict=True)
        ]
        return self.head(torch.cat(products, dim=1)), {}


PRESETS: Mapping[str, RsivqaConfig] = {
    "paper": RsivqaConfig(),
    "compact": RsivqaConfig(towers=COMPACT_TOWERS, width=256, hidden=256, products=(128, 256, 512)),
    "tiny": RsivqaConfig(towers=TINY_TOWERS, width=24, hidden=16, products=(8, 16)),
}
