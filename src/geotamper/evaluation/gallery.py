"""Pictures of an evaluation: true beside predicted masks, and the worst errors on one sheet."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geotamper.evaluation.asking import PictureTask
from geotamper.evaluation.examinee import Examination, Examinee
from geotamper.evaluation.inspecting import questions_of, read_regions
from geotamper.evaluation.outcomes import PictureOutcome
from geotamper.evaluation.showing import shown_picture
from geotamper.imagery.picture import Picture, Pixels
from geotamper.metrics import RegionPair
from geotamper.plotting import plot
from geotamper.sets.layout import TamperSet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHEET_PICTURES = 12
OVERLAYS = 12
SHEET_COLUMNS = 4
WORST_FILE = "worst.png"
OVERLAY_FOLDER = "overlays"

SOURCE_COLOUR = (0, 158, 115)
TARGET_COLOUR = (213, 60, 40)
STRENGTH = 0.45
"""Share of the colour in a tinted pixel."""

ANSWERS_SHOWN = 4


@dataclass(frozen=True)
class Shown:
    """A picture that was looked at once more.

    Attributes:
        outcome: What was measured.
        pixels: (H, W, 3) uint8 RGB.
        truth: None where the set has no usable masks.
        seen: What the examinee makes of it.
    """

    outcome: PictureOutcome
    pixels: Pixels
    truth: RegionPair | None
    seen: Examination


def worst_pictures(outcomes: Sequence[PictureOutcome], count: int) -> list[PictureOutcome]:
    """The pictures with the largest share of wrong answers; of equal ones those with more questions first."""

    def badness(outcome: PictureOutcome) -> tuple[float, int, int]:
        wrong = sum(item.given != item.expected for item in outcome.answers)
        return -wrong / max(1, len(outcome.answers)), -len(outcome.answers), outcome.picture

    wrong_ones = [o for o in outcomes if any(item.given != item.expected for item in o.answers)]
    return sorted(wrong_ones, key=badness)[:count]


def spread_pictures(outcomes: Sequence[PictureOutcome], count: int) -> list[PictureOutcome]:
    """Tampered pictures with masks, spread evenly over the fold."""
    localised = [outcome for outcome in outcomes if outcome.localisation is not None]
    places = np.linspace(0, len(localised) - 1, min(count, len(localised))).round().astype(int)
    return [localised[place] for place in places.tolist()]


def draw_gallery(
    out: Path,
    examinee: Examinee,
    opened: TamperSet,
    tasks: Mapping[int, PictureTask],
    outcomes: Sequence[PictureOutcome],
) -> None:
    """Write the sheet of worst errors and a folder of overlays; each picture is looked at once more.

    Args:
        out: Folder of the results.
        examinee: What was evaluated.
        opened: The set.
        tasks: Of every picture by id.
        outcomes: Of every picture.

    Raises:
        MissingLibraryError: matplotlib is not installed.
        OutputError: A file cannot be written.
    """

    def show(outcome: PictureOutcome) -> Shown:
        task = tasks[outcome.picture]
        picture = Picture.from_array(shown_picture(opened, task))
        masks = read_regions(opened, task, (picture.height, picture.width))
        truth = None if masks is None else RegionPair(masks.source, masks.target)
        return Shown(outcome, picture.pixels, truth, examinee.examine(picture, questions_of(task)))

    worst = [show(outcome) for outcome in worst_pictures(outcomes, SHEET_PICTURES)]
    if worst:
        _draw_sheet(out / WORST_FILE, worst)
    for outcome in spread_pictures(outcomes, OVERLAYS):
        _draw_overlay(out / OVERLAY_FOLDER / f"{outcome.picture}.png", show(outcome))


def tinted(pixels: Pixels, regions: RegionPair | None) -> Pixels:
    """A copy of the picture with the source in green and the target in red."""
    values = pixels.astype(np.float64)
    if regions is not None:
        for mask, colour in ((regions.source, SOURCE_COLOUR), (regions.target, TARGET_COLOUR)):
            values[mask] = (1 - STRENGTH) * values[mask] + STRENGTH * np.array(colour)
    found: Pixels = values.round().astype(np.uint8)
    return found


def _draw_overlay(path: Path, shown: Shown) -> None:
    place = shown.outcome.localisation
    with plot(path, width=9.0, height=3.6) as figure:
        panels = figure.subplots(1, 3)
        _panel(panels[0], shown.pixels, f"picture {shown.outcome.picture}")
        _panel(panels[1], tinted(shown.pixels, shown.truth), "true: source green, target red")
        overlap = "" if place is None else f" (IoU {place.source.iou:.2f}, {place.target.iou:.2f})"
        _panel(panels[2], tinted(shown.pixels, shown.seen.regions), f"predicted{overlap}")


def _draw_sheet(path: Path, shown: Sequence[Shown]) -> None:
    rows = -(-len(shown) // SHEET_COLUMNS)
    with plot(path, width=4.0 * SHEET_COLUMNS, height=4.4 * rows) as figure:
        panels = figure.subplots(rows, SHEET_COLUMNS, squeeze=False).ravel()
        for axes in panels[len(shown) :]:
            axes.set_visible(False)
        for axes, item in zip(panels, shown, strict=False):
            answers = item.outcome.answers
            wrong = [answer for answer in answers if answer.given != answer.expected]
            both = np.concatenate(
                (tinted(item.pixels, item.truth), tinted(item.pixels, item.seen.regions)), axis=1
            )
            _panel(axes, both, f"picture {item.outcome.picture}: {len(wrong)} of {len(answers)} wrong")
            lines = [f"{one.type}: {one.given}, not {one.expected}" for one in wrong[:ANSWERS_SHOWN]]
            text = "\n".join(textwrap.shorten(line, 56) for line in ["true | predicted", *lines])
            axes.set_xlabel(text, fontsize=6)


def _panel(axes: "Axes", pixels: Pixels, title: str) -> None:
    axes.imshow(pixels)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(title, fontsize=8)
