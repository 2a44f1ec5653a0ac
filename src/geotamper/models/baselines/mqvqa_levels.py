"""Maps of several depths of one image tower."""

from typing import Any, cast

from torch import Tensor, nn

from geotamper.models.blocks.image_towers import EfficientNetImageTower, ImageTower
from geotamper.models.blocks.map_towers import as_grid
from geotamper.models.config import EfficientNetImageConfig, ImageConfig
from geotamper.models.tower_config import VggMapConfig

LEVELS = 3
"""Shallow, middle and deep; the last map of a tower comes on top."""

_VGG_LAYERS = (3, 15, 29)
"""Places of conv1_2, conv3_3 and conv5_3 behind their ReLU."""
_VGG_CHANNELS = (64, 256, 512)

_EFFICIENTNET_BLOCKS = (0, 2, 4)
"""At strides 2, 8 and 16."""
_EFFICIENTNET_CHANNELS = (16, 40, 112)


def level_channels(config: ImageConfig, tower: ImageTower) -> tuple[int, ...]:
    """Channels of the shallow, middle, deep and last map."""
    if isinstance(config, VggMapConfig):
        return (*_VGG_CHANNELS, tower.token_width)
    if isinstance(config, EfficientNetImageConfig):
        return (*_EFFICIENTNET_CHANNELS, tower.token_width)
    return (tower.token_width,) * (LEVELS + 1)


def levels(config: ImageConfig, tower: ImageTower, pictures: Tensor) -> list[Tensor]:
    """Shallow, middle, deep and last map, each (P, channels, side, side).

    VGG-16 and EfficientNet-Lite0 have maps of several sides; of the other towers the last map stands for all.

    Args:
        config: Of the tower.
        tower: As it was built.
        pictures: Shape (P, 3, H, W).
    """
    if isinstance(config, VggMapConfig):
        return _vgg(cast("nn.Sequential", tower.grid), pictures)
    if isinstance(tower, EfficientNetImageTower):
        return _efficientnet(tower.model, pictures)
    return [as_grid(tower(pictures).tokens)] * (LEVELS + 1)


def _vgg(grid: nn.Sequential, pictures: Tensor) -> list[Tensor]:
    found = []
    features = pictures
    for number, layer in enumerate(grid):
        features = layer(features)
        if number in _VGG_LAYERS:
            found.append(features)
    return [*found, nn.functional.max_pool2d(features, 2)]


def _efficientnet(model: Any, pictures: Tensor) -> list[Tensor]:  # noqa: ANN401 - a network of timm
    found = []
    features = model.bn1(model.conv_stem(pictures))
    for number, block in enumerate(model.blocks):
        features = block(features)
        if number in _EFFICIENTNET_BLOCKS:
            found.append(features)
    return [*found, model.bn2(model.conv_head(features))]
