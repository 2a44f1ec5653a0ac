"""Every network of the project by name."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from geotamper.errors import SpecificationError
from geotamper.models.baselines import (
    blip2,
    dvqa,
    earthvqa,
    feh,
    mac,
    mcan,
    mqvqa,
    rsivqa,
    rsvqa,
    san,
    sga,
)
from geotamper.models.baselines.devices import EASY_TO_HARD, SEGMENTATION_FIRST
from geotamper.models.baselines.rates import CONVOLUTIONAL, TRANSFORMER
from geotamper.models.cm_moe.config import PRESETS as CM_MOE_PRESETS
from geotamper.models.cm_moe.config import CmMoeConfig
from geotamper.models.cm_moe.network import CmMoe
from geotamper.models.cmfpf.config import PRESETS as CMFPF_PRESETS
from geotamper.models.cmfpf.config import CmfpfConfig
from geotamper.models.cmfpf.network import Cmfpf
from geotamper.models.config import NetworkConfig
from geotamper.models.protocol import QuestionNetwork

_LOG = logging.getLogger(__name__)

Config = TypeVar("Config", bound=NetworkConfig)


@dataclass(frozen=True)
class ModelEntry(Generic[Config]):
    """A network that can be built and trained.

    Attributes:
        title: Name for people.
        config_class: Type of its configuration.
        presets: Configurations by name; every network has `paper`, `compact` and `tiny`.
        build: Makes the network from a configuration and the number of answers.
        citation: Where it comes from.
        training: Settings of the training that belong to the network, by preset.
    """

    title: str
    config_class: type[Config]
    presets: Mapping[str, Config]
    build: Callable[[Config, int], QuestionNetwork]
    citation: str
    training: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


MODELS: dict[str, ModelEntry[Any]] = {
    "cmfpf": ModelEntry(
        title="CMFPF",
        config_class=CmfpfConfig,
        presets=CMFPF_PRESETS,
        build=Cmfpf,
        citation="Zhang et al., arXiv:2412.02575",
    ),
    "cm_moe": ModelEntry(
        title="CM-MMoE",
        config_class=CmMoeConfig,
        presets=CM_MOE_PRESETS,
        build=CmMoe,
        citation="ICME 2025, arXiv:2503.18104",
    ),
    "san": ModelEntry(
        title="SAN",
        config_class=san.SanConfig,
        presets=san.PRESETS,
        build=san.San,
        citation="Yang et al., arXiv:1511.02274",
        training=CONVOLUTIONAL,
    ),
    "mac": ModelEntry(
        title="MAC",
        config_class=mac.MacConfig,
        presets=mac.PRESETS,
        build=mac.Mac,
        citation="Hudson and Manning, arXiv:1803.03067",
        training=CONVOLUTIONAL,
    ),
    "mcan": ModelEntry(
        title="MCAN",
        config_class=mcan.McanConfig,
        presets=mcan.PRESETS,
        build=mcan.Mcan,
        citation="Yu et al., arXiv:1906.10770",
        training=TRANSFORMER,
    ),
    "dvqa": ModelEntry(
        title="D-VQA",
        config_class=dvqa.DvqaConfig,
        presets=dvqa.PRESETS,
        build=dvqa.Dvqa,
        citation="Wen et al., NeurIPS 2021",
        training=CONVOLUTIONAL,
    ),
    "blip2": ModelEntry(
        title="BLIP-2",
        config_class=blip2.Blip2Config,
        presets=blip2.PRESETS,
        build=blip2.Blip2,
        citation="Li et al., arXiv:2301.12597",
        training=TRANSFORMER,
    ),
    "rsvqa": ModelEntry(
        title="RSVQA",
        config_class=rsvqa.RsvqaConfig,
        presets=rsvqa.PRESETS,
        build=rsvqa.Rsvqa,
        citation="Lobry et al., arXiv:2003.07333",
        training=CONVOLUTIONAL,
    ),
    "rsivqa": ModelEntry(
        title="RSIVQA",
        config_class=rsivqa.RsivqaConfig,
        presets=rsivqa.PRESETS,
        build=rsivqa.Rsivqa,
        citation="Zheng et al., TGRS 2021",
        training=CONVOLUTIONAL,
    ),
    "feh": ModelEntry(
        title="FEH",
        config_class=feh.FehConfig,
        presets=feh.PRESETS,
        build=feh.Feh,
        citation="Yuan et al., arXiv:2205.03147",
        training=EASY_TO_HARD,
    ),
    "mqvqa": ModelEntry(
        title="MQVQA",
        config_class=mqvqa.MqvqaConfig,
        presets=mqvqa.PRESETS,
        build=mqvqa.Mqvqa,
        citation="Zhang et al., TGRS 2023",
        training=CONVOLUTIONAL,
    ),
    "earthvqa": ModelEntry(
        title="EarthVQA",
        config_class=earthvqa.EarthVqaConfig,
        presets=earthvqa.PRESETS,
        build=earthvqa.EarthVqa,
        citation="Wang et al., arXiv:2312.12222",
        training=TRANSFORMER,
    ),
    "sga": ModelEntry(
        title="SGA",
        config_class=sga.SgaConfig,
        presets=sga.PRESETS,
        build=sga.Sga,
        citation="Tosato et al., arXiv:2407.08669",
        training=SEGMENTATION_FIRST,
    ),
}
"""Networks by name."""


def model_entry(name: str) -> ModelEntry[Any]:
    """The network of this name.

    Raises:
        SpecificationError: There is none.
    """
    if name not in MODELS:
        raise SpecificationError(f"there is no network '{name}'; choose one of {', '.join(MODELS)}")
    return MODELS[name]


def preset(name: str, size: str) -> NetworkConfig:
    """A preset of a network.

    Args:
        name: The network.
        size: `paper`, `compact` or `tiny`.

    Raises:
        SpecificationError: There is no such network or preset.
    """
    presets = model_entry(name).presets
    if size not in presets:
        raise SpecificationError(f"{name} has no preset '{size}'; choose one of {', '.join(presets)}")
    found: NetworkConfig = presets[size]
    return found


def build_network(name: str, config: NetworkConfig, classes: int) -> QuestionNetwork:
    """A network with the pretrained weights that its configuration names.

    Where parts start from random weights although pretrained ones could be named, a warning is logged.

    Args:
        name: The network.
        config: Of the class that belongs to it.
        classes: Number of answers, at least 1.

    Raises:
        SpecificationError: There is no such network, or the configuration is that of another.
        InputError: Pretrained weights are missing or do not fit.
        MissingLibraryError: A package with pretrained weights is not installed.
    """
    entry = model_entry(name)
    if not isinstance(config, entry.config_class):
        raise SpecificationError(
            f"{name} needs a {entry.config_class.__name__}, not a {type(config).__name__}; "
            f"start from one of its presets: {', '.join(entry.presets)}"
        )
    if classes < 1:
        raise SpecificationError(f"a network needs at least one answer, not {classes}; check Answers.json")
    random = config.random_parts()
    if random:
        _LOG.warning("%s starts from random weights in: %s", name, ", ".join(random))
    return entry.build(config, classes)
