"""Sums and agreement over the processes of a training; a single process is alone with itself."""

import torch
from torch import Tensor, distributed

from geotamper.learning.data.batches import Share


def current_share() -> Share:
    """Number of this process, and of all."""
    if distributed.is_available() and distributed.is_initialized():
        return Share(distributed.get_rank(), distributed.get_world_size())
    return Share()


def pool(part: Tensor) -> Tensor:
    """Add up a value over the processes.

    The gradient is that of this process's part times the number of processes, because DistributedDataParallel
    averages gradients afterwards: what arrives at the weights is the gradient of the whole sum.
    """
    world = current_share().world
    if world == 1:
        return part
    own = part * world
    return own + (summed(part) - own).detach()


def summed(value: Tensor) -> Tensor:
    """Add up a value over the processes, without gradients."""
    total = value.detach().clone()
    if current_share().world > 1:
        distributed.all_reduce(total)
    return total


def largest(value: float, device: torch.device) -> float:
    """The largest value of all processes."""
    if current_share().world == 1:
        return value
    shared = torch.tensor([value], dtype=torch.float64, device=device)
    distributed.all_reduce(shared, op=distributed.ReduceOp.MAX)
    return float(shared)
