"""The thorough search of a scene: each tile as a picture, for what needs no far partner."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from geotamper.control import Control
from geotamper.evidence.scenes.views import PairView
from geotamper.imagery.picture import Picture
from geotamper.imagery.pixel_source import PixelSource
from geotamper.imagery.region import Region, Window
from geotamper.inspection.findings import Findings
from geotamper.inspection.scenes.findings import SceneFinding
from geotamper.inspection.scenes.placing import placed_findings

TILE, OVERLAP = 1024, 128
"""Side of the tiles and how far neighbours overlap, pixels: regions up to the overlap lie whole in one of them."""

SAME_PLACE = 0.3
"""Share of the smaller of two forged regions that both cover, from which they are the same one."""

Detect = Callable[[Picture, float, Control], Findings]
"""Inspects a tile: the pixels, the share of the false-alarm rate that it may use up, and its control."""


@dataclass(frozen=True)
class TileSearch:
    """What the tiles of a scene showed.

    Attributes:
        items: Forged regions that are not among those known before; ids and groups are not set.
        notes: What was left out, in sentences without a full stop.
    """

    items: tuple[SceneFinding, ...] = ()
    notes: tuple[str, ...] = ()


def search_tiles(
    source: PixelSource, detect: Detect, known: tuple[SceneFinding, ...], control: Control
) -> TileSearch:
    """Inspect every tile with content as a picture.

    Args:
        source: The scene.
        detect: Inspects one tile.
        known: What was found in the scene before.
        control: Progress, cancellation and limits.

    Raises:
        InputError: The file is damaged.
        CancelledError: The caller asked to stop.
    """
    tiles = list(_tiles(source))
    found: list[SceneFinding] = []
    for number, tile in enumerate(tiles):
        control.checkpoint(1.0, f"searching tile {number + 1} of {len(tiles)} as a picture")
        if control.time_left() <= 0:
            note = f"the time limit left {len(tiles) - number} of {len(tiles)} tiles without a search of their own"
            return TileSearch(tuple(found), (note,))
        view = PairView.read(source, tile, tile, margin=0)
        findings = detect(Picture.from_array(view.pixels), 1.0 / len(tiles), _of_tile(control))
        if not findings.tampered:
            continue
        for item in placed_findings(source, findings, view.here).items:
            if not any(_is_same(item.target, other.target) for other in (*known, *found)):
                found.append(item)
    return TileSearch(tuple(found))


def _tiles(source: PixelSource) -> Iterator[Window]:
    step = TILE - OVERLAP
    for top in range(0, max(1, source.height - OVERLAP), step):
        for left in range(0, max(1, source.width - OVERLAP), step):
            tile = Window(left, top, min(source.width, left + TILE), min(source.height, top + TILE))
            if not source.is_empty(tile):
                yield tile


def _is_same(one: Region, other: Region) -> bool:
    return one.shared_with(other) > SAME_PLACE * min(one.area, other.area)


def _of_tile(control: Control) -> Control:
    """A control with the limits of the whole that reports no progress."""
    left = control.time_left()
    return Control(
        is_cancelled=control.is_cancelled,
        time_limit=None if left == float("inf") else max(0.0, left),
        max_memory=control.max_memory,
    )
