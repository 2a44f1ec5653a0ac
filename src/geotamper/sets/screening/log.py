"""Every decision of the screening, written down."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from geotamper.atomic import write_text
from geotamper.sets.screening.rules import Decision

SCREENING_FILE = "screening.csv"

COLUMNS = ("tile", "rule", "accepted", "value", "threshold", "like")


def write_decisions(path: Path, decisions: Iterable[Decision]) -> None:
    """Write one line per tile and rule that was applied to it, in the order in which they were taken.

    The columns: the tile; the rule; yes or no; what was measured; the largest value that the rule accepts; for a
    near-duplicate the kept tile that looks the same.

    Raises:
        OutputError: The file cannot be written.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for entry in decisions:
        accepted = "yes" if entry.accepted else "no"
        table.writerow(
            (
                entry.tile,
                entry.rule,
                accepted,
                f"{entry.value:.6g}",
                f"{entry.threshold:.6g}",
                entry.other or "",
            )
        )
    write_text(path, text.getvalue())
