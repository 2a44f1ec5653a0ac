"""The question types: what can be asked, which answers there are, and when a question has a meaning.

The paper (Zhang et al., "Copy-Move Forgery Detection and Question Answering for Remote Sensing Image")
numbers the types; the numbers shift between its question sets, so names are used throughout.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from geotamper.errors import SpecificationError
from geotamper.task.classes import OBJECT_CLASSES
from geotamper.task.facts import TAMPER_KINDS, TamperKind

TypeName = Literal[
    "tampered",
    "kind",
    "object",
    "object_check",
    "source_location",
    "source_location_check",
    "target_location",
    "target_location_check",
    "area",
    "area_check",
    "direction",
    "direction_check",
    "size_change",
    "size_change_check",
    "rotated",
]
TYPE_NAMES: tuple[TypeName, ...] = get_args(TypeName)
"""All types in catalogue order."""

Group = Literal["basic", "independent", "related"]
QuestionSet = Literal["rs-cmqa", "rs-tqa"]
QUESTION_SETS: tuple[QuestionSet, ...] = get_args(QuestionSet)

YES_NO = ("Yes", "No")
KIND_ANSWERS = ("Copy-Move", "Blur")
LOCATIONS = (
    "Upper Left",
    "Upper",
    "Upper Right",
    "Left",
    "Middle",
    "Right",
    "Lower Left",
    "Lower",
    "Lower Right",
)
"""The nine cells of the picture, row by row."""
AREAS = ("Less than One Percent", "One to Five Percent", "More than Five Percent")
DIRECTIONS = ("Upper", "Lower", "Left side", "Right side")
SIZE_CHANGES = ("Bigger", "Smaller", "Same")


@dataclass(frozen=True)
class QuestionType:
    """One type of question.

    Attributes:
        name: The name used in reports and metrics.
        group: The paper's group: what the picture alone, one region, or two regions together can answer.
        rs_cmqa: Number in RS-CMQA, or None where that set does not ask it.
        rs_tqa: Number in RS-TQA.
        checks: The open type whose answer this yes/no type checks, or None for an open type.
        answers: All answer strings, in the order of their class indices.
        options: What a check question may ask for; empty for an open type.
    """

    name: TypeName
    group: Group
    rs_cmqa: int | None
    rs_tqa: int
    answers: tuple[str, ...]
    checks: TypeName | None = None
    options: tuple[str, ...] = ()

    @property
    def is_check(self) -> bool:
        """Whether this is a yes/no check of an open type."""
        return self.checks is not None


def _build() -> Mapping[TypeName, QuestionType]:
    rows: list[tuple[TypeName, Group, tuple[str, ...], TypeName | None]] = [
        ("tampered", "basic", YES_NO, None),
        ("kind", "basic", KIND_ANSWERS, None),
        ("object", "basic", OBJECT_CLASSES, None),
        ("object_check", "basic", YES_NO, "object"),
        ("source_location", "independent", LOCATIONS, None),
        ("source_location_check", "independent", YES_NO, "source_location"),
        ("target_location", "independent", LOCATIONS, None),
        ("target_location_check", "independent", YES_NO, "target_location"),
        ("area", "independent", AREAS, None),
        ("area_check", "independent", YES_NO, "area"),
        ("direction", "related", DIRECTIONS, None),
        ("direction_check", "related", YES_NO, "direction"),
        ("size_change", "related", SIZE_CHANGES, None),
        ("size_change_check", "related", YES_NO, "size_change"),
        ("rotated", "related", YES_NO, None),
    ]
    types: dict[TypeName, QuestionType] = {}
    cmqa = 0
    for number, (name, group, answers, checks) in enumerate(rows, start=1):
        asked_in_cmqa = name != "kind"
        cmqa += asked_in_cmqa
        options = types[checks].answers if checks else ()
        types[name] = QuestionType(
            name, group, cmqa if asked_in_cmqa else None, number, answers, checks, options
        )
    return MappingProxyType(types)


QUESTION_TYPES: Mapping[TypeName, QuestionType] = _build()
"""Every type by name, in catalogue order."""

# A blurred picture has one region: whatever relates a second one to it has no meaning (Algorithm 1).
_TYPES_OF_KIND: Mapping[TamperKind, tuple[TypeName, ...]] = {
    "none": ("tampered",),
    "copy-move": TYPE_NAMES,
    "blur": (
        "tampered",
        "kind",
        "object",
        "object_check",
        "source_location",
        "source_location_check",
        "area",
        "area_check",
    ),
}


def types_for(kind: TamperKind, question_set: QuestionSet = "rs-tqa") -> tuple[TypeName, ...]:
    """The types that have a meaning for a picture of this kind, in catalogue order.

    Args:
        kind: What was done to the picture.
        question_set: "rs-cmqa" leaves out the question for the kind, since it knows one kind only.

    Raises:
        SpecificationError: An unknown name, or blurred pictures in RS-CMQA, which has none.
    """
    if kind not in TAMPER_KINDS:
        raise SpecificationError(f"unknown tamper kind '{kind}'; choose one of {', '.join(TAMPER_KINDS)}")
    if question_set not in QUESTION_SETS:
        raise SpecificationError(
            f"unknown question set '{question_set}'; choose one of {', '.join(QUESTION_SETS)}"
        )
    if question_set == "rs-tqa":
        return _TYPES_OF_KIND[kind]
    if kind == "blur":
        raise SpecificationError("rs-cmqa holds no blurred pictures; use rs-tqa for kind 'blur'")
    return tuple(name for name in _TYPES_OF_KIND[kind] if QUESTION_TYPES[name].rs_cmqa is not None)


def open_types(kind: TamperKind) -> tuple[TypeName, ...]:
    """The types without an option that have a meaning for this kind, in catalogue order."""
    return tuple(name for name in types_for(kind) if not QUESTION_TYPES[name].is_check)


def question_plan(kind: TamperKind, question_set: QuestionSet) -> Mapping[TypeName, int]:
    """How often each type is asked of one picture: a check twice (once right, once wrong), else once.

    The counts add up to 20 for a copy-move picture of RS-CMQA, to 21 and 11 for a copy-move and a blurred
    picture of RS-TQA, and to 1 for an untouched picture.

    Raises:
        SpecificationError: As `types_for`.
    """
    return MappingProxyType(
        {name: 2 if QUESTION_TYPES[name].is_check else 1 for name in types_for(kind, question_set)}
    )
