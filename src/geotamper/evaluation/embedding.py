"""The last feature of a network in two dimensions, coloured by question type (the paper's Figure 11)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from geotamper.detection.classes import Logits
from geotamper.detection.predictor import Predictor, Seen
from geotamper.errors import MissingLibraryError
from geotamper.evaluation.asking import PictureTask
from geotamper.evaluation.showing import shown_picture
from geotamper.plotting import plot
from geotamper.sets.layout import TamperSet
from geotamper.task.catalogue import TYPE_NAMES

PICTURES = 100
"""Pictures of the fold whose questions are embedded; t-SNE takes minutes for more than a few thousand questions."""

PERPLEXITY = 30.0
EMBEDDING_FILE = "tsne.png"
FEWEST = 10


@runtime_checkable
class WithFeatures(Protocol):
    """A predictor that shows what goes into its last layer."""

    def features(self, seen: Seen, texts: Sequence[str]) -> Logits:
        """(N, F) float32 of questions about a picture."""


def draw_embedding(
    path: Path, predictor: Predictor, opened: TamperSet, tasks: Mapping[int, PictureTask]
) -> bool:
    """Embed the last features of some questions by t-SNE and draw them.

    Args:
        path: A PNG file.
        predictor: The network.
        opened: The set.
        tasks: Of every picture by id; up to 100, spread evenly, are used.

    Returns:
        Whether there was something to draw: ONNX files show no features, and fewer than 10 questions have no shape.

    Raises:
        MissingLibraryError: scikit-learn or matplotlib is not installed.
        OutputError: The file cannot be written.
    """
    if not isinstance(predictor, WithFeatures):
        return False
    try:
        from sklearn.manifold import TSNE
    except ImportError as error:
        raise MissingLibraryError(
            "the embedding needs scikit-learn; install it with 'pip install geotamper[fit]'"
        ) from error
    ids = sorted(tasks)
    chosen = [
        ids[place] for place in np.linspace(0, len(ids) - 1, min(PICTURES, len(ids))).round().astype(int)
    ]
    rows, types = [], []
    for number in dict.fromkeys(chosen):
        questions = tasks[number].questions
        seen = predictor.see(shown_picture(opened, tasks[number]))
        rows.append(predictor.features(seen, [question.text for question in questions]))
        types += [question.type for question in questions]
    if len(types) < FEWEST:
        return False
    perplexity = min(PERPLEXITY, (len(types) - 1) / 3)
    places = TSNE(2, perplexity=perplexity, init="pca", random_state=0).fit_transform(np.concatenate(rows))
    names = np.array(types)
    with plot(path, width=7.2, height=6.0) as figure:
        from matplotlib import colormaps

        axes = figure.subplots()
        for number, name in enumerate(TYPE_NAMES):
            inside = names == name
            if inside.any():
                colour = colormaps["tab20"](number)
                axes.scatter(places[inside, 0], places[inside, 1], s=6, color=colour, label=name)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_title(f"last feature of {len(types)} questions, t-SNE", fontsize=10)
        figure.legend(loc="outside right center", fontsize=7, frameon=False, markerscale=2)
    return True
