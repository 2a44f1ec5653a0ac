"""What the right answers of a picture are, as far as its masks and its record tell.

Sets made here carry the exact transform and class, so every answer follows. Released sets do not: their kind is
read from the masks, the class from the class map, the size change from the areas, and the rotation not at all.
Where files are smaller than the frame that the answers refer to, centroids and areas are known with a tolerance,
and an answer that the tolerance allows is not called wrong.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from geotamper.sets.checking.masks import is_resized, kind_of
from geotamper.sets.checking.pictures import PictureEvidence
from geotamper.sets.layout.records import Info
from geotamper.sets.layout.sidecar import PictureRecord, Sidecar
from geotamper.task.catalogue import AREAS, TypeName, open_types
from geotamper.task.facts import RegionFacts, TamperFacts, TamperKind
from geotamper.task.rules import UndecidableQuestion, answer

CENTROID_TOLERANCE = 0.75
"""Pixels of the smaller file by which a centroid may have moved."""

AREA_RATIO_TOLERANCE = 0.12
"""Where no scale was recorded, area ratios this close to 1 fit a changed and an unchanged size alike."""


@dataclass(frozen=True)
class Expected:
    """The right answers to the open questions of one picture.

    Attributes:
        kind: What was done to the picture, or None where the masks contradict each other.
        nominal: The answer that follows from the files as they are.
        possible: All answers that the files allow, the nominal one among them.
        unknown: Open types that cannot be recomputed, and why.
        doubtful: Open types whose answer was guessed from a class map, so that another one is odd, not wrong.
    """

    kind: TamperKind | None
    nominal: Mapping[TypeName, str] = field(default_factory=dict)
    possible: Mapping[TypeName, frozenset[str]] = field(default_factory=dict)
    unknown: Mapping[TypeName, str] = field(default_factory=dict)
    doubtful: frozenset[TypeName] = frozenset()


def expect(
    evidence: PictureEvidence, record: PictureRecord | None, sidecar: Sidecar | None, info: Info
) -> Expected | None:
    """The right answers of one picture, or None where its files cannot be read.

    Args:
        evidence: What the files show.
        record: What was done, or None.
        sidecar: For the size that the answers refer to, or None.
        info: The picture's `info`, whose area fraction is exact where files were made smaller.
    """
    if not evidence.readable:
        return None
    kind = kind_of(evidence, record)
    if kind is None or (kind != "none" and (evidence.source is None or evidence.target is None)):
        return Expected(None)
    facts = _facts(evidence, record, kind)
    resized = is_resized(evidence, sidecar)
    nominal: dict[TypeName, str] = {}
    possible: dict[TypeName, frozenset[str]] = {}
    unknown: dict[TypeName, str] = {}
    for name in open_types(kind):
        try:
            nominal[name] = answer(name, facts)
        except UndecidableQuestion:
            unknown[name] = _why_unknown(name)
            continue
        possible[name] = _possible(name, facts, nominal[name], resized=resized)
    if resized and "area" in nominal:
        exact = _recorded_area(info)
        if exact is not None:
            nominal["area"], possible["area"] = exact, frozenset({exact})
    doubtful = frozenset[TypeName]({"object"} if record is None else ())
    return Expected(kind, nominal, possible, unknown, doubtful)


def _facts(evidence: PictureEvidence, record: PictureRecord | None, kind: TamperKind) -> TamperFacts:
    width, height = evidence.frames["source"]
    if kind == "none":
        return TamperFacts(width, height, "none")
    transform = record.transform if record is not None else None
    return TamperFacts(
        width=width,
        height=height,
        kind=kind,
        object_class=record.object_class if record is not None else evidence.labelled,
        source=evidence.source,
        target=evidence.source if kind == "blur" else evidence.target,
        scale=transform.scale if transform else None,
        rotation_deg=transform.rotation_deg if transform else None,
    )


def _why_unknown(name: TypeName) -> str:
    return {
        "object": "the set has no class map that tells the object's class",
        "rotated": "the set does not tell how copies were turned",
        "direction": "source and target have the same centroid",
    }.get(name, "a fact is missing")


def _possible(name: TypeName, facts: TamperFacts, nominal: str, *, resized: bool) -> frozenset[str]:
    if name == "size_change" and facts.scale is None:
        return frozenset(_size_changes(facts)) | {nominal}
    if not resized or name in ("tampered", "kind", "object", "rotated", "size_change"):
        return frozenset({nominal})
    found = {nominal}
    for other in _disturbed(facts):
        try:
            found.add(answer(name, other))
        except UndecidableQuestion:
            continue
    return frozenset(found)


def _size_changes(facts: TamperFacts) -> Iterator[str]:
    """What the sizes allow where no scale was recorded."""
    if facts.source is None or facts.target is None:
        return
    areas = facts.source.area_px, facts.target.area_px
    # An outline that was sampled anew gains or loses some pixels, which weighs most in small objects.
    tolerance = AREA_RATIO_TOLERANCE + 0.5 / min(areas) ** 0.5
    ratio = areas[1] / areas[0]
    factors = {1 - tolerance, 1 + tolerance}
    if ratio * (1 - tolerance) <= 1 <= ratio * (1 + tolerance):
        factors.add(1 / ratio)  # both ends may lie beyond "Same", which lies between them
    for factor in factors:
        changed = replace(facts.target, area_px=max(1, round(areas[1] * factor)))
        frame = facts.width * facts.height
        if changed.area_px <= frame:
            yield answer("size_change", replace(facts, target=changed))


def _disturbed(facts: TamperFacts) -> Iterator[TamperFacts]:
    """The facts with centroids and areas moved to the ends of their tolerances."""
    if facts.source is None or facts.target is None:
        return
    steps = (-CENTROID_TOLERANCE, 0.0, CENTROID_TOLERANCE)
    for dx, dy, grow in product(steps, steps, (-0.5, 0.5)):
        source = _moved(facts.source, (dx, dy), grow, facts)
        target = source if facts.kind == "blur" else _moved(facts.target, (-dx, -dy), grow, facts)
        yield replace(facts, source=source, target=target)


def _moved(region: RegionFacts, shift: tuple[float, float], grow: float, facts: TamperFacts) -> RegionFacts:
    x = min(max(region.centroid[0] + shift[0], 0.0), float(facts.width))
    y = min(max(region.centroid[1] + shift[1], 0.0), float(facts.height))
    area = round(region.area_px + grow * region.area_px**0.5)
    return RegionFacts((x, y), min(max(area, 1), facts.width * facts.height))


def _recorded_area(info: Info) -> str | None:
    """The answer for the area from the fraction in the picture list."""
    shares = [
        value
        for key, value in info.items()
        if key.endswith("_tampered_size") and isinstance(value, int | float)
    ]
    if not shares:
        return None
    share = float(shares[0])
    if share < 0.01:
        return AREAS[0]
    return AREAS[1] if share <= 0.05 else AREAS[2]
