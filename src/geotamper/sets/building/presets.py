"""The three sets that can be built, and how often each kind of picture occurs in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from geotamper.errors import SpecificationError
from geotamper.sets.layout.sidecar import Wording
from geotamper.task.catalogue import QuestionSet
from geotamper.task.facts import TamperKind

PresetName = Literal["rs-cmqa", "rs-tqa", "real-rscm"]


@dataclass(frozen=True)
class Preset:
    """One kind of set.

    Attributes:
        name: As `--preset` takes it.
        question_set: How question types are numbered.
        shares: Share of each kind of picture; they add up to 1.
        plausible: Forgeries are placed where a person would believe them.
    """

    name: PresetName
    question_set: QuestionSet
    shares: Mapping[TamperKind, float]
    plausible: bool = False


def _shares(clean: float, copied: float, blurred: float = 0.0) -> Mapping[TamperKind, float]:
    """Shares from counts of pictures in thousands, as published (Zhang et al., arXiv:2412.02575)."""
    total = clean + copied + blurred
    return MappingProxyType({"none": clean / total, "copy-move": copied / total, "blur": blurred / total})


PRESETS: Mapping[PresetName, Preset] = MappingProxyType(
    {
        "rs-cmqa": Preset("rs-cmqa", "rs-cmqa", _shares(52.3, 65.9)),
        "rs-tqa": Preset("rs-tqa", "rs-tqa", _shares(52.3, 65.9, 61.0)),
        "real-rscm": Preset("real-rscm", "rs-cmqa", _shares(1.42, 8.58), plausible=True),
    }
)
"""All presets by name."""


@dataclass(frozen=True)
class BuildSettings:
    """What a set shall be.

    Attributes:
        preset: Which kind of set.
        images: Number of pictures, or None for as many as the shares of the preset allow.
        seed: Of all chance, not negative.
        wording: Which wordings the questions have.
        per_object: Largest number of forgeries of one object.
    """

    preset: PresetName
    images: int | None = None
    seed: int = 0
    wording: Wording = "own"
    per_object: int = 4

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            raise SpecificationError(
                f"unknown preset '{self.preset}'; choose one of {', '.join(sorted(PRESETS))}"
            )
        if self.wording not in ("own", "released"):
            raise SpecificationError(f"unknown wording '{self.wording}'; choose own or released")
        for name, value, least in (
            ("images", self.images, 1),
            ("seed", self.seed, 0),
            ("per_object", self.per_object, 1),
        ):
            if value is not None and value < least:
                raise SpecificationError(f"{name} must be at least {least}, got {value}")
