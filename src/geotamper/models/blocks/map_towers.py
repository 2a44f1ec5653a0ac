"""Towers that give the plain feature map of a convolutional network, and what maps are handled with."""

import math
from pathlib import Path
from typing import Self

import torch
from torch import Tensor, nn

from geotamper.models.blocks.features import Features
from geotamper.models.blocks.image_towers import ImageTower
from geotamper.models.blocks.pretrained import load_known, read_state_dict
from geotamper.models.config import ClipImageConfig, ImageConfig
from geotamper.models.tower_config import Blip2ImageConfig, ResNetMapConfig, VggMapConfig

_VGG_LAYERS = 30
"""Of the convolutional part of VGG-16: everything before its last pooling."""

_VGG_WIDTH = 512


class MapTower(ImageTower):
    """A convolutional network without head; the pooled vector is the mean of its places.

    Args:
        grid: Maps pictures to a feature map.
        width: Channels of the map.
        frozen: Keep weights and statistics as they are.
    """

    def __init__(self, grid: nn.Module, width: int, *, frozen: bool) -> None:
        super().__init__()
        self.grid = grid.requires_grad_(not frozen)
        self.frozen = frozen
        self.width = self.token_width = width

    def train(self, mode: bool = True) -> Self:  # noqa: FBT001, FBT002 - as torch declares it
        """Keep a frozen network in evaluation mode, or its statistics would drift."""
        super().train(mode)
        if self.frozen:
            self.grid.eval()
        return self

    def look(self, pictures: Tensor) -> Features:
        """Places of the map."""
        places = self.grid(pictures).flatten(2).transpose(1, 2)
        counted = torch.ones(places.shape[:2], dtype=torch.bool, device=places.device)
        return Features(places.mean(dim=1), places, counted)


def build_map_tower(config: ResNetMapConfig | VggMapConfig) -> MapTower:
    """The tower of a configuration, with its pretrained weights.

    Raises:
        InputError: The weights are missing or of another network.
    """
    return _resnet(config) if isinstance(config, ResNetMapConfig) else _vgg(config)


def count_places(config: ImageConfig, resolution: int) -> int:
    """Tokens that an image tower gives for pictures of `resolution` x `resolution` pixels."""
    if isinstance(config, ClipImageConfig):
        return (resolution // config.patch) ** 2
    if isinstance(config, Blip2ImageConfig):
        return (resolution // config.patch) ** 2 + 1
    if isinstance(config, VggMapConfig):
        return int((resolution // 16) ** 2)
    stride = 16 if isinstance(config, ResNetMapConfig) and config.stage == 3 else 32
    return int((-(-resolution // stride)) ** 2)


def as_grid(places: Tensor) -> Tensor:
    """Places of a square map in row-major order, (P, S, C), as a map (P, C, sqrt(S), sqrt(S))."""
    side = math.isqrt(places.shape[1])
    return places.transpose(1, 2).reshape(places.shape[0], places.shape[2], side, side)


def _resnet(config: ResNetMapConfig) -> MapTower:
    from torchvision import models

    depths = {18: models.resnet18, 50: models.resnet50, 101: models.resnet101, 152: models.resnet152}
    full = depths[config.depth](weights=None)
    if config.weights is not None:
        load_known(full, read_state_dict(Path(config.weights)), (), config.weights)
    width = full.fc.in_features if config.stage == 4 else full.fc.in_features // 2
    kept = list(full.children())[: config.stage + 4]  # four layers come before the first stage
    return MapTower(nn.Sequential(*kept), width, frozen=config.frozen)


def _vgg(config: VggMapConfig) -> MapTower:
    from torchvision.models import vgg

    layers = list(vgg.make_layers(vgg.cfgs["D"]))[:_VGG_LAYERS]
    grid = nn.Sequential(*layers)
    if config.weights is not None:
        state = read_state_dict(Path(config.weights))
        known = {
            name.removeprefix("features."): value
            for name, value in state.items()
            if not name.startswith("classifier.")
        }
        load_known(grid, known, (), config.weights)
    return MapTower(grid, _VGG_WIDTH, frozen=config.frozen)
