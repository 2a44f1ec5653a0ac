"""How well the masks of a detector meet the regions that were forged.

Rule for empty masks: two empty masks agree, so their IoU and F1 are 1; an empty mask beside one that is not
empty scores 0. The means below run over tampered pictures, whose true masks are never empty, so a missed
picture always scores 0 and the first half of the rule cannot flatter a detector.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from geotamper.errors import SpecificationError

BoolMask = npt.NDArray[np.bool_]
TamperKind = Literal["copy-move", "blur"]

FOUND_IOU = 0.5
"""A region counts as found when its IoU with the true one is greater than this."""


def intersection_over_union(first: BoolMask, second: BoolMask) -> float:
    """Shared area over joined area of two masks.

    Args:
        first: (H, W) bool.
        second: (H, W) bool.

    Returns:
        0 to 1; 1 for two empty masks.

    Raises:
        SpecificationError: The masks are not bool or differ in shape.
    """
    _check_pair(first, second)
    joined = int(np.count_nonzero(first | second))
    return int(np.count_nonzero(first & second)) / joined if joined else 1.0


def f1_score(first: BoolMask, second: BoolMask) -> float:
    """Twice the shared area over the sum of the areas (Dice, the harmonic mean of precision and recall).

    Args:
        first: (H, W) bool.
        second: (H, W) bool.

    Returns:
        0 to 1; 1 for two empty masks.

    Raises:
        SpecificationError: The masks are not bool or differ in shape.
    """
    _check_pair(first, second)
    areas = int(np.count_nonzero(first)) + int(np.count_nonzero(second))
    return 2 * int(np.count_nonzero(first & second)) / areas if areas else 1.0


@dataclass(frozen=True)
class Overlap:
    """Agreement of one pair of masks, or the mean of many.

    Attributes:
        iou: Intersection over union, 0 to 1.
        f1: F1 of the pixels, 0 to 1.
    """

    iou: float
    f1: float


@dataclass(frozen=True)
class RegionPair:
    """Where the content came from and where it lies.

    For a blurred region both masks are the same region.

    Attributes:
        source: (H, W) bool.
        target: (H, W) bool.
    """

    source: BoolMask
    target: BoolMask

    @classmethod
    def empty(cls, shape: tuple[int, int]) -> "RegionPair":
        """The answer of a detector that saw nothing in a picture of `shape` (H, W)."""
        nothing = np.zeros(shape, dtype=np.bool_)
        return cls(nothing, nothing)


@dataclass(frozen=True)
class PictureLocalisation:
    """The localisation of one tampered picture.

    Attributes:
        kind: What was done to the picture.
        found: Copy-move: both regions have IoU > 0.5, in either order. Blur: the region has.
        exchanged: Found, but only with source and target taken for each other; false for blur.
        source: Agreement of the source masks.
        target: Agreement of the target masks.
        union: Agreement of the joined masks.
    """

    kind: TamperKind
    found: bool
    exchanged: bool
    source: Overlap
    target: Overlap
    union: Overlap


def localise(kind: TamperKind, truth: RegionPair, predicted: RegionPair) -> PictureLocalisation:
    """Compare the regions that a detector gave with those of the forgery.

    Args:
        kind: What was done to the picture.
        truth: The forged regions, neither empty.
        predicted: The detector's regions; empty where it gave none.

    Raises:
        SpecificationError: A true mask is empty, or the masks differ in shape or are not bool.
    """
    if not (truth.source.any() and truth.target.any()):
        raise SpecificationError(
            "a true mask of a tampered picture is empty, so nothing can be localised; leave this picture out"
        )
    if kind == "copy-move":
        in_order = _both_found(truth, predicted)
        exchanged = not in_order and _both_found(truth, RegionPair(predicted.target, predicted.source))
        found = in_order or exchanged
    else:
        found = intersection_over_union(truth.target, predicted.target) > FOUND_IOU
        exchanged = False
    return PictureLocalisation(
        kind=kind,
        found=found,
        exchanged=exchanged,
        source=_overlap(truth.source, predicted.source),
        target=_overlap(truth.target, predicted.target),
        union=_overlap(truth.source | truth.target, predicted.source | predicted.target),
    )


@dataclass(frozen=True)
class LocalisationMetrics:
    """Localisation over a set; None where the set has no picture that the number could be taken from.

    Attributes:
        copy_moves: Pictures with a copied region.
        found: Of these, both regions found in either order.
        exchanged: Of the found, source and target taken for each other.
        blurs: Pictures with a blurred region.
        blurs_found: Of these, the region found.
        source: Mean agreement of the source masks over all tampered pictures, missed ones 0.
        target: The same of the target masks.
        union: The same of the joined masks.
    """

    copy_moves: int
    found: int
    exchanged: int
    blurs: int
    blurs_found: int
    source: Overlap | None
    target: Overlap | None
    union: Overlap | None

    @property
    def found_rate(self) -> float | None:
        """Found over copy-move pictures."""
        return self.found / self.copy_moves if self.copy_moves else None

    @property
    def swap_rate(self) -> float | None:
        """Exchanged over found copy-move pictures."""
        return self.exchanged / self.found if self.found else None

    @property
    def blur_found_rate(self) -> float | None:
        """Found over blurred pictures."""
        return self.blurs_found / self.blurs if self.blurs else None


def localisation_metrics(pictures: Sequence[PictureLocalisation]) -> LocalisationMetrics:
    """Sum up the localisation of all tampered pictures of a set, missed ones included."""
    copies = [picture for picture in pictures if picture.kind == "copy-move"]
    blurs = [picture for picture in pictures if picture.kind == "blur"]
    return LocalisationMetrics(
        copy_moves=len(copies),
        found=sum(picture.found for picture in copies),
        exchanged=sum(picture.exchanged for picture in copies),
        blurs=len(blurs),
        blurs_found=sum(picture.found for picture in blurs),
        source=_mean_overlap(pictures, lambda picture: picture.source),
        target=_mean_overlap(pictures, lambda picture: picture.target),
        union=_mean_overlap(pictures, lambda picture: picture.union),
    )


def _both_found(truth: RegionPair, predicted: RegionPair) -> bool:
    return (
        intersection_over_union(truth.source, predicted.source) > FOUND_IOU
        and intersection_over_union(truth.target, predicted.target) > FOUND_IOU
    )


def _overlap(first: BoolMask, second: BoolMask) -> Overlap:
    return Overlap(iou=intersection_over_union(first, second), f1=f1_score(first, second))


def _mean_overlap(
    pictures: Sequence[PictureLocalisation], pick: Callable[[PictureLocalisation], Overlap]
) -> Overlap | None:
    if not pictures:
        return None
    return Overlap(
        iou=statistics.fmean(pick(picture).iou for picture in pictures),
        f1=statistics.fmean(pick(picture).f1 for picture in pictures),
    )


def _check_pair(first: BoolMask, second: BoolMask) -> None:
    if first.shape != second.shape:
        raise SpecificationError(
            f"masks to compare must have one shape, got {first.shape} and {second.shape}; "
            "bring both to the size of the picture first"
        )
    if first.dtype != np.bool_ or second.dtype != np.bool_:
        raise SpecificationError(
            f"masks must be bool, got {first.dtype} and {second.dtype}; cut 8-bit masks with `mask > 127.5`"
        )
