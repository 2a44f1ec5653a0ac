"""Q-Former of BLIP-2: learned queries read the question and look at the masks' places (CMFPF, Table IV).

Li et al., "BLIP-2: Bootstrapping Language-Image Pre-training with Frozen Image Encoders and Large Language Models",
ICML 2023.
"""

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from geotamper.models.blocks.features import Features
from geotamper.models.blocks.prompts.protocol import MaskPlaces, Surroundings, TextPrompt
from geotamper.models.blocks.transformer import AttentionStep, FeedForwardStep, LayerSizes
from geotamper.models.cmfpf.config import PromptConfig
from geotamper.models.protocol import Rows

_SPREAD = 0.02  # of the learned queries at the start, as BERT's embeddings
_EVERY = 2  # every second block looks at the masks, beginning with the first


class _Block(nn.Module):
    """Self-attention of queries and words together, attention of the queries to places, two feed-forward networks.

    Args:
        sizes: Of all layers.
        number: Of the block; it decides whether the block looks at places.
        is_last: Whether the words are left as they are afterwards, because nothing follows that would read them.
    """

    def __init__(self, sizes: LayerSizes, number: int, *, is_last: bool) -> None:
        super().__init__()
        self.together = AttentionStep(sizes)
        self.look = AttentionStep(sizes) if number % _EVERY == 0 else None
        self.query_feed_forward = FeedForwardStep(sizes)
        self.word_feed_forward = None if is_last else FeedForwardStep(sizes)

    def mix(self, queries: Tensor, words: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Queries and words past self-attention, the words past their feed-forward network too."""
        count, number = queries.shape[:2]
        everyone = torch.cat((mask.new_ones(count, number), mask), dim=1)
        mixed = self.together.to_itself(torch.cat((queries, words), dim=1), everyone)
        queries, words = mixed[:, :number], mixed[:, number:]
        return queries, words if self.word_feed_forward is None else self.word_feed_forward(words)

    def finish(self, queries: Tensor, keys: Tensor | None) -> Tensor:
        """Queries past the attention to places and their feed-forward network."""
        if self.look is not None:
            queries = self.look(queries, keys)
        result: Tensor = self.query_feed_forward(queries)
        return result


class QFormerPrompt(TextPrompt):
    """Learned queries; what is added is the mean of what they become.

    Args:
        config: Its sizes.
        around: What it has to fit.
    """

    def __init__(self, config: PromptConfig, around: Surroundings) -> None:
        super().__init__()
        sizes = LayerSizes(around.width, config.heads, config.feed_forward, config.dropout)
        last = config.q_former_blocks - 1
        self.places = MaskPlaces(config.encoder, around.width)
        self.words = nn.Linear(around.token_width, around.width)
        self.queries = nn.Parameter(torch.empty(config.q_former_queries, around.width))
        self.blocks = nn.ModuleList(_Block(sizes, k, is_last=k == last) for k in range(last + 1))
        self.out = nn.Linear(around.width, around.width)
        nn.init.normal_(self.queries, std=_SPREAD)

    def read_masks(self, masks: Tensor) -> Mapping[str, Tensor]:
        """Rows "place_keys_0", "place_keys_2", ... (P, S, 2 width), one of each block that looks."""
        places = self.places.both(masks)
        looks = {number: self._block(number).look for number in range(len(self.blocks))}
        return {
            f"place_keys_{number}": look.keys(places) for number, look in looks.items() if look is not None
        }

    def read_texts(self, question: Tensor, features: Features) -> Mapping[str, Tensor]:  # noqa: ARG002
        """Rows "reading" (T, queries, width), "words" (T, L, width), "counts" (T, L).

        Until the first look at a picture all depends on the text.
        """
        words = self.words(features.tokens)
        queries = self.queries.to(words.dtype).expand(words.shape[0], -1, -1)
        reading, words = self._block(0).mix(queries, words, features.mask)
        return {"reading": reading, "words": words, "counts": features.mask}

    def prompt(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """As `TextPrompt.prompt`; no loss terms."""
        queries, words = texts["reading"], texts["words"]
        for number in range(len(self.blocks)):
            block = self._block(number)
            if number:
                queries, words = block.mix(queries, words, texts["counts"])
            queries = block.finish(queries, pictures.tensors.get(f"place_keys_{number}"))
        return self.out(queries.mean(dim=1)), {}

    def _block(self, number: int) -> _Block:
        return cast("_Block", self.blocks[number])  # a ModuleList forgets the type
