"""Copies at places that a person would believe, for the preset `real-rscm`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from geotamper.errors import ForgeryError
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.sets.building.forgers import MadeForgery, RejectionError
from geotamper.sets.building.objects import TileObject
from geotamper.sets.building.plausible.blending import poisson_blended
from geotamper.sets.building.plausible.ground import Ground, heading
from geotamper.sets.building.plausible.parameters import SOFT, Neighbourhood, draw_parameters
from geotamper.sets.building.plausible.rules import (
    CoversNothingElse,
    HitsNothing,
    JoinsItsKind,
    KeepsItsSides,
    KeepsSource,
    Placement,
    PlacementRule,
    ResemblesSurroundings,
    StandsOnFittingGround,
    look_of,
    sides_of,
)
from geotamper.sets.building.plausible.stamp import Stamp
from geotamper.sets.sources.protocol import RawTile

DRAWS = 4
"""Times that turn and scale are drawn."""

PLACES = 150
"""Places that are looked at for each."""

MAX_SHIFT = 6.0
"""Mean change, in grey values of 255, that blending may do to a copy; beyond it shows as a glow or a shade."""

_NO_ROOM = "no place inside the frame"


class PlausiblePlaces:
    """Copies go to the place, of those looked at, that resembles the source's surroundings most."""

    def __init__(self) -> None:
        self._ground: Ground | None = None

    def copy(self, tile: RawTile, chosen: TileObject, rng: np.random.Generator) -> MadeForgery:
        """As `Forger.copy`.

        Raises:
            RejectionError: No place meets all rules; the reason is what was wrong with most places.
        """
        if not chosen.exact:
            raise RejectionError("an outline that is not known all around")
        if self._ground is None or self._ground.tile is not tile:
            self._ground = Ground(tile)
        ground = self._ground
        area = int(np.count_nonzero(chosen.mask))
        neighbours = _neighbourhood(ground, chosen)
        untouched = Stamp.of(chosen.mask, CopyMoveParameters())
        band = untouched.under(ground.looks, untouched.ring, (0, 0))
        rules: tuple[PlacementRule, ...] = (
            KeepsSource(),
            HitsNothing(),
            StandsOnFittingGround(),
            JoinsItsKind(),
            ResemblesSurroundings(look_of(band)),
            CoversNothingElse.of(band),
            KeepsItsSides(sides_of(ground, untouched, (0, 0))),
        )
        troubles: Counter[str] = Counter()
        for _ in range(DRAWS):
            parameters = draw_parameters(rng, chosen.object_class, area, neighbours)
            stamp = Stamp.of(chosen.mask, parameters)
            shift = _best_shift(ground, chosen, stamp, rules, rng, troubles)
            if shift is None:
                continue
            try:
                made = paste(tile, chosen, replace(parameters, placement=stamp.place(shift)), rng)
            except ForgeryError:
                troubles[_NO_ROOM] += PLACES
                continue
            return made
        raise RejectionError(troubles.most_common(1)[0][0])


def _neighbourhood(ground: Ground, chosen: TileObject) -> Neighbourhood:
    own = heading(chosen.mask)
    turns: list[float] = []
    if own is not None:
        others = ground.neighbour_headings(chosen.object_class)
        turns = [(other - own + 90) % 180 - 90 for other in others]
    return Neighbourhood(ground.neighbour_areas(chosen.object_class), turns)


def _best_shift(
    ground: Ground,
    chosen: TileObject,
    stamp: Stamp,
    rules: Sequence[PlacementRule],
    rng: np.random.Generator,
    troubles: Counter[str],
) -> tuple[int, int] | None:
    """The best of `PLACES` drawn places; None where none meets all rules."""
    (low_x, high_x), (low_y, high_y) = stamp.bounds(chosen.mask.shape)
    if low_x > high_x or low_y > high_y:
        troubles[_NO_ROOM] += PLACES
        return None
    columns = rng.integers(low_x, high_x + 1, PLACES).tolist()
    rows = rng.integers(low_y, high_y + 1, PLACES).tolist()
    best, lowest = None, 1.0
    for shift in zip(columns, rows, strict=True):
        placement = Placement(ground, chosen, stamp, shift)
        distance = 0.0
        for rule in rules:
            distance = max(distance, rule.distance(placement))
            if distance > 1:
                troubles[rule.trouble] += 1
                break
        if distance <= lowest:
            best, lowest = shift, distance
    return best


def paste(
    tile: RawTile, chosen: TileObject, parameters: CopyMoveParameters, rng: np.random.Generator
) -> MadeForgery:
    """Paste a copy, and adapt the colours of soft classes to the place where that leaves the copy as it is."""
    made = copy_move(tile.pixels, chosen.mask, parameters, rng=rng, object_class=chosen.object_class)
    if chosen.object_class not in SOFT:
        return MadeForgery(made)
    blended = poisson_blended(made)
    copied = made.pixels[made.target_mask].astype(np.int16)
    if np.abs(blended.forgery.pixels[made.target_mask] - copied).mean() <= MAX_SHIFT:
        return blended
    feathered = replace(parameters, edge="feather")
    return MadeForgery(
        copy_move(tile.pixels, chosen.mask, feathered, rng=rng, object_class=chosen.object_class)
    )
