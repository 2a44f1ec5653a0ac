"""What every text prompt offers, so that the network treats all alike."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from geotamper.models.blocks.features import Features
from geotamper.models.blocks.mask_encoder import MaskEncoder
from geotamper.models.config import MaskEncoderConfig
from geotamper.models.protocol import Rows


@dataclass(frozen=True)
class Surroundings:
    """What a text prompt has to fit.

    Attributes:
        width: Length of a question's vector, and of what is added to it.
        token_width: Length of a token of the text tower.
        layers: Layers of the text tower whose tokens can be had.
    """

    width: int
    token_width: int
    layers: int


class TextPrompt(nn.Module, ABC):
    """Maps predicted masks and a question to what is added to the question's vector.

    What depends on the masks alone is read once per picture, what depends on the text alone once per text.

    Attributes:
        text_layers: How many of the text tower's last layers it reads; 0: the last tokens suffice.
    """

    text_layers: int = 0

    @abstractmethod
    def read_masks(self, masks: Tensor) -> Mapping[str, Tensor]:
        """Rows of P pictures.

        Args:
            masks: Source, target and composite on a scale of 0 to 1, not clamped, shape (P, 3, H, W).
        """

    @abstractmethod
    def read_texts(self, question: Tensor, features: Features) -> Mapping[str, Tensor]:
        """Rows of T texts.

        Args:
            question: Their vectors, shape (T, width).
            features: What the text tower made of them.
        """

    @abstractmethod
    def prompt(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """What is added to N questions, shape (N, width), and the loss terms of the module by name."""


class MaskPlaces(nn.Module):
    """Places of a mask as vectors: last stage of a ResNet-18 and a 1x1 convolution (cmfpf.md, section 9).

    Args:
        config: Size of the ResNet.
        width: Length of a place's vector.
    """

    def __init__(self, config: MaskEncoderConfig, width: int) -> None:
        super().__init__()
        self.encoder = MaskEncoder(config, None)
        self.project = nn.Conv2d(8 * config.base, width, 1)

    def grid(self, mask: Tensor) -> Tensor:
        """Shape (P, width, h, w) of one mask of each picture, shape (P, 1, H, W)."""
        result: Tensor = self.project(self.encoder.grid(mask))
        return result

    def forward(self, mask: Tensor) -> Tensor:
        """Places in row-major order, shape (P, h w, width)."""
        return self.grid(mask).flatten(2).transpose(1, 2)

    def both(self, masks: Tensor) -> Tensor:
        """Places of the source, then those of the target, shape (P, 2 h w, width).

        One mask after the other, so that BatchNorm takes its statistics of each kind by itself, as STMA does.
        """
        return torch.cat((self(masks[:, 0:1]), self(masks[:, 1:2])), dim=1)
