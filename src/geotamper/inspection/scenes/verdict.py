"""From the evidence of a scene to a verdict with its findings."""

from collections.abc import Sequence
from dataclasses import replace

from geotamper.evidence.pair import CopyPair
from geotamper.evidence.scenes.search import SceneEvidence, adjusted_probability
from geotamper.imagery.pixel_source import PixelSource
from geotamper.imagery.region import Region, Window
from geotamper.inspection.findings import SAME_REGION_IOU, Finding, Findings, group_numbers
from geotamper.inspection.scenes.findings import SceneFinding, SceneFindings
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
        number = "one forged region" if len(items) == 1 else f"{len(items)} forged regions"
        basis = f"{number} found, the surest with confidence {score:.2f}"
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
    ranked = sorted(pairs, key=lambda pair: -pair.probability)
    items = [
        SceneFinding(
            id=number,
            group=number,
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
        for number, pair in enumerate(ranked, start=1)
    ]
    groups = group_numbers(len(items), lambda one, other: _share_region(items[one], items[other]))
    return tuple(replace(item, group=group) for item, group in zip(items, groups, strict=True))


def _share_region(one: SceneFinding, other: SceneFinding) -> bool:
    pairs = ((a, b) for a in (one.source, one.target) for b in (other.source, other.target))
    return any(_iou(a, b) > SAME_REGION_IOU for a, b in pairs)


def _iou(one: Region, other: Region) -> float:
    shared = one.shared_with(other)
    union = one.area + other.area - shared
    return shared / union if union else 0.0


def placed_findings(source: PixelSource, findings: Findings, window: Window) -> SceneFindings:
    """The findings of a window that was inspected as a picture, in the scene.

    Args:
        source: The scene.
        findings: Of the window's pixels.
        window: Where they lie.
    """
    return SceneFindings(
        source=source,
        tampered=findings.tampered,
        score=findings.score,
        confidence=findings.confidence,
        items=tuple(placed_finding(item, window) for item in findings.items),
        basis=findings.basis,
        notes=findings.notes,
        complete=findings.tampered is not None or bool(findings.items),
    )


def placed_finding(item: Finding, window: Window) -> SceneFinding:
    """A finding of a window, in the scene."""
    transform = item.transform
    if transform is not None:
        x, y = window.x0, window.y0
        a, b = transform.a, transform.b
        transform = replace(
            transform, tx=transform.tx + x - a * x - b * y, ty=transform.ty + y + b * x - a * y
        )
    return SceneFinding(
        id=item.id,
        group=item.group,
        kind=item.kind,
        confidence=item.confidence,
        source=Region.cut(window, item.source),
        target=Region.cut(window, item.target),
        transform=transform,
        rotation_sigma=item.rotation_sigma,
        scale_sigma=item.scale_sigma,
        direction_confidence=item.direction_confidence,
        direction_basis=item.direction_basis,
        blur_method=item.blur_method,
        blur_strength=item.blur_strength,
        object_class=item.object_class,
        best_class=item.best_class,
        object_basis=item.object_basis,
    )
