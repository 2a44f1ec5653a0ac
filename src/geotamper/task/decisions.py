"""Which question a text asks: derived signals and an ordered table of decisions.

The first decision whose signals are there, and whose forbidden ones are not, names the open type. Whether the
text asks that type or its yes/no check follows from the form of the sentence and the options it names.
"""

from dataclasses import dataclass

from geotamper.task.catalogue import SIZE_CHANGES, TypeName
from geotamper.task.classes import OBJECT_CLASSES
from geotamper.task.options import cells, read_options, size_changes, speaks_of_share
from geotamper.task.reading import Reading, Term

_PLACES = ("Upper", "Lower", "Left", "Right")
_RELATIONS = frozenset(
    (
        "than",
        "relative",
        "respect",
        "versus",
        "vs",
        "compared",
        "against",
        "to",
        "from",
        "between",
        "regard",
        "like",
    )
)
_SKIPPED = frozenset(
    (
        "the",
        "a",
        "an",
        "its",
        "it",
        "to",
        "with",
        "of",
        "this",
        "that",
        "where",
        "was",
        "is",
        "other",
        "real",
        "genuine",
    )
)
_TAKEN_ALONE = ("lifted", "originate", "stem", "borrowed")
_POLITE = frozenset(
    (
        "please",
        "pls",
        "hi",
        "hello",
        "hey",
        "could",
        "can",
        "you",
        "tell",
        "me",
        "do",
        "know",
        "i",
        "wonder",
        "so",
        "ok",
        "okay",
        "wondering",
        "if",
        "am",
        "curious",
        "well",
        "want",
        "to",
        "would",
        "say",
        "just",
    )
)


@dataclass(frozen=True)
class Decision:
    """One line of the table.

    Attributes:
        open_type: What is asked when the line applies.
        needs: Groups of signals; of every group at least one is there.
        without: Signals that must not be there.
        confidence: How sure the line is, 0 to 1.
    """

    open_type: TypeName
    needs: tuple[frozenset[str], ...]
    without: frozenset[str] = frozenset()
    confidence: float = 0.9

    def applies(self, signals: frozenset[str]) -> bool:
        """Whether the line applies to these signals."""
        return self.without.isdisjoint(signals) and all(not group.isdisjoint(signals) for group in self.needs)


def _line(open_type: TypeName, needs: str, without: str = "", confidence: float = 0.9) -> Decision:
    """Build a line: groups are separated by blanks, the signals of a group by bars."""
    groups = tuple(frozenset(group.split("|")) for group in needs.split())
    return Decision(open_type, groups, frozenset(without.split()), confidence)


_ROLE = "target|source|copied|paste|tamper|blur"

DECISIONS: tuple[Decision, ...] = (
    _line("area", f"percent_named {_ROLE}|pronoun|patch", "reference_source"),
    _line("rotated", f"rotate {_ROLE}|object|pronoun|patch", confidence=0.95),
    _line("rotated", "rotate", "image where"),
    _line("rotated", "angle compare target|source|copied|paste"),
    _line("rotated", "other_direction reference_source|target|compare"),
    _line("size_change", "scale", "image_only"),
    _line("size_change", f"resized {_ROLE}|object|pronoun|patch|class"),
    _line("size_change", f"bigger_smaller {_ROLE}|object|pronoun|patch", "reference_image percent_named"),
    _line("size_change", "bigger_smaller", "class image image_only", 0.7),
    _line("size_change", "same_size"),
    _line("size_change", "size reference_source|compare|kept_or_changed", "reference_image", 0.9),
    _line("size_change", "size|big|how_much reference_source", "reference_image"),
    _line("size_change", "size source target", "reference_image"),
    _line("direction", "direction reference_source|move|reference_target"),
    _line("direction", "direction target|copied|paste", "image where"),
    _line("direction", "all_sides", "reference_image edge"),
    _line("direction", "where compare move"),
    _line("direction", "place reference_source|reference_target", "taken_from in_image_only"),
    _line("direction", "place move", "edge reference_image taken_from diagonal class_only"),
    _line(
        "direction",
        "how|where compare reference_source target|copied|paste|tamper|pronoun|object",
        "taken_from",
    ),
    _line("area", f"how_much|share {_ROLE}|patch", "how_much_changed"),
    _line("area", f"big {_ROLE}", "reference_source"),
    _line("area", f"size {_ROLE}", "reference_source paste object_question", 0.7),
    _line("source_location", "where|cell taken_from|at_first"),
    _line("source_location", "where|cell strong_source", "paste"),
    _line("target_location", "where|cell paste"),
    _line("source_location", "where|cell source"),
    _line("source_location", "where|cell blur", "target copied tamper"),
    _line("source_location", "part_copied"),
    _line("target_location", "where|cell target|tamper|copied"),
    _line("target_location", "cell patch|pronoun", "image_only", 0.6),
    _line("source_location", "taken_from image|patch", "yes_no class object", 0.6),
    _line("kind", "kind_word tamper_noun", "object class"),
    _line("kind", "method tamper|tamper_noun|copied|paste", "object"),
    _line("kind", "copy_move_name tamper|pronoun|image|blur", "object class"),
    _line("kind", "blur copy_move|kind_word|tamper_noun"),
    _line("object", "class copied|tamper|paste|target|blur|move", "genuine_only"),
    _line("kind", "blur", "what object why"),
    _line("kind", "done_to"),
    _line("kind", "how tamper", "size big"),
    _line("object", f"what|kind_word {_ROLE}", "how where", 0.85),
    _line("tampered", "tamper", "open", confidence=0.8),
    _line("tampered", "genuine image|pronoun", "class source"),
    _line("tampered", "yes_no copied|paste|target", "open class", confidence=0.6),
)


def decide(reading: Reading) -> Decision | None:
    """The first line of the table that applies, or None."""
    signals = signals_of(reading)
    return next((line for line in DECISIONS if line.applies(signals)), None)


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
    if reading.words[-1] == "before":
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
    if "copied" in last.concepts and "target" not in last.concepts and reading.words[0] in ("which", "what"):
        signals |= {"part_copied"} if reading.of("where") else set()
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
        derived.add("in_image_only")
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
    if reading.of("size") and words & {"changed", "change", "altered", "kept", "keep", "differ", "happened"}:
        derived.add("kept_or_changed")
    return derived
