"""Networks that see: CLIP vision transformer, ResNet, EfficientNet-Lite0; plain feature maps are in `map_towers`."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from geotamper.errors import InputError
from geotamper.models.blocks.efficientnet import build_efficientnet_lite0
from geotamper.models.blocks.features import Features
from geotamper.models.blocks.pretrained import hub_or_folder, load_known, read_state_dict
from geotamper.models.config import (
    ClipImageConfig,
    EfficientNetImageConfig,
    ImageConfig,
    ResNetImageConfig,
)
from geotamper.models.tower_config import Blip2ImageConfig

_STRIDE = 32  # of ResNet and EfficientNet


class ImageTower(nn.Module, ABC):
    """Base of all image towers.

    Attributes:
        width: Length of the pooled vector.
        token_width: Length of a place's vector.
        frozen: Whether its weights and statistics stay as they are: it then says the same of a picture each time.
        recall: Asked first: gives the features of pictures that are known already, None for others.
    """

    width: int
    token_width: int
    frozen: bool = False
    recall: Callable[[Tensor], Features | None] | None = None

    def forward(self, pictures: Tensor) -> Features:
        """Features of pictures of shape (P, 3, resolution, resolution)."""
        known = None if self.recall is None else self.recall(pictures)
        return self.look(pictures) if known is None else known

    @abstractmethod
    def look(self, pictures: Tensor) -> Features:
        """Features of pictures, computed."""


class ClipImageTower(ImageTower):
    """CLIP vision transformer; the pooled vector is the class token after the last LayerNorm, without projection."""

    def __init__(self, config: ClipImageConfig, resolution: int) -> None:
        super().__init__()
        from transformers import CLIPVisionConfig, CLIPVisionModel

        if resolution % config.patch:
            raise InputError(
                f"patches of {config.patch} pixels do not fill {resolution} pixels; "
                "set towers.resolution to a multiple of towers.image.patch"
            )
        if config.weights is None:
            self.model: nn.Module = CLIPVisionModel(
                CLIPVisionConfig(
                    hidden_size=config.width,
                    intermediate_size=config.feed_forward,
                    num_hidden_layers=config.layers,
                    num_attention_heads=config.heads,
                    image_size=resolution,
                    patch_size=config.patch,
                )
            )
        else:
            name, local = hub_or_folder(config.weights)
            self.model = CLIPVisionModel.from_pretrained(name, local_files_only=local)
            _check_clip(self.model.config, config, config.weights)
            if self.model.config.image_size != resolution:
                raise InputError(
                    f"'{config.weights}' sees {self.model.config.image_size} pixels, not {resolution}; "
                    f"set towers.resolution={self.model.config.image_size}"
                )
        self.width = self.token_width = config.width

    def look(self, pictures: Tensor) -> Features:
        """The class token, and the patches after the last LayerNorm."""
        seen = self.model(pixel_values=pictures)
        patches: Tensor = self.model.post_layernorm(seen.last_hidden_state[:, 1:])  # type: ignore[operator]
        return Features(seen.pooler_output, patches, _all_count(patches))


class ResNetImageTower(ImageTower):
    """ResNet whose last grid is reduced by a 1x1 convolution and flattened."""

    def __init__(self, config: ResNetImageConfig, resolution: int) -> None:
        super().__init__()
        from torchvision import models

        depths = {18: models.resnet18, 50: models.resnet50, 101: models.resnet101, 152: models.resnet152}
        full = depths[config.depth](weights=None)
        if config.weights is not None:
            load_known(full, read_state_dict(Path(config.weights)), (), config.weights)
        self.token_width = full.fc.in_features
        self.grid = nn.Sequential(*list(full.children())[:-2])
        self.reduce = nn.Conv2d(self.token_width, config.reduced, 1)
        self.width = config.reduced * _cells(resolution) ** 2

    def look(self, pictures: Tensor) -> Features:
        """Places of the last stage."""
        return _pool_grid(self.grid(pictures), self.reduce)


class _Float32(nn.Module):
    """Run a layer in float32: gradients of depthwise convolutions in bfloat16 are several times slower on a CPU."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, features: Tensor) -> Tensor:
        with torch.autocast(features.device.type, enabled=False):
            result: Tensor = self.layer(features.float())
        return result.to(features.dtype)


class EfficientNetImageTower(ImageTower):
    """EfficientNet-Lite0, whose last grid has 1280 channels."""

    def __init__(self, config: EfficientNetImageConfig, resolution: int) -> None:
        super().__init__()
        self.model = build_efficientnet_lite0(config.weights)
        for name, module in list(self.model.named_modules()):
            if isinstance(module, nn.Conv2d) and module.groups > 1:
                module.requires_grad_(config.depthwise == "train")
                self.model.set_submodule(name, _Float32(module))
        self.token_width = int(self.model.num_features)  # type: ignore[arg-type]
        self.reduce = nn.Conv2d(self.token_width, config.reduced, 1) if config.pooling == "grid" else None
        self.width = self.token_width if self.reduce is None else config.reduced * _cells(resolution) ** 2

    def look(self, pictures: Tensor) -> Features:
        """Places of the last stage."""
        return _pool_grid(self.model(pictures), self.reduce)


def build_image_tower(config: ImageConfig, resolution: int) -> ImageTower:
    """The image tower of a configuration for square pictures of `resolution` pixels, with its pretrained weights.

    Raises:
        InputError: The weights are missing or of another network, or the resolution does not fit.
        MissingLibraryError: The package with the weights is not installed.
    """
    if isinstance(config, ClipImageConfig):
        return ClipImageTower(config, resolution)
    if isinstance(config, ResNetImageConfig):
        return ResNetImageTower(config, resolution)
    if isinstance(config, EfficientNetImageConfig):
        return EfficientNetImageTower(config, resolution)
    if isinstance(config, Blip2ImageConfig):
        from geotamper.models.blocks.blip2_towers import Blip2ImageTower

        return Blip2ImageTower(config, resolution)
    from geotamper.models.blocks.map_towers import build_map_tower

    return build_map_tower(config)


def _cells(resolution: int) -> int:
    return -(-resolution // _STRIDE)


def _all_count(tokens: Tensor) -> Tensor:
    return torch.ones(tokens.shape[:2], dtype=torch.bool, device=tokens.device)


def _pool_grid(grid: Tensor, reduce: nn.Module | None) -> Features:
    pooled = grid.mean(dim=(2, 3)) if reduce is None else reduce(grid).flatten(1)
    tokens = grid.flatten(2).transpose(1, 2)
    return Features(pooled, tokens, _all_count(tokens))


def _check_clip(found: Any, wanted: ClipImageConfig, name: str) -> None:  # noqa: ANN401 - a transformers config
    sizes = {"width": found.hidden_size, "layers": found.num_hidden_layers, "patch": found.patch_size}
    for key, value in sizes.items():
        if getattr(wanted, key) != value:
            raise InputError(f"'{name}' has {key} {value}; set towers.image.{key}={value}")
