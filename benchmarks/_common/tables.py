"""Scores as Markdown tables: readable on the terminal and fit for RESULTS.md."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

# Scores are JSON that `scoring` made; their shape is stated there.
Score = Mapping[str, Any]


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def percent(value: float | None) -> str:
    """A fraction as a percentage with one decimal."""
    return "-" if value is None else f"{100 * value:.1f} %"


def with_interval(proportion: Score) -> str:
    """Rate, interval and counts of one proportion."""
    if not proportion["total"]:
        return "-"
    low, high = proportion["interval"]
    counts = f"{proportion['count']} of {proportion['total']}"
    return f"{percent(proportion['rate'])} ({100 * low:.1f} to {100 * high:.1f}; {counts})"


def overall_table(
    scores: Mapping[str, Score],
    *,
    aims: Mapping[str, str] | None = None,
    only: Collection[str] | None = None,
) -> str:
    """One column per detector, one row per number that the set can give.

    Args:
        scores: By name of the detector.
        aims: What is wanted, by measure; they get a column of their own.
        only: The measures to show; all unless given.
    """
    rows = [[label, *(fill(score) for score in scores.values())] for label, fill in _ROWS]
    rows = [row for row in rows if set(row[1:]) != {"-"} and (only is None or row[0] in only)]
    if not aims:
        return markdown(["measure", *scores], rows)
    return markdown(
        ["measure", "wanted", *scores], [[row[0], aims.get(row[0], "-"), *row[1:]] for row in rows]
    )


def split_table(scores: Mapping[str, Score], trait: str) -> str:
    """One row per value of a trait; found with interval and exchanged per detector."""
    header = [trait]
    for name in scores:
        header += [f"{name}: found", f"{name}: exchanged"]
    values = list(dict.fromkeys(value for score in scores.values() for value in score["by"][trait]))
    rows = []
    for value in values:
        row = [value]
        for score in scores.values():
            part = score["by"][trait][value]
            row += [
                with_interval(part["regions_found"]),
                f"{part['exchanged']['count']} of {part['exchanged']['total']}",
            ]
        rows.append(row)
    return markdown(header, rows)


def _of(count: int, total: int) -> str:
    return f"{percent(count / total)} ({count} of {total})" if total else "-"


def _grouped(score: Score) -> str:
    interval = score["overall"]["found_interval_by_group"]
    return "-" if interval is None else f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f} %"


def _error(score: Score, key: str, unit: str) -> str:
    transform = score["transform"]
    if transform is None:
        return "-"
    low, high = transform[f"{key}_interval"]
    value = transform[f"{key}_deg" if unit else key]
    return f"{value:.5f}{unit} ({low:.5f} to {high:.5f}; {transform['pairs']} pairs)"


def _mean_iou(score: Score) -> str:
    values = list(score["overall"]["iou"].values())
    if not any(value is not None for value in values):
        return "-"
    return " / ".join("-" if value is None else f"{value:.3f}" for value in values)


_ROWS = (
    ("both regions found", lambda s: with_interval(s["overall"]["found"])),
    ("the same, interval over scenes", _grouped),
    ("blurred region found", lambda s: with_interval(s["overall"]["blur_found"])),
    ("blur method right, of the found", lambda s: with_interval(s["overall"]["method_right"])),
    ("source and copy exchanged, of the found", lambda s: with_interval(s["overall"]["exchanged"])),
    ("mean IoU of source / copy / union, missed 0", _mean_iou),
    ("untouched called tampered", lambda s: with_interval(s["clean"]["called_tampered"])),
    ("untouched called blurred", lambda s: with_interval(s["clean"]["called_blurred"])),
    (
        "untouched left open",
        lambda s: _of(s["clean"]["undecided"], s["clean"]["called_tampered"]["total"]),
    ),
    ("forged called tampered", lambda s: with_interval(s["forged_called_tampered"])),
    ("AUC of the score", lambda s: "-" if s["auc"] is None else f"{s['auc']:.3f}"),
    ("rotation error, median", lambda s: _error(s, "rotation_median", " degrees")),
    ("scale error, median", lambda s: _error(s, "scale_median", "")),
    (
        "seconds a picture, median / 90th percentile",
        lambda s: f"{s['seconds']['median']:.2f} / {s['seconds']['p90']:.2f}",
    ),
    ("peak memory of a process", lambda s: f"{s['peak_memory_mb']} MB"),
)

MEASURES = tuple(label for label, _ in _ROWS)
"""The rows of the overall table, in order."""
