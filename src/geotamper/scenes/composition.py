"""Puts a scene together: ground, things, light, camera, ground truth."""

from typing import get_args

import numpy as np
import numpy.typing as npt

from geotamper.errors import SpecificationError
from geotamper.scenes.canvas import Canvas, Light
from geotamper.scenes.layouts import LAYOUTS
from geotamper.scenes.result import CLASS_LABELS, OTHER_LABEL, PAVED_LABEL, Scene, SceneKind, SceneObject
from geotamper.scenes.sensor import expose

_SMALLEST, _LARGEST = 128, 4096
_PIXELS_PER_METRE = 3.6


def draw_scene(*, kind: SceneKind = "suburb", size: int | tuple[int, int] = 512, seed: int = 0) -> Scene:
    """Draw an overhead scene with its class map and instances.

    A pixel is about 0.28 m wide, more in pictures under 512 pixels, so that small ones still show whole
    things. The same arguments give the same bytes on the same versions of NumPy and OpenCV.

    Args:
        kind: What sort of place.
        size: Side of a square picture, or (height, width); 128 to 4096 pixels each.
        seed: Chooses the scene, >= 0.

    Raises:
        SpecificationError: The kind is unknown, or size or seed lie outside their ranges.

    Example:
        >>> scene = draw_scene(kind="harbour", size=256, seed=7)
        >>> scene.pixels.shape
        (256, 256, 3)
    """
    shape = _check(kind, size, seed)
    # The kind enters the seed: scenes of two kinds share no noise either.
    rng = np.random.default_rng([seed, get_args(SceneKind).index(kind), *shape])
    azimuth, elevation = float(rng.uniform(0, 2 * np.pi)), float(np.radians(rng.uniform(42, 62)))
    light = Light((float(np.cos(azimuth)), float(np.sin(azimuth))), float(1 / np.tan(elevation)))
    unit = _PIXELS_PER_METRE * float(np.clip(min(shape) / 512, 0.5, 1))
    canvas = Canvas(shape, unit, light, rng)
    LAYOUTS[kind](canvas)
    canvas.labels[canvas.labels == PAVED_LABEL] = OTHER_LABEL
    instances, objects = _survey(canvas)
    return Scene(expose(canvas.pixels, rng), canvas.labels, instances, objects)


def _check(kind: SceneKind, size: int | tuple[int, int], seed: int) -> tuple[int, int]:
    if kind not in LAYOUTS:
        raise SpecificationError(f"no scene kind '{kind}'; expected one of {', '.join(LAYOUTS)}")
    shape = (size, size) if isinstance(size, int) else size
    if len(shape) != 2 or not all(_SMALLEST <= side <= _LARGEST for side in shape):
        raise SpecificationError(
            f"a scene cannot have size {size}; expected a side or (height, width) "
            f"of {_SMALLEST} to {_LARGEST} pixels"
        )
    if seed < 0:
        raise SpecificationError(f"the seed must not be negative, got {seed}; choose 0 or more")
    return shape


def _survey(canvas: Canvas) -> tuple[npt.NDArray[np.uint16], tuple[SceneObject, ...]]:
    """Number the instances that are still seen from 1 without gaps and list them."""
    drawn, areas = np.unique(canvas.instances, return_counts=True)
    seen = [(int(old), int(area)) for old, area in zip(drawn, areas, strict=True) if old > 0]
    new_ids = np.zeros(len(canvas.instance_labels), dtype=np.uint16)
    for new, (old, _) in enumerate(seen, start=1):
        new_ids[old] = new
    instances = new_ids[canvas.instances]
    boxes = _boxes(instances, len(seen))
    classes = {label: name for name, label in CLASS_LABELS.items()}
    objects = tuple(
        SceneObject(new, classes[canvas.instance_labels[old]], boxes[new], area)
        for new, (old, area) in enumerate(seen, start=1)
    )
    return instances, objects


def _boxes(instances: npt.NDArray[np.uint16], count: int) -> list[tuple[int, int, int, int]]:
    """Bounding boxes of all ids in one pass; entry 0 is unused."""
    height, width = instances.shape
    rows, columns = np.nonzero(instances)
    ids = instances[rows, columns]
    x0, y0 = np.full(count + 1, width), np.full(count + 1, height)
    x1, y1 = np.zeros(count + 1, dtype=np.int64), np.zeros(count + 1, dtype=np.int64)
    np.minimum.at(x0, ids, columns)
    np.minimum.at(y0, ids, rows)
    np.maximum.at(x1, ids, columns + 1)
    np.maximum.at(y1, ids, rows + 1)
    return [(int(a), int(b), int(c), int(d)) for a, b, c, d in zip(x0, y0, x1, y1, strict=True)]
