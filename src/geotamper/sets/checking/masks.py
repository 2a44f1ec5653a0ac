"""Rules about the files of single pictures: present, readable, of one frame, with the values of masks."""

import math

from geotamper.sets.checking.pictures import PictureEvidence
from geotamper.sets.checking.report import Collector
from geotamper.sets.layout.names import REQUIRED_ROLES, Role
from geotamper.sets.layout.sidecar import PictureRecord, Sidecar
from geotamper.task.facts import TamperKind

MAX_OVERLAP = 0.05
"""Of the source that its copy may cover."""

MIN_AREA, MAX_AREA = 0.001, 0.15
"""Limits of a forged object, shares of the picture."""

MIN_CARRIED_IOU = 0.99
"""A target mask agrees at least so much with the source carried over by the recorded transform."""

MIN_CHANGED = 0.25
"""Share of the target that differs from the original; in flat ground a blur leaves some pixels as they were."""

RESIZED_AREA = 0.05
"""Share of its area that a region may have gained or lost in a picture that was made smaller."""

RESIZE_TOLERANCE = 0.02
"""Added to the overlap of pictures that were made smaller, whose outlines moved."""

_OPTIONAL: tuple[Role, ...] = ("original", "segmentation")


def kind_of(evidence: PictureEvidence, record: PictureRecord | None) -> TamperKind | None:
    """What was done to a picture: by its record, else by its masks; None where one mask alone is empty."""
    if record is not None:
        return record.kind
    if evidence.source is None and evidence.target is None:
        return "none"
    if evidence.source is None or evidence.target is None:
        return None
    return "blur" if evidence.equal else "copy-move"


def is_resized(evidence: PictureEvidence, sidecar: Sidecar | None) -> bool:
    """Whether the files of a picture are not of the size that its answers refer to."""
    expected = sidecar.size if sidecar is not None else (512, 512)
    return evidence.frames.get("source", expected) != expected


def area_slack(area_px: int) -> float:
    """Pixels by which the area of a region may have changed when its picture was made smaller.

    Its outline moved by up to half a pixel, and small gaps within it, as between trees, closed or opened.
    """
    return 2 * math.sqrt(area_px) + RESIZED_AREA * area_px


def check_files(evidence: PictureEvidence, absent: frozenset[Role], found: Collector) -> None:
    """Files that are missing or damaged, and frames that differ.

    Args:
        evidence: Of one picture.
        absent: Files that no picture of the set has, which is reported once for the set.
        found: Takes the findings.
    """
    number = evidence.id
    for role in evidence.missing:
        if role in REQUIRED_ROLES:
            found.error("files", f"{role}/{number}.png is missing; every picture needs one", picture=number)
        elif role not in absent:
            found.fault(
                "files", f"{role}/{number}.png is missing; expected one for every picture", picture=number
            )
    for role, reason in evidence.damaged.items():
        found.error("files", f"{role}: {reason}", picture=number)
    sizes = {size for role, size in evidence.frames.items()}
    if len(sizes) > 1:
        listed = ", ".join(f"{role} {width} x {height}" for role, (width, height) in evidence.frames.items())
        found.error("files", f"the files of picture {number} differ in size: {listed}", picture=number)


def check_values(evidence: PictureEvidence, found: Collector) -> None:
    """Mask files: one band of 8 bits, values 0 and 255."""
    number = evidence.id
    for role, values in evidence.values.items():
        if values.bands != 1:
            found.error(
                "mask",
                f"{role}/{number}.png has {values.bands} bands; masks have one: convert it to grey",
                picture=number,
            )
        if 0 < values.highest <= 127:
            found.error(
                "mask",
                f"{role}/{number}.png has no value above {values.highest}; expected 0 and 255: scale its labels",
                picture=number,
            )
        elif values.between:
            found.fault(
                "mask",
                f"{role}/{number}.png has {values.between} pixels that are neither 0 nor 255; they count as "
                "inside above 127",
                picture=number,
            )


