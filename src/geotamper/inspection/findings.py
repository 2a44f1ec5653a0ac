"""What a detector found in one picture, masks included."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from geotamper.errors import SpecificationError
from geotamper.evidence.results import BlurEvidence, BlurMethod, CopyEvidence, Evidence
from geotamper.imagery.picture import Picture
from geotamper.imagery.similarity import Similarity
from geotamper.inspection.report import FindingKind, ObjectClassGuess
from geotamper.task.classes import ObjectClass

BoolMask = npt.NDArray[np.bool_]

SAME_REGION_IOU = 0.5
"""Overlap (intersection over union) from which two masks show the same region; the "found" of the metrics."""


Extent = TypeVar("Extent")
"""How regions are held: as masks of the whole picture, or as windows of a scene."""


@dataclass(frozen=True)
class ForgedRegion(Generic[Extent]):
    """One forged region.

    Attributes:
        id: 1, 2, ... in falling confidence.
        group: Shared by the copies of one source.
        kind: What was done.
        confidence: That the region was forged, 0 to 1.
        source: The region that was copied; for a blur the region itself.
        target: The forged region.
        transform: Takes source points to target points; None for a blur.
        rotation_sigma: Standard deviation of the rotation, degrees.
        scale_sigma: Standard deviation of the scale.
        direction_confidence: That source and target are not exchanged; None for a blur.
        direction_basis: What the direction rests on, in a few words; empty for a blur.
        blur_method: How detail was removed; None for a copy.
        blur_strength: In pixels; None where unknown.
        object_class: What the region shows, one of the seven classes or "other"; None where no class model is at hand.
        best_class: The most probable of the seven classes, for answers that are forced; None where there is no model.
        object_basis: What the class rests on, in a few words; empty where there is no model.
    """

    id: int
    group: int
    kind: FindingKind
    confidence: float
    source: Extent
    target: Extent
    transform: Similarity | None = None
    rotation_sigma: float = 0.0
    scale_sigma: float = 0.0
    direction_confidence: float | None = None
    direction_basis: str = ""
    blur_method: BlurMethod | None = None
    blur_strength: float | None = None
    object_class: ObjectClassGuess | None = None
    best_class: ObjectClass | None = None
    object_basis: str = ""


@dataclass(frozen=True)
class Finding(ForgedRegion[BoolMask]):
    """One forged region of a picture; source and target are (H, W) bool masks of the whole of it."""


Item = TypeVar("Item", bound=ForgedRegion[Any])


def selected(items: Sequence[Item], finding: int | None) -> Item | None:
    """The finding with this id, or the primary one (None where there are no findings).

    Raises:
        SpecificationError: No finding has this id.
    """
    if finding is None:
        return items[0] if items else None
    for item in items:
        if item.id == finding:
            return item
    raise SpecificationError(no_such_finding(finding, [item.id for item in items]))


@dataclass(frozen=True)
class Findings:
    """The judgement of one picture, with the regions it rests on.

    Attributes:
        picture: What was inspected.
        tampered: None means that the evidence does not decide.
        score: P(tampered), 0 to 1.
        confidence: That `tampered` is right, 0 to 1; 0 where it is None.
        items: In falling confidence; empty for an untouched picture, candidates where nothing is decided.
        basis: What the verdict rests on, in one sentence without a full stop.
        notes: What was left out in this run and why, in sentences.
        kind: What was done, of a detector that knows it without a region; None where the findings tell.
    """

    picture: Picture
    tampered: bool | None
    score: float
    confidence: float
    items: tuple[Finding, ...] = ()
    basis: str = ""
    notes: tuple[str, ...] = ()
    kind: FindingKind | None = None

    def select(self, finding: int | None) -> Finding | None:
        """The finding with this id, or the primary one (None where there are no findings).

        Raises:
            SpecificationError: No finding has this id.
        """
        return selected(self.items, finding)

    def source_union(self) -> BoolMask:
        """(H, W) bool, all source regions."""
        return self._union([item.source for item in self.items])

    def target_union(self) -> BoolMask:
        """(H, W) bool, all forged regions."""
        return self._union([item.target for item in self.items])

    def _union(self, masks: Sequence[BoolMask]) -> BoolMask:
        empty = np.zeros((self.picture.height, self.picture.width), dtype=np.bool_)
        return reduce(np.logical_or, masks, empty)


def no_such_finding(finding: int, known: Sequence[int]) -> str:
    """The message for a finding id that the picture does not have."""
    have = f"it has {', '.join(map(str, known))}" if known else "it has no findings"
    return f"the picture has no finding {finding}; {have}; give one of its ids or leave --finding out"


def collect_findings(evidence: Evidence) -> tuple[Finding, ...]:
    """Number the accepted evidence in falling confidence and group the copies of one source.

    Args:
        evidence: What the pixels yield; its undecided candidates are left out.
    """
    return number_findings([*evidence.copies, *evidence.blurs])


def number_findings(pieces: Sequence[CopyEvidence | BlurEvidence]) -> tuple[Finding, ...]:
    """Findings of these pieces of evidence, in falling confidence, ids and groups from 1."""
    ranked = sorted(pieces, key=lambda piece: -piece.probability)
    findings = [_finding(number, piece) for number, piece in enumerate(ranked, start=1)]
    return tuple(replace(item, group=group) for item, group in zip(findings, _groups(findings), strict=True))


def _finding(number: int, piece: CopyEvidence | BlurEvidence) -> Finding:
    if isinstance(piece, BlurEvidence):
        return Finding(
            id=number,
            group=number,
            kind="blur",
            confidence=piece.probability,
            source=piece.region,
            target=piece.region,
            blur_method=piece.method,
            blur_strength=piece.strength,
        )
    return Finding(
        id=number,
        group=number,
        kind="copy-move",
        confidence=piece.probability,
        source=piece.source,
        target=piece.target,
        transform=piece.transform,
        rotation_sigma=piece.rotation_sigma,
        scale_sigma=piece.scale_sigma,
        direction_confidence=piece.direction_probability,
        direction_basis=piece.direction_basis,
    )


def _groups(findings: Sequence[Finding]) -> list[int]:
    """Group numbers of findings; copies that show the same content share one."""
    return group_numbers(len(findings), lambda one, other: _share_region(findings[one], findings[other]))


def group_numbers(count: int, share: Callable[[int, int], bool]) -> list[int]:
    """Group numbers from 1 in order of first appearance; what shares a region with a member belongs to its group.

    A copy of a copy, and a pair whose direction was judged the other way round, still show the same content, so
    any two regions of the pairs may be the common one.

    Args:
        count: Of findings.
        share: Whether the findings with these two numbers, from 0, have a region in common.
    """
    groups: list[int] = []
    fresh = 0
    for index in range(count):
        shared = {groups[other] for other in range(index) if share(index, other)}
        if not shared:
            fresh += 1
            groups.append(fresh)
            continue
        keep = min(shared)
        groups = [keep if group in shared else group for group in groups]
        groups.append(keep)
    order = {group: place for place, group in enumerate(dict.fromkeys(groups), start=1)}
    return [order[group] for group in groups]


def _share_region(one: Finding, other: Finding) -> bool:
    if one.kind != "copy-move" or other.kind != "copy-move":
        return False
    regions = ((a, b) for a in (one.source, one.target) for b in (other.source, other.target))
    return any(intersection_over_union(a, b) > SAME_REGION_IOU for a, b in regions)


def intersection_over_union(one: BoolMask, other: BoolMask) -> float:
    """Overlap of two masks, 0 to 1; 0 where both are empty."""
    union = np.count_nonzero(one | other)
    return np.count_nonzero(one & other) / union if union else 0.0
