"""D-VQA: answers freed from what the question alone or the picture alone suggests."""

from collections.abc import Mapping
from typing import Annotated

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor, nn
from torch.nn import functional

from geotamper.models.blocks.image_towers import build_image_tower
from geotamper.models.blocks.text_towers import build_text_tower
from geotamper.models.config import COMPACT_TOWERS, TINY_TOWERS, NetworkConfig, Share, Towers
from geotamper.models.protocol import (
    PER_PICTURE,
    Head,
    NetworkOutput,
    Pairs,
    QuestionNetwork,
    Rows,
    TokenBatch,
)
from geotamper.models.tower_config import RecurrentTextConfig, ResNetMapConfig

_GLIMPSES = 2


class DvqaConfig(NetworkConfig):
    """D-VQA; `hidden` is the length of the classifier's inner vector, `dropout` its share.

    Attributes:
        dense_dropout: Share that training drops after the other layers.
        attention_dropout: Share that training drops before places are scored.
        branch_weight: Weight of the losses of question-only, picture-only and debiased answers.
        contrast_weight: Weight of the contrast between fused, debiased and biased features.
        temperature: Of that contrast.
        negatives_from: Part of the training after which questions with borrowed pictures and texts come in.
        picture_negative_weight: Weight of the answer's probability with another picture.
        text_negative_weight: Weight of the answer's probability with another question.
    """

    towers: Towers = Towers(
        image=ResNetMapConfig(),
        text=RecurrentTextConfig(cell="gru", hidden=1280, word_dropout=0.4),
    )
    width: PositiveInt = 1280
    hidden: PositiveInt = 2560
    dropout: Share = 0.5
    dense_dropout: Share = 0.1
    attention_dropout: Share = 0.2
    branch_weight: NonNegativeFloat = 1.0
    contrast_weight: NonNegativeFloat = 1.0
    temperature: PositiveFloat = 1.0
    negatives_from: Annotated[float, Field(ge=0, le=1)] = 0.48
    picture_negative_weight: NonNegativeFloat = 3.0
    text_negative_weight: NonNegativeFloat = 2.1


class _Dense(nn.Module):
    """Linear layer with one gain for the whole normalised weight, ReLU, dropout (FC in the published code)."""

    def __init__(self, inputs: int, outputs: int, dropout: float) -> None:
        super().__init__()
        linear = nn.Linear(inputs, outputs)
        self.direction, self.bias = linear.weight, linear.bias
        self.gain = nn.Parameter(self.direction.detach().norm())
        self.dropout = nn.Dropout(dropout)

    def forward(self, values: Tensor) -> Tensor:
        weight = self.direction * (self.gain / self.direction.norm())
        result: Tensor = self.dropout(functional.relu(functional.linear(values, weight, self.bias)))
        return result


