"""Which question a text asks: an ordered table of decisions over its signals.

The first decision whose signals are there, and whose forbidden ones are not, names the open type. Whether the
text asks that type or its yes/no check follows from the form of the sentence and the options it names. The
order goes from what only one question speaks of (shares, rotation) to what all of them speak of (tampering).
"""

from dataclasses import dataclass

from geotamper.task.catalogue import TypeName
from geotamper.task.reading import Reading
from geotamper.task.signals import signals_of


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
    _line("size_change", "size reference_source|compare|kept_or_changed", "reference_image"),
    _line("size_change", "size|big|how_much reference_source", "reference_image"),
    _line("size_change", "size source target", "reference_image"),
    _line("direction", "direction reference_source|move|reference_target"),
    _line("direction", "direction target|copied|paste", "image where"),
    _line("direction", "all_sides", "reference_image edge"),
    _line("direction", "where compare move"),
    _line("direction", "place reference_source|reference_target", "taken_from in_image_only"),
    _line("direction", "diagonal reference_source", "taken_from in_image_only"),
    _line("direction", "place move", "edge reference_image taken_from diagonal"),
    _line(
        "direction",
        "how|where compare reference_source target|copied|paste|tamper|pronoun|object",
        "taken_from",
    ),
    _line("area", f"how_much|share {_ROLE}|patch|genuine"),
    _line("area", f"big {_ROLE}", "reference_source"),
    _line("area", f"size {_ROLE}", "reference_source paste", 0.7),
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
    _line("object", "class copied|tamper|paste|target|blur|move"),
    _line("object", "class about_it", "open", 0.7),
    _line("kind", "blur", "what object"),
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
