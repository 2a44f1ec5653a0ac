"""How an answer follows from what was done to the picture: one rule per question type.

Set builder and inspector call the same rules. Exact facts (sigma 0) are compared exactly, measured facts with
the thresholds below, because a measurement never yields a scale of exactly 1.
"""

import math
from collections.abc import Callable, Mapping

from geotamper.errors import GeotamperError, SpecificationError
from geotamper.task.catalogue import (
    AREAS,
    DIRECTIONS,
    KIND_ANSWERS,
    LOCATIONS,
    QUESTION_TYPES,
    SIZE_CHANGES,
    TypeName,
    types_for,
)
from geotamper.task.facts import RegionFacts, TamperFacts

ROTATION_THRESHOLD_DEG = 1.0
SCALE_THRESHOLD = 0.02
SIGMAS = 3.0
AREA_TOLERANCE_PERCENT = 5
"""Where no scale was recorded, areas that differ by at most this count as the same size."""


class InapplicableQuestion(GeotamperError):  # noqa: N818 - it is no fault, but a property of the question
    """The question has no meaning for this kind of tampering."""


class UndecidableQuestion(GeotamperError):  # noqa: N818 - it is no fault, but a property of the facts
    """The question has a meaning, but a fact that it needs is not known."""


def answer(type_name: TypeName, facts: TamperFacts, option: str | None = None) -> str:
    """Answer a question of the catalogue.

    Args:
        type_name: What is asked.
        facts: What was done to the picture, or what was measured.
        option: What a check question asks for; None for an open question.

    Returns:
        A string of the type's answers. A check is "Yes" exactly if the option is the open answer.

    Raises:
        SpecificationError: Unknown type, a check without a legal option, or an open question with one.
        InapplicableQuestion: The type has no meaning for `facts.kind`.
        UndecidableQuestion: A needed fact is missing.

    Example:
        >>> region = RegionFacts(centroid=(40.0, 300.0), area_px=900)
        >>> facts = TamperFacts(512, 512, "blur", "Ship", source=region, target=region)
        >>> answer("source_location", facts), answer("object_check", facts, "Car")
        ('Left', 'No')
    """
    _check_option(type_name, option)
    if type_name not in types_for(facts.kind):
        raise InapplicableQuestion(
            f"'{type_name}' has no meaning for tampering of kind '{facts.kind}'; "
            f"ask one of {', '.join(types_for(facts.kind))}"
        )
    found = RULES[type_name](facts)
    if option is None:
        return found
    return "Yes" if option == found else "No"


def _check_option(type_name: TypeName, option: str | None) -> None:
    question = QUESTION_TYPES.get(type_name)
    if question is None:
        raise SpecificationError(
            f"unknown question type '{type_name}'; choose one of {', '.join(QUESTION_TYPES)}"
        )
    if question.is_check and option not in question.options:
        raise SpecificationError(
            f"'{type_name}' needs an option, got {option!r}; choose one of {', '.join(question.options)}"
        )
    if not question.is_check and option is not None:
        raise SpecificationError(f"'{type_name}' takes no option, got {option!r}; leave it out")


def _tampered(facts: TamperFacts) -> str:
    return "No" if facts.kind == "none" else "Yes"


def _kind(facts: TamperFacts) -> str:
    copy_move, blur = KIND_ANSWERS
    return blur if facts.kind == "blur" else copy_move


def _object(facts: TamperFacts) -> str:
    if facts.object_class is None:
        raise UndecidableQuestion("the object class is not known; give the class, or a model that tells it")
    return facts.object_class


def _source_location(facts: TamperFacts) -> str:
    return _cell(_known(facts.source, "source"), facts)


def _target_location(facts: TamperFacts) -> str:
    return _cell(_known(facts.target, "target"), facts)


def _cell(region: RegionFacts, facts: TamperFacts) -> str:
    """The cell of the 3 x 3 grid; a centroid on a border belongs to the right or lower cell."""
    x, y = region.centroid
    column = min(math.floor(3 * x / facts.width), 2)
    row = min(math.floor(3 * y / facts.height), 2)
    return LOCATIONS[3 * row + column]


def _area(facts: TamperFacts) -> str:
    # In whole numbers, so that exactly one and exactly five percent fall into the middle bucket.
    pixels, frame = _known(facts.target, "target").area_px, facts.width * facts.height
    if 100 * pixels < frame:
        return AREAS[0]
    return AREAS[1] if 20 * pixels <= frame else AREAS[2]


def _direction(facts: TamperFacts) -> str:
    """The dominant axis of the way from source to target; the horizontal one when both are equal."""
    source, target = _known(facts.source, "source").centroid, _known(facts.target, "target").centroid
    dx, dy = target[0] - source[0], target[1] - source[1]
    if dx == 0 and dy == 0:
        raise UndecidableQuestion("source and target have the same centroid, so there is no direction")
    upper, lower, left, right = DIRECTIONS
    if abs(dx) >= abs(dy):
        return left if dx < 0 else right
    return upper if dy < 0 else lower


def _size_change(facts: TamperFacts) -> str:
    bigger, smaller, same = SIZE_CHANGES
    if facts.scale is None:
        return _area_change(_known(facts.source, "source").area_px, _known(facts.target, "target").area_px)
    tolerance = max(SCALE_THRESHOLD, SIGMAS * facts.scale_sigma) if facts.scale_sigma > 0 else 0.0
    if abs(facts.scale - 1) <= tolerance:
        return same
    return bigger if facts.scale > 1 else smaller


def _area_change(source_px: int, target_px: int) -> str:
    """Size change where no scale was recorded; whole numbers, so that a ratio of exactly 1.05 is the same."""
    bigger, smaller, same = SIZE_CHANGES
    if 100 * target_px > (100 + AREA_TOLERANCE_PERCENT) * source_px:
        return bigger
    return smaller if 100 * target_px < (100 - AREA_TOLERANCE_PERCENT) * source_px else same


def _rotated(facts: TamperFacts) -> str:
    if facts.rotation_deg is None:
        raise UndecidableQuestion("the rotation was not recorded; without it a turned copy cannot be told")
    angle = abs(math.remainder(facts.rotation_deg, 360))
    sigma = facts.rotation_sigma
    tolerance = max(ROTATION_THRESHOLD_DEG, SIGMAS * sigma) if sigma > 0 else 0.0
    return "Yes" if angle > tolerance else "No"


def _known(region: RegionFacts | None, name: str) -> RegionFacts:
    if region is None:
        raise UndecidableQuestion(f"the {name} region is not known; give it with the facts")
    return region


RULES: Mapping[TypeName, Callable[[TamperFacts], str]] = {
    "tampered": _tampered,
    "kind": _kind,
    "object": _object,
    "object_check": _object,
    "source_location": _source_location,
    "source_location_check": _source_location,
    "target_location": _target_location,
    "target_location_check": _target_location,
    "area": _area,
    "area_check": _area,
    "direction": _direction,
    "direction_check": _direction,
    "size_change": _size_change,
    "size_change_check": _size_change,
    "rotated": _rotated,
}
"""The open answer behind every type; a check compares its option with the answer of the type it checks."""
