"""Sizes and options of CMFPF."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from geotamper.models.config import (
    COMPACT_TOWERS,
    TINY_TOWERS,
    MaskEncoderConfig,
    MaskNetworkConfig,
    NetworkConfig,
    Share,
    UNetConfig,
)
from geotamper.models.settings import Settings


class StmaConfig(Settings):
    """Source-tampering mutual aggregation (paper, section III-C).

    Where paper and published code differ, the default is the code's.

    Attributes:
        mode: `pooled`: one vector per mask, as published; the softmax over a single key is 1, so the question has no
            part in it. `tokens`: the question attends to the places of each mask.
        encoders: 3: one shared for the similar relation, one each for source and target in the different relation
            (code). 2: one per relation (paper).
        encoder: Size of each mask encoder.
        heads: Attention heads.
        attention_dropout: Share of attention weights that training drops; also inside the feed-forward network.
        feed_forward: Its hidden units.
        feed_forward_layers: 2 linear layers (code) or 3 (paper).
        share_feed_forward: One for both relations (code), or one each (paper).
        residual: Add the input of the feed-forward network to its output (code).
        kl_features: What the Kullback-Leibler terms compare: vectors of the mask encoders (code), or the outputs
            of the attention (paper).
        kl_sigma: Guard in the reciprocal of the different relation; "a tiny constant" in the paper, 1e-9 in the code.
        kl_limit: Largest value of that reciprocal; None: none, as published.
    """

    mode: Literal["pooled", "tokens"] = "pooled"
    encoders: Literal[2, 3] = 3
    encoder: MaskEncoderConfig = MaskEncoderConfig()
    heads: PositiveInt = 6
    attention_dropout: Share = 0.1
    feed_forward: PositiveInt = 3072
    feed_forward_layers: Literal[2, 3] = 2
    share_feed_forward: bool = True
    residual: bool = True
    kl_features: Literal["encoder", "attention"] = "encoder"
    kl_sigma: PositiveFloat = 1e-6
    kl_limit: PositiveFloat | None = 1e3


class CmfpfConfig(NetworkConfig):
    """Copy-move forgery perception framework.

    Attributes:
        mask_network: Predicts source, target and composite; left out where both prompts are off.
        mask_scale: Value of a full mask in the targets: 255 (code) or 1.
        visual_prompt: Added to the picture: `sum3`: source, target and composite (code); `avg2`: the mean of source
            and target (paper); `none`.
        text_prompt: Added to the question's vector: `stma`, or `none` (without the Kullback-Leibler terms).
        stma: Its form.
    """

    mask_network: MaskNetworkConfig = UNetConfig()
    mask_scale: Annotated[float, Field(gt=0)] = 255.0
    visual_prompt: Literal["sum3", "avg2", "none"] = "sum3"
    text_prompt: Literal["stma", "none"] = "stma"
    stma: StmaConfig = StmaConfig()

    @property
    def predicts_masks(self) -> bool:
        """Whether any prompt needs the mask network."""
        return self.visual_prompt != "none" or self.text_prompt != "none"


PRESETS: Mapping[str, CmfpfConfig] = {
    "paper": CmfpfConfig(),
    "compact": CmfpfConfig(
        towers=COMPACT_TOWERS,
        width=384,
        hidden=256,
        mask_network=UNetConfig(base=16, size=96),
        stma=StmaConfig(encoder=MaskEncoderConfig(base=16, size=96), feed_forward=768),
    ),
    "tiny": CmfpfConfig(
        towers=TINY_TOWERS,
        width=24,
        hidden=16,
        mask_network=UNetConfig(base=4),
        stma=StmaConfig(encoder=MaskEncoderConfig(base=4), feed_forward=48),
    ),
}
