"""Class indices of the answers, as the networks count them.

Answers are not shared between types: every pair of type and answer has an index of its own, 51 in RS-CMQA and
53 in RS-TQA. Released `Answers.json` files bring their own order, which then goes before this layout.
"""

from geotamper.errors import SpecificationError
from geotamper.task.catalogue import QUESTION_SETS, QUESTION_TYPES, QuestionSet, TypeName


def answer_indices(question_set: QuestionSet) -> dict[TypeName, dict[str, int]]:
    """Index of every answer, type by type in catalogue order.

    Example:
        >>> answer_indices("rs-cmqa")["area"]
        {'Less than One Percent': 33, 'One to Five Percent': 34, 'More than Five Percent': 35}

    Raises:
        SpecificationError: The question set is unknown.
    """
    if question_set not in QUESTION_SETS:
        raise SpecificationError(
            f"unknown question set '{question_set}'; choose one of {', '.join(QUESTION_SETS)}"
        )
    layout: dict[TypeName, dict[str, int]] = {}
    following = 0
    for name, question in QUESTION_TYPES.items():
        if question_set == "rs-cmqa" and question.rs_cmqa is None:
            continue
        layout[name] = {answer: following + place for place, answer in enumerate(question.answers)}
        following += len(question.answers)
    return layout
