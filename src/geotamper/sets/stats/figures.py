"""Plots of a set: pictures per region, distribution of the answers, sizes and transforms."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from geotamper.plotting import MUTED, SERIES, WARM, plot, tidy
from geotamper.sets.layout import TamperSet
from geotamper.sets.stats.counting import UNKNOWN, SetStatistics
from geotamper.sets.stats.sheet import choose_pictures, draw_sheet, write_sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

REGIONS_FILE = "regions.png"
ANSWERS_FILE = "answers.png"
TRANSFORMS_FILE = "transforms.png"
SHEET_FILE = "sheet.png"

SHADES = ("#77aadd", "#ee8866", "#eedd88", "#ffaabb", "#99ddff", "#44bb99", "#bbcc33", "#aaaa00", "#dddddd")
"""Nine light colours, as many as the answers of the largest type, told apart with any colour vision (Paul Tol)."""

INK = "#1f2328"
KIND_COLOURS = {"none": MUTED, "copy-move": SERIES, "blur": WARM, "unknown": "#d8dadd"}
KIND_NAMES = {"none": "untouched", "copy-move": "copy-move", "blur": "blurred", "unknown": "unknown"}
SHORT_ANSWERS = {
    "Less than One Percent": "below 1\N{NO-BREAK SPACE}%",
    "One to Five Percent": "1 to 5\N{NO-BREAK SPACE}%",
    "More than Five Percent": "above 5\N{NO-BREAK SPACE}%",
}

MOST_REGIONS = 30
"""Bars of the plot of regions; what is beyond them is one more bar."""

SHARE_PER_LETTER = 0.0105
"""Share of a bar that a letter of its label takes."""

TITLE, LABEL = 10, 7
"""Sizes of letters, points."""


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

    Where no region is known the bars stand for the sets of raw imagery.

    Raises:
        MissingLibraryError: matplotlib is not installed.
        OutputError: The file cannot be written.
    """
    regions, subject = _bars_of_regions(found.regions)
    names = list(regions)
    kinds = [kind for kind in KIND_NAMES if kind in found.kinds]
    with plot(path, width=7, height=1.3 + 0.28 * max(len(names), 2)) as figure:
        axes = figure.subplots()
        left = [0] * len(names)
        for kind in kinds:
            counts = [regions[name].get(kind, 0) for name in names]
            axes.barh(names, counts, left=left, color=KIND_COLOURS[kind], label=KIND_NAMES[kind], height=0.75)
            left = [before + count for before, count in zip(left, counts, strict=True)]
        _write_totals(axes, left)
        axes.set(xlabel="pictures", xlim=(0, 1.1 * max(left, default=1)))
        axes.tick_params(axis="y", length=0, labelsize=8)
        _stack_from_above(axes, len(names))
        figure.suptitle(f"{found.name}: pictures per {subject}", fontsize=TITLE)
        figure.legend(frameon=False, fontsize=8, loc="outside lower center", ncols=max(len(kinds), 1))
        tidy(figure)


def _bars_of_regions(regions: Mapping[str, Mapping[str, int]]) -> tuple[dict[str, dict[str, int]], str]:
    """Counts by name on the plot, and what the names are."""
    remark, subject = f" (region {UNKNOWN})", "region"
    if all(name.endswith(remark) for name in regions):
        subject = "set of raw imagery; the regions are not known"
        regions = {name.removesuffix(remark): counts for name, counts in regions.items()}
    bars = {name: dict(counts) for name, counts in list(regions.items())[:MOST_REGIONS]}
    rest = list(regions.values())[MOST_REGIONS:]
    if rest:
        kinds = {kind for counts in rest for kind in counts}
        bars[f"{len(rest)} more"] = {kind: sum(counts.get(kind, 0) for counts in rest) for kind in kinds}
    return bars, subject


