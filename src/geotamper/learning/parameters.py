"""The parameters of a network by how they are trained."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Adam, Optimizer

from geotamper.learning.schedule import Schedule, Stage
from geotamper.models.protocol import QuestionNetwork


@dataclass(frozen=True, eq=False)
class MaskPart:
    """The mask network inside a network; empty where it has none.

    Attributes:
        network: The whole.
    """

    network: QuestionNetwork

    def __bool__(self) -> bool:
        return bool(self.network.mask_parameters())

    def freeze(self, *, frozen: bool) -> None:
        """Take its parameters out of training, or back in."""
        for parameter in self.network.mask_parameters():
            parameter.requires_grad_(not frozen)
            if frozen:
                parameter.grad = None

    def fix_statistics(self) -> None:
        """Put its BatchNorm layers into evaluation mode."""
        for module in self._modules():
            if isinstance(module, _BatchNorm):
                module.eval()

    def train_statistics(self) -> None:
        """Put its layers into training mode."""
        for module in self._modules():
            module.train()

    def state(self) -> dict[str, Tensor]:
        """A copy of its parameters and statistics by their names in the whole."""
        wanted = set(self._names())
        return {
            name: value.detach().clone()
            for name, value in self.network.state_dict().items()
            if name in wanted
        }

    def load(self, state: dict[str, Tensor]) -> None:
        """Put a copy back."""
        self.network.load_state_dict(state, strict=False)

    def _modules(self) -> Iterator[nn.Module]:
        own = {id(parameter) for parameter in self.network.mask_parameters()}
        for module in self.network.modules():
            if any(id(parameter) in own for parameter in module.parameters(recurse=False)):
                yield module

    def _names(self) -> Iterator[str]:
        own = {id(module) for module in self._modules()}
        for prefix, module in self.network.named_modules():
            if id(module) in own:
                for name in module.state_dict(keep_vars=True):
                    yield f"{prefix}.{name}" if prefix else name


@dataclass(frozen=True, eq=False)
class Optimisers:
    """Adam for the mask network and Adam for the rest, or one for all.

    Attributes:
        rest: Of everything, or of everything but the mask network.
        mask: Of the mask network; None with a single optimiser or without a mask network.
    """

    rest: Optimizer
    mask: Optimizer | None

    def all(self) -> list[Optimizer]:
        """Both, or the one."""
        return [self.rest] if self.mask is None else [self.rest, self.mask]

    def active(self, stage: Stage, *, frozen: bool) -> list[Optimizer]:
        """Those that step now."""
        if stage == "masks":
            return [self.rest if self.mask is None else self.mask]
        return [self.rest] if frozen or self.mask is None else [self.rest, self.mask]

    def set_rates(self, schedule: Schedule, stage: Stage, progress: float) -> dict[str, float]:
        """Set every learning rate.

        Returns:
            The rates by group: "main", "pretrained", "mask".
        """
        rates = {
            "main": schedule.main().at(progress),
            "pretrained": schedule.pretrained().at(progress),
            "mask": schedule.mask(stage).at(progress),
        }
        used = {}
        for optimiser in self.all():
            for group in optimiser.param_groups:
                group["lr"] = used[group["name"]] = rates[group["name"]]
        return used


def build_optimisers(
    network: QuestionNetwork, schedule: Schedule, pretrained: tuple[str, ...] = ()
) -> Optimisers:
    """Adam with default betas and no weight decay (section 7).

    Args:
        network: What is trained.
        schedule: Whether there is one optimiser or two.
        pretrained: Names of the modules that begin pretrained.
    """
    masks = list(network.mask_parameters())
    known = {id(parameter) for parameter in masks}
    early = [
        parameter
        for name, parameter in network.named_parameters()
        if name.startswith(tuple(f"{module}." for module in pretrained)) and id(parameter) not in known
    ]
    taken = known | {id(parameter) for parameter in early}
    groups = [
        ("main", [parameter for parameter in network.parameters() if id(parameter) not in taken]),
        ("pretrained", early),
    ]
    single = schedule.settings.single_optimiser and schedule.settings.one_step
    if single:
        groups.append(("mask", masks))
    mask = None if single or not masks else _adam([("mask", masks)])
    return Optimisers(_adam(groups), mask)


def _adam(groups: list[tuple[str, list[nn.Parameter]]]) -> Optimizer:
    return Adam(
        [{"params": parameters, "name": name, "lr": 0.0} for name, parameters in groups if parameters],
        foreach=torch.cuda.is_available(),
    )