class _Branches(nn.Module):
    """What is learned about bias: question-only and picture-only answers, and features without both.

    Args:
        config: Sizes.
        widths: Lengths of the question's and of the picture's vector.
        classes: Answers.
    """

    def __init__(self, config: DvqaConfig, widths: tuple[int, int], classes: int) -> None:
        super().__init__()
        width, dropout = config.width, config.dense_dropout
        self.features = nn.ModuleList(
            nn.Sequential(_Dense(inputs, width, dropout), _Dense(width, width, dropout)) for inputs in widths
        )
        self.answers = nn.ModuleList(nn.Linear(width, classes) for _ in widths)
        self.gates = nn.ModuleList(nn.Linear(width, 1) for _ in widths)
        self.shares = nn.Linear(2 * width, 2)
        self.debias = _Dense(width, width, dropout)
        self.debiased_answer = nn.Linear(width, classes)
        self.temperature = config.temperature

    def forward(self, fused: Tensor, question: Tensor, seen: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Logits of the branches by name, and the contrast of every question, shape (N,)."""
        alone = [
            feature(value.detach()) for feature, value in zip(self.features, (question, seen), strict=True)
        ]
        gated = [torch.sigmoid(gate(value)) * value for gate, value in zip(self.gates, alone, strict=True)]
        shares = torch.softmax(self.shares(torch.cat(gated, dim=1)), dim=1)
        bias = shares[:, :1] * gated[0] + shares[:, 1:] * gated[1]
        free = self.debias(fused.detach() - bias)
        logits = {
            "question_only": self.answers[0](alone[0]),
            "picture_only": self.answers[1](alone[1]),
            "debiased": self.debiased_answer(free),
        }
        nearer = functional.cosine_similarity(fused, bias) - functional.cosine_similarity(fused, free)
        return logits, functional.softplus(nearer / self.temperature)


class Dvqa(QuestionNetwork):
    """D-VQA on the bottom-up top-down backbone (Wen et al., NeurIPS 2021).

    Only `classifier` answers; the branches exist for the training.

    Args:
        config: Its sizes.
        classes: Answers.
    """

    def __init__(self, config: DvqaConfig, classes: int) -> None:
        super().__init__()
        self.config = config
        width, dropout = config.width, config.dense_dropout
        self.image_tower = build_image_tower(config.towers.image, config.towers.resolution)
        self.text_tower = build_text_tower(config.towers.text)
        places, words = self.image_tower.token_width, self.text_tower.width
        self.place_side = nn.ModuleList(_Dense(places, width, dropout) for _ in range(_GLIMPSES))
        self.question_side = nn.ModuleList(_Dense(words, width, dropout) for _ in range(_GLIMPSES))
        self.mix = nn.ModuleList(_Dense(width, width, dropout) for _ in range(_GLIMPSES))
        self.score = nn.ModuleList(nn.Linear(width, 1) for _ in range(_GLIMPSES))
        self.attention_dropout = nn.Dropout(config.attention_dropout)
        self.image_projection = _Dense(places, width, dropout)
        self.text_projection = _Dense(words, width, dropout)
        self.branches = _Branches(config, (words, places), classes)
        self.norm = nn.BatchNorm1d(width)
        self.classifier = nn.Sequential(
            nn.Linear(width, config.hidden),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, classes),
        )

    def encode_pictures(self, pictures: Tensor) -> Rows:
        """Rows "places" (P, S, D) and "keys" (P, 2, S, width)."""
        places = self.image_tower(pictures).tokens
        return Rows(
            {"places": places, "keys": torch.stack([side(places) for side in self.place_side], dim=1)}
        )

    def encode_texts(self, tokens: TokenBatch) -> Rows:
        """Rows "pooled" (T, D), "guides" (T, 2, width) and "question" (T, width)."""
        pooled = self.text_tower(tokens).pooled
        guides = torch.stack([side(pooled) for side in self.question_side], dim=1)
        return Rows({"pooled": pooled, "guides": guides, "question": self.text_projection(pooled)})

    def answer(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Logits."""
        fused, _ = self._fused(pictures, texts)
        return self._classified(fused), {}

    def respond(self, pictures: Rows, texts: Rows, pairs: Pairs) -> NetworkOutput:
        """The answers; in training with the branches, the loss term "contrast", and later the negatives."""
        if not self.training:
            return super().respond(pictures, texts, pairs)
        config = self.config
        seen = pictures.without(PER_PICTURE).take(pairs.picture_of)
        asked = texts.take(pairs.text_of)
        fused, looked = self._fused(seen, asked)
        branches, contrast = self.branches(fused, asked["pooled"], looked)
        heads = {name: Head(logits, "answer", config.branch_weight) for name, logits in branches.items()}
        if self.progress >= config.negatives_from - 1e-9:
            heads |= self._negatives(seen, asked, pairs)
        auxiliary = {"contrast": config.contrast_weight * contrast.mean()}
        return NetworkOutput(self._classified(fused), auxiliary, heads=heads)

    def _negatives(self, seen: Rows, asked: Rows, pairs: Pairs) -> dict[str, Head]:
        """Every question with the picture of another, and with the text of another."""
        by_picture, by_text = (_donors(rows) for rows in (pairs.picture_of, pairs.text_of))
        other_picture = self._classified(self._fused(seen.take(by_picture), asked)[0])
        other_text = self._classified(self._fused(seen, asked.take(by_text))[0])
        config = self.config
        return {
            "other_picture": Head(other_picture, "not_answer", config.picture_negative_weight, by_picture),
            "other_text": Head(other_text, "not_answer", config.text_negative_weight, by_text),
        }

    def _fused(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Tensor]:
        """Fused vectors (N, width), and what was looked at (N, D)."""
        weights = torch.zeros_like(pictures["places"][..., 0])
        for glimpse, (mix, score) in enumerate(zip(self.mix, self.score, strict=True)):
            inner = mix(pictures["keys"][:, glimpse] * texts["guides"][:, glimpse, None])
            weights = weights + torch.softmax(score(self.attention_dropout(inner)).squeeze(-1), dim=1)
        looked = (weights[..., None] * pictures["places"]).sum(dim=1)
        return texts["question"] * self.image_projection(looked), looked

    def _classified(self, fused: Tensor) -> Tensor:
        if self.training and len(fused) == 1:  # one question has no statistics of its own
            norm = self.norm
            fused = functional.batch_norm(
                fused, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps
            )
        else:
            fused = self.norm(fused)
        logits: Tensor = self.classifier(fused)
        return logits


def _donors(rows: Tensor) -> Tensor:
    """A question for each to borrow from; itself where the drawn one has the same picture or text."""
    drawn = torch.randperm(len(rows), device=rows.device)
    return torch.where(rows[drawn] == rows, torch.arange(len(rows), device=rows.device), drawn)


PRESETS: Mapping[str, DvqaConfig] = {
    "paper": DvqaConfig(),
    "compact": DvqaConfig(towers=COMPACT_TOWERS, width=256, hidden=512),
    "tiny": DvqaConfig(towers=TINY_TOWERS, width=24, hidden=32),
}
