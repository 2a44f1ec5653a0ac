"""A segmentation network whose class map guides the answers; the true map is what it learns from."""

from dataclasses import replace
from typing import Literal

from pydantic import NonNegativeFloat
from torch import Tensor, nn
from torch.nn import functional

from geotamper.errors import InputError
from geotamper.models.blocks.unet import build_unet
from geotamper.models.config import NetworkConfig, UNetConfig
from geotamper.models.protocol import Head, NetworkOutput, Pairs, QuestionNetwork, Rows
from geotamper.task.classes import OBJECT_CLASSES

MAP_CLASSES = len(OBJECT_CLASSES) + 1
"""Classes of a pixel: those of objects, and the last one for everything else."""

_CERTAIN = 30.0
"""Score of the true class: its share is 1 in float32."""


class GuidedConfig(NetworkConfig):
    """What networks share whose answers a class map guides.

    Attributes:
        guidance: `predicted`: the map of a segmentation network inside the network; `none`: no map; `true_map`: that
            of the set, an upper bound that can be validated but not used.
        segmentation: Its size.
        map_weight: Weight of its cross-entropy where it is trained together with the answers.
    """

    guidance: Literal["predicted", "none", "true_map"] = "predicted"
    segmentation: UNetConfig = UNetConfig()
    map_weight: NonNegativeFloat = 1.0

    @property
    def predicts_class_map(self) -> bool:
        """As `NetworkConfig.predicts_class_map`."""
        return self.guidance == "predicted"

    @property
    def reads_class_map(self) -> bool:
        """As `NetworkConfig.reads_class_map`."""
        return self.guidance == "true_map"


class Segmentation(nn.Module):
    """U-Net that scores the class of every pixel.

    Args:
        config: Its size.
    """

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.network = build_unet(config, MAP_CLASSES)
        self.size = config.size

    def forward(self, pictures: Tensor) -> Tensor:
        """Scores at the side it works at, shape (P, classes, size, size)."""
        if self.size is not None and self.size != pictures.shape[-1]:
            pictures = functional.interpolate(pictures, size=(self.size, self.size), mode="area")
        scores: Tensor = self.network(pictures)
        return scores.float()


class GuidedNetwork(QuestionNetwork):
    """Base of networks with a segmentation network; its optimiser and its freeze are those of mask networks.

    Args:
        config: Whether there is one, and its size.
    """

    def __init__(self, config: GuidedConfig) -> None:
        super().__init__()
        self.map_weight = config.map_weight
        self.guided = config.guidance != "none"
        self.segmentation = Segmentation(config.segmentation) if config.predicts_class_map else None

    @property
    def predicts_masks(self) -> bool:
        """A class map is no mask."""
        return False

    def mask_parameters(self) -> tuple[nn.Parameter, ...]:
        """The parameters of the segmentation network."""
        return () if self.segmentation is None else tuple(self.segmentation.parameters())

    def class_scores(self, pictures: Tensor) -> tuple[Tensor, Tensor | None]:
        """The pictures alone, and scores of the classes of their pixels, (P, classes, h, w), or None without guidance.

        Args:
            pictures: Shape (P, 3, H, W); with the true map (P, 4, H, W), its class numbers last.

        Raises:
            InputError: The network was made for true maps, and the pictures bring none.
        """
        if self.segmentation is not None:
            return pictures, self.segmentation(pictures)
        if not self.guided:
            return pictures, None
        if pictures.shape[1] != 4:
            raise InputError(
                "this network reads the true class map (guidance=true_map), which a picture alone does not have; it "
                "is an upper bound for the val fold of its training: train with guidance=predicted to use a network"
            )
        known = functional.one_hot(pictures[:, 3].long(), MAP_CLASSES).permute(0, 3, 1, 2)
        return pictures[:, :3], _CERTAIN * known.to(pictures.dtype)

    def respond(self, pictures: Rows, texts: Rows, pairs: Pairs) -> NetworkOutput:
        """The answers, and the class map for its loss."""
        output = super().respond(pictures, texts, pairs)
        scores = pictures.tensors.get("class_map")
        if scores is None:
            return output
        return replace(output, heads={"class_map": Head(scores, "class_map", self.map_weight)})
