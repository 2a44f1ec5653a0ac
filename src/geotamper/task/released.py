"""The question strings of the released data sets, kept word for word, odd grammar included.

Only for sets that the paper's own code shall read, and for reading such sets; everything that people see uses
`geotamper.task.wording`.
"""

from collections.abc import Mapping
from functools import cache

from geotamper.errors import SpecificationError
from geotamper.task.catalogue import QUESTION_TYPES, TypeName

_STRINGS: Mapping[TypeName, str] = {
    "tampered": "Has this image been tampered with?",
    "kind": "What is the type of image tampering?",
    "object": "What type of object has been tampered with?",
    "object_check": "Is the tampered object {option}?",
    "source_location": "Where is the source domain in the image?",
    "source_location_check": "Is the tampered source domain located on the {option} side of the image?",
    "target_location": "Where is the tampered domain in the image?",
    "target_location_check": "Is the tampered target domain located in the {option} of the image?",
    "area": "How large is the area that has been tampered with?",
    "area_check": "Does the area that has been tampered with account for {option} of the entire image?",
    "direction": "In which direction is the tampering domain relative to the source domain?",
    "direction_check": "Is the tampering domain to the {option} side of the source domain?",
    "size_change": "How does the size of the tampered domain change compared to the source domain?",
    "size_change_check": "Is the tampered domain {option} in area than the source domain?",
    "rotated": "Whether the tampered domain has been rotated?",
}

# The released sets write no "an", and both forms of a road occur; the first is the one that is written.
_CLASS_FORMS: Mapping[str, tuple[str, ...]] = {
    "Vegetation": ("a piece of Vegetation",),
    "Farmland": ("a piece of Farmland",),
    "Road": ("a Road", "a piece of Road"),
}


def released_text(type_name: TypeName, option: str | None = None) -> str:
    """The released string of a question.

    Args:
        type_name: What is asked.
        option: What a check asks for, one of the type's options; None for an open type.

    Raises:
        SpecificationError: The option does not fit the type.
    """
    question = QUESTION_TYPES[type_name]
    if (option in question.options) if question.is_check else (option is None):
        return _STRINGS[type_name].format(option=_forms(type_name, option)[0])
    expected = f"one of {', '.join(question.options)}" if question.is_check else "no option"
    raise SpecificationError(f"'{type_name}' got option {option!r}; expected {expected}")


def recognise_released(text: str) -> tuple[TypeName, str | None] | None:
    """Type and option of a released string, or None for any other text; case does not matter."""
    return _known_strings().get(text.strip().casefold())


def _forms(type_name: TypeName, option: str | None) -> tuple[str, ...]:
    if type_name == "object_check" and option is not None:
        return _CLASS_FORMS.get(option, (f"a {option}",))
    return (option or "",)


@cache
def _known_strings() -> Mapping[str, tuple[TypeName, str | None]]:
    known: dict[str, tuple[TypeName, str | None]] = {}
    for name, template in _STRINGS.items():
        for option in QUESTION_TYPES[name].options or (None,):
            for form in _forms(name, option):
                known[template.format(option=form).casefold()] = (name, option)
    return known
