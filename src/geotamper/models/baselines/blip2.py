"""BLIP-2 with OPT: queries read the picture, a language model reads what they found and the question."""

from collections.abc import Mapping
from typing import Self

import torch
from pydantic import PositiveInt, model_validator
from torch import Tensor, nn

from geotamper.models.baselines.blip2_parts import (
    LanguageConfig,
    LanguageModel,
    QueryConfig,
    QueryTransformer,
    load_checkpoint,
)
from geotamper.models.blocks.image_towers import build_image_tower
from geotamper.models.blocks.text_towers import build_text_tower
from geotamper.models.config import COMPACT_TOWERS, NetworkConfig, Share, Towers, Weights
from geotamper.models.protocol import QuestionNetwork, Rows, TokenBatch
from geotamper.models.tower_config import Blip2ImageConfig, OptTextConfig

_TRAINED = ("query_transformer", "language_projection")
"""Parts that begin with the checkpoint's weights and go on learning."""


class Blip2Config(NetworkConfig):
    """BLIP-2; `width` is that of the query transformer, `hidden` that of the language model.

    Attributes:
        queries: The query transformer.
        language: The language model.
        weights: Folder or `hub:NAME` of a BLIP-2 checkpoint with OPT in the layout of transformers; it holds the
            weights of all parts but the classifier, and needs towers of the kinds `blip2` and `opt`.
    """

    towers: Towers = Towers(image=Blip2ImageConfig(), text=OptTextConfig())
    width: PositiveInt = 768
    hidden: PositiveInt = 2560
    dropout: Share = 0.1
    queries: QueryConfig = QueryConfig()
    language: LanguageConfig = LanguageConfig()
    weights: Weights = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        kinds = (self.towers.image.kind, self.towers.text.kind)
        if self.weights is not None and kinds != ("blip2", "opt"):
            raise ValueError("a checkpoint needs towers.image.kind=blip2 and towers.text.kind=opt")
        if self.width % self.queries.heads or self.hidden % self.language.heads:
            raise ValueError("width and hidden must be multiples of queries.heads and language.heads")
        if self.queries.count + self.towers.text.length > self.language.positions:
            raise ValueError("queries.count and towers.text.length together exceed language.positions")
        return self

    def pretrained_modules(self) -> tuple[str, ...]:
        """With a checkpoint the query transformer and the projection; the rest of it is frozen."""
        return super().pretrained_modules() + (_TRAINED if self.weights is not None else ())


class Blip2(QuestionNetwork):
    """BLIP-2 with OPT as a classifier (Li et al., ICML 2023, arXiv:2301.12597, section 3).

    The state of the language model after the last token of the question decides the answer.

    Args:
        config: Its sizes.
        classes: Answers.
    """

    def __init__(self, config: Blip2Config, classes: int) -> None:
        super().__init__()
        self.config = config
        self.image_tower = build_image_tower(config.towers.image, config.towers.resolution)
        self.text_tower = build_text_tower(config.towers.text)
        self.query_transformer = QueryTransformer(
            config.queries, config.width, self.image_tower.token_width, config.dropout
        )
        self.language_projection = nn.Linear(config.width, config.hidden)
        words = self.text_tower.token_width
        self.word_projection = nn.Identity() if words == config.hidden else nn.Linear(words, config.hidden)
        self.language_model = LanguageModel(config.language, config.hidden)
        self.head = nn.Linear(config.hidden, classes)
        if config.weights is not None:
            load_checkpoint(self, config.weights)

    def encode_pictures(self, pictures: Tensor) -> Rows:
        """Rows "prefix" (P, queries, hidden): what the queries found, as the language model reads it."""
        found = self.query_transformer(self.image_tower(pictures).tokens)
        return Rows({"prefix": self.language_projection(found)})

    def encode_texts(self, tokens: TokenBatch) -> Rows:
        """Rows "words" (T, L, hidden) and their "mask" (T, L)."""
        read = self.text_tower(tokens)
        return Rows({"words": self.word_projection(read.tokens), "mask": read.mask})

    def answer(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Logits."""
        prefix, mask = pictures["prefix"], texts["mask"]
        seen = torch.ones(prefix.shape[:2], dtype=torch.bool, device=mask.device)
        state = self.language_model(
            torch.cat((prefix, texts["words"]), dim=1), torch.cat((seen, mask), dim=1)
        )
        return self.head(state), {}


PRESETS: Mapping[str, Blip2Config] = {
    "paper": Blip2Config(),
    "compact": Blip2Config(
        towers=COMPACT_TOWERS,
        width=256,
        hidden=256,
        queries=QueryConfig(count=16, layers=2, heads=4, feed_forward=1024),
        language=LanguageConfig(
            layers=2, heads=4, feed_forward=1024, positions=64, frozen=False, precision="float32"
        ),
    ),
    "tiny": Blip2Config(
        towers=Towers(
            resolution=28,
            image=Blip2ImageConfig(width=32, layers=2, heads=4, feed_forward=37, precision="float32"),
            text=OptTextConfig(length=30, vocabulary=99, width=16, precision="float32"),
        ),
        width=32,
        hidden=16,
        queries=QueryConfig(count=10, layers=2, heads=4, feed_forward=37),
        language=LanguageConfig(layers=2, heads=4, feed_forward=32, positions=64, precision="float32"),
    ),
}
