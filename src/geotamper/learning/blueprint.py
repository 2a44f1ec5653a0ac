"""What is trained: a registered network with its configuration, and how its texts are numbered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geotamper.errors import SpecificationError
from geotamper.learning.losses import MASK_RANGE
from geotamper.learning.settings import Preset, TrainingSettings, training_settings, unknown_key
from geotamper.models.config import NetworkConfig
from geotamper.models.protocol import QuestionNetwork
from geotamper.models.registry import build_network, model_entry, preset
from geotamper.models.text import Tokenizer, build_tokenizer


@dataclass(frozen=True)
class Blueprint:
    """A network to be built.

    Attributes:
        model: Name in the registry.
        preset: What its configuration began with.
        config: Its configuration.
    """

    model: str
    preset: Preset
    config: NetworkConfig

    @property
    def picture_size(self) -> int:
        """Side of the pictures, pixels."""
        return self.config.towers.resolution

    @property
    def mask_scale(self) -> float:
        """Value of a full mask in the network's predictions."""
        return float(getattr(self.config, "mask_scale", MASK_RANGE))

    @property
    def pretrained(self) -> tuple[str, ...]:
        """Names of the modules that begin with pretrained weights."""
        return self.config.pretrained_modules()

    def build(self, classes: int) -> QuestionNetwork:
        """The network with the weights that its configuration names.

        Raises:
            InputError: Pretrained weights are missing or do not fit.
            MissingLibraryError: A package with pretrained weights is not installed.
        """
        return build_network(self.model, self.config, classes)

    def build_empty(self, classes: int) -> QuestionNetwork:
        """The network to load a checkpoint into: random weights, nothing is fetched."""
        network: QuestionNetwork = model_entry(self.model).build(self.config.without_weights(), classes)
        return network

    def tokenizer(self, texts: Sequence[str]) -> Tokenizer:
        """The tokenizer of its text tower.

        Args:
            texts: Of the train fold; only a vocabulary of words is built from them.
        """
        return build_tokenizer(self.config.towers.text, texts)


def restored_blueprint(model: str, size: Preset, config: Mapping[str, Any]) -> Blueprint:
    """The blueprint that a run recorded.

    Raises:
        SpecificationError: The network is unknown, or its configuration is that of another version.
    """
    return Blueprint(model, size, model_entry(model).config_class.from_values(config))


def configure(
    model: str, size: Preset, assignments: Sequence[tuple[str, str]]
) -> tuple[Blueprint, TrainingSettings]:
    """The network and the training that a preset and some changes describe.

    Args:
        model: Name in the registry.
        size: Preset of both.
        assignments: Keys and values; a key is a setting of the training (`epochs`) or of the network
            (`towers.resolution`).

    Raises:
        SpecificationError: A network, key or value is unknown; the message names keys that resemble it.
    """
    config = preset(model, size)
    training: dict[str, Any] = dict(model_entry(model).training.get(size, {}))
    for key, value in assignments:
        if key in TrainingSettings.model_fields:
            training[key] = value
            continue
        known = _keys(config.model_dump())
        if key not in known:
            raise SpecificationError(unknown_key(key, (*TrainingSettings.model_fields, *known)))
        config = config.with_settings([f"{key}={value}"])
    return Blueprint(model, size, config), training_settings(size, training)


def _keys(values: Mapping[str, Any], prefix: str = "") -> tuple[str, ...]:
    found: list[str] = []
    for name, value in values.items():
        if isinstance(value, dict):
            found += _keys(value, f"{prefix}{name}.")
        else:
            found.append(f"{prefix}{name}")
    return tuple(found)
