"""Copying an object, turning and scaling it, and pasting it elsewhere in the same picture."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.errors import ForgeryError, SpecificationError
from geotamper.forge.forgery import BoolMask, Edge, Forgery, Pixels, centroid, check_object
from geotamper.forge.interpolation import interpolation
from geotamper.forge.warping import Window, outline_points, warp_mask_into, warp_pixels
from geotamper.imagery.similarity import Similarity
from geotamper.task.classes import ObjectClass

MAX_TRIES = 50
MAX_OVERLAP = 0.05


@dataclass(frozen=True)
class CopyMoveParameters:
    """How an object is copied.

    Attributes:
        rotation_deg: Counter-clockwise on the screen, degrees.
        scale: Length ratio of the copy to the original, > 0.
        interpolation: Name in `geotamper.forge.interpolation`; not used by plain moves, which copy pixels.
        edge: "hard" replaces the pixels of the target mask; "feather" blends over the outline.
        feather_radius: Half the width of the blended band, pixels, > 0; the copy's weight rises linearly
            from 0 to 1 across it and is 0.5 on the outline.
        placement: Where the object's centroid goes, (x, y) in pixels, or None to draw a place. Plain moves
            take the nearest whole-pixel shift.
    """

    rotation_deg: float = 0.0
    scale: float = 1.0
    interpolation: str = "opencv-linear"
    edge: Edge = "hard"
    feather_radius: float = 2.0
    placement: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        interpolation(self.interpolation)
        if not self.scale > 0 or not math.isfinite(self.rotation_deg):
            raise SpecificationError(
                f"expected a finite rotation and a positive scale, got {self.rotation_deg} and {self.scale}"
            )
        if not self.feather_radius > 0:
            raise SpecificationError(f"feather_radius must be positive, got {self.feather_radius}")

    @property
    def is_plain(self) -> bool:
        """True when the object is neither turned nor scaled."""
        return self.rotation_deg % 360 == 0 and self.scale == 1


def _candidate(
    parameters: CopyMoveParameters, centre: tuple[float, float], place: tuple[float, float]
) -> Similarity:
    if parameters.is_plain:
        return Similarity(1.0, 0.0, float(round(place[0] - centre[0])), float(round(place[1] - centre[1])))
    return Similarity.from_parameters(
        rotation_deg=parameters.rotation_deg, scale=parameters.scale, centre=centre, image_of_centre=place
    )


def _legal_target(source: BoolMask, transform: Similarity) -> BoolMask | None:
    """The target mask, or None when it leaves the frame, lies on its source or vanishes."""
    window = Window.around(transform.apply(outline_points(source)), 2)
    inside = window.clipped(source.shape)
    warped = warp_mask_into(source, transform, window)
    target = np.zeros_like(source)
    offset_y, offset_x = inside.y - window.y, inside.x - window.x
    target[inside.slices] = warped[offset_y : offset_y + inside.height, offset_x : offset_x + inside.width]
    count = np.count_nonzero(target)
    if count == 0 or count != np.count_nonzero(warped):
        return None
    if np.count_nonzero(source & target) > MAX_OVERLAP * np.count_nonzero(source):
        return None
    # A copy inside the hole of a ring overlaps nothing, yet it has no direction to its source.
    if math.dist(centroid(source), centroid(target)) < 1:
        return None
    return target


def _place(
    mask: BoolMask, parameters: CopyMoveParameters, rng: np.random.Generator
) -> tuple[Similarity, BoolMask]:
    """Find a legal transform: the given place, or the first of `MAX_TRIES` drawn ones."""
    height, width = mask.shape
    centre = centroid(mask)
    if parameters.placement is not None:
        transform = _candidate(parameters, centre, parameters.placement)
        target = _legal_target(mask, transform)
        if target is None:
            raise ForgeryError(
                f"the copy cannot be placed at {parameters.placement}: it must lie inside the frame and "
                f"cover at most {MAX_OVERLAP:.0%} of its source; give another place or none"
            )
        return transform, target
    at_origin = _candidate(parameters, centre, (0.0, 0.0))
    points = at_origin.apply(outline_points(mask)) - at_origin.apply(centre)
    low = -points.min(axis=0)
    high = np.array([width, height]) - points.max(axis=0)
    if (low > high).any():
        raise ForgeryError(
            f"the object scaled by {parameters.scale:g} and turned by {parameters.rotation_deg:g} degrees is "
            f"larger than the {width} x {height} picture; scale it less or choose a smaller object"
        )
    for _ in range(MAX_TRIES):
        x, y = rng.uniform(low, high)
        transform = _candidate(parameters, centre, (float(x), float(y)))
        target = _legal_target(mask, transform)
        if target is not None:
            return transform, target
    raise ForgeryError(
        f"no legal place for the copy in {MAX_TRIES} tries: it must lie inside the frame and cover at most "
        f"{MAX_OVERLAP:.0%} of its source; choose a smaller object or scale"
    )


def _feather(target: BoolMask, radius: float) -> npt.NDArray[np.float64]:
    """Weight of the copy, above 0.5 exactly on the target mask."""
    import cv2

    exact = cv2.DIST_MASK_PRECISE
    # Half a pixel less, because the outline runs between the centres of inner and outer pixels.
    padded = np.pad(target, 1).astype(np.uint8)
    inner = cv2.distanceTransform(padded, cv2.DIST_L2, exact)[1:-1, 1:-1] - 0.5
    outer = cv2.distanceTransform(1 - target.astype(np.uint8), cv2.DIST_L2, exact) - 0.5
    signed = np.where(target, inner, -outer).astype(np.float64)
    return np.clip(0.5 + signed / (2.0 * radius), 0.0, 1.0)


def _paste(pixels: Pixels, target: BoolMask, transform: Similarity, parameters: CopyMoveParameters) -> Pixels:
    feathered = parameters.edge == "feather"
    margin = math.ceil(parameters.feather_radius) + 1 if feathered else 0
    window = Window.around(outline_points(target), margin + 1).clipped(target.shape).slices
    warped = warp_pixels(pixels, transform, parameters.interpolation, window)
    forged = pixels.copy()
    inside = target[window]
    if feathered:
        weight = _feather(inside, parameters.feather_radius)[..., np.newaxis]
        blended = weight * warped + (1.0 - weight) * pixels[window]
        forged[window] = np.rint(blended).astype(np.uint8)
    else:
        forged[window][inside] = warped[inside]
    return forged


def copy_move(
    pixels: Pixels,
    source_mask: BoolMask,
    parameters: CopyMoveParameters,
    *,
    rng: np.random.Generator,
    object_class: ObjectClass | None = None,
) -> Forgery:
    """Copy an object to another place of the same picture.

    The copy lies inside the frame and covers at most 5 % of its source (specification, section 4). With a
    hard edge the pixels of the target mask are those of the warped picture and all others stay as they were.
    Where the copy covers part of the source, the source mask keeps its outline.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        source_mask: (H, W) bool, the object.
        parameters: Turn, scale, interpolation, edge and place.
        rng: Draws the place; the same state gives the same bytes.
        object_class: What the object is, if known.

    Returns:
        The forged picture with both masks and the exact transform; `target_mask` is `warp_mask`
        of the source.

    Raises:
        ForgeryError: No legal place was found in 50 tries, or the given one is not legal.
        SpecificationError: Picture and mask do not fit, or a parameter is out of range.
    """
    check_object(pixels, source_mask)
    transform, target = _place(source_mask, parameters, rng)
    return Forgery(
        pixels=_paste(pixels, target, transform, parameters),
        original=pixels,
        source_mask=source_mask,
        target_mask=target,
        kind="copy-move",
        object_class=object_class,
        transform=transform,
        interpolation="none" if parameters.is_plain else parameters.interpolation,
        edge=parameters.edge,
    )
