"""Sizes and options of CM-MMoE."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from geotamper.models.config import (
    COMPACT_TOWERS,
    TINY_TOWERS,
    ClipTextConfig,
    MaskEncoderConfig,
    MaskNetworkConfig,
    NetworkConfig,
    Share,
    Towers,
    UNetConfig,
)
from geotamper.models.settings import Settings


class RouterConfig(Settings):
    """Gate and experts.

    Attributes:
        mode: `pooled`: the gate reads the question's vector, as published; attention over a single key leaves the
            picture without part in the noise-free gate. `tokens`: the picture attends to the question's tokens.
        gate: `published`: noise on probabilities, then a softmax over the kept probabilities. `shazeer`: noise on
            logits, then a softmax over the kept logits.
        experts: How many there are.
        active: How many answer a question.
        encoder: Size of the mask encoder, which the three masks share.
        heads: Attention heads of the gate.
        attention_dropout: Share of attention weights that training drops.
        importance_weight: Factor of the loss that keeps experts equally busy.
        importance_floor: Smallest mean importance in that loss; noise can make the mean small in small batches.
    """

    mode: Literal["pooled", "tokens"] = "pooled"
    gate: Literal["published", "shazeer"] = "published"
    experts: PositiveInt = 6
    active: PositiveInt = 4
    encoder: MaskEncoderConfig = MaskEncoderConfig()
    heads: PositiveInt = 6
    attention_dropout: Share = 0.1
    importance_weight: NonNegativeFloat = 0.01
    importance_floor: PositiveFloat = 1e-6

    @model_validator(mode="after")
    def _check_active(self) -> Self:
        if self.active > self.experts or self.experts == 1:
            raise ValueError("at least two experts are needed, and no more can be active than there are")
        return self


class CmMoeConfig(NetworkConfig):
    """Multi-modal gated mixture of experts.

    Attributes:
        mask_network: Predicts source, target and composite.
        mask_scale: Value of a full mask in the targets.
        router: Gate and experts.
    """

    towers: Towers = Towers(text=ClipTextConfig(length=40))
    mask_network: MaskNetworkConfig = UNetConfig()
    mask_scale: Annotated[float, Field(gt=0)] = 255.0
    router: RouterConfig = RouterConfig()

    @model_validator(mode="after")
    def _check_width(self) -> Self:
        if self.width % 4:
            raise ValueError("width must be a multiple of 4: three masks and the picture share it equally")
        return self


PRESETS: Mapping[str, CmMoeConfig] = {
    "paper": CmMoeConfig(),
    "compact": CmMoeConfig(
        towers=COMPACT_TOWERS,
        width=384,
        hidden=256,
        mask_network=UNetConfig(base=16, size=96),
        router=RouterConfig(encoder=MaskEncoderConfig(base=16, size=96)),
    ),
    "tiny": CmMoeConfig(
        towers=TINY_TOWERS,
        width=24,
        hidden=16,
        mask_network=UNetConfig(base=4),
        router=RouterConfig(encoder=MaskEncoderConfig(base=4)),
    ),
}
