"""How the questions are put in words: one canonical wording per type, and paraphrases."""

from collections.abc import Mapping
from types import MappingProxyType

from geotamper.errors import SpecificationError
from geotamper.task.catalogue import AREAS, DIRECTIONS, LOCATIONS, QUESTION_TYPES, SIZE_CHANGES, TypeName
from geotamper.task.classes import OBJECT_CLASSES, class_phrase

MAX_WORDS = 24
"""No wording is longer once its option is filled in; text encoders cut longer questions."""

_TEMPLATES: Mapping[TypeName, tuple[str, ...]] = {
    "tampered": (
        "Has anything in this picture been forged?",
        "Was any part of this picture altered?",
        "Does the scene contain a forged region?",
        "Can signs of manipulation be found here?",
        "Is there tampering in this image?",
    ),
    "kind": (
        "Was this picture forged by copying or by blurring?",
        "Which kind of manipulation was applied to the image?",
        "By what method was this picture forged?",
        "Is the forgery a copied object or a blurred one?",
    ),
    "object": (
        "What kind of object was forged?",
        "Which object class was manipulated?",
        "What kind of thing does the forged region show?",
        "To which category does the altered object belong?",
    ),
    "object_check": (
        "Is the forged object {option}?",
        "Does the forged region show {option}?",
        "Is {option} what was manipulated here?",
        "Would you label the altered object as {option}?",
    ),
    "source_location": (
        "In which part of the picture is the source region?",
        "In which part of the image does the copied original lie?",
        "What is the position of the source region?",
        "Where was the object taken from?",
    ),
    "source_location_check": (
        "Is the source region in the {option} part of the picture?",
        "Does the source region lie in the {option} part of the image?",
        "Was the object taken from the {option} area?",
        "Is {option} the position of the copied original?",
    ),
    "target_location": (
        "In which part of the picture is the pasted copy?",
        "In which part of the image was the copy pasted?",
        "What is the position of the forged region?",
        "Where did the duplicate end up?",
    ),
    "target_location_check": (
        "Is the pasted copy in the {option} part of the picture?",
        "Does the forged region lie in the {option} part of the image?",
        "Was the copy pasted in the {option} area?",
        "Is {option} the position of the duplicate?",
    ),
    "area": (
        "How much of the picture does the forged region cover?",
        "What share of the image does the forged region cover?",
        "How big is the manipulated area relative to the whole picture?",
        "Which size range fits the altered region?",
    ),
    "area_check": (
        "Does the forged region cover {option} of the picture?",
        "Is the share of altered pixels {option}?",
        "Would {option} describe the size of the manipulated area?",
    ),
    "direction": (
        "On which side of the source region is the copy?",
        "Seen from the source region, on which side is the copy?",
        "Which way was the object moved?",
        "How does the forged region lie with respect to the original?",
    ),
    "direction_check": (
        "Is the copy on the {option} of the source region?",
        "Was the copy placed on the {option} of the original?",
        "Does the forged region lie towards the {option} of the source region?",
        "Did the object move to the {option}?",
    ),
    "size_change": (
        "Is the copy bigger than, smaller than or the same size as the original?",
        "Compared with the original object, how large is the copy?",
        "Did scaling change the area of the copied object?",
        "What happened to the object's size when it was pasted?",
    ),
    "size_change_check": (
        "Is the copy {option} the original?",
        "Did the object become {option} when pasted?",
        "Relative to its source, is the forged region {option}?",
    ),
    "rotated": (
        "Was the copy rotated?",
        "Was the object turned before it was pasted?",
        "Does the copy have a different orientation from the original?",
        "Has the forged region been rotated with respect to its source?",
    ),
}


def _phrases(options: tuple[str, ...], *texts: str) -> Mapping[str, str]:
    return MappingProxyType(dict(zip(options, texts, strict=True)))


_OPTION_PHRASES: Mapping[TypeName, Mapping[str, str]] = {
    "object_check": {name: class_phrase(name) for name in OBJECT_CLASSES},
    "source_location_check": {name: name.lower() for name in LOCATIONS},
    "target_location_check": {name: name.lower() for name in LOCATIONS},
    "area_check": {name: name.lower() for name in AREAS},
    "direction_check": _phrases(DIRECTIONS, "upper side", "lower side", "left side", "right side"),
    "size_change_check": _phrases(SIZE_CHANGES, "bigger than", "smaller than", "the same size as"),
}

# Sentences that want the option in a form of their own.
_SPECIAL_PHRASES: Mapping[str, Mapping[str, str]] = {
    "Did the object become {option} when pasted?": _phrases(
        SIZE_CHANGES, "larger", "smaller", "neither larger nor smaller"
    ),
    "Relative to its source, is the forged region {option}?": _phrases(
        SIZE_CHANGES, "bigger", "smaller", "equal in area"
    ),
}


def wordings(type_name: TypeName) -> tuple[str, ...]:
    """All wordings of a type, the canonical one first; `{option}` stands where a check names its option."""
    return _TEMPLATES[type_name]


def question_text(type_name: TypeName, option: str | None = None, *, variant: int = 0) -> str:
    """Put a question in words.

    Args:
        type_name: What is asked.
        option: What a check asks for, one of the type's options; None for an open type.
        variant: 0 for the canonical wording, up to `len(wordings(type_name)) - 1` for the paraphrases.

    Raises:
        SpecificationError: The option does not fit the type, or there is no such variant.

    Example:
        >>> question_text("direction_check", "Upper")
        'Is the copy on the upper side of the source region?'
    """
    templates, question = _TEMPLATES[type_name], QUESTION_TYPES[type_name]
    if not 0 <= variant < len(templates):
        raise SpecificationError(f"'{type_name}' has no wording {variant}; choose 0 to {len(templates) - 1}")
    template = templates[variant]
    if not question.is_check and option is None:
        return template
    if option is None or option not in question.options:
        expected = f"one of {', '.join(question.options)}" if question.is_check else "no option"
        raise SpecificationError(f"'{type_name}' got option {option!r}; expected {expected}")
    phrases = _SPECIAL_PHRASES.get(template, _OPTION_PHRASES[type_name])
    return template.format(option=phrases[option])