def check_regions(
    evidence: PictureEvidence, record: PictureRecord | None, sidecar: Sidecar | None, found: Collector
) -> None:
    """Regions: there where they must be, of a legal size, and where the transform takes them."""
    if not evidence.readable:
        return
    number, kind = evidence.id, kind_of(evidence, record)
    source, target = evidence.source, evidence.target
    if kind is None or (kind != "none" and (source is None or target is None)):
        empty = "source" if source is None else "target"
        message = (
            f"the {empty} mask of picture {number} is empty and the picture is forged; expected both regions"
        )
        found.error("mask", message, picture=number)
        return
    if kind == "none":
        if source is not None or target is not None:
            message = f"picture {number} is untouched and its masks are not empty; expected 0 everywhere"
            found.error("mask", message, picture=number)
        return
    if kind == "blur" and not evidence.equal:
        message = f"picture {number} is blurred and its masks differ; expected the same region twice"
        found.error("mask", message, picture=number)
    _check_area_and_overlap(evidence, kind, sidecar, found)
    if record is not None and evidence.background_px:
        message = (
            f"the background of picture {number} covers {evidence.background_px} pixels of its source or target; "
            "expected the other objects alone"
        )
        found.error("mask", message, picture=number)


def _check_area_and_overlap(
    evidence: PictureEvidence, kind: TamperKind, sidecar: Sidecar | None, found: Collector
) -> None:
    if evidence.source is None:
        return
    width, height = evidence.frames["source"]
    resized = is_resized(evidence, sidecar)
    share = evidence.source.area_px / (width * height)
    slack = area_slack(evidence.source.area_px) / (width * height) if resized else 0.0
    if not MIN_AREA - slack <= share <= MAX_AREA + slack:
        found.fault(
            "area",
            f"the object of picture {evidence.id} covers {share:.3%} of it; expected {MIN_AREA:.1%} to {MAX_AREA:.0%}",
            picture=evidence.id,
        )
    overlap = evidence.shared_px / evidence.source.area_px
    if kind == "copy-move" and overlap > MAX_OVERLAP + (RESIZE_TOLERANCE if resized else 0.0):
        found.error(
            "overlap",
            f"the copy of picture {evidence.id} covers {overlap:.1%} of its source; at most {MAX_OVERLAP:.0%} may be",
            picture=evidence.id,
        )


def check_record(
    evidence: PictureEvidence, record: PictureRecord | None, sidecar: Sidecar | None, found: Collector
) -> None:
    """What only a record allows: the transform carries the source to the target, the class map shows the class."""
    if record is None:
        return
    number = evidence.id
    if record.kind == "copy-move" and evidence.readable:
        if evidence.carried_iou is None:
            reason = "the masks are not of the size that the transform refers to"
            if is_resized(evidence, sidecar):
                found.skip("transform", reason)
        elif evidence.carried_iou < MIN_CARRIED_IOU:
            message = (
                f"the recorded transform of picture {number} carries its source to a region that agrees with its "
                f"target by {evidence.carried_iou:.3f} only (IoU); expected {MIN_CARRIED_IOU} or more"
            )
            found.error("transform", message, picture=number)
    if evidence.labelled is not None and evidence.labelled != record.object_class:
        message = (
            f"the class map of picture {number} has '{evidence.labelled}' under its source, and its record says "
            f"'{record.object_class}'"
        )
        found.error("segmentation", message, picture=number)


def check_changes(evidence: PictureEvidence, record: PictureRecord | None, found: Collector) -> None:
    """A picture differs from its original in its target and nowhere else."""
    number, changes = evidence.id, evidence.changes
    if record is not None and _contradicts_kind(evidence, record.kind):
        state = "untouched and differs from" if record.kind == "none" else "forged and equals"
        found.error("original", f"picture {number} is {state} its original", picture=number)
        return
    if changes is None or not evidence.readable:
        return
    if changes.strayed_px:
        message = (
            f"picture {number} differs from its original in {changes.strayed_px} pixels far from its target; "
            "expected changes there alone: picture, mask or original belongs to another one"
        )
        found.fault("original", message, picture=number)
    kind = kind_of(evidence, record)
    if kind not in (None, "none") and changes.target_share < MIN_CHANGED:
        message = (
            f"picture {number} differs from its original in {changes.target_share:.0%} of its target only; "
            f"expected {MIN_CHANGED:.0%} or more"
        )
        found.fault("original", message, picture=number)


def _contradicts_kind(evidence: PictureEvidence, kind: TamperKind) -> bool:
    image, original = evidence.digests.get("image"), evidence.digests.get("original")
    return image is not None and original is not None and (kind == "none") != (image == original)
