"""The parts of BLIP-2 that see and that look words up."""

from typing import Self

import torch
from torch import Tensor, nn

from geotamper.errors import InputError
from geotamper.models.blocks.features import Features
from geotamper.models.blocks.image_towers import ImageTower
from geotamper.models.blocks.text_towers import TextTower
from geotamper.models.normalisation import DEVIATION, MEAN
from geotamper.models.protocol import TokenBatch
from geotamper.models.tower_config import Blip2ImageConfig, OptTextConfig

_CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
_CLIP_DEVIATION = (0.26862954, 0.26130258, 0.27577711)

_RANDOM_DEVIATION = 0.02
"""Of random weights; the library's own default for this transformer is zero in practice."""

_PADDING = 1
"""Row of OPT's embedding that pads."""


class Blip2ImageTower(ImageTower):
    """Vision transformer of BLIP-2; the pooled vector is the class token, which is a token too.

    It takes pictures normalised as all networks are given them, and normalises them as CLIP was trained.
    """

    def __init__(self, config: Blip2ImageConfig, resolution: int) -> None:
        super().__init__()
        from transformers import Blip2VisionConfig, Blip2VisionModel

        if resolution % config.patch:
            raise InputError(
                f"patches of {config.patch} pixels do not fill {resolution} pixels; "
                "set towers.resolution to a multiple of towers.image.patch"
            )
        self.model: nn.Module = Blip2VisionModel(
            Blip2VisionConfig(
                hidden_size=config.width,
                intermediate_size=config.feed_forward,
                num_hidden_layers=config.layers,
                num_attention_heads=config.heads,
                image_size=resolution,
                patch_size=config.patch,
                initializer_range=_RANDOM_DEVIATION,
            )
        )
        self.model.to(getattr(torch, config.precision)).requires_grad_(not config.frozen)
        self.frozen = config.frozen
        self.width = self.token_width = config.width

    def train(self, mode: bool = True) -> Self:  # noqa: FBT001, FBT002 - as torch declares it
        """Keep a frozen transformer in evaluation mode."""
        super().train(mode)
        if self.frozen:
            self.model.eval()
        return self

    def look(self, pictures: Tensor) -> Features:
        """The class token and the patches, float32."""
        seen = self.model(pixel_values=_clip_normalised(pictures)).last_hidden_state
        tokens: Tensor = seen.float()
        counted = torch.ones(tokens.shape[:2], dtype=torch.bool, device=tokens.device)
        return Features(tokens[:, 0], tokens, counted)


class OptTextTower(TextTower):
    """Token embedding of OPT; the pooled vector is the mean of the tokens that count."""

    def __init__(self, config: OptTextConfig) -> None:
        super().__init__()
        precision = getattr(torch, config.precision)
        self.embedding = nn.Embedding(config.vocabulary, config.width, padding_idx=_PADDING, dtype=precision)
        nn.init.normal_(self.embedding.weight, std=_RANDOM_DEVIATION)
        self.embedding.requires_grad_(not config.frozen)
        self.width = self.token_width = config.width

    def forward(self, tokens: TokenBatch) -> Features:
        """The embedding, float32."""
        words = self.embedding(tokens.ids).float()
        counts = tokens.mask.unsqueeze(-1).to(words.dtype)
        return Features((words * counts).sum(1) / counts.sum(1), words, tokens.mask)


def _clip_normalised(pictures: Tensor) -> Tensor:
    """Change the normalisation from that of the sets to that of CLIP."""
    ours, theirs = (
        [pictures.new_tensor(values).view(3, 1, 1) for values in pair]
        for pair in ((MEAN, DEVIATION), (_CLIP_MEAN, _CLIP_DEVIATION))
    )
    return (pictures * ours[1] + ours[0] - theirs[0]) / theirs[1]
