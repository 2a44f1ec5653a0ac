"""U-Net that predicts source, target and composite (CMFPF, section III-B)."""

from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from geotamper.models.blocks.pretrained import load_known, read_state_dict
from geotamper.models.config import MaskNetworkConfig, UNetConfig

MASKS = 3
_STAGES = 4


class DoubleConvolution(nn.Module):
    """Twice: 3x3 convolution, BatchNorm, ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Keep height and width."""
        result: Tensor = self.layers(features)
        return result


class _Up(nn.Module):
    """Double the size by a transposed convolution and join the features of the way down."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.grow = nn.ConvTranspose2d(channels, channels // 2, 2, stride=2)
        self.merge = DoubleConvolution(channels, channels // 2)

    def forward(self, features: Tensor, skipped: Tensor) -> Tensor:
        grown = self.grow(features)
        missing_rows = skipped.shape[-2] - grown.shape[-2]
        missing_columns = skipped.shape[-1] - grown.shape[-1]
        if missing_rows or missing_columns:
            left, top = missing_columns // 2, missing_rows // 2
            grown = functional.pad(grown, (left, missing_columns - left, top, missing_rows - top))
        result: Tensor = self.merge(torch.cat((skipped, grown), dim=1))
        return result


class UNet(nn.Module):
    """U-Net with four stages down and up; the output has no activation.

    Args:
        config: Its size.
        outputs: Maps that it predicts.
    """

    def __init__(self, config: UNetConfig, outputs: int = MASKS) -> None:
        super().__init__()
        widths = [config.base * 2**stage for stage in range(_STAGES + 1)]
        self.enter = DoubleConvolution(3, widths[0])
        self.down = nn.ModuleList(DoubleConvolution(inputs, outputs) for inputs, outputs in pairwise(widths))
        self.up = nn.ModuleList(_Up(channels) for channels in reversed(widths[1:]))
        self.head = nn.Conv2d(widths[0], outputs, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Maps of the same height and width, at least 16 x 16, shape (P, outputs, H, W)."""
        features = self.enter(pictures)
        skipped = []
        for stage in self.down:
            skipped.append(features)
            features = stage(functional.max_pool2d(features, 2))
        for stage in self.up:
            features = stage(features, skipped.pop())
        masks: Tensor = self.head(features)
        return masks


class ResizedMaskNetwork(nn.Module):
    """A mask network that works at a smaller size, its masks enlarged to the picture.

    Args:
        network: Maps pictures to masks.
        size: Side in pixels at which it works.
    """

    def __init__(self, network: nn.Module, size: int) -> None:
        super().__init__()
        self.network = network
        self.size = size

    def forward(self, pictures: Tensor) -> Tensor:
        """Masks of the picture's height and width."""
        small = functional.interpolate(pictures, size=(self.size, self.size), mode="area")
        masks: Tensor = self.network(small)
        size = list(pictures.shape[-2:])
        return functional.interpolate(masks.float(), size=size, mode="bilinear", align_corners=False)


def unet_name(name: str) -> str:
    """Name here of an entry of the published layout of Pytorch-UNet, both without prefix; others stay as they are."""
    stage, _, rest = name.partition(".")
    if stage == "inc":
        return f"enter.{rest.replace('double_conv', 'layers', 1)}"
    if stage == "outc":
        return f"head.{rest.removeprefix('conv.')}"
    if stage.startswith("down"):
        return f"down.{int(stage[4:]) - 1}.{rest.replace('maxpool_conv.1.double_conv', 'layers', 1)}"
    if stage.startswith("up") and stage != "up":
        merged = rest.replace("conv.double_conv", "merge.layers", 1).replace("up.", "grow.", 1)
        return f"up.{int(stage[2:]) - 1}.{merged}"
    return name


def build_unet(config: UNetConfig, outputs: int) -> UNet:
    """A U-Net with its pretrained weights, whatever it predicts; it works at the size of the picture it is given.

    Raises:
        InputError: The weights are missing or of another network.
    """
    network = UNet(config, outputs)
    if config.weights is not None:
        state = read_state_dict(Path(config.weights))
        state.pop("mask_values", None)
        renamed = {unet_name(name): value for name, value in state.items()}
        load_known(network, renamed, ("head.",), config.weights)
    return network


def build_mask_network(config: MaskNetworkConfig, resolution: int) -> nn.Module:
    """The mask network of a configuration, with its pretrained weights.

    Raises:
        InputError: The weights are missing or of another network.
    """
    network: nn.Module
    if isinstance(config, UNetConfig):
        network = build_unet(config, MASKS)
    else:
        from geotamper.models.blocks.swin import SwinMaskNetwork

        network = SwinMaskNetwork(config, config.size or resolution)
    return (
        network
        if config.size in {None, resolution}
        else ResizedMaskNetwork(network, config.size or resolution)
    )
