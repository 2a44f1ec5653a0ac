"""What was done to a picture, in numbers: the one input of all answer rules."""

import math
from dataclasses import dataclass
from typing import Literal

from geotamper.errors import SpecificationError
from geotamper.task.classes import OBJECT_CLASSES, ObjectClass

TamperKind = Literal["none", "copy-move", "blur"]

TAMPER_KINDS: tuple[TamperKind, ...] = ("none", "copy-move", "blur")


@dataclass(frozen=True)
class RegionFacts:
    """A region of the picture, reduced to what the questions need.

    Attributes:
        centroid: Mean (x, y) over all pixels of the region, pixels, x right, y down, pixel centres at +0.5;
            one centroid even where the region has several parts.
        area_px: Number of pixels, at least 1.
    """

    centroid: tuple[float, float]
    area_px: int

    def __post_init__(self) -> None:
        if self.area_px < 1:
            raise SpecificationError(
                f"a region of {self.area_px} pixels is empty; give None where there is no region"
            )
        if not all(math.isfinite(value) for value in self.centroid):
            raise SpecificationError(f"centroid {self.centroid} is not finite; give the mean pixel (x, y)")


@dataclass(frozen=True)
class TamperFacts:
    """All that the answer rules may know about a picture.

    A set builder fills it with what it did (both sigmas 0: the numbers are exact), an inspector with what it
    measured (sigmas above 0: the numbers are compared with thresholds).

    Attributes:
        width: Picture width, pixels.
        height: Picture height, pixels.
        kind: What was done to the picture.
        object_class: What was copied or blurred, or None when it is not known.
        source: The region that was copied; for a blur the blurred region.
        target: The region that was pasted; for a blur equal to `source`.
        scale: Length ratio target over source, > 0, or None when it was not recorded.
        rotation_deg: Counter-clockwise on the screen, degrees, or None when it was not recorded.
        scale_sigma: Standard deviation of `scale`; 0 means exact.
        rotation_sigma: Standard deviation of `rotation_deg`, degrees; 0 means exact.

    Raises:
        SpecificationError: The facts contradict each other, lie outside the frame, or a region is missing.
    """

    width: int
    height: int
    kind: TamperKind
    object_class: ObjectClass | None = None
    source: RegionFacts | None = None
    target: RegionFacts | None = None
    scale: float | None = None
    rotation_deg: float | None = None
    scale_sigma: float = 0.0
    rotation_sigma: float = 0.0

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise SpecificationError(
                f"a picture of {self.width} x {self.height} pixels is empty; both sides must be at least 1"
            )
        if self.kind not in TAMPER_KINDS:
            raise SpecificationError(
                f"unknown tamper kind '{self.kind}'; choose one of {_listed(TAMPER_KINDS)}"
            )
        if self.object_class is not None and self.object_class not in OBJECT_CLASSES:
            raise SpecificationError(
                f"unknown object class '{self.object_class}'; "
                f"choose one of {_listed(OBJECT_CLASSES)}, or None"
            )
        self._check_transform()
        if self.kind == "none":
            self._check_untouched()
        else:
            self._check_regions()

    def _check_transform(self) -> None:
        if self.scale is not None and not (math.isfinite(self.scale) and self.scale > 0):
            raise SpecificationError(f"scale must be a positive number, got {self.scale}")
        if self.rotation_deg is not None and not math.isfinite(self.rotation_deg):
            raise SpecificationError(f"rotation must be a finite number of degrees, got {self.rotation_deg}")
        for name, sigma in (("scale_sigma", self.scale_sigma), ("rotation_sigma", self.rotation_sigma)):
            if not sigma >= 0:
                raise SpecificationError(f"{name} must be 0 (exact) or positive, got {sigma}")
        if self.kind != "copy-move" and (self.scale is not None or self.rotation_deg is not None):
            raise SpecificationError(
                f"kind '{self.kind}' has no transform, got scale {self.scale} and rotation "
                f"{self.rotation_deg}; leave both out"
            )

    def _check_untouched(self) -> None:
        if self.source is not None or self.target is not None or self.object_class is not None:
            raise SpecificationError(
                "kind 'none' means an untouched picture, but a region or an object class was given; "
                "leave them out or name the kind of tampering"
            )

    def _check_regions(self) -> None:
        if self.source is None or self.target is None:
            missing = "source" if self.source is None else "target"
            raise SpecificationError(
                f"kind '{self.kind}' needs a source and a target region, but the {missing} is missing; "
                "an empty region beside a filled one is an error, not a data point"
            )
        for name, region in (("source", self.source), ("target", self.target)):
            x, y = region.centroid
            if not (0 <= x <= self.width and 0 <= y <= self.height):
                raise SpecificationError(
                    f"the {name} centroid {region.centroid} lies outside the {self.width} x {self.height} "
                    "frame; give pixels of this picture"
                )
            if region.area_px > self.width * self.height:
                raise SpecificationError(
                    f"the {name} has {region.area_px} pixels, more than the "
                    f"{self.width} x {self.height} frame; count the pixels at the size of this picture"
                )
        if self.kind == "blur" and self.source != self.target:
            raise SpecificationError(
                "a blurred picture has one region, but source and target differ; give the same region twice"
            )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)
