"""CMFPF: masks are predicted from the picture, drawn back into it, and told to the question."""

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from geotamper.models.blocks.head import AnswerHead
from geotamper.models.blocks.image_towers import build_image_tower
from geotamper.models.blocks.prompts.building import build_text_prompt
from geotamper.models.blocks.prompts.protocol import Surroundings, TextPrompt
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
        around = Surroundings(config.width, self.text_tower.token_width, self.text_tower.depth)
        prompt = build_text_prompt(config, around)
        if prompt is not None:
            self.add_module(config.text_prompt, prompt)  # under its own name, which checkpoints have
            self.text_tower.kept = prompt.text_layers
        self.image_stma = Stma(config.stma, config.width) if config.visual_prompt == "post_fusion" else None
        self.dropout = nn.Dropout(config.dropout)
        self.head = AnswerHead(config.width, config.hidden, classes, nn.Tanh(), config.dropout)

    @property
    def text_prompt(self) -> TextPrompt | None:
        """What tells the question of the masks; None where it is off."""
        return cast("TextPrompt | None", self._modules.get(self.config.text_prompt))

    def encode_pictures(self, pictures: Tensor) -> Rows:
        """Rows "image" (P, width), "masks" (P, 3, H, W), and those of the prompts.

        The text prompt names its rows itself; the visual prompt by post-fusion has "image_divergences" (P, 2).
        """
        if self.mask_network is None:
            return Rows({"image": self._image(pictures)})
        masks = self.mask_network(pictures).float()  # bfloat16 is too coarse for values up to 255
        found = {"masks": masks}
        prompts = masks / self.config.mask_scale
        if self.text_prompt is not None:
            found |= self.text_prompt.read_masks(prompts)
        image = self._image(self._prompted(pictures, prompts))
        if self.image_stma is not None:
            image, found["image_divergences"] = self.image_stma.enrich(image, prompts)
        found["image"] = image
        return Rows(found)

    def encode_texts(self, tokens: TokenBatch) -> Rows:
        """Rows "question" (T, width), and those of the text prompt."""
        features = self.text_tower(tokens)
        question = torch.tanh(self.text_projection(self.dropout(features.pooled)))
        found = {"question": question}
        if self.text_prompt is not None:
            found |= self.text_prompt.read_texts(question, features)
        return Rows(found)

    def answer(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Logits, and the loss terms "kl" where STMA is the text prompt and "image_kl" by post-fusion."""
        question = texts["question"]
        auxiliary: dict[str, Tensor] = {}
        if self.text_prompt is not None:
            told, terms = self.text_prompt.prompt(pictures, texts)
            question = question + told
            auxiliary |= terms
        if self.image_stma is not None:
            auxiliary["image_kl"] = self.image_stma.loss(pictures["image_divergences"])
        return self.head(pictures["image"] * question), auxiliary

    def mask_parameters(self) -> tuple[nn.Parameter, ...]:
        """The parameters of the mask network."""
        return () if self.mask_network is None else tuple(self.mask_network.parameters())

    def _image(self, pictures: Tensor) -> Tensor:
        """Vectors of pictures, shape (P, width)."""
        pooled = self.image_tower(pictures).pooled
        return torch.tanh(self.image_projection(self.dropout(pooled)))

    def _prompted(self, pictures: Tensor, prompts: Tensor) -> Tensor:
        """Pictures with the masks drawn into them (paper, equation 2)."""
        if self.config.visual_prompt == "sum3":
            return pictures + prompts.sum(dim=1, keepdim=True)
        if self.config.visual_prompt == "avg2":
            return pictures + prompts[:, :2].mean(dim=1, keepdim=True)
        return pictures
