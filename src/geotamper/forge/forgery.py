"""A forged picture with everything that is known about the forgery."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from geotamper.errors import SpecificationError
from geotamper.imagery.similarity import Similarity
from geotamper.task.classes import ObjectClass
from geotamper.task.facts import RegionFacts, TamperFacts

Pixels = npt.NDArray[np.uint8]
BoolMask = npt.NDArray[np.bool_]
ForgeryKind = Literal["copy-move", "blur"]
Edge = Literal["hard", "feather"]
BlurMethod = Literal["gaussian", "mosaic", "oil"]


@dataclass(frozen=True, kw_only=True)
class Forgery:
    """A forged picture and its ground truth.

    Attributes:
        pixels: (H, W, 3) uint8 RGB, the forged picture.
        original: (H, W, 3) uint8 RGB, the picture before the forgery. Degradations do not touch it, but a
            resize is applied to it as well, so that it keeps the frame of `pixels`.
        source_mask: (H, W) bool, the object that was copied or blurred.
        target_mask: (H, W) bool, where it was pasted; for a blur the same as `source_mask`.
        kind: What was done.
        object_class: What the object is, or None when it is not known.
        transform: Takes source points to target points; None for a blur.
        interpolation: Name in `geotamper.forge.interpolation`; None for a blur.
        edge: How the outline was pasted.
        blur_method: None unless `kind` is "blur".
        blur_strength: Sigma, block size or radius in pixels; None unless `kind` is "blur".
    """

    pixels: Pixels
    original: Pixels
    source_mask: BoolMask
    target_mask: BoolMask
    kind: ForgeryKind
    object_class: ObjectClass | None = None
    transform: Similarity | None = None
    interpolation: str | None = None
    edge: Edge = "hard"
    blur_method: BlurMethod | None = None
    blur_strength: float | None = None

    def __post_init__(self) -> None:
        frame = self.pixels.shape[:2]
        if not self.original.shape[:2] == self.source_mask.shape == self.target_mask.shape == frame:
            raise SpecificationError("pixels, original and both masks of a forgery must share one frame")

    def facts(self) -> TamperFacts:
        """What the answer rules need to know, exact."""
        height, width = self.source_mask.shape
        scale = rotation = None
        if self.transform is not None:
            # A turn alone leaves a scale of 1 up to the rounding of sine and cosine; the rules ask for 1.
            scale, rotation = round(self.transform.scale, 9), round(self.transform.rotation_deg, 9)
        return TamperFacts(
            width=width,
            height=height,
            kind=self.kind,
            object_class=self.object_class,
            source=_region(self.source_mask),
            target=_region(self.target_mask),
            scale=scale,
            rotation_deg=rotation,
        )


def centroid(mask: BoolMask) -> tuple[float, float]:
    """Mean (x, y) of the pixels of a mask that is not empty, pixel centres at +0.5."""
    rows, columns = np.nonzero(mask)
    return float(columns.mean() + 0.5), float(rows.mean() + 0.5)


def _region(mask: BoolMask) -> RegionFacts:
    return RegionFacts(centroid=centroid(mask), area_px=int(np.count_nonzero(mask)))


def check_object(pixels: Pixels, mask: BoolMask) -> None:
    """Refuse what cannot be an object of a picture.

    Raises:
        SpecificationError: The picture is not (H, W, 3) uint8, or the mask does not fit it or is empty.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise SpecificationError(f"expected (H, W, 3) uint8 pixels, got {pixels.shape} {pixels.dtype}")
    if mask.shape != pixels.shape[:2] or mask.dtype != np.bool_:
        raise SpecificationError(
            f"expected a bool mask of shape {pixels.shape[:2]}, got {mask.shape} {mask.dtype}"
        )
    if not mask.any():
        raise SpecificationError("the object mask is empty; expected at least one pixel")
