"""What a text says, as signals: the concepts of its words and what follows from their order."""

from geotamper.task.catalogue import SIZE_CHANGES
from geotamper.task.classes import OBJECT_CLASSES
from geotamper.task.options import cells, read_options, size_changes, speaks_of_share
from geotamper.task.reading import Reading, Term

_PLACES = ("Upper", "Lower", "Left", "Right")
_TAKEN_ALONE = ("lifted", "originate", "stem", "borrowed")
_RELATIONS_TEXT = """
    than relative respect versus vs compared against to from between regard like
"""
_RELATIONS = frozenset(_RELATIONS_TEXT.split())
_SKIPPED_TEXT = """
    the a an its it to with of this that where was is other real genuine
"""
_SKIPPED = frozenset(_SKIPPED_TEXT.split())
_CHANGE_WORDS_TEXT = """
    changed change altered modified adjusted different kept keep differ happened
"""
_CHANGE_WORDS = frozenset(_CHANGE_WORDS_TEXT.split())
_POLITE_TEXT = """
    please pls hi hello hey could can you tell me do know i wonder so ok okay wondering if am curious
    well want to would say just
"""
_POLITE = frozenset(_POLITE_TEXT.split())

_DERIVED_TEXT = """
    open what class cell place diagonal all_sides percent_named image_only in_image_only taken_from
    part_copied at_first about_it other_direction bigger_smaller resized same_size kept_or_changed
    reference_source reference_target reference_image source where
"""
DERIVED = frozenset(_DERIVED_TEXT.split())
"""Signals that are no concept of the lexicon, or not only."""


def asks_openly(reading: Reading) -> bool:
    """Whether the sentence asks "which", not "is it so": its form, polite beginnings left out."""
    words = list(reading.words)
    while words and words[0] in _POLITE:
        words.pop(0)
    if reading.of("where") and any(word in ("where", "whereabouts") for word in words[:6]):
        return True
    first = reading.words[len(reading.words) - len(words)] if words else ""
    starts_yes_no = any(
        "yes_no" in term.concepts for term in reading.terms if reading.words[term.start] == first
    )
    return not starts_yes_no and bool(reading.of("wh", "where", "how_much"))


def is_reversed(reading: Reading) -> bool:
    """Whether the source is compared with the copy, where the catalogue compares the copy with the source."""
    references = _references(reading)
    return "target" in references and "source" not in references and bool(reading.of("source", "genuine"))


def signals_of(reading: Reading) -> frozenset[str]:
    """Concepts of the text and what follows from their order."""
    signals = set(reading.concepts)
    signals |= _role_signals(reading)
    signals |= {f"reference_{role}" for role in _references(reading)}
    signals |= _place_signals(reading, signals)
    signals |= _size_signals(reading)
    if reading.of(*OBJECT_CLASSES):
        signals.add("class")
    if reading.words[1:2] == ("it",):
        signals.add("about_it")
    if "before" in reading.words and reading.of("where"):
        signals.add("at_first")
    if {"what", "which", "name", "identify"} & set(reading.words):
        signals.add("what")
    if speaks_of_share(reading):
        signals.add("percent_named")
    if asks_openly(reading):
        signals.add("open")
    roles = {"target", "source", "copied", "paste", "tamper", "object", "patch", "class"}
    if "image" in signals and signals.isdisjoint(roles):
        signals.add("image_only")
    return frozenset(signals)


def _role_signals(reading: Reading) -> set[str]:
    signals: set[str] = set()
    alone = any(reading.words[term.start] in _TAKEN_ALONE for term in reading.of("take"))
    if alone or (reading.of("from") and reading.of("take")):
        signals.add("taken_from")
    last = reading.terms[-1]
    relative = {"that", "which"} & set(reading.words[max(last.start - 3, 0) : last.start])
    if "copied" in last.concepts and "target" not in last.concepts:
        by_part = reading.words[0] in ("which", "what")
        signals |= {"part_copied"} if reading.of("where") and (relative or by_part) else set()
    if any(_is_source(reading, term) for term in reading.of("genuine")):
        signals.add("source")
    return signals


def _is_source(reading: Reading, term: Term) -> bool:
    """Whether "real" means the object that was copied ("the real one"), not the picture."""
    following = [other for other in reading.terms if other.start == term.end]
    if not following:
        return term.end == len(reading.words) and reading.words[term.start - 1] == "the"
    return not following[0].concepts.isdisjoint({"object", "pronoun", "patch", *OBJECT_CLASSES})


def _references(reading: Reading) -> set[str]:
    """Roles that something is compared with: those behind "than", "relative to", "left of", "above"."""
    found: set[str] = set()
    for term in reading.terms:
        role = _role(reading, term)
        if role is None:
            continue
        place = term.start - 1
        while place >= 0 and reading.words[place] in _SKIPPED and place > term.start - 5:
            if reading.words[place] == "of" and _ends_place(reading, place):
                found.add(role)
            if reading.words[place] == "to" and not _is_move_to(reading, place):
                found.add(role)
            place -= 1
        if place >= 0 and (reading.words[place] in _RELATIONS or _ends_place(reading, place + 1)):
            found.add(role)
    return found


def _role(reading: Reading, term: Term) -> str | None:
    if "image" in term.concepts:
        return "image"
    if "genuine" in term.concepts:
        return "source" if _is_source(reading, term) else None
    if "source" in term.concepts:
        return "source"
    return "target" if "target" in term.concepts else None


def _ends_place(reading: Reading, place: int) -> bool:
    """Whether a direction word ends just before `place`."""
    return any(term.end == place for term in reading.of(*_PLACES, "direction")) or (
        place > 0 and reading.words[place - 1] in ("side", "hand", "towards", "direction")
    )


def _is_move_to(reading: Reading, place: int) -> bool:
    return any(term.end == place for term in reading.of("move", "paste"))


def _place_signals(reading: Reading, signals: set[str]) -> set[str]:
    derived: set[str] = set()
    named = cells(reading)
    if named:
        derived.add("cell")
    sides = read_options("direction", reading)
    if sides:
        derived.add("place")
    if len(sides) > 2:
        derived.add("all_sides")
    if named and not sides:
        derived.add("diagonal")
    if "reference_image" in signals and not {"reference_source", "reference_target"} & signals:
        derived |= {"in_image_only", "where"} if "side" in reading.words and not named else {"in_image_only"}
    if reading.of("direction") and {"another", "different", "differently", "same"} & set(reading.words):
        derived.add("other_direction")
    return derived


def _size_signals(reading: Reading) -> set[str]:
    derived: set[str] = set()
    changes = size_changes(reading)
    if {"Bigger", "Smaller"} & set(changes):
        derived.add("bigger_smaller")
        comparatives = {"bigger", "smaller", "larger", "greater", "tinier", "lesser"}
        if any(reading.words[term.start] not in comparatives for term in reading.of(*SIZE_CHANGES)):
            derived.add("resized")
    words = set(reading.words)
    if "Same" in changes and (
        words & {"neither", "size", "sized", "sizes", "big", "large", "area", "dimensions", "scale"}
    ):
        derived.add("same_size")
    if reading.of("size") and words & _CHANGE_WORDS:
        derived.add("kept_or_changed")
    return derived