def draw_answers(path: Path, found: SetStatistics) -> None:
    """Share of every answer within its type, and questions per type, as the paper's Figure 4 does.

    Raises:
        MissingLibraryError: matplotlib is not installed.
        OutputError: The file cannot be written.
    """
    names = list(found.answers)
    with plot(path, width=10, height=1.0 + 0.4 * max(len(names), 2)) as figure:
        shares, totals = figure.subplots(1, 2, sharey=True, width_ratios=[4.5, 1])
        for place, name in enumerate(names):
            left = 0.0
            for number, (answer, count) in enumerate(found.answers[name].items()):
                share = count / found.types[name]
                shares.barh(place, share, left=left, color=SHADES[number % len(SHADES)], edgecolor="white")
                label = _fitted(SHORT_ANSWERS.get(answer, answer), share)
                shares.text(
                    left + share / 2, place, label, ha="center", va="center", fontsize=LABEL, color=INK
                )
                left += share
        shares.set_yticks(range(len(names)), labels=[name.replace("_", " ") for name in names])
        shares.set(xlim=(0, 1), xlabel="share of the answers of the type")
        shares.tick_params(axis="y", length=0)
        counts = [found.types[name] for name in names]
        totals.barh(range(len(names)), counts, color=SERIES)
        _write_totals(totals, counts)
        totals.set(xlabel="questions", xlim=(0, 1.35 * max(counts, default=1)), xticks=[])
        totals.tick_params(axis="y", length=0)
        _stack_from_above(shares, len(names))
        figure.suptitle(f"{found.name}: answers by type of question", fontsize=TITLE)
        tidy(figure)
        totals.spines["bottom"].set_visible(False)


def _fitted(label: str, share: float) -> str:
    """A label that fits into its part of a bar: on one line, on two, or none."""
    if len(label) * SHARE_PER_LETTER <= share:
        return label
    lines = "\n".join(label.rsplit(" ", 1))
    longest = max(len(line) for line in lines.split("\n"))
    return lines if longest * SHARE_PER_LETTER <= share else ""


def _write_totals(axes: "Axes", counts: list[int]) -> None:
    """Write each count behind its bar."""
    for place, count in enumerate(counts):
        axes.annotate(
            f"{count:,}".replace(",", " "),
            (count, place),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )


def _stack_from_above(axes: "Axes", bars: int) -> None:
    """The first bar at the top, and no more room around the bars than between them."""
    axes.set_ylim(max(bars, 1) - 0.4, -0.6)


def draw_transforms(path: Path, found: SetStatistics) -> bool:
    """Histograms of class, forged area, turn and scale, as far as the set tells; False where it tells nothing.

    Raises:
        MissingLibraryError: matplotlib is not installed.
        OutputError: The file cannot be written.
    """
    candidates: tuple[tuple[str, Mapping[str, int] | None, str], ...] = (
        ("class of the object", found.classes, ""),
        ("share of the frame that is forged", found.areas, ""),
        ("turn of the copy, degrees counter-clockwise", found.rotations, "not turned"),
        ("scale of the copy", found.scales, "not scaled"),
    )
    panels = [(title, counts, neutral) for title, counts, neutral in candidates if counts]
    if not panels:
        return False
    rows = (len(panels) + 1) // 2
    with plot(path, width=10, height=0.4 + 3.1 * rows) as figure:
        drawings = figure.subplots(rows, 2, squeeze=False).ravel()
        for axes, (title, counts, neutral) in zip(drawings, panels, strict=False):
            _draw_histogram(axes, counts, neutral)
            axes.set_title(title, fontsize=9)
            axes.set(ylabel="pictures")
        for axes in drawings[len(panels) :]:
            axes.set_visible(False)
        figure.suptitle(f"{found.name}: tampered pictures", fontsize=TITLE)
        tidy(figure)
    return True


def _draw_histogram(axes: "Axes", counts: Mapping[str, int], neutral: str) -> None:
    """Bars with their counts; the first, of copies that were left as they were, in another colour."""
    names, heights = list(counts), list(counts.values())
    if neutral:
        names[0] = neutral
    colours = [MUTED if neutral and place == 0 else SERIES for place in range(len(names))]
    bars = axes.bar(range(len(names)), heights, color=colours, width=0.85)
    axes.bar_label(bars, fontsize=LABEL, padding=1)
    axes.set_xticks(range(len(names)), labels=names, rotation=40, ha="right", rotation_mode="anchor")
    axes.tick_params(axis="x", length=0, labelsize=LABEL + 1)
    axes.tick_params(axis="y", labelsize=LABEL + 1)
    axes.margins(x=0.02, y=0.1)
