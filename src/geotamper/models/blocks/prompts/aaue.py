"""AAUE, adaptive aggregation of unimodal experts (CMFPF, Table IV): managers choose layers of the text tower.

Xu et al., "ManagerTower: Aggregating the Insights of Uni-Modal Experts for Vision-Language Representation Learning",
ACL 2023. Written from the paper and from section 9 of the specification.
"""

import math
from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from geotamper.models.blocks.features import Features, last_token
from geotamper.models.blocks.prompts.protocol import MaskPlaces, Surroundings, TextPrompt
from geotamper.models.blocks.transformer import CrossAttentionLayer, LayerSizes
from geotamper.models.cmfpf.config import PromptConfig
from geotamper.models.protocol import Rows


class _Manager(nn.Module):
    """Weighs the experts for every word, by the word and by what it finds in the masks.

    Args:
        width: Length of a token.
        experts: How many there are.
    """

    def __init__(self, width: int, experts: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.score = nn.Linear(2 * width, experts)
        self.temperature = nn.Parameter(torch.ones(()))
        self.previous = nn.Parameter(torch.ones(width))
        self.noise = 1 / experts

    def forward(self, words: Tensor, experts: Tensor, places: Tensor, keys: Tensor) -> Tensor:
        """Aggregated tokens, shape (N, L, width).

        Args:
            words: Current cross-modal tokens, shape (N, L, width).
            experts: Layers of the text tower, shape (N, K, L, width).
            places: Of the masks, normalised, shape (N, S, width).
            keys: `key` of the places.
        """
        similarity = self.query(words) @ keys.transpose(1, 2) / math.sqrt(words.shape[-1])
        found = functional.softmax(similarity.float(), dim=-1).to(words.dtype) @ places
        scores = self.score(torch.cat((found, words), dim=-1)).float()
        if self.training:
            scores = scores + torch.randn_like(scores) * self.noise
        weights = functional.softmax(scores / self.temperature, dim=-1).to(words.dtype)
        return torch.einsum("nlk,nklw->nlw", weights, experts) + self.previous * words


class AauePrompt(TextPrompt):
    """Two cross-attention layers from words to the masks' places, each after a manager.

    What is added to the question is the state at its last token. Where the text tower has fewer layers than the
    configuration asks for, all of them are experts.

    Args:
        config: Its sizes.
        around: What it has to fit.
    """

    def __init__(self, config: PromptConfig, around: Surroundings) -> None:
        super().__init__()
        sizes = LayerSizes(around.width, config.heads, config.feed_forward, config.dropout)
        self.text_layers = min(config.aaue_experts, around.layers)
        self.places = MaskPlaces(config.encoder, around.width)
        self.place_norm = nn.LayerNorm(around.width)
        self.words = nn.Linear(around.token_width, around.width)
        self.expert_norms = nn.ModuleList(nn.LayerNorm(around.width) for _ in range(self.text_layers))
        self.managers = nn.ModuleList(
            _Manager(around.width, self.text_layers) for _ in range(config.aaue_layers)
        )
        self.layers = nn.ModuleList(CrossAttentionLayer(sizes) for _ in range(config.aaue_layers))

    def read_masks(self, masks: Tensor) -> Mapping[str, Tensor]:
        """Rows "places" (P, S, width), and of each layer "manager_keys_0" (P, S, width), "keys_0" (P, S, 2 width)."""
        places = self.places.both(masks)
        normed = self.place_norm(places)
        found = {"places": normed}
        for number in range(len(self.layers)):
            found[f"manager_keys_{number}"] = self._manager(number).key(normed)
            found[f"keys_{number}"] = self._layer(number).keys(places)
        return found

    def read_texts(self, question: Tensor, features: Features) -> Mapping[str, Tensor]:  # noqa: ARG002
        """Rows "experts" (T, K, L, width) and "counts" (T, L)."""
        if features.layers is None:
            raise ValueError("the text tower was not asked to keep its layers")
        projected = self.words(features.layers)
        experts = [norm(projected[:, number]) for number, norm in enumerate(self.expert_norms)]
        return {"experts": torch.stack(experts, dim=1), "counts": features.mask}

    def prompt(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """As `TextPrompt.prompt`; no loss terms."""
        experts, places = texts["experts"], pictures["places"]
        words = experts[:, -1]
        for number in range(len(self.layers)):
            managed = self._manager(number)(words, experts, places, pictures[f"manager_keys_{number}"])
            words = self._layer(number)(managed, pictures[f"keys_{number}"])
        return last_token(words, texts["counts"]), {}

    def _manager(self, number: int) -> _Manager:
        return cast("_Manager", self.managers[number])  # a ModuleList forgets the type

    def _layer(self, number: int) -> CrossAttentionLayer:
        return cast("CrossAttentionLayer", self.layers[number])
