"""Plots of a set: pictures per region, distribution of the answers, sizes and transforms."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from geotamper.plotting import MUTED, SERIES, plot, tidy
from geotamper.sets.layout import TamperSet
from geotamper.sets.stats.counting import SetStatistics
from geotamper.sets.stats.sheet import choose_pictures, draw_sheet, write_sheet

REGIONS_FILE = "regions.png"
ANSWERS_FILE = "answers.png"
TRANSFORMS_FILE = "transforms.png"
SHEET_FILE = "sheet.png"

SHADES = ("#2f6f9f", "#e39b3d", "#5b9a68", "#b4545a", "#7d6aa8", "#8a8f98", "#c7b04a", "#4fa3a5", "#a0744d")
"""Nine colours: as many as the answers of the largest type."""

KIND_COLOURS = {"none": MUTED, "copy-move": SERIES, "blur": "#e39b3d", "unknown": "#d8dadd"}
KIND_NAMES = {"none": "untouched", "copy-move": "copy-move", "blur": "blurred", "unknown": "unknown"}

SMALLEST_LABEL = 0.07
"""Share of a bar from which an answer is written into it."""


def write_figures(
    opened: TamperSet, found: SetStatistics, out: Path, *, pictures: int = 24, seed: int = 0
) -> Iterator[Path]:
    """Draw the plots and a contact sheet, and give the path of each file when it is written.

    Args:
        opened: The set.
        found: Its counts.
        out: Folder for the files.
        pictures: On the sheet.
        seed: Which pictures are drawn.

    Raises:
        MissingLibraryError: matplotlib is not installed.
        InputError: A picture of the sheet cannot be read.
        OutputError: A file cannot be written.
    """
    draw_regions(out / REGIONS_FILE, found)
    yield out / REGIONS_FILE
    draw_answers(out / ANSWERS_FILE, found)
    yield out / ANSWERS_FILE
    if draw_transforms(out / TRANSFORMS_FILE, found):
        yield out / TRANSFORMS_FILE
    write_sheet(out / SHEET_FILE, draw_sheet(opened, choose_pictures(opened, pictures, seed=seed)))
    yield out / SHEET_FILE


def draw_regions(path: Path, found: SetStatistics) -> None:
    """Pictures per region, by what was done to them, as the paper's Figure 2 shows regions.

    Raises:
        MissingLibraryError: matplotlib is not installed.
        OutputError: The file cannot be written.
    """
    regions = list(found.regions)[::-1]
    kinds = [kind for kind in KIND_NAMES if kind in found.kinds]
    with plot(path, width=7, height=1.5 + 0.3 * max(len(regions), 2)) as figure:
        axes = figure.subplots()
        left = [0] * len(regions)
        for kind in kinds:
            counts = [found.regions[region].get(kind, 0) for region in regions]
            axes.barh(
                regions, counts, left=left, color=KIND_COLOURS[kind], label=KIND_NAMES[kind], height=0.75
            )
            left = [before + count for before, count in zip(left, counts, strict=True)]
        for place, total in enumerate(left):
            axes.annotate(str(total), (total, place), xytext=(3, 0), textcoords="offset points", va="center")
        axes.set(xlabel="pictures")
        axes.margins(x=0.1)
        axes.set_title(f"{found.name}: pictures per region", fontsize=10)
        figure.legend(frameon=False, fontsize=8, loc="outside lower center", ncols=len(kinds))
        tidy(figure)


def draw_answers(path: Path, found: SetStatistics) -> None:
    """Share of every answer within its type, and questions per type, as the paper's Figure 4 does.

    Raises:
        MissingLibraryError: matplotlib is not installed.
        OutputError: The file cannot be written.
    """
    names = list(found.answers)[::-1]
    with plot(path, width=10, height=1.2 + 0.42 * max(len(names), 2)) as figure:
        shares, totals = figure.subplots(1, 2, sharey=True, width_ratios=[4, 1])
        for place, name in enumerate(names):
            left = 0.0
            for number, (answer, count) in enumerate(found.answers[name].items()):
                share = count / found.types[name]
                shares.barh(place, share, left=left, color=SHADES[number % len(SHADES)], edgecolor="white")
                if share >= SMALLEST_LABEL:
                    label = answer.replace(" Percent", " %")
                    shares.text(
                        left + share / 2, place, label, ha="center", va="center", fontsize=6, color="white"
                    )
                left += share
        shares.set_yticks(range(len(names)), labels=names)
        shares.set(xlim=(0, 1), xlabel="share of the answers of the type")
        totals.barh(range(len(names)), [found.types[name] for name in names], color=SERIES)
        totals.set(xlabel="questions")
        totals.tick_params(axis="x", labelrotation=45)
        figure.suptitle(f"{found.name}: answers by type of question", fontsize=10)
        tidy(figure)


def draw_transforms(path: Path, found: SetStatistics) -> bool:
    """Histograms of class, forged area, turn and scale, as far as the set tells; False where it tells nothing.

    Raises:
        MissingLibraryError: matplotlib is not installed.
        OutputError: The file cannot be written.
    """
    panels: list[tuple[str, Mapping[str, int]]] = [
        (title, counts)
        for title, counts in (
            ("class of the object", found.classes),
            ("share of the frame", found.areas),
            ("turned by, degrees", found.rotations),
            ("scaled by", found.scales),
        )
        if counts
    ]
    if not panels:
        return False
    with plot(path, width=3.4 * len(panels), height=3.6) as figure:
        drawings = figure.subplots(1, len(panels), squeeze=False)[0]
        for axes, (title, counts) in zip(drawings, panels, strict=True):
            axes.bar(list(counts), list(counts.values()), color=SERIES)
            axes.set_title(title, fontsize=9)
            axes.tick_params(axis="x", labelrotation=90, labelsize=7)
        drawings[0].set(ylabel="pictures")
        tidy(figure)
    return True
