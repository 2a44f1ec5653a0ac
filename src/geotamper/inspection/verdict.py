"""From evidence to a verdict: tampered, untouched, or not decided."""

from geotamper.evidence.results import Evidence
from geotamper.evidence.search import SMALLEST_SIDE
from geotamper.imagery.picture import Picture
from geotamper.inspection.findings import Finding, Findings, collect_findings, number_findings
from geotamper.inspection.probabilities import probability_text

MISSED_SHARE = 0.2
"""Share of forgeries that the search is taken to miss where nothing is known of what happened after the forgery.

Between what it misses of fold val where pictures are kept as the forger left them (8 of 111), where edges are
feathered or blended (9 of 41), and after one step of compression (JPEG 75: 28 of 77).
"""

SCORE_WITHOUT_EVIDENCE = MISSED_SHARE / (1 + MISSED_SHARE)
"""P(tampered) where a complete search finds nothing, with even odds before and next to no false alarms."""

SCORE_WITHOUT_SEARCH = 0.5
"""P(tampered) where the picture could not be searched: the odds before."""


def is_too_small(picture: Picture) -> bool:
    """Whether the picture is too small to be judged at all."""
    return min(picture.width, picture.height) < SMALLEST_SIDE


def refuse_small(picture: Picture) -> Findings:
    """The open verdict on a picture that is too small to be judged."""
    reason = (
        f"the picture has {picture.width} x {picture.height} pixels, too small to judge: "
        f"at least {SMALLEST_SIDE} on each side are needed"
    )
    return Findings(
        picture=picture,
        tampered=None,
        score=SCORE_WITHOUT_SEARCH,
        confidence=0.0,
        basis=reason,
        notes=(f"{reason[0].upper()}{reason[1:]}.",),
    )


def judge(picture: Picture, evidence: Evidence) -> Findings:
    """Turn the evidence of a picture into a verdict with its findings.

    Accepted evidence makes the picture tampered. Without any, candidates that were neither accepted nor
    rejected leave the verdict open and are listed; so does a search that a limit cut short.
    """
    items = collect_findings(evidence)
    if items:
        return _tampered(picture, items, evidence.notes)
    candidates = number_findings(evidence.undecided)
    if candidates:
        return _open(picture, candidates, evidence.notes)
    if not evidence.complete:
        return Findings(
            picture=picture,
            tampered=None,
            score=SCORE_WITHOUT_SEARCH,
            confidence=0.0,
            basis="a limit of time or memory cut the search short before anything was found",
            notes=evidence.notes,
        )
    return Findings(
        picture=picture,
        tampered=False,
        score=SCORE_WITHOUT_EVIDENCE,
        confidence=1 - SCORE_WITHOUT_EVIDENCE,
        basis="a complete search found no region that was copied or blurred",
        notes=evidence.notes,
    )


def _tampered(picture: Picture, items: tuple[Finding, ...], notes: tuple[str, ...]) -> Findings:
    score = items[0].confidence
    number = "one forged region" if len(items) == 1 else f"{len(items)} forged regions"
    return Findings(
        picture=picture,
        tampered=True,
        score=score,
        confidence=score,
        items=items,
        basis=f"{number} found, the surest with confidence {probability_text(score)}",
        notes=notes,
    )


def _open(picture: Picture, candidates: tuple[Finding, ...], notes: tuple[str, ...]) -> Findings:
    number = "one candidate is" if len(candidates) == 1 else f"{len(candidates)} candidates are"
    return Findings(
        picture=picture,
        tampered=None,
        score=max(candidates[0].confidence, SCORE_WITHOUT_EVIDENCE),
        confidence=0.0,
        items=candidates,
        basis=f"{number} neither clear enough to accept nor to reject",
        notes=notes,
    )
