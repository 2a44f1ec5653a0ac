"""Configurations of the towers that the networks compared with CMFPF bring: feature maps, recurrent readers, BLIP-2."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from geotamper.models.settings import Settings


class ResNetMapConfig(Settings):
    """ResNet up to a stage, nothing added: at 224 pixels 2048 x 7 x 7 after stage 4, 1024 x 14 x 14 after stage 3.

    Attributes:
        depth: Layers.
        stage: The last stage, which divides the side by 16 or 32.
        frozen: Keep its weights and the statistics of its BatchNorm as they are.
        weights: A state dict of torchvision as a local file.
    """

    kind: Literal["resnet_map"] = "resnet_map"
    depth: Literal[18, 50, 101, 152] = 101
    stage: Literal[3, 4] = 4
    frozen: bool = False
    weights: str | None = None


class VggMapConfig(Settings):
    """VGG-16 up to conv5_3: 512 x 14 x 14 at 224 pixels.

    Attributes:
        frozen: Keep its weights as they are.
        weights: A state dict of torchvision as a local file; the classifier is left out.
    """

    kind: Literal["vgg16_map"] = "vgg16_map"
    frozen: bool = False
    weights: str | None = None


class Blip2ImageConfig(Settings):
    """Vision transformer of BLIP-2 (ViT-g/14); its weights come with those of the whole network.

    Attributes:
        patch: Side of a patch in pixels.
        width: Channels of a token.
        feed_forward: Hidden channels of the feed-forward layers.
        frozen: Keep its weights as they are.
        precision: Type of its weights.
    """

    kind: Literal["blip2"] = "blip2"
    patch: PositiveInt = 14
    width: PositiveInt = 1408
    layers: PositiveInt = 39
    heads: PositiveInt = 16
    feed_forward: PositiveInt = 6144
    frozen: bool = True
    precision: Literal["float32", "bfloat16"] = "bfloat16"


class RecurrentTextConfig(Settings):
    """Word embedding and LSTM or GRU layers; the pooled output is the last state of the last layer.

    Attributes:
        cell: `lstm` or `gru`.
        vocabulary: Rows of the word embedding: padding, the unknown word, and the words of the training texts.
        hidden: Length of a state, of either direction where there are two.
        directions: 2: also from the last word to the first.
        word_dropout: Share of the entries of word vectors that training drops.
    """

    kind: Literal["recurrent"] = "recurrent"
    cell: Literal["lstm", "gru"] = "lstm"
    length: PositiveInt = 30
    vocabulary: PositiveInt = 1024
    embedding: PositiveInt = 300
    hidden: PositiveInt = 512
    layers: PositiveInt = 1
    directions: Literal[1, 2] = 1
    word_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0


class OptTextConfig(Settings):
    """Token embedding of OPT, which reads pictures and words together inside BLIP-2.

    Attributes:
        vocabulary: Rows of the embedding.
        template: Text that the language model is given; braces stand for the question.
        tokenizer: A folder with the tokenizer of the checkpoint or `hub:NAME`; None: words of the training texts.
        frozen: Keep its weights as they are.
        precision: Type of its weights.
    """

    kind: Literal["opt"] = "opt"
    length: PositiveInt = 40
    vocabulary: PositiveInt = 50304
    width: PositiveInt = 2560
    template: str = "Question: {} Answer:"
    tokenizer: str | None = None
    frozen: bool = True
    precision: Literal["float32", "bfloat16"] = "bfloat16"
