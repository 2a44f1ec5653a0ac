"""How a training went, as plots: learning rates (the paper's Figure 6) and validation OA (Figure 7)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geotamper.errors import MissingLibraryError
from geotamper.plotting import MUTED, SERIES, plot, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RATES_FILE = "learning_rates.png"
ACCURACY_FILE = "validation_oa.png"

_COLOURS: Mapping[str, str] = {"main": SERIES, "pretrained": MUTED, "mask": "#b5533c"}
_TITLES: Mapping[str, str] = {"main": "network", "pretrained": "pretrained towers", "mask": "mask network"}


def draw_curves(folder: Path, history: Sequence[Mapping[str, Any]]) -> None:
    """Write both plots; without matplotlib, which training does not need, nothing is drawn.

    Args:
        folder: The run.
        history: Lines of its log, at least one.

    Raises:
        OutputError: A file cannot be written.
    """
    try:
        _draw_rates(folder / RATES_FILE, history)
        validated = [entry for entry in history if "val" in entry and entry["stage"] == "answers"]
        if validated:
            _draw_accuracy(folder / ACCURACY_FILE, validated)
    except MissingLibraryError:
        return


def _draw_rates(path: Path, history: Sequence[Mapping[str, Any]]) -> None:
    names = sorted({name for entry in history for name in entry["learning_rates"]})
    with plot(path, width=6, height=3.4) as figure:
        axes = figure.subplots()
        for name in names:
            points = [(entry["epoch"], entry["learning_rates"].get(name)) for entry in history]
            axes.plot(*zip(*points, strict=True), marker="o", ms=3, color=_COLOURS[name], label=_TITLES[name])
        axes.set_yscale("log")
        axes.set_ylabel("learning rate")
        _finish(axes, history)
        tidy(figure)


def _draw_accuracy(path: Path, history: Sequence[Mapping[str, Any]]) -> None:
    epochs = [entry["epoch"] for entry in history]
    with plot(path, width=6, height=3.4) as figure:
        axes = figure.subplots()
        for key, colour in (("OA", SERIES), ("AA", MUTED)):
            values = [100 * entry["val"][key] for entry in history]
            axes.plot(epochs, values, marker="o", ms=3, color=colour, label=key)
        axes.set_ylabel("validation accuracy, %")
        _finish(axes, history)
        tidy(figure)


def _finish(axes: "Axes", history: Sequence[Mapping[str, Any]]) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlim(0.5, max(2, history[-1]["epoch"]) + 0.5)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(frameon=False)
