"""The figures that the papers publish, to stand in a column of their own.

They were measured by their authors on their own sets. A set that was built here has other pictures, so a published
figure beside a measured one shows the size of things, not which network is better.
"""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from geotamper.errors import SpecificationError
from geotamper.evaluation.document import MetricsDocument

DEFAULT_MODEL = "CMFPF"
"""The authors' own network (Zhang et al., arXiv:2412.02575), whose figures are shown unless another is named."""

Figures = Mapping[str, float]


@cache
def published_figures() -> Mapping[tuple[str, str], Figures]:
    """Accuracies in fractions by set and network; each maps question types, "OA" and "AA" to a value."""
    text = files("geotamper.evaluation").joinpath("published.csv").read_text(encoding="utf-8")
    found: dict[tuple[str, str], dict[str, float]] = {}
    for row in csv.DictReader(text.splitlines()):
        found.setdefault((row["set"], row["model"]), {})[row["measure"]] = float(row["percent"]) / 100
    return found


def published_set(document: MetricsDocument) -> str:
    """The published set whose questions are like those of an evaluation.

    Sets that ask for the kind of tampering are like RS-TQA; a folder that has "real" in its name is taken for
    Real-RSCM, which has no balanced subset; everything else is like RS-CMQA.
    """
    if "kind" in document.per_type:
        name = "RS-TQA"
    elif "real" in document.data.casefold() and not document.balanced:
        return "Real-RSCM"
    else:
        name = "RS-CMQA"
    return f"{name}-B" if document.balanced else name


def figures_of(set_name: str, model: str = DEFAULT_MODEL) -> Figures:
    """The published accuracies of one network on one set.

    Raises:
        SpecificationError: There are none.
    """
    table = published_figures()
    if (set_name, model) not in table:
        sets, models = (", ".join(sorted({key[place] for key in table})) for place in (0, 1))
        raise SpecificationError(
            f"no figures of '{model}' on '{set_name}' are published; networks: {models}; sets: {sets}"
        )
    return table[set_name, model]
