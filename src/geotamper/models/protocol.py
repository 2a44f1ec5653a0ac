"""What every network of the project offers, so that a picture passes once and its questions share it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn

PER_PICTURE = ("masks", "class_map")
"""Names of rows that belong to pictures and that no question looks at."""

HeadTarget = Literal["answer", "not_answer", "group", "class_map"]
"""What further scores are trained towards.

`answer`: the class of the question. `not_answer`: the probability of that class is penalised. `group`: the number of
the question's group in the catalogue (basic, independent, related). `class_map`: the class of every pixel.
"""


@dataclass(frozen=True)
class Rows:
    """Tensors whose first dimension counts the same things: pictures, texts or questions.

    Attributes:
        tensors: By name; at least one.
    """

    tensors: Mapping[str, Tensor]

    def __getitem__(self, name: str) -> Tensor:
        return self.tensors[name]

    def __len__(self) -> int:
        return len(next(iter(self.tensors.values())))

    def take(self, rows: Tensor) -> "Rows":
        """The chosen rows, in the order given; gradients of a row that is chosen often add up.

        Args:
            rows: int64, shape (N,).
        """
        return Rows({name: tensor.index_select(0, rows) for name, tensor in self.tensors.items()})

    def without(self, names: Sequence[str]) -> "Rows":
        """The same rows without some tensors."""
        return Rows({name: tensor for name, tensor in self.tensors.items() if name not in names})


@dataclass(frozen=True)
class TokenBatch:
    """Texts as numbers.

    Attributes:
        ids: int64, shape (T, L).
        mask: bool, shape (T, L); true on every token that counts, start and end among them.
    """

    ids: Tensor
    mask: Tensor


@dataclass(frozen=True)
class Pairs:
    """Which picture and which text each of N questions has.

    Attributes:
        picture_of: Row of each question's picture, int64, shape (N,).
        text_of: Row of each question's text, int64, shape (N,).
    """

    picture_of: Tensor
    text_of: Tensor


@dataclass(frozen=True)
class Head:
    """Further scores with a target of their own, which only the training looks at.

    Attributes:
        logits: Shape (N, K), one row per question; for `class_map` (P, K, h, w), one map per picture.
        target: What they are trained towards.
        weight: Factor of their loss.
        donors: For `not_answer`: the question that each row borrowed its picture or text from, int64, shape (N,).
            Rows whose donor has the same answer, such as the question itself, are left out of the loss.
    """

    logits: Tensor
    target: HeadTarget
    weight: float = 1.0
    donors: Tensor | None = None


@dataclass(frozen=True)
class NetworkOutput:
    """What a network says of N questions.

    Attributes:
        logits: Shape (N, C), one per class of the answer vocabulary.
        auxiliary: Further loss terms by name, each a scalar; they are added as they are.
        masks: Source, target and composite on the scale of the targets (0..255), not clamped, shape
            (P, 3, H, W), one per picture; None for networks without a mask network.
        heads: Further scores by name.
    """

    logits: Tensor
    auxiliary: Mapping[str, Tensor] = field(default_factory=dict)
    masks: Tensor | None = None
    heads: Mapping[str, Head] = field(default_factory=dict)


class QuestionNetwork(nn.Module, ABC):
    """A network that answers questions about pictures.

    Work that does not depend on the question is done once per picture, work that does not depend on the picture once
    per text. Ground truth is never an input.

    Attributes:
        progress: The finished part of the training, 0 to 1; a training sets it before every step, so that a network
            may bring in parts of its loss later.
    """

    progress: float = 1.0

    @abstractmethod
    def encode_pictures(self, pictures: Tensor) -> Rows:
        """Everything about pictures that questions share.

        Args:
            pictures: Normalised, float, shape (P, 3, H, W).

        Returns:
            P rows; the predicted masks, if any, under the name "masks", scores of the classes of pixels under
            "class_map".
        """

    @abstractmethod
    def encode_texts(self, tokens: TokenBatch) -> Rows:
        """Everything about T texts that pictures share."""

    @abstractmethod
    def answer(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Answer N questions.

        Args:
            pictures: N rows: the picture of each question, without what `PER_PICTURE` names.
            texts: N rows: the text of each question.

        Returns:
            Logits of shape (N, C), and auxiliary losses averaged over the N questions as published.
        """

    def mask_parameters(self) -> tuple[nn.Parameter, ...]:
        """The parameters of the mask or segmentation network, which have an optimiser of their own."""
        return ()

    @property
    def predicts_masks(self) -> bool:
        """Whether `encode_pictures` gives "masks"."""
        return bool(self.mask_parameters())

    def respond(self, pictures: Rows, texts: Rows, pairs: Pairs) -> NetworkOutput:
        """Answer N questions, with everything that a training looks at.

        Networks with training devices of their own add `heads` and `auxiliary` here; `answer` stays the plain answer.

        Args:
            pictures: P rows, as `encode_pictures` gives them.
            texts: T rows.
            pairs: Picture and text of each question.
        """
        shared = pictures.without(PER_PICTURE).take(pairs.picture_of)
        logits, auxiliary = self.answer(shared, texts.take(pairs.text_of))
        return NetworkOutput(logits, auxiliary, pictures.tensors.get("masks"))

    def forward(
        self, pictures: Tensor, tokens: TokenBatch, picture_of: Tensor, text_of: Tensor
    ) -> NetworkOutput:
        """Answer N questions about P pictures in T distinct texts.

        Args:
            pictures: Normalised, float, shape (P, 3, H, W).
            tokens: T texts.
            picture_of: Row of each question's picture, int64, shape (N,).
            text_of: Row of each question's text, int64, shape (N,).
        """
        return self.respond(
            self.encode_pictures(pictures), self.encode_texts(tokens), Pairs(picture_of, text_of)
        )


def single(questions: int, device: torch.device | None = None) -> Tensor:
    """Row numbers for questions that each bring their own picture or text, as the published loop has them."""
    return torch.arange(questions, device=device)
