"""Rules about the balanced subset: even types, and questions that are those of the full set."""

import numpy as np

from geotamper.errors import InputError
from geotamper.sets.balancing import TOLERANCE
from geotamper.sets.checking.report import Collector
from geotamper.sets.layout.opened import TamperSet, open_set
from geotamper.sets.layout.table import QuestionTable, concatenate


def check_balance(opened: TamperSet, found: Collector) -> None:
    """The types have equal numbers of questions, within 2 %, and every question stands in the full set.

    Args:
        opened: The balanced subset.
        found: Takes the findings.
    """
    _check_types(opened, found)
    try:
        full = open_set(opened.root).questions
    except InputError:
        found.skip("balance", "the full set is not there to compare with", len(opened.questions))
        return
    _check_rows(opened.questions, full, found)


def _check_types(opened: TamperSet, found: Collector) -> None:
    """Compare the types with the most frequent one; a type of the set that is not asked has none."""
    table = opened.questions
    numbers, counts = np.unique(table.types[table.active], return_counts=True)
    asked = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
    most = max(asked.values(), default=0)
    for number in range(1, len(opened.vocabulary.indices) + 1):
        count = asked.get(number, 0)
        if count < (1 - TOLERANCE) * most:
            name = opened.vocabulary.type_name(number) or "outside the catalogue"
            message = (
                f"type {number} ({name}) has {count} questions and another one {most}; expected numbers within "
                f"{TOLERANCE:.0%} of each other: run 'geotamper balance' again"
            )
            found.fault("balance", message)


def _check_rows(part: QuestionTable, full: QuestionTable, found: Collector) -> None:
    both = concatenate((full, part))
    whole, rows = both.take(np.arange(len(full))), both.take(np.arange(len(full), len(both)))
    order = np.argsort(whole.ids, kind="stable")
    places = np.minimum(np.searchsorted(whole.ids[order], rows.ids), max(len(full) - 1, 0))
    known = whole.ids[order][places] == rows.ids if len(full) else np.zeros(len(rows), dtype=np.bool_)
    for question in rows.ids[~known].tolist():
        message = f"question {question} of the balanced subset is not one of the full set"
        found.fault("balance", message, question=question)
    partners, own = whole.take(order[places[known]]) if len(full) else whole, rows.take(known)
    columns = ("pictures", "types", "text_codes", "answer_codes", "folds")
    differs = np.zeros(len(own), dtype=np.bool_)
    for name in columns:
        differs |= getattr(partners, name) != getattr(own, name)
    for question in own.ids[differs].tolist():
        message = f"question {question} differs between the balanced subset and the full set, or in its fold"
        found.fault("balance", message, question=question)
