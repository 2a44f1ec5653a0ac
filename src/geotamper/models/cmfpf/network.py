"""CMFPF: masks are predicted from the picture, drawn back into it, and told to the question."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from geotamper.models.blocks.head import AnswerHead
from geotamper.models.blocks.image_towers import build_image_tower
from geotamper.models.blocks.stma import Stma
from geotamper.models.blocks.text_towers import build_text_tower
from geotamper.models.blocks.unet import build_mask_network
from geotamper.models.cmfpf.config import CmfpfConfig
from geotamper.models.protocol import QuestionNetwork, Rows, TokenBatch


class Cmfpf(QuestionNetwork):
    """Region-discrimination-guided multimodal copy-move forgery perception framework (arXiv:2412.02575).

    Args:
        config: Its sizes and options.
        classes: Answers.
    """

    def __init__(self, config: CmfpfConfig, classes: int) -> None:
        super().__init__()
        self.config = config
        self.mask_network = (
            build_mask_network(config.mask_network, config.towers.resolution)
            if config.predicts_masks
            else None
        )
        self.image_tower = build_image_tower(config.towers.image, config.towers.resolution)
        self.text_tower = build_text_tower(config.towers.text)
        self.image_projection = nn.Linear(self.image_tower.width, config.width)
        self.text_projection = nn.Linear(self.text_tower.width, config.width)
        self.stma = Stma(config.stma, config.width) if config.text_prompt == "stma" else None
        self.dropout = nn.Dropout(config.dropout)
        self.head = AnswerHead(config.width, config.hidden, classes, nn.Tanh(), config.dropout)

    def encode_pictures(self, pictures: Tensor) -> Rows:
        """Rows "image" (P, width), with STMA "keys" (P, 4, S, 2 width) and "divergences" (P, 2), and "masks"."""
        found: dict[str, Tensor] = {}
        if self.mask_network is not None:
            masks = self.mask_network(pictures).float()  # bfloat16 is too coarse for values up to 255
            found["masks"] = masks
            prompts = masks / self.config.mask_scale
            if self.stma is not None:
                encoded = self.stma.encode_masks(prompts[:, 0:1], prompts[:, 1:2])
                found["keys"] = encoded.keys
                found["divergences"] = self.stma.divergences(encoded.vectors)
            pictures = self._prompted(pictures, prompts)
        pooled = self.image_tower(pictures).pooled
        found["image"] = torch.tanh(self.image_projection(self.dropout(pooled)))
        return Rows(found)

    def encode_texts(self, tokens: TokenBatch) -> Rows:
        """Rows "question" (T, width), with STMA "queries" (T, 4, width)."""
        pooled = self.text_tower(tokens).pooled
        question = torch.tanh(self.text_projection(self.dropout(pooled)))
        found = {"question": question}
        if self.stma is not None:
            found["queries"] = self.stma.queries(question)
        return Rows(found)

    def answer(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Logits, and the loss term "kl" where STMA is on."""
        question = texts["question"]
        auxiliary = {}
        if self.stma is not None:
            attended = self.stma.attend(texts["queries"], pictures["keys"])
            question = question + self.stma.aggregate(attended)
            compared = (
                pictures["divergences"]
                if self.config.stma.kl_features == "encoder"
                else self.stma.divergences(attended)
            )
            auxiliary["kl"] = self.stma.loss(compared)
        return self.head(pictures["image"] * question), auxiliary

    def mask_parameters(self) -> tuple[nn.Parameter, ...]:
        """The parameters of the mask network."""
        return () if self.mask_network is None else tuple(self.mask_network.parameters())

    def _prompted(self, pictures: Tensor, prompts: Tensor) -> Tensor:
        """Pictures with the masks drawn into them (paper, equation 2)."""
        if self.config.visual_prompt == "sum3":
            return pictures + prompts.sum(dim=1, keepdim=True)
        if self.config.visual_prompt == "avg2":
            return pictures + prompts[:, :2].mean(dim=1, keepdim=True)
        return pictures
