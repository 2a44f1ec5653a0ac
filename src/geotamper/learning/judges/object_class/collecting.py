"""Examples of the class network: features of rendered objects, and of the regions that are measured."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geotamper.errors import InputError
from geotamper.evidence.objects.network import CLASS_LABELS
from geotamper.evidence.objects.views import SIDE, RegionViews, region_views
from geotamper.learning.judges.examples import Arrays
from geotamper.learning.judges.object_class.ground import (
    FIRST_SCENE,
    Ground,
    Thing,
    drawn_things,
    lay_outline,
)
from geotamper.learning.judges.object_class.pool import TilePool, spread_objects
from geotamper.learning.judges.object_class.rendering import Chances, render
from geotamper.scenes import SceneKind
from geotamper.sets.layout import Fold, MaskRole, TamperSet
from geotamper.task.classes import OBJECT_CLASSES, ObjectClass

if TYPE_CHECKING:
    import onnxruntime

STRIDE = 16
TILES, PER_TILE = 10, 8
"""Of a class in one round: tiles that are drawn from, and renderings of objects from each."""

OTHERS = 64
"""Outlines on open ground in one round."""

MOST_OBJECTS = 120
"""Of a class in an imagery set, where whole objects of a fold are measured."""

LARGEST_SOURCE = 16.0
"""Imagery sets count by the root of their number of tiles, and at most this much."""

_SCENES: tuple[SceneKind, ...] = (
    "harbour",
    "airport",
    "farmland",
    "harbour",
    "airport",
    "suburb",
    "farmland",
    "city",
)
_SCENES_PER_ROUND = 4
_PER_SCENE = 40
_DRAWN_OTHERS = 6
_BATCH = 32


@dataclass
class Collected:
    """Rows of examples, on their way to a file."""

    trunk: "onnxruntime.InferenceSession"
    views: list[RegionViews] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    restricted: list[bool] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)

    def add(self, thing: Thing, views: RegionViews) -> None:
        """One rendering of an object."""
        self.views.append(views)
        self.labels.append(CLASS_LABELS.index(thing.label))
        self.sources.append(thing.ground.source)
        self.restricted.append(thing.ground.restricted)
        self.groups.append(thing.ground.group)

    def arrays(self) -> Arrays:
        """All as arrays; features in half precision."""
        return {
            **features(self.trunk, self.views),
            "labels": np.array(self.labels, np.int64),
            "sources": np.array(self.sources),
            "restricted": np.array(self.restricted),
            "groups": np.array(self.groups),
        }


def features(trunk: "onnxruntime.InferenceSession", views: Sequence[RegionViews]) -> Arrays:
    """What the head takes: maps (n, 2, 112, 6, 6), masks (n, 2, 6, 6), shape (n, 9)."""
    cells = SIDE // STRIDE
    maps, masks = [], []
    for start in range(0, len(views), _BATCH):
        crops = np.stack([one.crops for one in views[start : start + _BATCH]])
        pictures = (crops[..., :3].astype(np.float32) - 127) / 128
        flat = np.ascontiguousarray(pictures.reshape(-1, SIDE, SIDE, 3).transpose(0, 3, 1, 2))
        found = trunk.run(None, {"pictures": flat})[0]
        maps.append(found.reshape(len(crops), 2, -1, cells, cells).astype(np.float16))
        shares = crops[..., 3].reshape(len(crops), 2, cells, STRIDE, cells, STRIDE) / 255
        masks.append(shares.mean(axis=(3, 5)).astype(np.float16))
    return {
        "maps": np.concatenate(maps),
        "masks": np.concatenate(masks),
        "shape": np.stack([one.shape for one in views]),
    }


def open_trunk(path: Path) -> "onnxruntime.InferenceSession":
    """The frozen trunk as ONNX file, on one thread, so that the same picture gives the same bits."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def training_round(pool: TilePool, trunk: "onnxruntime.InferenceSession", seed: tuple[int, int]) -> Arrays:
    """About 80 renderings of every class from tiles, those of four drawn scenes, and outlines on open ground.

    Args:
        pool: Of fold train.
        trunk: See `open_trunk`.
        seed: Of all chance: of the training, and of the round.
    """
    rng = np.random.default_rng(seed)
    collected = Collected(trunk)
    seen: list[Thing] = []
    for label in OBJECT_CLASSES:
        for thing, grounds in _drawn_from(pool, label, rng):
            collected.add(thing, render(thing, grounds, rng))
            seen.append(thing)
    for _ in range(OTHERS):
        _add_other(collected, seen, rng)
    for number in range(_SCENES_PER_ROUND):
        index = seed[1] * _SCENES_PER_ROUND + number
        _add_scene(collected, drawn_things(_SCENES[index % len(_SCENES)], FIRST_SCENE + index), rng)
    return collected.arrays()


