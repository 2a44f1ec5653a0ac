"""The parts of BLIP-2 behind its towers, built by hand on the classes of transformers.

The library's own processor and generation model expect placeholders for the picture among the tokens, which older
checkpoints do not know; joining the embeddings here does without them.
"""

from typing import TYPE_CHECKING, Literal, Self

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from geotamper.errors import InputError
from geotamper.models.blocks.pretrained import hub_or_folder, load_known
from geotamper.models.settings import Settings

if TYPE_CHECKING:
    from geotamper.models.baselines.blip2 import Blip2

_QUERY_DEVIATION = 0.02
_WORDS = "embed_tokens."


class QueryConfig(Settings):
    """Query transformer of BLIP-2 (Q-Former); it does not see the question.

    Attributes:
        count: Learned queries.
        cross_every: Every how many layers the queries look at the picture.
    """

    count: PositiveInt = 32
    layers: PositiveInt = 12
    heads: PositiveInt = 12
    feed_forward: PositiveInt = 3072
    cross_every: PositiveInt = 2


class LanguageConfig(Settings):
    """OPT decoder.

    Attributes:
        positions: Longest sequence.
        frozen: Keep its weights as they are.
        precision: Type of its weights.
    """

    layers: PositiveInt = 32
    heads: PositiveInt = 32
    feed_forward: PositiveInt = 10240
    positions: PositiveInt = 2048
    frozen: bool = True
    precision: Literal["float32", "bfloat16"] = "bfloat16"


class QueryTransformer(nn.Module):
    """Learned queries that attend to each other and to the places of a picture.

    Args:
        config: Its sizes.
        width: Length of a query.
        places: Length of a place's vector.
        dropout: Share of units that training drops.
    """

    def __init__(self, config: QueryConfig, width: int, places: int, dropout: float) -> None:
        super().__init__()
        from transformers import Blip2QFormerConfig, Blip2QFormerModel

        self.queries = nn.Parameter(torch.empty(1, config.count, width))
        nn.init.normal_(self.queries, std=_QUERY_DEVIATION)
        self.model = Blip2QFormerModel(
            Blip2QFormerConfig(
                hidden_size=width,
                num_hidden_layers=config.layers,
                num_attention_heads=config.heads,
                intermediate_size=config.feed_forward,
                cross_attention_frequency=config.cross_every,
                encoder_hidden_size=places,
                hidden_dropout_prob=dropout,
                attention_probs_dropout_prob=dropout,
            )
        )

    def forward(self, places: Tensor) -> Tensor:
        """What the queries found in places of shape (P, S, D): shape (P, count, width)."""
        queries = self.queries.expand(places.shape[0], -1, -1)
        found: Tensor = self.model(query_embeds=queries, encoder_hidden_states=places).last_hidden_state
        return found


class LanguageModel(nn.Module):
    """OPT decoder that is given vectors instead of tokens.

    Args:
        config: Its sizes.
        width: Length of the vectors.
    """

    def __init__(self, config: LanguageConfig, width: int) -> None:
        super().__init__()
        from transformers import OPTConfig, OPTModel

        self.decoder: nn.Module = OPTModel(
            OPTConfig(
                vocab_size=1,  # words are looked up in the text tower, and the decoder's own table is dropped
                pad_token_id=0,
                bos_token_id=0,
                eos_token_id=0,
                hidden_size=width,
                word_embed_proj_dim=width,
                num_hidden_layers=config.layers,
                num_attention_heads=config.heads,
                ffn_dim=config.feed_forward,
                max_position_embeddings=config.positions,
            )
        ).decoder
        self.decoder.set_submodule("embed_tokens", nn.Identity())
        self.precision: torch.dtype = getattr(torch, config.precision)
        self.decoder.to(self.precision).requires_grad_(not config.frozen)
        self.frozen = config.frozen

    def train(self, mode: bool = True) -> Self:  # noqa: FBT001, FBT002 - as torch declares it
        """Keep a frozen decoder in evaluation mode."""
        super().train(mode)
        if self.frozen:
            self.decoder.eval()
        return self

    def forward(self, vectors: Tensor, mask: Tensor) -> Tensor:
        """The state after the last vector that counts.

        Args:
            vectors: Shape (N, S, width).
            mask: Which count, bool, shape (N, S); they come first.

        Returns:
            Float32, shape (N, width).
        """
        counted = mask.to(torch.int64)
        last = counted.sum(dim=1) - 1
        states: Tensor = self.decoder(
            inputs_embeds=vectors.to(self.precision),
            attention_mask=counted,
            position_ids=torch.cumsum(counted, dim=1) * counted - 1,
            use_cache=False,
        ).last_hidden_state
        chosen = last[:, None, None].expand(-1, 1, states.shape[-1])
        return states.gather(1, chosen).squeeze(1).float()


def load_checkpoint(network: "Blip2", name: str) -> None:
    """Load all parts but the classifier from a checkpoint of BLIP-2 with OPT.

    Args:
        network: With towers of the kinds `blip2` and `opt`.
        name: Folder in the layout of transformers, or `hub:NAME`.

    Raises:
        InputError: The checkpoint is missing, of another network or of another size.
    """
    from transformers import Blip2ForConditionalGeneration

    place, local = hub_or_folder(name)
    try:
        found = Blip2ForConditionalGeneration.from_pretrained(place, local_files_only=local, dtype="auto")
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot read BLIP-2 from '{name}': {error}; give a folder in the layout of transformers"
        ) from error
    decoder = getattr(getattr(found.language_model, "model", None), "decoder", None)
    if decoder is None:
        raise InputError(
            f"the language model of '{name}' is {type(found.language_model).__name__}, not OPT; "
            "give a checkpoint such as blip2-opt-2.7b"
        )
    query = network.query_transformer
    if found.query_tokens.shape != query.queries.shape:
        raise InputError(f"'{name}' has {found.query_tokens.shape[1]} queries; set queries.count to that")
    load_known(network.image_tower.model, found.vision_model.state_dict(), (), name)  # type: ignore[arg-type]
    load_known(query.model, found.qformer.state_dict(), (), name)
    load_known(network.language_projection, found.language_projection.state_dict(), (), name)
    load_known(network.language_model.decoder, decoder.state_dict(), (_WORDS,), name)
    load_known(network.text_tower.embedding, decoder.embed_tokens.state_dict(), (), name)  # type: ignore[arg-type]
    with torch.no_grad():
        query.queries.copy_(found.query_tokens)
