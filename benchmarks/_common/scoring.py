"""From single pictures to the numbers of the tables; all definitions are those of `geotamper.metrics`."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from _common.traits import rank
from geotamper.metrics import (
    Interval,
    PictureLocalisation,
    Resampling,
    TransformPair,
    VerdictRecord,
    area_under_curve,
    bootstrap_interval,
    localisation_metrics,
    measured_pairs,
    transform_metrics,
    wilson_interval,
)

Json = dict[str, object]


@dataclass(frozen=True)
class Outcome:
    """What one detector made of one picture.

    Attributes:
        id: Of the picture in its set.
        group: Pictures that may show the same ground share it.
        traits: What the tables are split by, such as {"transform": "rotated"}; empty for untouched pictures.
        verdict: Truth, verdict and score.
        localisation: None for an untouched picture.
        transform: None without a true or a measured transform.
        seconds: Wall time of the detector alone.
        true_method: How the picture was blurred; None unless it was.
        blur_methods: Of the blurred regions that the detector sees, in falling probability.
    """

    id: str
    group: str
    traits: dict[str, str]
    verdict: VerdictRecord
    localisation: PictureLocalisation | None
    transform: TransformPair | None
    seconds: float
    true_method: str | None = None
    blur_methods: tuple[str, ...] = ()

    @property
    def names_method(self) -> bool:
        """Whether the surest blurred region is blurred in the true way."""
        return self.true_method is not None and self.blur_methods[:1] == (self.true_method,)

    @property
    def failure(self) -> str | None:
        """What went wrong, in a word or two; None when nothing did."""
        if self.localisation is None:
            return "false alarm" if self.verdict.verdict is True else None
        if not self.localisation.found:
            return "found elsewhere" if self.verdict.verdict is True else "missed"
        return "exchanged" if self.localisation.exchanged else None


def rate(count: int, total: int) -> Json:
    """A proportion with its 95 % Wilson interval."""
    interval = wilson_interval(count, total)
    return {
        "count": count,
        "total": total,
        "rate": count / total if total else None,
        "interval": [interval.low, interval.high],
    }


def score(outcomes: Sequence[Outcome], peak_memory_mb: float) -> Json:
    """All numbers of one detector over a set."""
    forged = [outcome for outcome in outcomes if outcome.localisation is not None]
    clean = [outcome for outcome in outcomes if outcome.localisation is None]
    seconds = [outcome.seconds for outcome in outcomes]
    return {
        "overall": score_forged(forged) | {"found_interval_by_group": _by_group(forged)},
        "by": {name: split(forged, name) for name in _trait_names(forged)},
        "clean": {
            "called_tampered": rate(sum(o.verdict.verdict is True for o in clean), len(clean)),
            "called_blurred": rate(sum(bool(o.blur_methods) for o in clean), len(clean)),
            "undecided": sum(o.verdict.verdict is None for o in clean),
        },
        "forged_called_tampered": rate(sum(o.verdict.verdict is True for o in forged), len(forged)),
        "auc": _auc(forged, clean),
        "transform": _transform(forged),
        "seconds": {
            "median": statistics.median(seconds),
            "p90": float(np.quantile(seconds, 0.9)),
            "mean": statistics.fmean(seconds),
        },
        "peak_memory_mb": round(peak_memory_mb),
    }


def score_forged(forged: Sequence[Outcome]) -> Json:
    """Found (copies, blurs and both), exchanged and mask agreement of forged pictures."""
    result = localisation_metrics([o.localisation for o in forged if o.localisation is not None])
    return {
        "regions_found": rate(result.found + result.blurs_found, result.copy_moves + result.blurs),
        "found": rate(result.found, result.copy_moves),
        "exchanged": rate(result.exchanged, result.found),
        "blur_found": rate(result.blurs_found, result.blurs),
        "method_right": rate(sum(o.names_method for o in _found_blurs(forged)), result.blurs_found),
        "iou": {
            name: overlap.iou if overlap else None
            for name, overlap in (
                ("source", result.source),
                ("target", result.target),
                ("union", result.union),
            )
        },
    }


def _found_blurs(forged: Sequence[Outcome]) -> list[Outcome]:
    return [o for o in forged if o.true_method and o.localisation is not None and o.localisation.found]


def split(forged: Sequence[Outcome], trait: str) -> dict[str, Json]:
    """`score_forged` for every value of a trait."""
    values = sorted({outcome.traits[trait] for outcome in forged}, key=rank)
    return {value: score_forged([o for o in forged if o.traits[trait] == value]) for value in values}


def _trait_names(forged: Sequence[Outcome]) -> list[str]:
    return list(forged[0].traits) if forged else []


def _by_group(forged: Sequence[Outcome]) -> list[float] | None:
    """Cluster bootstrap of the found rate: forgeries in one scene succeed and fail together."""
    if not forged:
        return None
    found = [o.localisation is not None and o.localisation.found for o in forged]
    interval = bootstrap_interval(
        found, groups=[o.group for o in forged], resampling=Resampling(resamples=4000)
    )
    return [interval.low, interval.high]


def _auc(forged: Sequence[Outcome], clean: Sequence[Outcome]) -> float | None:
    if not forged or not clean:
        return None
    return area_under_curve([o.verdict.score for o in forged], [o.verdict.score for o in clean])


def _transform(forged: Sequence[Outcome]) -> Json | None:
    localised = [(o.localisation, o.transform) for o in forged if o.localisation is not None]
    pairs = measured_pairs([place for place, _ in localised], [pair for _, pair in localised])
    result = transform_metrics(pairs)
    if result is None:
        return None

    def ends(pick: Callable[[TransformPair], float]) -> list[float]:
        interval: Interval = bootstrap_interval([pick(pair) for pair in pairs], statistic="median")
        return [interval.low, interval.high]

    return {
        "pairs": result.pairs,
        "rotation_median_deg": result.rotation_median_deg,
        "rotation_median_interval": ends(lambda pair: pair.rotation_error_deg),
        "rotation_mae_deg": result.rotation_mae_deg,
        "scale_median": result.scale_median,
        "scale_median_interval": ends(lambda pair: pair.scale_error),
        "scale_mae": result.scale_mae,
    }
