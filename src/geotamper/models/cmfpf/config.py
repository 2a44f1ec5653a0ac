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
        kl_margin: Divergence, in nats, from which the masks of the different relation are driven apart no further;
            None: without end, as published.
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
    kl_margin: PositiveFloat | None = None


class PromptConfig(Settings):
    """The text prompts that STMA is compared with (cmfpf.md, section 9; paper, Table IV).

    Attributes:
        encoder: Size of the mask encoder, a ResNet-18 whose last places are projected to the width of the network.
        heads: Attention heads.
        dropout: Share of attention weights and of inner units that training drops.
        feed_forward: Hidden units of the feed-forward networks.
        co_attention_units: Self-attention units of the text, and as many guided units of the masks.
        co_attention_heads: Their attention heads.
        q_former_queries: Learned queries.
        q_former_blocks: Blocks; every second one looks at the masks.
        aaue_experts: Last layers of the text tower that are chosen from, at most.
        aaue_layers: Managers, each with a cross-attention layer.
        oga_embedding: Channels in which places know their predicted masks.
        oga_ratio: Factor by which the channel attention narrows.
        oga_layers: Layers of self-attention, of places to words, and of words to places.
    """

    encoder: MaskEncoderConfig = MaskEncoderConfig()
    heads: PositiveInt = 6
    dropout: Share = 0.1
    feed_forward: PositiveInt = 3072
    co_attention_units: PositiveInt = 2
    co_attention_heads: PositiveInt = 8
    q_former_queries: PositiveInt = 32
    q_former_blocks: PositiveInt = 4
    aaue_experts: PositiveInt = 6
    aaue_layers: PositiveInt = 2
    oga_embedding: PositiveInt = 128
    oga_ratio: PositiveInt = 16
    oga_layers: PositiveInt = 3


TextPromptName = Literal[
    "stma", "cross_attention", "co_attention", "q_former", "aaue", "oga", "sf", "stf", "none"
]


class CmfpfConfig(NetworkConfig):
    """Copy-move forgery perception framework.

    Attributes:
        mask_network: Predicts source, target and composite; left out where both prompts are off.
        mask_scale: Value of a full mask in the targets: 255 (code) or 1.
        visual_prompt: Added to the picture: `sum3`: source, target and composite (code); `avg2`: the mean of source
            and target (paper); `post_fusion`: nothing, but an STMA of its own adds to the picture's vector (Table V);
            `none`.
        text_prompt: Added to the question's vector (Table IV): `stma`; one of the modules that it is compared with,
            which have no Kullback-Leibler terms; or `none`.
        stma: Form of STMA, wherever it is.
        prompt: Sizes of the other modules.
    """

    mask_network: MaskNetworkConfig = UNetConfig()
    mask_scale: Annotated[float, Field(gt=0)] = 255.0
    visual_prompt: Literal["sum3", "avg2", "post_fusion", "none"] = "sum3"
    text_prompt: TextPromptName = "stma"
    stma: StmaConfig = StmaConfig()
    prompt: PromptConfig = PromptConfig()

    @property
    def predicts_masks(self) -> bool:
        """Whether any prompt needs the mask network."""
        return self.visual_prompt != "none" or self.text_prompt != "none"

    def random_parts(self) -> tuple[str, ...]:
        """As `NetworkConfig.random_parts`, without the parts that the network does not have."""
        used = {
            "mask_network.": self.predicts_masks,
            "stma.": self.text_prompt == "stma" or self.visual_prompt == "post_fusion",
            "prompt.": self.text_prompt not in {"stma", "none"},
        }
        idle = tuple(prefix for prefix, is_used in used.items() if not is_used)
        return tuple(part for part in super().random_parts() if not part.startswith(idle))


PRESETS: Mapping[str, CmfpfConfig] = {
    "paper": CmfpfConfig(),
    "compact": CmfpfConfig(
        towers=COMPACT_TOWERS,
        width=384,
        hidden=256,
        mask_network=UNetConfig(base=16, size=96),
        # At the learning rates of a short training the different relation drives the vectors apart without end, until
        # they saturate the head and nothing else is learned.
        stma=StmaConfig(encoder=MaskEncoderConfig(base=16, size=96), feed_forward=768, kl_margin=0.3),
        prompt=PromptConfig(encoder=MaskEncoderConfig(base=16, size=96), feed_forward=768, oga_embedding=64),
    ),
    "tiny": CmfpfConfig(
        towers=TINY_TOWERS,
        width=24,
        hidden=16,
        mask_network=UNetConfig(base=4),
        stma=StmaConfig(encoder=MaskEncoderConfig(base=4), feed_forward=48),
        prompt=PromptConfig(
            encoder=MaskEncoderConfig(base=4), feed_forward=48, q_former_queries=4, oga_embedding=8
        ),
    ),
}
