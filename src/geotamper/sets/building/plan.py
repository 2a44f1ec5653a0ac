"""Which pictures a set gets, decided before the first one is made."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from geotamper.sets.building.folds import assign_folds
from geotamper.sets.building.presets import PRESETS, BuildSettings
from geotamper.sets.building.quotas import count_pictures, spread_evenly, spread_proportionally
from geotamper.sets.building.survey import TileSurvey
from geotamper.sets.layout.names import Fold
from geotamper.sets.screening.selection import Screening
from geotamper.task.classes import OBJECT_CLASSES, ObjectClass
from geotamper.task.facts import TAMPER_KINDS, TamperKind

_STREAM = 0x50_4C_41_4E


@dataclass(frozen=True, order=True)
class Slot:
    """One forgery that may be made: an object of a tile.

    Attributes:
        tile: Place in the listing.
        number: Of the object.
        object_class: What it is.
    """

    tile: int
    number: int
    object_class: ObjectClass


@dataclass(frozen=True)
class PictureJob:
    """One picture to make.

    Attributes:
        id: Of the picture.
        kind: What is done.
        tile: Place of its tile in the listing.
        slot: The object; None for a clean picture.
        attempt: How many objects were tried before this one for the same picture.
    """

    id: int
    kind: TamperKind
    tile: int
    slot: Slot | None = None
    attempt: int = 0


@dataclass
class Plan:
    """The pictures of a set, and the objects that take the place of rejected ones.

    Attributes:
        jobs: One per picture, by rising id; pictures of one tile follow each other.
        wanted: Number of pictures of each kind.
        groups: Group of every usable tile.
        folds: Fold of every group.
        spares: Unused slots of each class, the next one first.
    """

    jobs: tuple[PictureJob, ...]
    wanted: Mapping[TamperKind, int]
    groups: Mapping[int, str]
    folds: Mapping[str, Fold]
    spares: dict[ObjectClass, deque[Slot]] = field(repr=False)

    def replacements(self, rejected: Iterable[PictureJob], barred: set[tuple[int, int]]) -> list[PictureJob]:
        """New objects for pictures whose object was rejected, as far as there are any.

        Args:
            rejected: By rising id, so that the outcome depends on nothing else.
            barred: Tile and number of objects that were rejected; their further slots are dropped.
        """
        found = []
        for job in rejected:
            slot = self._next_slot(job, barred)
            if slot is not None:
                found.append(replace(job, tile=slot.tile, slot=slot, attempt=job.attempt + 1))
        return sorted(found, key=lambda job: (job.tile, job.id))

    def _next_slot(self, job: PictureJob, barred: set[tuple[int, int]]) -> Slot | None:
        wished = [job.slot.object_class] if job.slot else []
        others = sorted(self.spares, key=lambda name: -len(self.spares[name]))
        for name in [*wished, *others]:
            queue = self.spares.get(name, deque())
            while queue:
                slot = queue.popleft()
                if (slot.tile, slot.number) not in barred:
                    return slot
        return None


def make_plan(surveys: Mapping[int, TileSurvey], screening: Screening, settings: BuildSettings) -> Plan:
    """Decide on every picture of a set.

    Every accepted tile is clean once at most, every object forged `per_object` times at most. Forgeries are
    spread evenly over the classes, then over the tiles of a class, then over the objects of a tile; blurred and
    copied objects have the same mix of classes.

    Args:
        surveys: By place in the listing, in rising order.
        screening: Which tiles are kept, and the groups.
        settings: What is wanted.
    """
    preset = PRESETS[settings.preset]
    accepted = set(screening.accepted)
    usable = {place: entry for place, entry in surveys.items() if entry.examination.tile in accepted}
    groups = {place: screening.groups[entry.examination.tile] for place, entry in usable.items()}
    rng = np.random.default_rng([settings.seed, _STREAM])
    tiles = [list(usable)[place] for place in rng.permutation(len(usable)).tolist()]
    queues = _slots(usable, tiles, settings.per_object, rng, exact=preset.plausible)
    capacity = sum(len(queue) for queue in queues.values())
    wanted = count_pictures(preset.shares, tiles=len(tiles), forgeries=capacity, images=settings.images)
    forged = _deal(queues, wanted, rng)
    clean: list[_Entry] = [(tile, "none", None) for tile in tiles[: wanted["none"]]]
    return Plan(
        jobs=_numbered([*clean, *forged]),
        wanted=wanted,
        groups=groups,
        folds=assign_folds(_group_sizes(groups), _bound_folds(surveys, screening.groups), settings.seed),
        spares=queues,
    )


_Entry = tuple[int, TamperKind, Slot | None]


def _slots(
    usable: Mapping[int, TileSurvey],
    tiles: Sequence[int],
    per_object: int,
    rng: np.random.Generator,
    *,
    exact: bool,
) -> dict[ObjectClass, deque[Slot]]:
    """All slots of each class, in the order in which they are used."""
    by_class: dict[ObjectClass, list[list[Slot]]] = {name: [] for name in OBJECT_CLASSES}
    for tile in tiles:
        objects = [entry for entry in usable[tile].objects if entry.exact or not exact]
        mixed = [objects[place] for place in rng.permutation(len(objects)).tolist()]
        for name in OBJECT_CLASSES:
            own = [Slot(tile, entry.number, name) for entry in mixed if entry.object_class == name]
            if own:
                by_class[name].append(own)
    return {
        name: deque(slot for _ in range(per_object) for slot in _taking_turns(own))
        for name, own in by_class.items()
        if own
    }


def _taking_turns(of_tiles: Sequence[Sequence[Slot]]) -> Iterator[Slot]:
    """The first object of every tile, then the second one of those that have it, and so on."""
    for lap in range(max(len(own) for own in of_tiles)):
        for own in of_tiles:
            if lap < len(own):
                yield own[lap]


def _deal(
    queues: Mapping[ObjectClass, deque[Slot]], wanted: Mapping[TamperKind, int], rng: np.random.Generator
) -> list[_Entry]:
    """Take the forged pictures from the front of the queues."""
    total = wanted["copy-move"] + wanted["blur"]
    counts = spread_evenly(total, {name: len(queue) for name, queue in queues.items()})
    blurred = spread_proportionally(wanted["blur"], list(counts.values()))
    entries: list[_Entry] = []
    for (name, count), blurs in zip(counts.items(), blurred, strict=True):
        to_blur = set(rng.permutation(count)[:blurs].tolist())
        for place in range(count):
            slot = queues[name].popleft()
            kind: TamperKind = "blur" if place in to_blur else "copy-move"
            entries.append((slot.tile, kind, slot))
    return entries


def _numbered(entries: Sequence[_Entry]) -> tuple[PictureJob, ...]:
    """Ids from 1, so that pictures of one tile follow each other and the tile is read once."""

    def key(entry: _Entry) -> tuple[int, int, int]:
        tile, kind, slot = entry
        return tile, TAMPER_KINDS.index(kind), slot.number if slot else 0

    ordered = sorted(entries, key=key)
    return tuple(
        PictureJob(number, kind, tile, slot) for number, (tile, kind, slot) in enumerate(ordered, start=1)
    )


def _group_sizes(groups: Mapping[int, str]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for group in groups.values():
        sizes[group] = sizes.get(group, 0) + 1
    return sizes


def _bound_folds(surveys: Mapping[int, TileSurvey], groups: Mapping[str, str]) -> dict[str, Fold]:
    """Folds that a manifest decided; tiles that are left out bind their joined group too."""
    seen = (entry.examination for entry in surveys.values())
    return {groups[entry.tile]: entry.fold for entry in seen if entry.fold is not None}
