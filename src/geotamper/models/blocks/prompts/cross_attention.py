"""CrossAttention: one attention of the question to the places of both masks (CMFPF, Table IV)."""

from collections.abc import Mapping

from torch import Tensor

from geotamper.models.blocks.attention import CrossAttention
from geotamper.models.blocks.features import Features
from geotamper.models.blocks.prompts.protocol import MaskPlaces, Surroundings, TextPrompt
from geotamper.models.blocks.transformer import FeedForward
from geotamper.models.cmfpf.config import PromptConfig
from geotamper.models.protocol import Rows


class CrossAttentionPrompt(TextPrompt):
    """M(A(q; [source, target])).

    Args:
        config: Its sizes.
        around: What it has to fit.
    """

    def __init__(self, config: PromptConfig, around: Surroundings) -> None:
        super().__init__()
        self.places = MaskPlaces(config.encoder, around.width)
        self.attention = CrossAttention(around.width, config.heads, config.dropout)
        self.feed_forward = FeedForward(around.width, config.feed_forward, config.dropout)

    def read_masks(self, masks: Tensor) -> Mapping[str, Tensor]:
        """Rows "prompt_keys" (P, S, 2 width)."""
        return {"prompt_keys": self.attention.keys(self.places.both(masks))}

    def read_texts(self, question: Tensor, features: Features) -> Mapping[str, Tensor]:  # noqa: ARG002
        """Rows "prompt_queries" (T, width)."""
        return {"prompt_queries": self.attention.queries(question)}

    def prompt(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """As `TextPrompt.prompt`; no loss terms."""
        return self.feed_forward(self.attention(texts["prompt_queries"], pictures["prompt_keys"])), {}
