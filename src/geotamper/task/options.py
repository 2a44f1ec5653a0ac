"""What a check question asks for: class, cell, direction, share or size change, read from the words."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from geotamper.task.catalogue import AREAS, DIRECTIONS, LOCATIONS, SIZE_CHANGES, TypeName
from geotamper.task.classes import OBJECT_CLASSES
from geotamper.task.lexicon import AT_LEAST, AT_MOST, FRACTION_WORDS, NUMBERS
from geotamper.task.reading import Reading, contains

_VERTICAL, _HORIZONTAL = ("Upper", "Lower"), ("Left", "Right")
_DIRECTION_OF_CELL: Mapping[str, str] = dict(
    zip(("Upper", "Lower", "Left", "Right"), DIRECTIONS, strict=True)
)


def read_options(open_type: TypeName, reading: Reading) -> list[str]:
    """The options of the open type's check that the text names, in order and without repeats."""
    found: list[str] = []
    if open_type == "object":
        found = [
            name for term in reading.of(*OBJECT_CLASSES) for name in OBJECT_CLASSES if name in term.concepts
        ]
    elif open_type in ("source_location", "target_location"):
        found = cells(reading)
    elif open_type == "direction":
        found = directions(reading)
    elif open_type == "area":
        found = [bucket for bucket in (area_bucket(reading),) if bucket]
    elif open_type == "size_change":
        found = size_changes(reading)
    return list(dict.fromkeys(found))


def cells(reading: Reading) -> list[str]:
    """Cells of the 3 x 3 grid; "top" and "left" close together are one cell."""
    terms = reading.of(*LOCATIONS)
    listing = "or" in reading.words and len(terms) > 2  # "above, below, left or right" joins nothing
    found: list[str] = []
    place = 0
    while place < len(terms):
        name = next(cell for cell in LOCATIONS if cell in terms[place].concepts)
        following = terms[place + 1] if place + 1 < len(terms) else None
        if following and not listing and _joined(reading.words[terms[place].end : following.start]):
            other = next(cell for cell in LOCATIONS if cell in following.concepts)
            merged = _merge(name, other)
            if merged:
                name, place = merged, place + 1
        found.append(name)
        place += 1
    return found


def _joined(between: Sequence[str]) -> bool:
    return len(between) <= 3 and "or" not in between and "to" not in between


def _merge(first: str, second: str) -> str | None:
    for vertical, horizontal in ((first, second), (second, first)):
        if vertical in _VERTICAL and horizontal in _HORIZONTAL:
            return f"{vertical} {horizontal}"
        if vertical == "Middle" and horizontal != "Middle":
            return horizontal
    nested = (
        first.startswith(second) or first.endswith(second),
        second.startswith(first) or second.endswith(first),
    )
    return first if nested[0] else second if nested[1] else None


def directions(reading: Reading) -> list[str]:
    """The four directions; a diagonal is none of them and is left out."""
    return [_DIRECTION_OF_CELL[cell] for cell in cells(reading) if cell in _DIRECTION_OF_CELL]


def size_changes(reading: Reading) -> list[str]:
    """Size changes; "scale it down" is read although the words stand apart."""
    found = [name for term in reading.of(*SIZE_CHANGES) for name in SIZE_CHANGES if name in term.concepts]
    words = set(reading.words)
    if reading.of("scale", "size") or "scaled" in words:
        found += [name for word, name in (("up", "Bigger"), ("down", "Smaller")) if word in words]
    alike = {"same", "identical", "equal", "unchanged", "constant"}
    if not found and words & alike and words & {"size", "area", "scale", "dimensions"}:
        found.append("Same")
    if found == ["Same"] and "or" in words and words & {"changed", "altered", "different", "not"}:
        return []
    return found


def speaks_of_share(reading: Reading) -> bool:
    """Whether the text names a share of the picture by number."""
    return bool(_numbers(reading.words))


def area_bucket(reading: Reading) -> str | None:
    """The bucket of the share that the text names, or None where it fits no bucket or names no share.

    "Less than three percent" spans two buckets, so no check of the catalogue asks for it.
    """
    words = reading.words
    numbers = sorted(set(_numbers(words)))
    if not numbers:
        return None
    low, high = numbers[0], numbers[-1]
    below, above = _comparison(words)
    if len(numbers) == 1 and below != above:
        low, high = (0.0, high) if below else (low, 100.0)
        inclusive = 0.0
    else:
        inclusive = 1e-9  # a bare "5 percent" belongs to the middle bucket, whose borders are its own
    if low >= 1 and high <= 5:
        return AREAS[1]
    if high <= 1 - inclusive:
        return AREAS[0]
    return AREAS[2] if low >= 5 + inclusive else None


def _comparison(words: Sequence[str]) -> tuple[bool, bool]:
    """Whether the number is an upper and whether it is a lower limit."""
    for word, following in pairwise(words):
        if word in ("no", "not") and contains([following], f"{AT_MOST}, {AT_LEAST}"):
            return contains([following], AT_LEAST), contains([following], AT_MOST)
    return contains(words, AT_MOST), contains(words, AT_LEAST)


def _numbers(words: Sequence[str]) -> list[float]:
    """Percentages in the text, digits or words; fractions count where they stand for a share of the whole."""
    has_unit = "percent" in words
    values: list[float] = []
    for i, word in enumerate(words):
        if word[0].isdigit():
            value: float | None = float(word)
        else:
            value = NUMBERS.get(word)
        if value is None or not (has_unit or _is_fraction(words, i)):
            continue
        if word in FRACTION_WORDS and has_unit:
            value = 0.5 if word == "half" else None
        if value is not None:
            values.append(value)
    return values


def _is_fraction(words: Sequence[str], place: int) -> bool:
    """Whether the word is a share as in "half the picture", not a place as in "the left half"."""
    before, after = set(words[max(place - 2, 0) : place]), words[place + 1 : place + 4]
    return (
        words[place] in FRACTION_WORDS
        and before.isdisjoint({"left", "right", "upper", "lower", "top", "bottom", "which", "what"})
        and any(word in ("picture", "image", "photo", "scene", "frame") for word in after)
    )
