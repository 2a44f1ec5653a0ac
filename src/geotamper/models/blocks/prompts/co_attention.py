"""Co-Attention of MCAN: words attend to each other, then the masks' places to them (CMFPF, Table IV).

Yu et al., "Deep Modular Co-Attention Networks for Visual Question Answering", CVPR 2019.
"""

from collections.abc import Mapping
from typing import cast

from torch import Tensor, nn

from geotamper.models.blocks.features import Features
from geotamper.models.blocks.prompts.protocol import MaskPlaces, Surroundings, TextPrompt
from geotamper.models.blocks.transformer import (
    AttentionPooling,
    AttentionStep,
    FeedForwardStep,
    LayerSizes,
    SelfAttentionLayer,
)
from geotamper.models.cmfpf.config import PromptConfig
from geotamper.models.protocol import Rows


class _GuidedUnit(nn.Module):
    """Self-attention, attention to the text, feed-forward network."""

    def __init__(self, sizes: LayerSizes) -> None:
        super().__init__()
        self.own = AttentionStep(sizes)
        self.guided = AttentionStep(sizes)
        self.feed_forward = FeedForwardStep(sizes)

    def guide(self, places: Tensor, keys: Tensor, mask: Tensor) -> Tensor:
        """All that follows the self-attention."""
        result: Tensor = self.feed_forward(self.guided(places, keys, mask))
        return result


class CoAttentionPrompt(TextPrompt):
    """Two self-attention units of the text, two guided units of the masks, attention pooling of both.

    All guided units see the finished text, as MCAN's encoder-decoder does.

    Args:
        config: Its sizes.
        around: What it has to fit.
    """

    def __init__(self, config: PromptConfig, around: Surroundings) -> None:
        super().__init__()
        sizes = LayerSizes(around.width, config.co_attention_heads, config.feed_forward, config.dropout)
        units = range(config.co_attention_units)
        self.places = MaskPlaces(config.encoder, around.width)
        self.words = nn.Linear(around.token_width, around.width)
        self.text_units = nn.ModuleList(SelfAttentionLayer(sizes) for _ in units)
        self.units = nn.ModuleList(_GuidedUnit(sizes) for _ in units)
        self.pool_text = AttentionPooling(around.width)
        self.pool_places = AttentionPooling(around.width)
        self.norm = nn.LayerNorm(around.width)
        self.out = nn.Linear(around.width, around.width)

    def read_masks(self, masks: Tensor) -> Mapping[str, Tensor]:
        """Rows "places" (P, S, width), past the first self-attention, which sees no text."""
        return {"places": self._unit(0).own.to_itself(self.places.both(masks))}

    def read_texts(self, question: Tensor, features: Features) -> Mapping[str, Tensor]:  # noqa: ARG002
        """Rows "word_keys_0", ... (T, L, 2 width) of each unit, "counts" (T, L) and "pooled_words" (T, width)."""
        words = self.words(features.tokens)
        for unit in self.text_units:
            words = unit(words, features.mask)
        keys = [self._unit(number).guided.keys(words) for number in range(len(self.units))]
        return {
            **{f"word_keys_{number}": one for number, one in enumerate(keys)},
            "counts": features.mask,
            "pooled_words": self.pool_text(words, features.mask),
        }

    def prompt(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """As `TextPrompt.prompt`; no loss terms."""
        places = pictures["places"]
        for number in range(len(self.units)):
            unit = self._unit(number)
            if number:
                places = unit.own.to_itself(places)
            places = unit.guide(places, texts[f"word_keys_{number}"], texts["counts"])
        joined = self.norm(self.pool_places(places) + texts["pooled_words"])
        return self.out(joined), {}

    def _unit(self, number: int) -> _GuidedUnit:
        return cast("_GuidedUnit", self.units[number])  # a ModuleList forgets the type
