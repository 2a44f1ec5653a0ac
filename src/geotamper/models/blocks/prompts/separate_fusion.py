"""STF: the question attends to source and target apart from each other (CMFPF, figure 8b and Table IV)."""

from collections.abc import Mapping

from torch import Tensor, nn

from geotamper.models.blocks.attention import CrossAttention
from geotamper.models.blocks.features import Features
from geotamper.models.blocks.prompts.protocol import MaskPlaces, Surroundings, TextPrompt
from geotamper.models.blocks.transformer import FeedForward
from geotamper.models.cmfpf.config import PromptConfig
from geotamper.models.protocol import Rows


class _Branch(nn.Module):
    """M(A(q, places)) of one mask, with an encoder of its own."""

    def __init__(self, config: PromptConfig, width: int) -> None:
        super().__init__()
        self.places = MaskPlaces(config.encoder, width)
        self.attention = CrossAttention(width, config.heads, config.dropout)
        self.feed_forward = FeedForward(width, config.feed_forward, config.dropout)

    def keys(self, mask: Tensor) -> Tensor:
        return self.attention.keys(self.places(mask))

    def queries(self, question: Tensor) -> Tensor:
        return self.attention.queries(question)

    def forward(self, queries: Tensor, keys: Tensor) -> Tensor:
        result: Tensor = self.feed_forward(self.attention(queries, keys))
        return result


class SeparateFusionPrompt(TextPrompt):
    """M_s(A_s(q, source)) + M_t(A_t(q, target)); no relations of the two, and no loss terms.

    Args:
        config: Its sizes.
        around: What it has to fit.
    """

    def __init__(self, config: PromptConfig, around: Surroundings) -> None:
        super().__init__()
        self.source = _Branch(config, around.width)
        self.target = _Branch(config, around.width)

    def read_masks(self, masks: Tensor) -> Mapping[str, Tensor]:
        """Rows "source_keys" and "target_keys" (P, S, 2 width)."""
        return {
            "source_keys": self.source.keys(masks[:, 0:1]),
            "target_keys": self.target.keys(masks[:, 1:2]),
        }

    def read_texts(self, question: Tensor, features: Features) -> Mapping[str, Tensor]:  # noqa: ARG002
        """Rows "source_queries" and "target_queries" (T, width)."""
        return {
            "source_queries": self.source.queries(question),
            "target_queries": self.target.queries(question),
        }

    def prompt(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """As `TextPrompt.prompt`; no loss terms."""
        source = self.source(texts["source_queries"], pictures["source_keys"])
        target = self.target(texts["target_queries"], pictures["target_keys"])
        return source + target, {}
