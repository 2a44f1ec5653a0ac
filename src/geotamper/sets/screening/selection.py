"""The outcome of screening: which tiles are kept, why others are not, and the groups that remain."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from geotamper.control import Control
from geotamper.sets.fingerprints import alike_pairs
from geotamper.sets.screening.grouping import GroupUnion
from geotamper.sets.screening.rules import Decision, Examination, Thresholds, examine, judge_alone
from geotamper.sets.sources.errors import TileError
from geotamper.sets.sources.protocol import Listing, RawSource, read_tiles


@dataclass(frozen=True)
class Screening:
    """What screening decided.

    Attributes:
        accepted: Ids of the tiles that are kept, in the order of the examinations.
        decisions: One per tile and rule that was applied; a tile that another rule leaves out is not looked at
            for near-duplicates.
        groups: Group of each examined tile: the source's, joined where near-duplicates lie in two of them.
        failures: Tiles that could not be read.
        notes: What else was met, in sentences.
    """

    accepted: tuple[str, ...]
    decisions: tuple[Decision, ...]
    groups: Mapping[str, str]
    failures: tuple[TileError, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def rejected(self) -> tuple[Decision, ...]:
        """The decisions against a tile."""
        return tuple(decision for decision in self.decisions if not decision.accepted)


def conclude(examinations: Sequence[Examination], thresholds: Thresholds | None = None) -> Screening:
    """Decide about all tiles, from what was measured on each.

    Of tiles that look the same the first is kept, so the order of the examinations matters: it should be that of
    the listing, however the tiles were examined.

    Args:
        examinations: In the order of the listing.
        thresholds: The default ones if None.
    """
    limits = thresholds or Thresholds()
    decisions: list[Decision] = []
    remaining: list[Examination] = []
    for examination in examinations:
        own = judge_alone(examination, limits)
        decisions += own
        if all(decision.accepted for decision in own):
            remaining.append(examination)
    pairs: list[tuple[int, int]] = [
        (first, second) for first, second in alike_pairs([e.look for e in remaining]).tolist()
    ]
    duplicates = _judge_duplicates(remaining, pairs, limits.duplicate)
    union = GroupUnion((e.group, e.fold) for e in examinations)
    notes = [
        f"'{remaining[first].tile}' and '{remaining[second].tile}' look the same and are bound to different folds"
        for first, second in pairs
        if not union.join(remaining[first].group, remaining[second].group)
    ]
    return Screening(
        accepted=tuple(decision.tile for decision in duplicates if decision.accepted),
        decisions=(*decisions, *duplicates),
        groups={e.tile: union.name_of(e.group) for e in examinations},
        notes=tuple(notes),
    )


def screen(
    source: RawSource,
    listing: Listing | None = None,
    *,
    thresholds: Thresholds | None = None,
    control: Control | None = None,
) -> Screening:
    """Read and screen the tiles of a source, one after the other.

    Args:
        source: Where the tiles are.
        listing: Which tiles; all if None.
        thresholds: The default ones if None.
        control: Progress out, cancellation in.

    Raises:
        LayoutError: The source's folder is not laid out as its reader expects.
        CancelledError: The caller asked to stop.
    """
    steer = control or Control()
    tiles = listing or source.tiles()
    examinations: list[Examination] = []
    failures = list(tiles.failures)
    for number, tile in enumerate(read_tiles(source, tiles)):
        steer.checkpoint(number / len(tiles.tiles), "screening")
        if isinstance(tile, TileError):
            failures.append(tile)
        else:
            examinations.append(examine(tile))
    done = conclude(examinations, thresholds)
    return Screening(done.accepted, done.decisions, done.groups, tuple(failures), done.notes)


def _judge_duplicates(
    remaining: Sequence[Examination], pairs: Iterable[tuple[int, int]], threshold: float
) -> list[Decision]:
    """Decide in order: a tile is compared with the kept ones before it."""
    earlier: dict[int, list[int]] = {}
    for first, second in pairs:
        earlier.setdefault(second, []).append(first)
    kept: set[int] = set()
    decisions: list[Decision] = []
    for place, examination in enumerate(remaining):
        same = [other for other in earlier.get(place, ()) if other in kept]
        accepted = len(same) <= threshold
        if accepted:
            kept.add(place)
        like = remaining[same[0]].tile if same else None
        decisions.append(Decision(examination.tile, accepted, "duplicate", float(len(same)), threshold, like))
    return decisions
