"""How one object of a tile is forged: the protocol, and forgeries at places drawn at random."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from geotamper.errors import ForgeryError
from geotamper.forge.blur import blur_region
from geotamper.forge.choice import draw_blur, draw_copy_move
from geotamper.forge.copy_move import MAX_OVERLAP, MAX_TRIES, CopyMoveParameters, copy_move
from geotamper.forge.forgery import BoolMask, Forgery, centroid
from geotamper.forge.interpolation import INTERPOLATIONS
from geotamper.forge.warping import Window, outline_points, warp_mask, warp_mask_into
from geotamper.imagery.similarity import Similarity
from geotamper.sets.building.objects import TileObject
from geotamper.sets.sources.protocol import RawTile

DRAWS = 4
"""Times that turn and scale are drawn for an object before it is rejected."""

MIN_CHANGE = 1.0
"""Mean difference, in grey values of 255, between a forged region and what was there before."""

SAME_OUTLINE_IOU = 0.98
"""A turned object whose outline agrees so much with the unturned one looks as before."""

TOOLS: tuple[str, ...] = tuple(
    name for name, entry in INTERPOLATIONS.items() if entry.tool in ("opencv", "pillow")
)
"""The interpolations that copies are drawn from."""


class RejectionError(ForgeryError):
    """An object cannot be forged as the set wants it.

    Attributes:
        reason: In a few words, the same for all objects with this trouble.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class MadeForgery:
    """A forgery and what its record needs beyond it.

    Attributes:
        forgery: Picture, masks and transform.
        edge: How the outline was pasted, where it is none of `Forgery.edge`.
    """

    forgery: Forgery
    edge: str | None = None


class Forger(Protocol):
    """Copies one object of a tile to another place of it."""

    def copy(self, tile: RawTile, chosen: TileObject, rng: np.random.Generator) -> MadeForgery:
        """Make a copy-move.

        Args:
            tile: The raw tile.
            chosen: One of its objects.
            rng: Source of all chance.

        Raises:
            RejectionError: The object has no place.
        """
        ...


class RandomPlaces:
    """Copies go anywhere inside the frame, turned and scaled as drawn (specification, section 4)."""

    def copy(self, tile: RawTile, chosen: TileObject, rng: np.random.Generator) -> MadeForgery:
        """As `Forger.copy`."""
        for _ in range(DRAWS):
            drawn = draw_copy_move(rng, TOOLS)
            place = _draw_place(chosen.mask, drawn, rng)
            if place is None:
                continue
            parameters = replace(drawn, placement=place)
            try:
                made = copy_move(
                    tile.pixels, chosen.mask, parameters, rng=rng, object_class=chosen.object_class
                )
            except ForgeryError:
                continue
            return MadeForgery(made)
        raise RejectionError("no place inside the frame")


def _draw_place(
    mask: BoolMask, parameters: CopyMoveParameters, rng: np.random.Generator
) -> tuple[float, float] | None:
    """Where the centroid goes: the first of `MAX_TRIES` drawn places that the task allows, or None.

    The object is warped once and moved by whole pixels, because warping it anew for every try takes longer than
    everything else.
    """
    centre = centroid(mask)
    transform = Similarity.from_parameters(
        rotation_deg=parameters.rotation_deg, scale=parameters.scale, centre=centre, image_of_centre=centre
    )
    window = Window.around(transform.apply(outline_points(mask)), 2)
    target = warp_mask_into(mask, transform, window)
    rows, columns = np.flatnonzero(target.any(axis=1)), np.flatnonzero(target.any(axis=0))
    if not len(rows):
        return None
    target = target[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    (height, width), x, y = target.shape, window.x + int(columns[0]), window.y + int(rows[0])
    if height > mask.shape[0] or width > mask.shape[1]:
        return None
    allowed = MAX_OVERLAP * np.count_nonzero(mask)
    for _ in range(MAX_TRIES):
        left = int(rng.integers(mask.shape[1] - width + 1))
        top = int(rng.integers(mask.shape[0] - height + 1))
        under = mask[top : top + height, left : left + width]
        if np.count_nonzero(under & target) <= allowed:
            return centre[0] + left - x, centre[1] + top - y
    return None


def blur(tile: RawTile, chosen: TileObject, rng: np.random.Generator) -> MadeForgery:
    """Blur one object of a tile (specification, section 4)."""
    parameters = draw_blur(rng)
    return MadeForgery(blur_region(tile.pixels, chosen.mask, parameters, object_class=chosen.object_class))


def require_change(forgery: Forgery) -> None:
    """Refuse a forgery that cannot be seen, such as a blur of a plain roof.

    Raises:
        RejectionError: The forged region differs too little from what was there.
    """
    after = forgery.pixels[forgery.target_mask].astype(np.int16)
    before = forgery.original[forgery.target_mask]
    if np.abs(after - before).mean() < MIN_CHANGE:
        raise RejectionError("nothing to be seen of it")


def is_ambiguous_rotation(forgery: Forgery) -> bool:
    """Whether an object was turned and its outline hardly shows it, as that of a round tree."""
    transform = forgery.transform
    if transform is None or forgery.facts().rotation_deg == 0:
        return False
    centre = centroid(forgery.source_mask)
    x, y = transform.apply(np.array([centre]))[0].tolist()
    unturned = Similarity.from_parameters(scale=transform.scale, centre=centre, image_of_centre=(x, y))
    carried = warp_mask(forgery.source_mask, unturned)
    union = np.count_nonzero(carried | forgery.target_mask)
    return bool(np.count_nonzero(carried & forgery.target_mask) > SAME_OUTLINE_IOU * union)


def with_pixels(
    made: MadeForgery, pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], edge: str
) -> MadeForgery:
    """The same forgery with other pixels."""
    return MadeForgery(replace(made.forgery, pixels=pixels), edge)
