"""The class network in PyTorch: a frozen ImageNet trunk and a trained head that knows the region's mask."""

from typing import Any

import torch
from torch import Tensor, nn

from geotamper.evidence.objects.network import CLASS_LABELS
from geotamper.evidence.objects.views import SHAPE_SIZE
from geotamper.models.blocks.efficientnet import build_efficientnet_lite0
from geotamper.models.config import PACKAGE

STRIDE = 16
"""Of the trunk, pixels."""

CHANNELS = 112
"""Of the trunk."""


class Trunk(nn.Module):
    """EfficientNet-Lite0 up to its fifth stage, as trained on ImageNet; (n, 3, S, S) to (n, 112, S/16, S/16).

    Raises:
        MissingLibraryError: The package with the weights is not installed.
    """

    def __init__(self) -> None:
        super().__init__()
        network: Any = build_efficientnet_lite0(PACKAGE, "avg").eval()
        self.layers = nn.Sequential(network.conv_stem, network.bn1, *list(network.blocks)[:5])
        self.rest = nn.Sequential(*list(network.blocks)[5:], network.conv_head, network.bn2)

    def forward(self, pictures: Tensor) -> Tensor:
        """The map that the head takes."""
        maps: Tensor = self.layers(pictures)
        return maps


class Head(nn.Module):
    """Two dense layers on the means of the maps inside and outside the region, and the shape.

    Attributes:
        temperature: Divides the scores, so that their softmax is calibrated; a scalar.
    """

    temperature: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("temperature", torch.ones(()))
        size = 4 * CHANNELS + SHAPE_SIZE
        self.layers = nn.Sequential(
            nn.BatchNorm1d(size),
            nn.Linear(size, 128),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(128, len(CLASS_LABELS)),
        )

    def digest(self, maps: Tensor, masks: Tensor) -> Tensor:
        """What follows from the features without anything learned; a training computes it once.

        Args:
            maps: (n, 2, 112, s, s) of the trunk.
            masks: (n, 2, s, s), share of the region, 0 to 1.

        Returns:
            (n, 448): means inside, then outside.
        """
        inside = masks[:, :, None]
        return torch.cat([_mean(maps, inside).flatten(1), _mean(maps, 1 - inside).flatten(1)], dim=1)

    def scores(self, digested: Tensor, shape: Tensor) -> Tensor:
        """Scores of the labels, (n, 8), before calibration; `shape` is (n, 9)."""
        found: Tensor = self.layers(torch.cat([digested, shape], dim=1))
        return found

    def forward(self, maps: Tensor, masks: Tensor, shape: Tensor) -> Tensor:
        """Calibrated log-probabilities, (n, 8)."""
        return torch.log_softmax(self.scores(self.digest(maps, masks), shape) / self.temperature, dim=1)


def _mean(maps: Tensor, weights: Tensor) -> Tensor:
    return (maps * weights).sum(dim=(-2, -1)) / (weights.sum(dim=(-2, -1)) + 0.05)


class ClassNetwork(nn.Module):
    """Trunk and head together, from crops to log-probabilities."""

    def __init__(self, trunk: Trunk, head: Head) -> None:
        super().__init__()
        self.trunk, self.head = trunk.layers, head

    def forward(self, crops: Tensor, shape: Tensor) -> Tensor:
        """As `Head.forward`; crops are (n, 2, S, S, 4) uint8 as of `RegionViews`."""
        count, side = crops.shape[0], crops.shape[2]
        values = crops.to(torch.float32).permute(0, 1, 4, 2, 3).reshape(-1, 4, side, side)
        maps = self.trunk((values[:, :3] - 127.0) / 128.0)
        masks = torch.nn.functional.avg_pool2d(values[:, 3:] / 255.0, STRIDE)
        cells = side // STRIDE
        logs: Tensor = self.head(
            maps.reshape(count, 2, CHANNELS, cells, cells), masks.reshape(count, 2, cells, cells), shape
        )
        return logs