def _drawn_from(
    pool: TilePool, label: ObjectClass, rng: np.random.Generator
) -> Iterator[tuple[Thing, list[Ground]]]:
    sources = pool.sources(label)
    names = sorted(sources)
    if not names:
        return
    weights = np.array([min(LARGEST_SOURCE, np.sqrt(len(sources[name]))) for name in names])
    for name in rng.choice(names, TILES, p=weights / weights.sum()):
        rows = sources[name]
        chosen, other = (rows[int(rng.integers(len(rows)))] for _ in range(2))
        things = [one for one in pool.things(chosen) if one.label == label]
        grounds = [one[0].ground for one in (pool.things(chosen), pool.things(other)) if one]
        for _ in range(PER_TILE if things else 0):
            yield things[int(rng.integers(len(things)))], grounds


def _add_other(collected: Collected, seen: Sequence[Thing], rng: np.random.Generator) -> None:
    sources = sorted({thing.ground.source for thing in seen})
    source = sources[int(rng.integers(len(sources)))]
    grounds = [thing.ground for thing in seen if thing.ground.source == source]
    outline = seen[int(rng.integers(len(seen)))].mask
    laid = lay_outline(grounds[int(rng.integers(len(grounds)))], outline, rng)
    if laid is not None:
        collected.add(laid, render(laid, grounds, rng, Chances(pasted=0.2)))


def _add_scene(collected: Collected, things: Sequence[Thing], rng: np.random.Generator) -> None:
    """Renderings of a scene, its classes in equal numbers."""
    labels = sorted({thing.label for thing in things})
    by_label = {label: [thing for thing in things if thing.label == label] for label in labels}
    grounds = [things[0].ground]
    for number in range(_PER_SCENE if labels else 0):
        chosen = by_label[labels[number % len(labels)]]
        thing = chosen[int(rng.integers(len(chosen)))]
        collected.add(thing, render(thing, grounds, rng))
    for _ in range(_DRAWN_OTHERS):
        laid = lay_outline(grounds[0], things[int(rng.integers(len(things)))].mask, rng)
        if laid is not None:
            collected.add(laid, render(laid, grounds, rng))


def objects_of_fold(pool: TilePool, trunk: "onnxruntime.InferenceSession") -> Arrays:
    """Features of objects as they lie in the tiles of a fold, see `spread_objects`."""
    collected = Collected(trunk)
    for thing in spread_objects(pool, MOST_OBJECTS):
        collected.add(thing, region_views(thing.ground.pixels, thing.full()))
    return collected.arrays()


def findings_of_sets(sets: Sequence[TamperSet], fold: Fold, trunk: "onnxruntime.InferenceSession") -> Arrays:
    """True regions of the forged pictures of some sets: target and source take turns in the rows.

    Args:
        sets: With records of their pictures.
        fold: Whose pictures.
        trunk: See `open_trunk`.

    Raises:
        InputError: There is no forged picture in this fold, or one is missing or damaged.
    """
    roles: tuple[MaskRole, ...] = ("target", "source")
    views: list[RegionViews] = []
    labels, sources = [], []
    for opened in sets:
        for number, record in sorted(opened.records.items()):
            if record.fold != fold or record.object_class is None:
                continue
            pixels = opened.read_image(number)
            views += [region_views(pixels, opened.read_mask(number, role)) for role in roles]
            labels.append(CLASS_LABELS.index(record.object_class))
            sources.append(record.origin_dataset)
    if not labels:
        raise InputError(f"the sets have no forged picture in fold {fold}; add a set that has some")
    return {**features(trunk, views), "labels": np.array(labels, np.int64), "sources": np.array(sources)}
