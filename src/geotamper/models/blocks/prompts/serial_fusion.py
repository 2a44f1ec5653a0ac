"""SF: the question attends to the source, and the result to the target (CMFPF, figure 8a and Table IV)."""

from collections.abc import Mapping

from torch import Tensor

from geotamper.models.blocks.attention import CrossAttention
from geotamper.models.blocks.features import Features
from geotamper.models.blocks.prompts.protocol import MaskPlaces, Surroundings, TextPrompt
from geotamper.models.blocks.transformer import FeedForward
from geotamper.models.cmfpf.config import PromptConfig
from geotamper.models.protocol import Rows


class SerialFusionPrompt(TextPrompt):
    """h1 = q + A1(q, source); h2 = h1 + A2(h1, target); M(h2).

    Args:
        config: Its sizes.
        around: What it has to fit.
    """

    def __init__(self, config: PromptConfig, around: Surroundings) -> None:
        super().__init__()
        self.places = MaskPlaces(config.encoder, around.width)
        self.to_source = CrossAttention(around.width, config.heads, config.dropout)
        self.to_target = CrossAttention(around.width, config.heads, config.dropout)
        self.feed_forward = FeedForward(around.width, config.feed_forward, config.dropout)

    def read_masks(self, masks: Tensor) -> Mapping[str, Tensor]:
        """Rows "source_keys" and "target_keys" (P, S, 2 width)."""
        return {
            "source_keys": self.to_source.keys(self.places(masks[:, 0:1])),
            "target_keys": self.to_target.keys(self.places(masks[:, 1:2])),
        }

    def read_texts(self, question: Tensor, features: Features) -> Mapping[str, Tensor]:  # noqa: ARG002
        """Rows "prompt_question" and "source_queries" (T, width)."""
        return {"prompt_question": question, "source_queries": self.to_source.queries(question)}

    def prompt(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """As `TextPrompt.prompt`; no loss terms."""
        first = texts["prompt_question"] + self.to_source(texts["source_queries"], pictures["source_keys"])
        second = first + self.to_target(self.to_target.queries(first), pictures["target_keys"])
        return self.feed_forward(second), {}
