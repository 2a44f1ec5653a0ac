"""One question and one picture, as the released files hold them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Info = Mapping[str, str | float]


@dataclass(frozen=True, slots=True)
class SetQuestion:
    """One question of a set.

    Attributes:
        id: Unique in the set; ids are not dense.
        picture: Id of the picture that is asked about.
        type: Number of the type, counted from 1 as the set numbers them; `AnswerVocabulary.type_name` names it.
        text: The question.
        answer: The right answer.
        active: False for a question that is kept but not asked.
    """

    id: int
    picture: int
    type: int
    text: str
    answer: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class SetPicture:
    """One picture of a set.

    Attributes:
        id: File name of the picture and its masks.
        question_ids: Ids of its questions.
        active: False for a picture that is kept but not used.
        origin_dataset: The set of raw imagery that it was made from.
        caption: Text that the released files carry, empty so far.
        info: The answers by "Q" and type number, and the area fractions "Q8_tampered_size" and
            "Q8_source_size"; `{"Q1": "No"}` for an untouched picture. Check types hold the answer of the
            question that was asked last and are no labels.
    """

    id: int
    question_ids: tuple[int, ...]
    active: bool = True
    origin_dataset: str = ""
    caption: str = ""
    info: Info = field(default_factory=dict)
