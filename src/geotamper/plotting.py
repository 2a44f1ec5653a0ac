"""Plots as files, drawn with matplotlib where it is installed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from geotamper.atomic import atomic_path
from geotamper.errors import MissingLibraryError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INSTALL = "pip install geotamper[plots]"

SERIES = "#2f6f9f"
"""Colour of bars and points."""

MUTED = "#8a8f98"
"""Colour of reference lines and of what is only context."""

WARM = "#e39b3d"
"""Colour beside `SERIES`; the two differ in lightness too, for readers who tell no red from green."""


@contextmanager
def plot(path: Path, *, width: float, height: float) -> Iterator["Figure"]:
    """Give an empty figure, written to `path` when the block ends without an error.

    Args:
        path: A PNG file.
        width: Inches; the file has 150 pixels per inch.
        height: Inches.

    Raises:
        MissingLibraryError: matplotlib is not installed.
        OutputError: The file cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingLibraryError(
            f"plots need the library matplotlib; install it with '{INSTALL}'"
        ) from error
    figure = Figure(figsize=(width, height), layout="constrained")
    canvas = FigureCanvasAgg(figure)
    yield figure
    with atomic_path(path) as temporary:
        # No metadata: the version of the library and the date would make equal plots differ.
        canvas.figure.savefig(temporary, dpi=150, metadata={"Software": None})


def tidy(figure: "Figure") -> None:
    """Leave out the frame above and to the right of every drawing."""
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
