"""Gated mixture of experts: the question chooses who looks at the masks (CM-MMoE)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from geotamper.models.blocks.attention import CrossAttention
from geotamper.models.cm_moe.config import RouterConfig


@dataclass(frozen=True)
class Gate:
    """Choice of experts for N questions.

    Attributes:
        scores: What importance is taken from, shape (N, experts): probabilities with their noise in the published
            gate, the weights themselves in Shazeer's.
        weights: Of every expert, zero for those that stay idle, shape (N, experts).
    """

    scores: Tensor
    weights: Tensor


class Router(nn.Module):
    """Gate and experts.

    Experts read the picture alone, so all of them run once per picture, and a question only weighs their results.

    Args:
        config: Its form.
        width: Length of all vectors.
    """

    def __init__(self, config: RouterConfig, width: int) -> None:
        super().__init__()
        self.config = config
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
            for _ in range(config.experts)
        )
        self.attention = CrossAttention(width, config.heads, config.attention_dropout)
        self.gate = nn.Linear(width, config.experts)
        self.noise = nn.Linear(width, config.experts)

    def expert_results(self, seen: Tensor) -> Tensor:
        """What every expert says of P pictures: (P, experts, width) of (P, width)."""
        return torch.stack([expert(seen) for expert in self.experts], dim=1)

    def noise_scales(self, seen: Tensor) -> Tensor:
        """Standard deviation of the noise of training, shape (P, experts)."""
        return functional.softplus(self.noise(seen).float())

    def choose(self, attended: Tensor, noise_scales: Tensor) -> Gate:
        """Choose experts.

        Args:
            attended: Result of the attention, shape (N, width).
            noise_scales: Shape (N, experts); used in training only.
        """
        logits = self.gate(attended).float()
        noise = torch.randn_like(noise_scales) * noise_scales if self.training else None
        published = self.config.gate == "published"
        scores = functional.softmax(logits, dim=1) if published else logits
        if noise is not None:
            scores = scores + noise
        kept, chosen = scores.topk(self.config.active, dim=1)
        weights = torch.zeros_like(scores).scatter(1, chosen, functional.softmax(kept, dim=1))
        return Gate(scores if published else weights, weights)

    def loss(self, gate: Gate) -> Tensor:
        """Squared coefficient of variation of the experts' importance, weighted; a scalar."""
        importance = gate.scores.sum(dim=0)
        mean = importance.mean().clamp(min=self.config.importance_floor)
        return self.config.importance_weight * (importance.std() / mean) ** 2
