"""The authors' checkpoints in our networks: names mapped, everything else refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from geotamper.errors import InputError, SpecificationError
from geotamper.models.blocks.pretrained import read_state_dict
from geotamper.models.blocks.unet import unet_name
from geotamper.models.config import NetworkConfig
from geotamper.models.protocol import QuestionNetwork
from geotamper.models.registry import model_entry

_HEAD = "linear_classify2.bias"
_SHOWN = 12

_SHARED = (
    ("imgModel.", "image_tower.model."),
    ("textModel.", "text_tower.model."),
    ("lineV.", "image_projection."),
    ("lineQ.", "text_projection."),
    ("linear_classify1.", "head.first."),
    ("linear_classify2.", "head.second."),
)
_CMFPF = (
    *_SHARED,
    ("textEnhance.cnnEncoder.", "stma.encoders.0."),
    ("textEnhance.cnnEncoder1.", "stma.encoders.1."),
    ("textEnhance.cnnEncoder2.", "stma.encoders.2."),
    ("textEnhance.mlpT.fc1.", "stma.feed_forwards.0.layers.0."),
    ("textEnhance.mlpT.fc2.", "stma.feed_forwards.0.layers.1."),
    ("textEnhance.crossAtt.multihead_attn.", "stma.attentions.0."),
    ("textEnhance.crossAtt1.multihead_attn.", "stma.attentions.1."),
    ("textEnhance.crossAtt2.multihead_attn.", "stma.attentions.2."),
    ("textEnhance.crossAtt3.multihead_attn.", "stma.attentions.3."),
)
_CM_MOE = (
    *_SHARED,
    ("router.cnnEncoder.", "mask_encoder."),
    ("router.linerImg.", "image_part."),
    ("router.moe.crossAtt.multihead_attn.", "router.attention."),
    ("router.moe.gate.", "router.gate."),
    ("router.moe.noise.", "router.noise."),
)


@dataclass(frozen=True)
class PublishedLayout:
    """How the authors' state dict of one network is read.

    Attributes:
        rename: Our name of an entry, or None where we have none.
        unused: Beginnings of entries that their network holds and never computes with; they are left out.
    """

    rename: Callable[[str], str | None]
    unused: tuple[str, ...]


def _cmfpf_name(name: str) -> str | None:
    return _mask_network_name(name) or _by_prefix(name, _CMFPF)


def _cm_moe_name(name: str) -> str | None:
    if name.startswith("router.moe.experts."):
        return name.removeprefix("router.moe.").replace("experts.", "router.experts.").replace(".seq.", ".")
    return _mask_network_name(name) or _by_prefix(name, _CM_MOE)


def _mask_network_name(name: str) -> str | None:
    prefix = "maskNet."
    return f"mask_network.{unet_name(name.removeprefix(prefix))}" if name.startswith(prefix) else None


def _by_prefix(name: str, prefixes: tuple[tuple[str, str], ...]) -> str | None:
    return next(
        (ours + name.removeprefix(theirs) for theirs, ours in prefixes if name.startswith(theirs)), None
    )


PUBLISHED: Mapping[str, PublishedLayout] = {
    "cmfpf": PublishedLayout(
        _cmfpf_name, ("textEnhance.mlpS.", "textEnhance.out.", "textEnhance.layer_norm.")
    ),
    "cm_moe": PublishedLayout(_cm_moe_name, ("router.out.",)),
}
"""Networks whose published checkpoints can be imported."""

# Buffers that older versions of transformers saved; they hold 0, 1, 2, ...
_IGNORED = ("embeddings.position_ids",)


@dataclass(frozen=True)
class ImportedNetwork:
    """What a checkpoint became.

    Attributes:
        name: The network in the registry.
        config: Its faithful configuration.
        classes: Number of answers, read from the last layer.
        network: In evaluation mode, with the weights of the checkpoint.
        left_out: Values of entries that the published network never computes with.
    """

    name: str
    config: NetworkConfig
    classes: int
    network: QuestionNetwork
    left_out: int


def import_state_dict(state: Mapping[str, Tensor], source: str) -> ImportedNetwork:
    """Build the network to which a published state dict belongs.

    Args:
        state: Entries by the authors' names; a common prefix `module.` is taken off.
        source: Where it comes from, for messages.

    Raises:
        InputError: It belongs to no network, or not exactly; the message lists the differences.
    """
    state = {
        name.removeprefix("module."): value for name, value in state.items() if not name.endswith(_IGNORED)
    }
    name = _recognise(state, source)
    layout = PUBLISHED[name]
    config: NetworkConfig = model_entry(name).presets["paper"].without_weights()
    classes = len(state[_HEAD])
    network = _build_empty(name, config, classes)
    renamed = _renamed(state, layout)
    differences = _differences(network, renamed)
    if differences:
        more = len(differences) - _SHOWN
        raise InputError(
            f"'{source}' is not a checkpoint of {name} as published: {'; '.join(differences[:_SHOWN])}"
            f"{f'; and {more} more' if more > 0 else ''}; give a state dict saved by the authors' code"
        )
    own = network.state_dict()
    network.load_state_dict({key: value.to(own[key].dtype) for key, value in renamed.items()}, assign=True)
    left_out = sum(value.numel() for key, value in state.items() if key.startswith(layout.unused))
    return ImportedNetwork(name, config, classes, network.eval(), left_out)


def import_checkpoint(path: Path, out: Path) -> ImportedNetwork:
    """Read a published `.pth` file and write it as `model.safetensors` and `config.json`.

    Args:
        path: A state dict, as the authors' training saves it; nothing in it is executed.
        out: Folder, made where needed.

    Raises:
        InputError: The file cannot be read, or is no checkpoint of a known network.
        OutputError: The folder cannot be written to.
    """
    imported = import_state_dict(read_state_dict(path), str(path))
    save_network(imported.network, imported.name, imported.config, imported.classes, out)
    return imported


def save_network(network: nn.Module, name: str, config: NetworkConfig, classes: int, out: Path) -> None:
    """Write `model.safetensors` and `config.json` into a folder, each whole or not at all.

    Raises:
        OutputError: The folder cannot be written to.
    """
    import json

    from safetensors.torch import save

    from geotamper.atomic import write_bytes, write_text

    tensors = {key: value.detach().cpu().contiguous() for key, value in network.state_dict().items()}
    # Not `save_file`: the library's own files are for their owner alone, whatever the umask.
    write_bytes(out / "model.safetensors", save(tensors))
    document = {"model": name, "classes": classes, "config": config.model_dump(mode="json")}
    write_text(out / "config.json", json.dumps(document, indent=2) + "\n")


def load_network(folder: Path) -> QuestionNetwork:
    """Read what `save_network` wrote; the network is in evaluation mode.

    Raises:
        InputError: A file is missing or damaged, or the weights do not fit the configuration.
    """
    import json

    from geotamper.models.blocks.pretrained import load_known

    try:
        document = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        name, classes, values = document["model"], int(document["classes"]), document["config"]
        entry = model_entry(name)
        config = entry.config_class.from_values(values).without_weights()
    except (OSError, ValueError, KeyError, TypeError, SpecificationError) as error:
        raise InputError(
            f"'{folder / 'config.json'}' does not describe a network: {error}; give a folder with model.safetensors "
            "and config.json, as written by import-checkpoint or train"
        ) from error
    network: QuestionNetwork = entry.build(config, classes)
    weights = folder / "model.safetensors"
    load_known(network, read_state_dict(weights), (), str(weights))
    return network.eval()


def _recognise(state: Mapping[str, Tensor], source: str) -> str:
    marks = {"cmfpf": "textEnhance.", "cm_moe": "router.moe."}
    found = [name for name, mark in marks.items() if any(key.startswith(mark) for key in state)]
    if len(found) != 1 or _HEAD not in state:
        wanted = " or ".join(f"{mark}* ({name})" for name, mark in marks.items())
        raise InputError(
            f"'{source}' is no published checkpoint of {' or '.join(marks)}: it begins with "
            f"'{next(iter(state), 'nothing')}', expected are entries {wanted} and {_HEAD}; "
            "give a state dict saved by the authors' code"
        )
    return found[0]


def _build_empty(name: str, config: NetworkConfig, classes: int) -> QuestionNetwork:
    """A network whose weights are still to come, without the time to initialise them."""
    with torch.device("meta"):
        network: QuestionNetwork = model_entry(name).build(config, classes)
    for module in network.modules():
        for key, buffer in module.named_buffers(recurse=False):
            if key == "position_ids":  # not part of any state dict
                module.register_buffer(key, torch.arange(buffer.shape[-1]).expand(1, -1), persistent=False)
    return network


def _renamed(state: Mapping[str, Tensor], layout: PublishedLayout) -> dict[str, Tensor]:
    """Entries under our names; those that we have no name for keep theirs."""
    used = {key: value for key, value in state.items() if not key.startswith(layout.unused)}
    return {layout.rename(key) or key: value for key, value in used.items()}


def _differences(network: nn.Module, renamed: Mapping[str, Tensor]) -> list[str]:
    own = network.state_dict()
    found = [f"missing {key}" for key in own if key not in renamed]
    found += [f"unexpected {key}" for key in renamed if key not in own]
    found += [
        f"{key} has shape {tuple(renamed[key].shape)} instead of {tuple(value.shape)}"
        for key, value in own.items()
        if key in renamed and renamed[key].shape != value.shape
    ]
    return found
