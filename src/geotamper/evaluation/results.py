"""The folder of results: metrics, tables and plots."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from geotamper.atomic import write_text
from geotamper.errors import MissingLibraryError
from geotamper.evaluation.asking import PictureTask
from geotamper.evaluation.comparison import compare
from geotamper.evaluation.confusion import confusions, draw_confusions
from geotamper.evaluation.document import MetricsDocument
from geotamper.evaluation.embedding import EMBEDDING_FILE, draw_embedding
from geotamper.evaluation.examinee import Examinee
from geotamper.evaluation.gallery import WORST_FILE, draw_gallery
from geotamper.evaluation.networks import NetworkExaminee
from geotamper.evaluation.outcomes import PictureOutcome
from geotamper.evaluation.plots import RELIABILITY_FILE, draw_reliability
from geotamper.evaluation.radar import RADAR_FILE, draw_radar
from geotamper.evaluation.scoring import verdicts
from geotamper.evaluation.tables import accuracy_csv
from geotamper.sets.layout import TamperSet

METRICS_FILE = "metrics.json"
TABLE_FILE = "per_type.csv"
COMPARISON_FILE = "table"
CONFUSION_FOLDER = "confusion"
CONFUSION_FILE = "confusion.png"

FEWEST_TYPES = 3
"""Question types that a radar chart needs."""


@dataclass(frozen=True)
class Results:
    """All that an evaluation has to show.

    Attributes:
        document: The numbers.
        outcomes: Of every picture.
        examinee: What was evaluated.
        opened: The set.
        tasks: Of every picture by id.
    """

    document: MetricsDocument
    outcomes: Sequence[PictureOutcome]
    examinee: Examinee
    opened: TamperSet
    tasks: Mapping[int, PictureTask]


def write_results(out: Path, results: Results) -> tuple[str, ...]:
    """Write everything; plots whose library is missing are left out.

    Args:
        out: Folder of the results.
        results: What to write.

    Returns:
        What was left out and why, in sentences.

    Raises:
        OutputError: A file cannot be written.
    """
    document, outcomes = results.document, results.outcomes
    write_text(out / TABLE_FILE, accuracy_csv(document))
    table = compare([document])
    for ending, text in (("md", table.markdown()), ("csv", table.csv()), ("tex", table.latex())):
        write_text(out / f"{COMPARISON_FILE}.{ending}", text)
    matrices = confusions(outcomes)
    for name, matrix in matrices.items():
        write_text(out / CONFUSION_FOLDER / f"{name}.csv", matrix.csv())
    plots: list[tuple[str, Callable[[], object]]] = [
        (RELIABILITY_FILE, lambda: draw_reliability(out / RELIABILITY_FILE, verdicts(outcomes))),
        (CONFUSION_FILE, lambda: draw_confusions(out / CONFUSION_FILE, matrices)),
    ]
    if len(document.per_type) >= FEWEST_TYPES:
        plots.append((RADAR_FILE, lambda: draw_radar(out / RADAR_FILE, table)))
    examinee = results.examinee
    if isinstance(examinee, NetworkExaminee):
        opened, tasks, predictor = results.opened, results.tasks, examinee.predictor
        plots += [
            (WORST_FILE, lambda: draw_gallery(out, examinee, opened, tasks, outcomes)),
            (EMBEDDING_FILE, lambda: draw_embedding(out / EMBEDDING_FILE, predictor, opened, tasks)),
        ]
    notes: list[str] = []
    for file, draw in plots:
        try:
            draw()
        except MissingLibraryError as error:
            notes.append(f"{file} was not drawn: {error}")
    write_text(out / METRICS_FILE, document.to_json())
    return tuple(notes)
