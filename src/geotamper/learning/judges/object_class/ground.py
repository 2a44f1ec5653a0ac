"""Objects and outlines to teach the class network with, cut out of labelled pictures."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.evidence.objects.network import OTHER
from geotamper.forge.choice import find_objects
from geotamper.imagery.picture import Pixels
from geotamper.scenes import SceneKind, draw_scene
from geotamper.sets.sources.labels import GROUND_LABELS, LABEL_CLASSES, LABEL_IDS

BoolMask = npt.NDArray[np.bool_]

DRAWN = "drawn scenes"
FIRST_SCENE = 70_000
"""Seed of the first scene; the demo and the tests draw others."""

OPEN_IDS = (LABEL_IDS["Other"], *GROUND_LABELS.values())
"""Background, water, bare land and grass: none of the seven classes, as far as labelled."""

_TRIES = 30


@dataclass(frozen=True, eq=False)
class Ground:
    """A picture with its objects.

    Attributes:
        source: The collection it belongs to.
        restricted: Whether the licence of that collection restricts uses, or is not known.
        group: Pictures of one group may show the same ground.
        pixels: (H, W, 3) uint8 RGB.
        open: (H, W) bool, where nothing of the seven classes is labelled.
    """

    source: str
    restricted: bool
    group: str
    pixels: Pixels
    open: BoolMask


@dataclass(frozen=True, eq=False)
class Thing:
    """One object, cut out.

    Attributes:
        ground: Where it lies.
        label: Its class, or `OTHER` for an outline drawn on open ground.
        corner: (x, y) of its box.
        mask: (h, w) bool, its box.
    """

    ground: Ground
    label: str
    corner: tuple[int, int]
    mask: BoolMask

    def full(self) -> BoolMask:
        """(H, W) bool, in the frame of the ground."""
        whole = np.zeros(self.ground.open.shape, np.bool_)
        x, y = self.corner
        whole[y : y + self.mask.shape[0], x : x + self.mask.shape[1]] = self.mask
        return whole


def drawn_things(kind: SceneKind, seed: int) -> tuple[Thing, ...]:
    """The objects of a drawn scene that may be forged."""
    scene = draw_scene(kind=kind, size=512, seed=seed)
    ground = Ground(
        source=DRAWN,
        restricted=False,
        group=f"{DRAWN}/{seed}",
        pixels=scene.pixels,
        open=np.isin(scene.labels, OPEN_IDS),
    )
    return tuple(
        cut_out(ground, one.object_class, one.mask)
        for one in find_objects(scene.labels, LABEL_CLASSES, scene.instances)
    )


def lay_outline(ground: Ground, outline: BoolMask, rng: np.random.Generator) -> Thing | None:
    """An outline laid on open ground at a random place, or None where there is no room.

    Args:
        ground: Where.
        outline: (h, w) bool, for instance of an object from elsewhere.
        rng: Source of chance.
    """
    height, width = ground.open.shape
    turned = np.ascontiguousarray(np.rot90(outline, int(rng.integers(4))))
    tall, wide = turned.shape
    if tall >= height or wide >= width:
        return None
    for _ in range(_TRIES):
        x, y = int(rng.integers(width - wide)), int(rng.integers(height - tall))
        if ground.open[y : y + tall, x : x + wide][turned].all():
            return Thing(ground, OTHER, (x, y), turned)
    return None


def cut_out(ground: Ground, label: str, whole: BoolMask) -> Thing:
    """An object of a picture, cut to its box.

    Args:
        ground: The picture.
        label: Of the object.
        whole: (H, W) bool, with at least one pixel inside.
    """
    columns, rows = np.flatnonzero(whole.any(axis=0)), np.flatnonzero(whole.any(axis=1))
    x, y = int(columns[0]), int(rows[0])
    return Thing(ground, label, (x, y), whole[y : rows[-1] + 1, x : columns[-1] + 1].copy())
