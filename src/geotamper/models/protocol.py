"""What every network of the project offers, so that a picture passes once and its questions share it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn


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
class NetworkOutput:
    """What a network says of N questions.

    Attributes:
        logits: Shape (N, C), one per class of the answer vocabulary.
        auxiliary: Further loss terms by name, each a scalar; they are added as they are.
        masks: Source, target and composite on the scale of the targets (0..255), not clamped, shape
            (P, 3, H, W), one per picture; None for networks without a mask network.
    """

    logits: Tensor
    auxiliary: Mapping[str, Tensor] = field(default_factory=dict)
    masks: Tensor | None = None


class QuestionNetwork(nn.Module, ABC):
    """A network that answers questions about pictures.

    Work that does not depend on the question is done once per picture, work that does not depend on the picture once
    per text. Ground truth is never an input.
    """

    @abstractmethod
    def encode_pictures(self, pictures: Tensor) -> Rows:
        """Everything about pictures that questions share.

        Args:
            pictures: Normalised, float, shape (P, 3, H, W).

        Returns:
            P rows; the predicted masks, if any, under the name "masks".
        """

    @abstractmethod
    def encode_texts(self, tokens: TokenBatch) -> Rows:
        """Everything about T texts that pictures share."""

    @abstractmethod
    def answer(self, pictures: Rows, texts: Rows) -> tuple[Tensor, Mapping[str, Tensor]]:
        """Answer N questions.

        Args:
            pictures: N rows: the picture of each question, without "masks".
            texts: N rows: the text of each question.

        Returns:
            Logits of shape (N, C), and auxiliary losses averaged over the N questions as published.
        """

    def mask_parameters(self) -> tuple[nn.Parameter, ...]:
        """The parameters of the mask network, which have an optimiser of their own; none by default."""
        return ()

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
        seen = self.encode_pictures(pictures)
        masks = seen.tensors.get("masks")
        shared = Rows({name: tensor for name, tensor in seen.tensors.items() if name != "masks"})
        logits, auxiliary = self.answer(shared.take(picture_of), self.encode_texts(tokens).take(text_of))
        return NetworkOutput(logits, auxiliary, masks)


def single(questions: int, device: torch.device | None = None) -> Tensor:
    """Row numbers for questions that each bring their own picture or text, as the published loop has them."""
    return torch.arange(questions, device=device)
