"""Choosing what to forge and how: objects of a label mask, and parameters drawn from the specified ranges."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geotamper.errors import SpecificationError
from geotamper.forge.blur import BlurParameters
from geotamper.forge.copy_move import CopyMoveParameters
from geotamper.forge.forgery import BlurMethod, BoolMask
from geotamper.task.classes import ObjectClass

MIN_AREA, MAX_AREA = 0.001, 0.15
_CUT_BY_THE_FRAME: frozenset[ObjectClass] = frozenset({"Road"})
_BLUR_METHODS: tuple[BlurMethod, ...] = ("gaussian", "mosaic", "oil")


@dataclass(frozen=True)
class SceneObject:
    """One object of a labelled picture.

    Attributes:
        mask: (H, W) bool.
        object_class: What it is.
    """

    mask: BoolMask
    object_class: ObjectClass


def find_objects(
    labels: npt.NDArray[np.integer[Any]],
    classes: Mapping[int, ObjectClass],
    instances: npt.NDArray[np.integer[Any]] | None = None,
) -> list[SceneObject]:
    """List the objects that may be forged.

    An object is one instance, or one connected region (8 neighbours) of a class where no instance is marked.
    It covers 0.1 to 15 % of the picture and does not touch its border; roads may touch it.

    Args:
        labels: (H, W) class ids.
        classes: Class of each id that counts; other ids are no objects.
        instances: (H, W) instance ids, 0 where there is none, or None. An instance has the class of most of
            its pixels, the lower id where two are equal.

    Returns:
        The objects: instances by id, then regions by class id and position.

    Raises:
        SpecificationError: Labels and instances differ in shape.
    """
    if instances is not None and instances.shape != labels.shape:
        raise SpecificationError(
            f"labels are {labels.shape} and instances {instances.shape}; both must cover the same picture"
        )
    regions: list[SceneObject] = []
    free = np.ones(labels.shape, dtype=np.bool_)
    if instances is not None:
        regions += _instances(labels, classes, instances)
        free = instances == 0
    for class_id, object_class in sorted(classes.items()):
        part = (labels == class_id) & free
        regions += [SceneObject(mask, object_class) for mask in _connected_regions(part)]
    return [region for region in regions if _is_usable(region)]


def _instances(
    labels: npt.NDArray[np.integer[Any]],
    classes: Mapping[int, ObjectClass],
    instances: npt.NDArray[np.integer[Any]],
) -> Iterator[SceneObject]:
    for identifier in np.unique(instances[instances > 0]):
        mask = instances == identifier
        ids, counts = np.unique(labels[mask], return_counts=True)
        object_class = classes.get(int(ids[counts.argmax()]))
        if object_class is not None:
            yield SceneObject(mask, object_class)


def _connected_regions(part: BoolMask) -> Iterator[BoolMask]:
    import cv2

    count, components = cv2.connectedComponents(part.astype(np.uint8), connectivity=8)
    sizes = np.bincount(components.ravel(), minlength=count)
    smallest = MIN_AREA * part.size
    return (components == i for i in range(1, count) if sizes[i] >= smallest)


def _is_usable(region: SceneObject) -> bool:
    mask = region.mask
    fraction = np.count_nonzero(mask) / mask.size
    if not MIN_AREA <= fraction <= MAX_AREA:
        return False
    if region.object_class in _CUT_BY_THE_FRAME:
        return True
    return not (mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any())


def draw_copy_move(rng: np.random.Generator, interpolations: Sequence[str]) -> CopyMoveParameters:
    """Draw turn, scale and interpolation (specification, section 4).

    The copy is turned with probability 1/2, by 15 to 345 degrees, and scaled with probability 1/2, by 0.5 to
    1.5 with at least 0.1 of change.

    Args:
        rng: Source of chance; the same state gives the same parameters.
        interpolations: Names to choose from.
    """
    turned, scaled = rng.random(2) < 0.5
    rotation = float(rng.uniform(15.0, 345.0))
    change = float(rng.uniform(0.1, 0.5)) * (1 if rng.random() < 0.5 else -1)
    name = str(interpolations[int(rng.integers(len(interpolations)))])
    return CopyMoveParameters(
        rotation_deg=rotation if turned else 0.0, scale=1.0 + change if scaled else 1.0, interpolation=name
    )


def draw_blur(rng: np.random.Generator) -> BlurParameters:
    """Draw a way of blurring and its strength (specification, section 4).

    Gaussian with sigma 2 to 5, mosaic with blocks of 6 to 12, oil painting with radius 3 to 5 and 6 to 10
    intensity bins, all equally likely.

    Args:
        rng: Source of chance; the same state gives the same parameters.
    """
    method = _BLUR_METHODS[int(rng.integers(len(_BLUR_METHODS)))]
    bins = int(rng.integers(6, 11))
    match method:
        case "gaussian":
            strength = float(rng.uniform(2.0, 5.0))
        case "mosaic":
            strength = float(rng.integers(6, 13))
        case "oil":
            strength = float(rng.integers(3, 6))
    return BlurParameters(method=method, strength=strength, oil_bins=bins)
