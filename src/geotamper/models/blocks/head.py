"""From fused vectors to answers."""

from torch import Tensor, nn


class AnswerHead(nn.Module):
    """Activation, dropout, linear, activation, dropout, linear (CMFPF section 6, CM-MMoE section 1 of the code).

    Args:
        width: Length of the fused vector.
        hidden: Units between.
        classes: Answers.
        activation: Tanh for CMFPF, SiLU for CM-MMoE.
        dropout: Share of units that training drops.
    """

    def __init__(self, width: int, hidden: int, classes: int, activation: nn.Module, dropout: float) -> None:
        super().__init__()
        self.activation = activation
        self.dropout = nn.Dropout(dropout)
        self.first = nn.Linear(width, hidden)
        self.second = nn.Linear(hidden, classes)

    def forward(self, fused: Tensor) -> Tensor:
        """Logits, shape (N, classes)."""
        inner = self.first(self.dropout(self.activation(fused)))
        logits: Tensor = self.second(self.dropout(self.activation(inner)))
        return logits
