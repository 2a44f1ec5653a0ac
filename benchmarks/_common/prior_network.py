"""The network of the tamper prior in PyTorch: a small U-Net of depthwise blocks."""

import numpy as np
import torch
from torch import Tensor, nn

from _common.prior_opinion import PIXEL_LABELS, FloatPlane, PriorMap
from _common.prior_planes import PLANES

WIDTHS = (24, 48, 64)
"""Channels at each level; the first has half the rows and columns of the input, each other half of those before it."""

DEPTHS = (2, 2, 2)
"""Blocks on the way down; one more follows on the way up."""


class Block(nn.Module):
    """A depthwise 5 x 5 and two pointwise convolutions, added to what came in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(width, width, 5, padding=2, groups=width, bias=False),
            nn.BatchNorm2d(width),
            nn.Conv2d(width, 2 * width, 1),
            nn.ReLU(),
            nn.Conv2d(2 * width, width, 1),
        )

    def forward(self, values: Tensor) -> Tensor:
        """(n, width, h, w) to the same."""
        added: Tensor = self.layers(values)
        return values + added


def _halving(given: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(given, width, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
    )


class PriorNetwork(nn.Module):
    """From the planes of `_common.prior_planes` to log-probabilities of `PIXEL_LABELS`."""

    def __init__(self) -> None:
        super().__init__()
        self.normal = nn.BatchNorm2d(len(PLANES))
        self.downs, self.ups, self.narrowings = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        given = len(PLANES)
        for width, depth in zip(WIDTHS, DEPTHS, strict=True):
            blocks = (Block(width) for _ in range(depth))
            self.downs.append(nn.Sequential(_halving(given, width), *blocks))
            given = width
        for wide, narrow in zip(WIDTHS[:0:-1], WIDTHS[-2::-1], strict=True):
            self.narrowings.append(nn.Conv2d(wide, narrow, 1))
            self.ups.append(Block(narrow))
        self.head = nn.Sequential(nn.Conv2d(WIDTHS[0], 4 * len(PIXEL_LABELS), 1), nn.PixelShuffle(2))

    def scores(self, planes: Tensor) -> Tensor:
        """(n, 4, h, w) before the softmax; `planes` are (n, 16, h, w), h and w multiples of 8."""
        values = self.normal(planes)
        kept = []
        for down in self.downs:
            values = down(values)
            kept.append(values)
        kept.pop()
        for narrowing, up in zip(self.narrowings, self.ups, strict=True):
            values = nn.functional.interpolate(narrowing(values), scale_factor=2.0, mode="nearest")
            values = up(values + kept.pop())
        found: Tensor = self.head(values)
        return found

    def forward(self, planes: Tensor) -> Tensor:
        """(n, 4, h, w) log-probabilities."""
        return torch.log_softmax(self.scores(planes), dim=1)


def judge(network: PriorNetwork, planes: FloatPlane) -> PriorMap:
    """The opinion of a network in evaluation mode on the (16, h, w) planes of a picture; any h and w."""
    rows, columns = planes.shape[1:]
    padded = np.pad(planes, ((0, 0), (0, -rows % 8), (0, -columns % 8)), mode="edge")
    with torch.inference_mode():
        found = network(torch.from_numpy(padded.astype(np.float32))[None])[0]
    return PriorMap(found.numpy()[:, :rows, :columns])
