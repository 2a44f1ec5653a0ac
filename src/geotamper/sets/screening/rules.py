"""The rules of screening: what is measured, from which value on a tile is left out, and what that rests on."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from geotamper.errors import SpecificationError
from geotamper.sets.fingerprints import Fingerprint, fingerprint
from geotamper.sets.layout.names import Fold
from geotamper.sets.screening.measures import blur_share, cloud_share, flat_share, void_share
from geotamper.sets.sources.protocol import RawTile

RuleName = Literal["nodata", "blank", "blurred", "cloud", "duplicate"]


@dataclass(frozen=True)
class Thresholds:
    """The largest value of each measure with which a tile is kept.

    On 134 tiles of 17 sources the largest values met were 0.07 without data, 0.90 flat (ships on calm water,
    which must stay), 0.56 blurred (pictures enlarged twice; 0.42 without enlargement) and 0.19 cloud (sunlit
    concrete). Of the same tiles, blurred by a Gaussian of 2, 3 and 4 pixels, 59, 93 and 95 % exceed the threshold for
    blur; with drawn clouds over 40, 50 and 60 % of the picture, 49, 100 and 100 % exceed that for cloud.

    Attributes:
        nodata: Share of pixels without data or label.
        blank: Share of blocks in which nothing is to be seen.
        blurred: Share of grey-value steps that smoothing leaves as they are.
        cloud: Share of pixels that look like thick cloud.
        duplicate: Number of tiles, already kept, that look the same; see `geotamper.sets.fingerprints`.
    """

    nodata: float = 0.20
    blank: float = 0.95
    blurred: float = 0.60
    cloud: float = 0.25
    duplicate: float = 0.0

    def __post_init__(self) -> None:
        for name in ("nodata", "blank", "blurred", "cloud", "duplicate"):
            value = getattr(self, name)
            if math.isnan(value) or value < 0:
                raise SpecificationError(
                    f"the screening threshold '{name}' is {value}; expected 0 or more, or infinity for no limit"
                )


@dataclass(frozen=True)
class Decision:
    """What one rule says about one tile.

    Attributes:
        tile: `TileRef.id`.
        accepted: Whether the value is at most the threshold.
        rule: Its name.
        value: What was measured.
        threshold: What it was compared with.
        other: For a near-duplicate, the first kept tile that looks the same.
    """

    tile: str
    accepted: bool
    rule: RuleName
    value: float
    threshold: float
    other: str | None = None


@dataclass(frozen=True)
class Examination:
    """What screening needs to know of a tile; small, and independent of all other tiles.

    Attributes:
        tile: `TileRef.id`.
        group: The source's group.
        fold: The fold that a manifest binds the group to, or None.
        values: Measure of each rule but "duplicate".
        look: Fingerprint of the pixels.
    """

    tile: str
    group: str
    fold: Fold | None
    values: Mapping[RuleName, float]
    look: Fingerprint


def examine(tile: RawTile) -> Examination:
    """Measure a tile for all rules."""
    return Examination(
        tile=tile.ref.id,
        group=tile.ref.raw.group,
        fold=tile.ref.raw.fold,
        values={
            "nodata": void_share(tile.pixels, tile.ignore),
            "blank": flat_share(tile.pixels),
            "blurred": blur_share(tile.pixels),
            "cloud": cloud_share(tile.pixels),
        },
        look=fingerprint(tile.pixels),
    )


def judge_alone(examination: Examination, thresholds: Thresholds) -> list[Decision]:
    """The decisions of the rules that look at one tile only, in the order of the measures."""
    decisions: list[Decision] = []
    for rule, value in examination.values.items():
        threshold = float(getattr(thresholds, rule))
        decisions.append(Decision(examination.tile, value <= threshold, rule, value, threshold))
    return decisions
