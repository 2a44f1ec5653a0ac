"""The reliability plot: does a score of 0.8 mean that 8 of 10 such pictures are tampered?"""

from collections.abc import Sequence
from pathlib import Path

from geotamper.metrics import VerdictRecord, expected_calibration_error, reliability_curve
from geotamper.plotting import MUTED, SERIES, plot, tidy

RELIABILITY_FILE = "reliability.png"


def draw_reliability(path: Path, records: Sequence[VerdictRecord]) -> None:
    """Draw the share of tampered pictures over the score, and how many pictures have which score.

    Args:
        path: A PNG file.
        records: Truth and score of every picture.

    Raises:
        MissingLibraryError: matplotlib is not installed.
        OutputError: The file cannot be written.
    """
    scores, truth = [record.score for record in records], [record.tampered for record in records]
    curve = reliability_curve(scores, truth)
    error = expected_calibration_error(scores, truth)
    filled = [entry for entry in curve if entry.mean_score is not None and entry.observed is not None]
    with plot(path, width=5.2, height=5.6) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
        upper.plot(
            [0, 1], [0, 1], color=MUTED, linestyle="--", linewidth=1, label="a score means what it says"
        )
        means = [entry.mean_score or 0.0 for entry in filled]
        observed = [entry.observed or 0.0 for entry in filled]
        upper.plot(means, observed, color=SERIES, marker="o", clip_on=False, label="measured")
        upper.set(ylabel="share that is tampered", xlim=(0, 1), ylim=(-0.02, 1.02))
        upper.set_title(
            f"{len(records)} pictures" + ("" if error is None else f", ECE {error:.3f}"), fontsize=10
        )
        upper.legend(frameon=False, fontsize=8, loc="upper left")
        width = curve[0].upper - curve[0].lower
        lower.bar([e.lower + width / 2 for e in curve], [e.count for e in curve], 0.9 * width, color=SERIES)
        lower.set(xlabel="score: P(tampered)", ylabel="pictures")
        tidy(figure)
