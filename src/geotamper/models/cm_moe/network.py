"""CM-MMoE: experts read predicted masks and picture, the question weighs them."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from geotamper.models.blocks.head import AnswerHead
from geotamper.models.blocks.image_towers import build_image_tower
from geotamper.models.blocks.mask_encoder import MaskEncoder
from geotamper.models.blocks.router import Gate, Router
from geotamper.models.blocks.text_towers import build_text_tower
from geotamper.models.blocks.unet import MASKS, build_mask_network
from geotamper.models.cm_moe.config import CmMoeConfig
from geotamper.models.protocol import QuestionNetwork, Rows, TokenBatch


class CmMoe(QuestionNetwork):
    """Multi-modal gated mixture of experts for copy-move forgery (arXiv:2503.18104).

    Args:
        config: Its sizes and options.
        classes: Answers.
    """

    def __init__(self, config: CmMoeConfig, classes: int) -> None:
        super().__init__()
        self.config = config
        quarter = config.width // (MASKS + 1)
        self.mask_network = build_mask_network(config.mask_network, config.towers.resolution)
        self.image_tower = build_image_tower(config.towers.image, config.towers.resolution)
        self.text_tower = build_text_tower(config.towers.text)
        self.image_projection = nn.Linear(self.image_tower.width, config.width)
        self.text_projection = nn.Linear(self.text_tower.width, config.width)
        self.token_projection = (
            nn.Linear(self.text_tower.token_width, config.width) if config.router.mode == "tokens" else None
        )
        self.mask_encoder = MaskEncoder(config.router.encoder, quarter)
        self.image_part = nn.Linear(config.width, quarter)
        self.router = Router(config.router, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.head = AnswerHead(config.width, config.hidden, classes, nn.SiLU(), config.dropout)

    def encode_pictures(self, pictures: Tensor) -> Rows:
        """Rows "experts" (P, experts, width), "noise" (P, experts), "queries" (P, width), and "masks"."""
        masks = self.mask_network(pictures).float()  # bfloat16 is too coarse for values up to 255
        pooled = self.image_tower(pictures).pooled
        image = functional.silu(self.image_projection(self.dropout(pooled)))
        prompts = masks / self.config.mask_scale
        # one mask after the other, as published: BatchNorm takes its statistics of each kind of mask by itself
        parts = [self.mask_encoder(prompts[:, k : k + 1]) for k in range(MASKS)]
        seen = torch.cat([*parts, functional.silu(self.image_part(image))], dim=1)
        return Rows(
            {
                "experts": self.router.expert_results(seen),
                "noise": self.router.noise_scales(seen),
                "queries": self.router.attention.queries(seen),
                "masks": masks,
            }
        )

    def encode_texts(self, tokens: TokenBatch) -> Rows:
        """Rows "question" (T, width) and attention "keys" (T, S, 2 width), with their "mask" in the mode `tokens`."""
        features = self.text_tower(tokens)
        question = functional.silu(self.text_projection(self.dropout(features.pooled)))
        found = {"question": question}
        if self.token_projection is None:
            found["keys"] = self.router.attention.keys(question.unsqueeze(1))
        else:
            words = functional.silu(self.token_projection(self.dropout(features.tokens)))
            found["keys"] = self.router.attention.keys(words)
            found["mask"] = features.mask
        return Rows(found)

    def choose_experts(self, pictures: Rows, texts: Rows) -> Gate:
        """The choice of experts for N questions, given as for `answer`."""
        attended = self.router.attention(pictures["queries"], texts["keys"], texts.tensors.get("mask"))
        return self.router.choose(attended, pictures["noise"])

    def answer(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Logits, and the loss term "importance"."""
        gate = self.choose_experts(pictures, texts)
        experts = pictures["experts"]
        routed = torch.einsum("ne,new->nw", gate.weights.to(experts.dtype), experts)
        return self.head(routed * texts["question"]), {"importance": self.router.loss(gate)}

    def mask_parameters(self) -> tuple[nn.Parameter, ...]:
        """The parameters of the mask network."""
        return tuple(self.mask_network.parameters())
