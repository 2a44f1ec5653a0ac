"""Recurrent readers whose padding reaches no state."""

import torch
from torch import Tensor, nn

from geotamper.models.blocks.features import Features
from geotamper.models.blocks.text_towers import TextTower
from geotamper.models.protocol import TokenBatch
from geotamper.models.tower_config import RecurrentTextConfig


class RecurrentTextTower(TextTower):
    """Word embedding and layers of LSTM or GRU in one or two directions.

    The way back reads the words of each text in reverse, not its padding, so it needs no packed sequences, which
    cannot be exported.
    """

    def __init__(self, config: RecurrentTextConfig) -> None:
        super().__init__()
        self.width = self.token_width = config.hidden * config.directions
        self.embedding = nn.Embedding(config.vocabulary, config.embedding, padding_idx=0)
        self.dropout = nn.Dropout(config.word_dropout)
        cell = nn.LSTM if config.cell == "lstm" else nn.GRU
        inputs = [config.embedding] + [self.width] * (config.layers - 1)
        self.ahead = nn.ModuleList(cell(size, config.hidden, batch_first=True) for size in inputs)
        self.back = nn.ModuleList(
            cell(size, config.hidden, batch_first=True)
            for size in inputs[: len(inputs) * (config.directions - 1)]
        )

    def forward(self, tokens: TokenBatch) -> Features:
        """Tokens are the states of the last layer, both directions joined."""
        states = self.dropout(self.embedding(tokens.ids))
        last, reverse = _places(tokens.mask)
        pooled = states
        for number, layer in enumerate(self.ahead):
            ahead, _ = layer(states)
            pooled = _picked(ahead, last).squeeze(1)
            if not self.back:
                states = ahead
                continue
            back, _ = self.back[number](_picked(states, reverse))
            states = torch.cat((ahead, _picked(back, reverse)), dim=2)
            pooled = torch.cat((pooled, _picked(back, last).squeeze(1)), dim=1)
        return Features(pooled, states, tokens.mask)


def _places(mask: Tensor) -> tuple[Tensor, Tensor]:
    """Place of the last word, (T, 1), and for every place the one that mirrors it in its text, (T, L)."""
    places = torch.arange(mask.shape[1], device=mask.device)
    last = (mask * places).amax(dim=1, keepdim=True)
    return last, torch.where(mask, last - places, places)


def _picked(states: Tensor, places: Tensor) -> Tensor:
    return states.gather(1, places[:, :, None].expand(-1, -1, states.shape[-1]))
