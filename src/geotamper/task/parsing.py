"""Free text to a question of the catalogue, or a refusal that says what can be asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from geotamper.task.catalogue import AREAS, DIRECTIONS, QUESTION_TYPES, SIZE_CHANGES, TypeName
from geotamper.task.decisions import decide
from geotamper.task.options import area_bucket, cells, read_options, speaks_of_share
from geotamper.task.reading import MAX_CHARACTERS, Reading, normalise, read
from geotamper.task.released import recognise_released
from geotamper.task.signals import asks_openly, is_reversed
from geotamper.task.wording import question_text, wordings

MAX_UNKNOWN_SHARE = 0.34
"""A text with more unknown words than this is not understood, whatever the known ones say."""

CAN_BE_ASKED = (
    "you can ask whether the picture was tampered with and how, what object was forged, where its source "
    "and its copy are, how much of the picture is forged, in which direction the object was moved, and "
    "whether the copy was scaled or rotated"
)

_CHECK_OF: Mapping[TypeName, TypeName] = {
    question.checks: name for name, question in QUESTION_TYPES.items() if question.checks
}
_OPPOSITE: Mapping[str, str] = {
    **dict(zip(DIRECTIONS, (DIRECTIONS[1], DIRECTIONS[0], DIRECTIONS[3], DIRECTIONS[2]), strict=True)),
    **dict(zip(SIZE_CHANGES, (SIZE_CHANGES[1], SIZE_CHANGES[0], SIZE_CHANGES[2]), strict=True)),
}


@dataclass(frozen=True)
class ParsedQuestion:
    """A text that asks a question of the catalogue.

    Attributes:
        type: What is asked.
        option: What a check asks for; None for an open type.
        confidence: How sure the reading is, 0 to 1; 1 for the wordings that the project or the sets use.
        inverted: The text asks for the contrary ("is the picture genuine?"), so the answer to the catalogue's
            question has to be shown beside `canonical`, not beside the text alone.
    """

    type: TypeName
    option: str | None
    confidence: float
    inverted: bool = False

    @property
    def canonical(self) -> str:
        """The question in the project's own words."""
        return question_text(self.type, self.option)


@dataclass(frozen=True)
class RefusedQuestion:
    """A text that asks nothing of the catalogue.

    Attributes:
        reason: Why, and what can be asked, as one sentence for people.
    """

    reason: str


def parse_question(text: str) -> ParsedQuestion | RefusedQuestion:
    """Read a question in free English.

    Wordings of the project and of the released sets are known word for word; any other text goes through the
    lexicon and the table of decisions.

    Args:
        text: One question; case, punctuation and small misspellings do not matter.

    Example:
        >>> parse_question("is the fake ship bigger than the real one")
        ParsedQuestion(type='size_change_check', option='Bigger', confidence=0.9, inverted=False)
        >>> parse_question("Who did it?").reason[:41]
        'this is about who, when or why something '
    """
    if len(text) > MAX_CHARACTERS:
        return _refuse(f"the text has {len(text)} characters, a question has at most {MAX_CHARACTERS}")
    known = recognise_released(text) or _own_wordings().get(" ".join(normalise(text)))
    if known:
        return ParsedQuestion(*known, confidence=1.0)
    return _understand(read(text))


def _understand(reading: Reading) -> ParsedQuestion | RefusedQuestion:
    if reading.topic:
        return _refuse(f"this is about {reading.topic}")
    if not reading.terms:
        return _refuse("no word of this text belongs to a question about tampering")
    share = reading.unknown / len(reading.words)
    if share > MAX_UNKNOWN_SHARE:
        return _refuse("most words of this text are not known; questions are read in English")
    decision = decide(reading)
    if decision is None:
        return _refuse("this does not ask about a copied, pasted or blurred region")
    confidence = round(decision.confidence * (1 - share) * 0.97**reading.corrected, 3)
    return _with_option(decision.open_type, reading, confidence)


def _with_option(
    open_type: TypeName, reading: Reading, confidence: float
) -> ParsedQuestion | RefusedQuestion:
    inverted = _is_inverted(open_type, reading)
    options = [] if asks_openly(reading) else read_options(open_type, reading)
    if (
        open_type == "area"
        and not asks_openly(reading)
        and speaks_of_share(reading)
        and not area_bucket(reading)
    ):
        return _refuse(f"shares are told apart as {_listed(AREAS)}, and this one is none of them")
    if open_type == "direction" and not options and not asks_openly(reading) and cells(reading):
        return _refuse(f"directions are told apart as {_listed(DIRECTIONS)}, and this one is none of them")
    if open_type not in _CHECK_OF or len(options) != 1:
        return ParsedQuestion(open_type, None, confidence, inverted)
    option = options[0]
    if open_type in ("direction", "size_change") and is_reversed(reading):
        option = _OPPOSITE[option]
    return ParsedQuestion(_CHECK_OF[open_type], option, confidence, inverted)


def _is_inverted(open_type: TypeName, reading: Reading) -> bool:
    """Whether a yes to the text is a no to the question of the catalogue."""
    denied = (
        "not" in reading.words[1:] and reading.words[-2:] != ("or", "not") and "even" not in reading.words
    )
    if open_type == "tampered":
        genuine = bool(reading.of("genuine")) and not reading.of("tamper")
        return genuine != denied
    return denied and open_type in (*_CHECK_OF, "rotated")


def _refuse(why: str) -> RefusedQuestion:
    return RefusedQuestion(f"{why}; {CAN_BE_ASKED}")


def _listed(options: tuple[str, ...]) -> str:
    return ", ".join(options)


@cache
def _own_wordings() -> Mapping[str, tuple[TypeName, str | None]]:
    return {
        " ".join(normalise(question_text(name, option, variant=variant))): (name, option)
        for name, question in QUESTION_TYPES.items()
        for variant in range(len(wordings(name)))
        for option in (question.options or (None,))
    }
