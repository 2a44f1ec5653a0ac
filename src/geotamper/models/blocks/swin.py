"""Swin transformer that predicts masks (the mask head `Swin` of CMFPF, Table III)."""

from itertools import pairwise
from pathlib import Path

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional

from geotamper.models.blocks.pretrained import load_known, read_state_dict
from geotamper.models.blocks.unet import MASKS, DoubleConvolution
from geotamper.models.config import SwinMaskConfig

_WINDOW = 7
_LAST_WIDTH = 64


class SwinMaskNetwork(nn.Module):
    """Swin with features at strides 4, 8, 16 and 32, and three stages of enlarging and joining.

    Args:
        config: Its size and weights.
        resolution: Side of the pictures in pixels, a multiple of 32.

    Raises:
        InputError: The weights are missing or of another network.
    """

    def __init__(self, config: SwinMaskConfig, resolution: int) -> None:
        super().__init__()
        self.encoder: nn.Module = timm.create_model(
            "swin_tiny_patch4_window7_224",
            pretrained=False,
            features_only=True,
            img_size=resolution,
            embed_dim=config.embedding,
            depths=config.depths,
            num_heads=config.heads,
            window_size=_WINDOW,
        )
        if config.weights is not None:
            state = {
                name.replace("layers.", "layers_", 1): value
                for name, value in read_state_dict(Path(config.weights)).items()
            }
            load_known(self.encoder, state, ("norm.", "head."), config.weights)
        widths = [config.embedding * 2**stage for stage in range(4)]
        self.merge = nn.ModuleList(
            DoubleConvolution(deep + shallow, shallow) for deep, shallow in pairwise(reversed(widths))
        )
        self.last = DoubleConvolution(widths[0], _LAST_WIDTH)
        self.head = nn.Conv2d(_LAST_WIDTH, MASKS, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Masks of the same height and width, shape (P, 3, H, W)."""
        stages = [stage.permute(0, 3, 1, 2) for stage in self.encoder(pictures)]
        features = stages.pop()
        for merge in self.merge:
            shallow = stages.pop()
            features = merge(torch.cat((shallow, _enlarged(features, shallow.shape[-2:])), dim=1))
        features = self.last(_enlarged(features, pictures.shape[-2:]))
        masks: Tensor = self.head(features)
        return masks


def _enlarged(features: Tensor, size: torch.Size) -> Tensor:
    return functional.interpolate(features, size=list(size), mode="bilinear", align_corners=False)
