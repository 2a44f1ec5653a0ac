"""What was done to a picture: as a record on disk and as facts for the answer rules."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geotamper.errors import InputError, SpecificationError
from geotamper.forge.forgery import Forgery, centroid
from geotamper.sets.layout.names import Fold
from geotamper.sets.layout.opened import TamperSet
from geotamper.sets.layout.sidecar import BlurRecord, PictureRecord, TransformRecord
from geotamper.task.facts import RegionFacts, TamperFacts, TamperKind

BoolMask = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class PictureOrigin:
    """Where a picture comes from and where it goes.

    Attributes:
        id: Of the picture in the set.
        fold: Where its group stands.
        group: Pictures of one group may show the same ground.
        origin_dataset: Name of the set of raw imagery.
        origin: The raw picture within that set, its window included where it was cut.
        region: Where on earth it was taken, or None.
        licence: Terms of the raw picture, or None.
        restricted: Whether the raw set marks the picture as restricted, or None where it does not say.
        seed: Random state that the picture is made from.
    """

    id: int
    fold: Fold
    group: str
    origin_dataset: str
    origin: str
    region: str | None = None
    licence: str | None = None
    restricted: bool | None = None
    seed: int = 0


def untouched_record(origin: PictureOrigin) -> PictureRecord:
    """The record of a picture that nothing was done to."""
    return PictureRecord(kind="none", **vars(origin))


def forged_record(
    forgery: Forgery, origin: PictureOrigin, *, instance: int, ambiguous_rotation: bool = False
) -> PictureRecord:
    """The record of a forgery.

    Args:
        forgery: As the forger made it, its object class known.
        origin: Where the picture comes from and where it goes.
        instance: Number of the object in the raw picture.
        ambiguous_rotation: The object was turned, but its outline looks as before.

    Raises:
        SpecificationError: The object class is not known.
    """
    if forgery.object_class is None:
        raise SpecificationError("a forgery of a set needs its object class; give it to the forger")
    facts = forgery.facts()
    transform = blur = None
    if forgery.transform is not None and facts.rotation_deg is not None and facts.scale is not None:
        first, second = forgery.transform.matrix.tolist()
        transform = TransformRecord(
            rotation_deg=facts.rotation_deg, scale=facts.scale, matrix=(tuple(first), tuple(second))
        )
    if forgery.blur_method is not None and forgery.blur_strength is not None:
        blur = BlurRecord(method=forgery.blur_method, strength=forgery.blur_strength)
    return PictureRecord(
        kind=forgery.kind,
        object_class=forgery.object_class,
        instance=instance,
        transform=transform,
        interpolation=forgery.interpolation,
        edge=forgery.edge if forgery.kind == "copy-move" else None,
        blur=blur,
        ambiguous_rotation=ambiguous_rotation,
        **vars(origin),
    )


def facts_of_record(record: PictureRecord, source: BoolMask, target: BoolMask) -> TamperFacts:
    """The facts of a picture from its record and masks, exact.

    Args:
        record: What was done.
        source: (H, W) bool.
        target: (H, W) bool; for a blur equal to `source`.

    Raises:
        InputError: Record and masks contradict each other.
    """
    try:
        return TamperFacts(
            width=source.shape[1],
            height=source.shape[0],
            kind=record.kind,
            object_class=record.object_class,
            source=region_facts(source),
            target=region_facts(target),
            scale=record.transform.scale if record.transform else None,
            rotation_deg=record.transform.rotation_deg if record.transform else None,
        )
    except SpecificationError as error:
        raise InputError(f"the record and the masks of picture {record.id} do not fit: {error}") from error


def region_facts(mask: BoolMask) -> RegionFacts | None:
    """Centroid and area of a mask, or None where it is empty."""
    area = int(np.count_nonzero(mask))
    return RegionFacts(centroid=centroid(mask), area_px=area) if area else None


@dataclass(frozen=True, eq=False)
class PictureTruth:
    """What was done to one picture of a set, for comparing a detector with it.

    Attributes:
        kind: What was done.
        source: (H, W) bool, empty for an untouched picture.
        target: (H, W) bool, equal to `source` for a blur.
        record: The exact transform or blur, or None where the set does not tell.
    """

    kind: TamperKind
    source: BoolMask
    target: BoolMask
    record: PictureRecord | None


def read_truth(opened: TamperSet, picture: int) -> PictureTruth:
    """Read what was done to a picture: by its record, and where there is none by its masks.

    Args:
        opened: The set.
        picture: Id of the picture.

    Raises:
        InputError: A mask is missing or damaged, the masks differ in size, or one of them alone is empty.
    """
    masks = opened.read_mask(picture, "source"), opened.read_mask(picture, "target")
    return truth_of_masks(picture, masks, opened.records.get(picture))


def truth_of_masks(
    picture: int, masks: tuple[BoolMask, BoolMask], record: PictureRecord | None
) -> PictureTruth:
    """What was done to a picture whose masks and record are at hand.

    Args:
        picture: Its id, named in messages.
        masks: Source and target.
        record: What was done, or None to tell it from the masks.

    Raises:
        InputError: The masks differ in size, or one of them alone is empty.
    """
    source, target = masks
    if source.shape != target.shape or source.any() != target.any():
        raise InputError(
            f"the masks of picture {picture} differ in size, or one of them alone is empty; expected both regions "
            "or none in one frame: see what 'geotamper check' says"
        )
    if record is not None:
        return PictureTruth(record.kind, source, target, record)
    if not source.any():
        return PictureTruth("none", source, target, None)
    kind: TamperKind = "blur" if np.array_equal(source, target) else "copy-move"
    return PictureTruth(kind, source, target, None)
