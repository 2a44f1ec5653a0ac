"""From the evidence of a scene to a verdict with its findings."""

from collections.abc import Sequence
from dataclasses import replace

from geotamper.evidence.pair import CopyPair
from geotamper.evidence.scenes.search import SceneEvidence, adjusted_probability
from geotamper.imagery.pixel_source import PixelSource
from geotamper.imagery.region import Region
from geotamper.inspection.findings import SAME_REGION_IOU, group_numbers
from geotamper.inspection.scenes.findings import SceneFinding, SceneFindings
from geotamper.inspection.scenes.tiles import TileSearch
from geotamper.inspection.verdict import SCORE_WITHOUT_SEARCH

ACCEPTED_FROM = 0.8
"""Probability, after allowing for the number of places that were tested, from which a region makes a scene tampered."""

MISSED_SHARE = 0.4
"""Share of forged scenes in which the search is taken to find nothing: more than in single pictures, since fewer
keypoints are looked at per area and small regions have one or two."""

SCORE_WITHOUT_EVIDENCE = MISSED_SHARE / (1 + MISSED_SHARE)
"""P(tampered) where a complete search finds nothing, with even odds before."""


def judge_scene(source: PixelSource, evidence: SceneEvidence) -> SceneFindings:
    """Turn the evidence of a scene into a verdict with its findings.

    Like `judge` for a picture; but what is accepted must stay likely after allowing for the number of tests.
    """
    allowed = [_allowing(pair, evidence.trials) for pair in evidence.copies]
    accepted = [pair for pair in allowed if pair.probability >= ACCEPTED_FROM]
    open_verdict = SceneFindings(
        source=source,
        tampered=None,
        score=SCORE_WITHOUT_SEARCH,
        confidence=0.0,
        basis="a limit of time cut the search short before anything was found",
        notes=evidence.notes,
        complete=evidence.complete,
    )
    if accepted:
        items = scene_findings(accepted)
        score = items[0].confidence
        basis = found_basis(items)
        return replace(open_verdict, tampered=True, score=score, confidence=score, items=items, basis=basis)
    unclear = [*allowed, *(_allowing(pair, evidence.trials) for pair in evidence.undecided)]
    if unclear:
        items = scene_findings(unclear)
        number = "one candidate is" if len(items) == 1 else f"{len(items)} candidates are"
        score = max(items[0].confidence, SCORE_WITHOUT_EVIDENCE)
        basis = f"{number} neither clear enough to accept nor to reject"
        return replace(open_verdict, score=score, items=items, basis=basis)
    if not evidence.complete:
        return open_verdict
    return replace(
        open_verdict,
        tampered=False,
        score=SCORE_WITHOUT_EVIDENCE,
        confidence=1 - SCORE_WITHOUT_EVIDENCE,
        basis="a complete search of the scene found no region that was copied",
    )


def _allowing(pair: CopyPair, trials: int) -> CopyPair:
    return replace(pair, probability=adjusted_probability(pair.probability, trials))


def scene_findings(pairs: Sequence[CopyPair]) -> tuple[SceneFinding, ...]:
    """Findings of these pairs, in falling confidence, ids and groups from 1."""
    return numbered(
        [
            SceneFinding(
                id=1,
                group=1,
                kind="copy-move",
                confidence=pair.probability,
                source=pair.source,
                target=pair.copy,
                transform=pair.transform,
                rotation_sigma=pair.rotation_sigma,
                scale_sigma=pair.scale_sigma,
                direction_confidence=pair.direction.probability,
                direction_basis=pair.direction.basis,
            )
            for pair in pairs
        ]
    )


def numbered(items: Sequence[SceneFinding]) -> tuple[SceneFinding, ...]:
    """The findings in falling confidence, with ids and groups from 1."""
    ranked = sorted(items, key=lambda item: -item.confidence)
    groups = group_numbers(len(ranked), lambda one, other: _share_region(ranked[one], ranked[other]))
    pairs = enumerate(zip(ranked, groups, strict=True), start=1)
    return tuple(replace(item, id=number, group=group) for number, (item, group) in pairs)


def with_more(findings: SceneFindings, search: TileSearch) -> SceneFindings:
    """The verdict with what the tiles showed; certain findings of tiles take the place of mere candidates."""
    notes, complete = (*findings.notes, *search.notes), findings.complete and not search.notes
    if not search.items:
        is_open = findings.tampered is None or (findings.tampered is False and not complete)
        more = replace(findings, notes=notes, complete=complete)
        return replace(more, tampered=None, confidence=0.0) if is_open else more
    items = numbered([*(findings.items if findings.tampered else ()), *search.items])
    score = items[0].confidence
    return replace(
        findings,
        tampered=True,
        score=score,
        confidence=score,
        items=items,
        basis=found_basis(items),
        notes=notes,
        complete=complete,
    )


def found_basis(items: Sequence[SceneFinding]) -> str:
    """What the verdict on a forged scene rests on."""
    number = "one forged region" if len(items) == 1 else f"{len(items)} forged regions"
    return f"{number} found, the surest with confidence {items[0].confidence:.2f}"


def _share_region(one: SceneFinding, other: SceneFinding) -> bool:
    if one.kind != "copy-move" or other.kind != "copy-move":
        return False
    pairs = ((a, b) for a in (one.source, one.target) for b in (other.source, other.target))
    return any(_iou(a, b) > SAME_REGION_IOU for a, b in pairs)


def _iou(one: Region, other: Region) -> float:
    shared = one.shared_with(other)
    union = one.area + other.area - shared
    return shared / union if union else 0.0
