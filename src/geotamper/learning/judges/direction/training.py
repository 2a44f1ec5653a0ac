"""Training the judge of direction: measure known copies, fit, report, write the file that the inspector reads."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from geotamper.errors import InputError
from geotamper.evidence.direction import GridJudge
from geotamper.evidence.planes import Planes
from geotamper.evidence.rim_model import SCHEMA
from geotamper.evidence.rims import CONTRASTS, RIM_FEATURES, compare_wholes, rim_features
from geotamper.learning.judges.direction.fitting import (
    Choice,
    Coefficients,
    Shape,
    choose,
    fit_calibrated,
    odds_of,
    parts_of,
)
from geotamper.learning.judges.direction.pairs import KnownPair, Wanted, known_pairs
from geotamper.learning.judges.direction.reporting import exchanged, table
from geotamper.learning.judges.direction.settings import DirectionSettings
from geotamper.learning.judges.examples import Arrays
from geotamper.learning.judges.job import Learned, Materials

_FIT_BEGINS = 0.9
"""Finished part of the training when all copies are measured: fitting takes seconds."""


def train(settings: DirectionSettings, materials: Materials) -> Learned:
    """Fit the coefficients on fold train; fold val is looked at, fold test is not read.

    Raises:
        InputError: The sets have no copies to learn from or to look at, or none of a collection to leave out.
    """
    val_share = settings.checked / (settings.checked + settings.most) * _FIT_BEGINS
    taken = Wanted(
        fold="train",
        unrestricted=settings.sources == "unrestricted",
        most=settings.most,
        degradations=settings.degradations,
        seed=settings.seed,
        share=_FIT_BEGINS - val_share,
    )
    seen = replace(
        taken,
        fold="val",
        unrestricted=False,
        most=settings.checked,
        begins=_FIT_BEGINS - val_share,
        share=val_share,
    )
    pairs, checked = (
        materials.examples.arrays(wanted.fold, partial(gather, materials, wanted)) for wanted in (taken, seen)
    )
    materials.control.checkpoint(_FIT_BEGINS, "fitting")
    choice = choose(pairs)
    if settings.leave_out:
        pairs, judged, sections = _left_out(pairs, choice, settings.leave_out)
    else:
        judged, sections = {}, [table("fold train, cross-validated", pairs, odds_of(choice.parts))]
    final = fit_calibrated(pairs, choice)
    odds = odds_of(parts_of(checked, choice.shape, final))
    sections.append(table("fold val", checked, odds))
    shape = choice.shape
    summary = f"growth {shape.growth}, ridge {shape.ridge:g}: held-out loss {choice.loss:.3f}"
    metrics = {
        "pairs": float(len(pairs["count"])),
        "held_out_loss": choice.loss,
        "val_pairs": float(len(odds)),
        "val_exchanged": exchanged(checked, odds),
        **judged,
    }
    return Learned(partial(_write, shape, final), _report(summary, sections), metrics)


def gather(materials: Materials, wanted: Wanted) -> Arrays:
    """Measured pairs as named arrays.

    Raises:
        InputError: There are none.
    """
    rows = [measured(known) for known in known_pairs(materials.sets, wanted, materials.control)]
    if not rows:
        what = "copies of collections without restrictions" if wanted.unrestricted else "copies"
        remedy = "; --set sources=all takes the others too" if wanted.unrestricted else ""
        raise InputError(f"the sets have no {what} in fold {wanted.fold}; add a set that has some{remedy}")
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def measured(known: KnownPair) -> dict[str, Any]:
    """What is kept of a pair."""
    planes = Planes.of(np.ascontiguousarray(known.pixels))
    pair, other = known.pair, known.pair.exchanged
    first = rim_features(planes, pair.regions[0], pair.matrix)
    second = rim_features(planes, other.regions[0], other.matrix)
    rim, count = np.zeros(RIM_FEATURES), 0
    if first is not None and second is not None:
        rim, count = first.mean(axis=0) - second.mean(axis=0), min(len(first), len(second))
    record = known.record
    transform = record.transform
    return {
        "rim": rim,
        "count": count,
        "wholes": compare_wholes(planes, pair),
        "grid": GridJudge().compare(planes, pair).log_odds,
        "group": record.group,
        "source": record.origin_dataset,
        "edge": record.edge or "hard",
        "plain": transform is not None and transform.rotation_deg == 0 and transform.scale == 1,
        "degradation": known.degradation,
    }


def _left_out(
    pairs: Arrays, choice: Choice, sources: tuple[str, ...]
) -> tuple[Arrays, Mapping[str, float], list[str]]:
    """The pairs without some collections, and how those are judged by coefficients fitted on the rest."""
    missing = set(sources) - set(pairs["source"])
    if missing:
        known = ", ".join(np.unique(pairs["source"]))
        raise InputError(f"no pairs of {', '.join(sorted(missing))} to leave out; there are {known}")
    left = np.isin(pairs["source"], sources)
    if left.all():
        raise InputError("nothing is left to learn from; leave out fewer collections")
    rest = {name: values[~left] for name, values in pairs.items()}
    gone = {name: values[left] for name, values in pairs.items()}
    odds = odds_of(parts_of(gone, choice.shape, fit_calibrated(rest, choice)))
    sections = [
        table(f"{', '.join(sources)}, left out", gone, odds),
        table("the same, cross-validated with all sources", gone, odds_of(choice.parts)[left]),
    ]
    return rest, {"left_out_pairs": float(left.sum()), "left_out_exchanged": exchanged(gone, odds)}, sections


def _report(summary: str, sections: list[str]) -> str:
    return "\n".join(
        [
            "Exchanged is the share of pairs whose copy is taken for the source: by the kinks along both outlines",
            "alone; by these coefficients; and by the grid of an earlier compression and, where it has no opinion,",
            "these coefficients.",
            "",
            "```text",
            summary,
            *sections,
            "```",
        ]
    )


def _write(shape: Shape, final: Coefficients, path: Path) -> None:
    content = {
        "schema": SCHEMA,
        "growth": shape.growth,
        "contrasts": dict(zip(CONTRASTS, final.contrasts.round(6).tolist(), strict=True)),
        "rim": final.rim.round(6).tolist(),
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
