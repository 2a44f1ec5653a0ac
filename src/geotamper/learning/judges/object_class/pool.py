"""The objects of a fold of raw imagery, read tile by tile as they are wanted."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache

import numpy as np

from geotamper.control import Control
from geotamper.errors import InputError
from geotamper.imagery.picture import Pixels
from geotamper.imagery.reading import read_picture
from geotamper.learning.judges.object_class.ground import OPEN_IDS, Ground, Thing, cut_out
from geotamper.sets.building.objects import list_objects
from geotamper.sets.layout import Fold
from geotamper.sets.sources.errors import TileError
from geotamper.sets.sources.protocol import TILE_SIDE, RawSource, RawTile, TileRef
from geotamper.task.classes import OBJECT_CLASSES, ObjectClass

_LOG = logging.getLogger(__name__)

_KEPT = 200
"""Tiles in memory, about 1 MB each."""


class TilePool:
    """The tiles of a fold and their objects, at the resolution of their own files.

    Args:
        source: Of the tiles.
        fold: Whose.
        folds: Folds of groups that the imagery's own manifest does not bind, such as those of a built set; a group
            that is in neither is of fold train.
        control: Progress and cancellation.
    """

    def __init__(
        self,
        source: RawSource,
        fold: Fold,
        folds: Mapping[str, Fold] | None = None,
        control: Control | None = None,
    ) -> None:
        bound = folds or {}
        self._source, self._fold, self._control = source, fold, control or Control()
        refs = [ref for ref in source.tiles().tiles if _fold_of(ref, bound) == fold]
        self._refs = sorted(refs, key=lambda ref: (ref.raw.key, ref.window.y, ref.window.x))
        self.things = lru_cache(_KEPT)(self._things)
        """The objects of a tile that may be forged."""

    def sources(self, label: ObjectClass) -> Mapping[str, Sequence[TileRef]]:
        """Tiles with objects of this class, by the name of their imagery set.

        Raises:
            InputError: The fold has no tile with an object.
        """
        return self._by_class[label]

    @cached_property
    def _by_class(self) -> Mapping[str, Mapping[str, Sequence[TileRef]]]:
        found: dict[str, dict[str, list[TileRef]]] = {label: defaultdict(list) for label in OBJECT_CLASSES}
        for ref in self._refs:
            self._control.checkpoint(0.0, f"reading raw tiles of fold {self._fold}")
            try:
                labels = {thing.label for thing in self.things(ref)}
            except TileError as error:
                _LOG.warning("%s; the tile is left out", error)
                continue
            for label in labels:
                found[label][ref.raw.origin].append(ref)
        if not any(found.values()):
            raise InputError(
                f"'{self._source.root}' has no tile with an object in fold {self._fold}; name the labelled imagery "
                "that the set was made from"
            )
        return found

    def _things(self, ref: TileRef) -> tuple[Thing, ...]:
        tile = self._source.read(ref)
        step = _enlarged_by(ref)
        pixels = tile.pixels if step == 1 else _own_pixels(tile)
        ground = Ground(
            source=ref.raw.origin,
            restricted=ref.raw.restricted is not False,
            group=ref.raw.group,
            pixels=pixels,
            open=(np.isin(tile.labels, OPEN_IDS) & ~tile.ignore)[::step, ::step],
        )
        return tuple(
            cut_out(ground, one.object_class, one.mask[::step, ::step]) for one in list_objects(tile)
        )


def spread_objects(pool: TilePool, most: int) -> Iterator[Thing]:
    """At most so many objects of every class in every imagery set, spread over the tiles of a fold."""
    for label in OBJECT_CLASSES:
        for refs in pool.sources(label).values():
            queues = [[one for one in pool.things(ref) if one.label == label] for ref in refs]
            order = [one for depth in range(most) for queue in queues for one in queue[depth : depth + 1]]
            yield from order[:most]


def _fold_of(ref: TileRef, folds: Mapping[str, Fold]) -> Fold:
    return ref.raw.fold or folds.get(ref.raw.group, "train")


def _enlarged_by(ref: TileRef) -> int:
    """The whole factor by which the reader enlarged a small picture, 1 where it did not or by a fraction."""
    return max(1, TILE_SIDE // ref.window.side) if TILE_SIDE % ref.window.side == 0 else 1


def _own_pixels(tile: RawTile) -> Pixels:
    """The window as it is in the file: enlarged pixels would teach what no camera shows."""
    window = tile.ref.window
    pixels = read_picture(tile.ref.raw.picture).pixels
    return pixels[window.y : window.y + window.side, window.x : window.x + window.side]
