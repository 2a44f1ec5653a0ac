"""Digests of weights."""

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor


def state_digest(state: Mapping[str, Tensor], told: str) -> str:
    """Sixteen hexadecimal digits that differ where names, shapes or values do.

    Args:
        state: Tensors by name.
        told: Whatever else shall count.
    """
    digest = hashlib.sha256(told.encode())
    for name, value in state.items():
        digest.update(f"\n{name} {tuple(value.shape)} {value.dtype}\n".encode())
        digest.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]
