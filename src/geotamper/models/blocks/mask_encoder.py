"""ResNet-18 of any width that reads single-channel masks."""

from pathlib import Path

from torch import Tensor, nn
from torch.nn import functional

from geotamper.models.blocks.pretrained import load_known, read_state_dict
from geotamper.models.config import MaskEncoderConfig


class _Block(nn.Module):
    """Residual block of two 3x3 convolutions; names as in torchvision, so that its weights load."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = (
            nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
            if stride != 1 or inputs != outputs
            else None
        )

    def forward(self, features: Tensor) -> Tensor:
        kept = features if self.downsample is None else self.downsample(features)
        inner = functional.relu(self.bn1(self.conv1(features)))
        return functional.relu(self.bn2(self.conv2(inner)) + kept)


class MaskEncoder(nn.Module):
    """ResNet-18 with one input channel and a linear output layer.

    Args:
        config: Its size and weights.
        outputs: Length of the vector; None: no output layer, for those who read the places alone.

    Raises:
        InputError: The weights are missing or of another network.
    """

    def __init__(self, config: MaskEncoderConfig, outputs: int | None) -> None:
        super().__init__()
        widths = [config.base * 2**stage for stage in range(4)]
        self.size = config.size
        self.conv1 = nn.Conv2d(1, widths[0], 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.layer1 = nn.Sequential(_Block(widths[0], widths[0], 1), _Block(widths[0], widths[0], 1))
        self.layer2 = nn.Sequential(_Block(widths[0], widths[1], 2), _Block(widths[1], widths[1], 1))
        self.layer3 = nn.Sequential(_Block(widths[1], widths[2], 2), _Block(widths[2], widths[2], 1))
        self.layer4 = nn.Sequential(_Block(widths[2], widths[3], 2), _Block(widths[3], widths[3], 1))
        self.fc = nn.Identity() if outputs is None else nn.Linear(widths[3], outputs)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if config.weights is not None:
            load_known(self, read_state_dict(Path(config.weights)), ("conv1.", "fc."), config.weights)

    def grid(self, masks: Tensor) -> Tensor:
        """Features of places, shape (B, 8 base, H / 32, W / 32), for masks of shape (B, 1, H, W)."""
        if self.size is not None and self.size != masks.shape[-1]:
            masks = functional.interpolate(masks, size=(self.size, self.size), mode="area")
        features = functional.relu(self.bn1(self.conv1(masks)))
        features = functional.max_pool2d(features, 3, stride=2, padding=1)
        result: Tensor = self.layer4(self.layer3(self.layer2(self.layer1(features))))
        return result

    def pool(self, grid: Tensor) -> Tensor:
        """One vector, shape (B, outputs), from what `grid` returns; the mean place without an output layer."""
        result: Tensor = self.fc(grid.mean(dim=(2, 3)))
        return result

    def forward(self, masks: Tensor) -> Tensor:
        """One vector for each mask."""
        return self.pool(self.grid(masks))
