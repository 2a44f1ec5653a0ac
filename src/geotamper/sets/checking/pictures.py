"""What the files of one picture show: hashes, frames, mask values, regions.

A picture is examined for itself, so that processes can share the work; the rules judge the evidence later.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from geotamper.errors import InputError
from geotamper.forge.warping import warp_mask
from geotamper.imagery.picture import Pixels
from geotamper.imagery.similarity import Similarity
from geotamper.sets.fingerprints import Fingerprint, fingerprint
from geotamper.sets.layout.names import MASK_ROLES, ROLES, Role
from geotamper.sets.layout.opened import TamperSet, open_set
from geotamper.sets.layout.png import BoolMask, GreyFile, decode_grey, decode_rgb
from geotamper.sets.layout.segmentation import majority_class
from geotamper.sets.layout.sidecar import PictureRecord
from geotamper.sets.truth import region_facts
from geotamper.task.classes import ObjectClass
from geotamper.task.facts import RegionFacts

MARGIN_PX = 8
"""Edges of a target are blended into their surroundings by up to this many pixels."""

SAME_LEVEL = 8
"""Grey values of 255 by which a picture may differ from its original where nothing was forged: other encoders."""


@dataclass(frozen=True)
class MaskValues:
    """The grey values of a mask file.

    Attributes:
        bands: Bands of the file.
        highest: Largest value.
        between: Pixels that are neither 0 nor 255.
    """

    bands: int
    highest: int
    between: int


@dataclass(frozen=True)
class Changes:
    """Where a picture differs from its original.

    Attributes:
        strayed_px: Pixels farther from the target than `MARGIN_PX` that differ by more than `SAME_LEVEL`.
        target_share: Share of the target that differs at all, 0 for an empty one.
    """

    strayed_px: int
    target_share: float


@dataclass(frozen=True)
class PictureEvidence:
    """What the files of one picture show.

    Attributes:
        id: Of the picture.
        missing: Files that are not there.
        damaged: Files that cannot be decoded, with the reason.
        digests: SHA-256 of every file.
        frames: Width and height of every decoded file.
        values: Grey values of the masks.
        source: The source region, or None where its mask is empty or not readable.
        target: The target region, likewise.
        shared_px: Pixels in both regions.
        equal: Whether both masks are the same.
        background_px: Pixels of the background that lie in one of the regions.
        labelled: The most frequent class of the class map under the source.
        carried_iou: Agreement of the target with the source carried over by the recorded transform, or None.
        changes: Where the picture differs from its original, or None where one of them is missing.
        look: Fingerprint of the original where there is one, else of the picture.
    """

    id: int
    missing: tuple[Role, ...] = ()
    damaged: Mapping[Role, str] = field(default_factory=dict)
    digests: Mapping[Role, str] = field(default_factory=dict)
    frames: Mapping[Role, tuple[int, int]] = field(default_factory=dict)
    values: Mapping[Role, MaskValues] = field(default_factory=dict)
    source: RegionFacts | None = None
    target: RegionFacts | None = None
    shared_px: int = 0
    equal: bool = False
    background_px: int = 0
    labelled: ObjectClass | None = None
    carried_iou: float | None = None
    changes: Changes | None = None
    look: Fingerprint | None = None

    @property
    def readable(self) -> bool:
        """Whether the picture and both region masks were decoded and share one frame."""
        frames = [self.frames.get(role) for role in ("image", "source", "target")]
        return None not in frames and len(set(frames)) == 1


class PictureExaminer:
    """Examines pictures of one set; can be sent to another process, which opens the set anew.

    Attributes:
        root: The folder of the set.
        balanced: Open the balanced subset; some releases hold nothing else.
    """

    def __init__(self, root: Path, *, balanced: bool = False) -> None:
        self.root = root
        self.balanced = balanced
        self._opened: TamperSet | None = None

    def __getstate__(self) -> dict[str, object]:
        return {"root": self.root, "balanced": self.balanced, "_opened": None}

    def __call__(self, picture: int) -> PictureEvidence:
        """Examine one picture; files that are missing or damaged become part of the evidence."""
        if self._opened is None:
            self._opened = open_set(self.root, balanced=self.balanced)
        return examine(self._opened, picture, self._opened.records.get(picture))


def examine(opened: TamperSet, picture: int, record: PictureRecord | None) -> PictureEvidence:
    """Examine the files of one picture.

    Args:
        opened: The set.
        picture: Its id.
        record: What the sidecar says about it, or None.
    """
    store = opened.storage.store
    missing = tuple(role for role in ROLES if not store.has(picture, role))
    damaged: dict[Role, str] = {}
    digests: dict[Role, str] = {}
    frames: dict[Role, tuple[int, int]] = {}
    greys: dict[Role, GreyFile] = {}
    colours: dict[Role, Pixels] = {}
    for role in ROLES:
        if role in missing:
            continue
        try:
            content = store.read(picture, role)
            digests[role] = hashlib.sha256(content).hexdigest()
            if role in ("image", "original"):
                colours[role] = decode_rgb(content, store.name(picture, role))
                frames[role] = colours[role].shape[1], colours[role].shape[0]
            else:
                greys[role] = decode_grey(content, store.name(picture, role))
                frames[role] = greys[role].values.shape[1], greys[role].values.shape[0]
        except InputError as error:
            damaged[role] = str(error)
    regions = _regions(greys, frames, record, opened)
    seen = colours.get("original", colours.get("image"))
    return PictureEvidence(
        id=picture,
        missing=missing,
        damaged=damaged,
        digests=digests,
        frames=frames,
        values={role: _values(greys[role]) for role in MASK_ROLES if role in greys},
        changes=_changes(colours, greys),
        look=None if seen is None else fingerprint(seen),
        **regions,  # type: ignore[arg-type]
    )


def _changes(colours: Mapping[Role, Pixels], greys: Mapping[Role, GreyFile]) -> Changes | None:
    import cv2

    image, original, target = colours.get("image"), colours.get("original"), greys.get("target")
    if image is None or original is None or target is None:
        return None
    if image.shape != original.shape or image.shape[:2] != target.values.shape:
        return None
    difference = cv2.absdiff(image, original).max(axis=2)
    inside = target.mask
    near = cv2.dilate(inside.astype(np.uint8), np.ones((2 * MARGIN_PX + 1,) * 2, np.uint8)).astype(np.bool_)
    changed = int(np.count_nonzero(difference[inside]))
    area = int(np.count_nonzero(inside))
    strayed = int(np.count_nonzero(difference[~near] > SAME_LEVEL))
    return Changes(strayed, changed / area if area else 0.0)


def _values(grey: GreyFile) -> MaskValues:
    counts = np.bincount(grey.values.ravel(), minlength=256)
    highest = int(np.flatnonzero(counts)[-1])
    return MaskValues(grey.bands, highest, int(counts[1:255].sum()))


def _regions(
    greys: Mapping[Role, GreyFile],
    frames: Mapping[Role, tuple[int, int]],
    record: PictureRecord | None,
    opened: TamperSet,
) -> dict[str, object]:
    """The evidence that compares files, as far as they share a frame."""
    if "source" not in greys or "target" not in greys or frames["source"] != frames["target"]:
        return {}
    source, target = greys["source"].mask, greys["target"].mask
    found: dict[str, object] = {
        "source": region_facts(source),
        "target": region_facts(target),
        "shared_px": int(np.count_nonzero(source & target)),
        "equal": np.array_equal(source, target),
    }
    if frames.get("background") == frames["source"]:
        found["background_px"] = int(np.count_nonzero(greys["background"].mask & (source | target)))
    if frames.get("segmentation") == frames["source"] and source.any():
        found["labelled"] = majority_class(greys["segmentation"].values, source)
    sidecar = opened.sidecar
    if record is not None and record.transform is not None and sidecar and frames["source"] == sidecar.size:
        found["carried_iou"] = _carried_iou(record.transform.matrix, source, target)
    return found


def _carried_iou(
    matrix: tuple[tuple[float, float, float], ...], source: BoolMask, target: BoolMask
) -> float | None:
    if not source.any():
        return None
    carried = warp_mask(source, Similarity.from_matrix(matrix))
    union = int(np.count_nonzero(carried | target))
    return int(np.count_nonzero(carried & target)) / union if union else None
