"""From raw text to known words: normalisation, spelling tolerance and the concepts of the lexicon."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from geotamper.task.lexicon import AT_LEAST, AT_MOST, CONCEPTS, FUNCTION_WORDS, NUMBERS, OTHER_TOPICS

MAX_CHARACTERS = 400
"""Longer texts are no questions of the catalogue and are not read."""

_ALIASES: Mapping[str, str] = {
    "teh": "the",
    "hw": "how",
    "wich": "which",
    "wether": "whether",
    "coped": "copied",
    "wat": "what",
    "whats": "what is",
    "wheres": "where is",
    "whos": "who is",
    "cannot": "can not",
    "cent": "percent",
    "pct": "percent",
    "percents": "percent",
    "percentile": "percent",
    "u": "you",
    "pic": "picture",
    "pics": "picture",
    "coppy": "copy",
    "coppied": "copied",
    "colour": "color",
}


@dataclass(frozen=True)
class Term:
    """A word or phrase of the text that the lexicon knows.

    Attributes:
        concepts: What it stands for.
        start: Index of its first word.
        end: Index after its last word.
    """

    concepts: frozenset[str]
    start: int
    end: int


@dataclass(frozen=True)
class Reading:
    """A text as the parser sees it.

    Attributes:
        words: Normalised words, spelling put right where that was possible.
        terms: Known words and phrases in order; function words without a concept are left out.
        corrected: How many words were put right.
        unknown: How many words are not known at all.
        topic: The other topic that the text speaks of, or None.
    """

    words: tuple[str, ...]
    terms: tuple[Term, ...]
    corrected: int
    unknown: int
    topic: str | None

    @property
    def concepts(self) -> frozenset[str]:
        """All concepts of the text."""
        return frozenset(concept for term in self.terms for concept in term.concepts)

    def of(self, *concepts: str) -> list[Term]:
        """The terms that stand for one of the concepts, in order."""
        return [term for term in self.terms if not term.concepts.isdisjoint(concepts)]


def read(text: str) -> Reading:
    """Read a text of at most `MAX_CHARACTERS` characters."""
    raw = normalise(text)
    words = [_respell(word) for word in raw]
    corrected = sum(old != new for old, new in zip(raw, words, strict=True))
    unknown = sum(word not in _vocabulary() and not _is_number(word) for word in words)
    terms = tuple(_terms(words))
    return Reading(tuple(words), terms, corrected, unknown, _topic(words, terms))


def normalise(text: str) -> list[str]:
    """Lower-case words without accents and punctuation; "%" becomes "percent" and "1-5" becomes "1 to 5"."""
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(character for character in text if not unicodedata.combining(character))
    text = re.sub(r"[’`´]", "'", text)  # noqa: RUF001 - typographic apostrophes as people paste them
    text = re.sub(r",\s*(right|correct|no|yes)\s*\?*\s*$", "", text)
    text = re.sub(r"(\d)\s*%?\s*[-–—]\s*(\d)", r"\1 to \2", text)  # noqa: RUF001 - dashes of ranges
    text = re.sub(r"(\d),(\d)", r"\1.\2", text)
    text = (
        text.replace("%", " percent ")
        .replace("per cent", "percent")
        .replace("can't", "can not")
        .replace("copy-move", "copymove")
    )
    text = re.sub(r"n't\b", "", text)  # "isn't it turned?" asks whether it is turned
    words = re.findall(r"\d+(?:\.\d+)?|[^\W\d_]+", text)
    return " ".join(_ALIASES.get(word, word) for word in words).split()


def phrases(listing: str) -> list[tuple[str, ...]]:
    """Split a comma-separated listing of the lexicon into phrases of normalised words."""
    return [tuple(phrase.split()) for phrase in listing.split(",") if phrase.strip()]


def contains(words: Sequence[str], listing: str) -> bool:
    """Whether one of the listed phrases occurs in the words."""
    return any(_find(words, phrase) for phrase in phrases(listing))


def distance(first: str, second: str) -> int:
    """Edits that turn one word into the other: insert, delete, replace, swap neighbours."""
    older: list[int] = []
    previous = list(range(len(second) + 1))
    for i, a in enumerate(first, start=1):
        current = [i]
        for j, b in enumerate(second, start=1):
            cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == second[j - 2] and b == first[i - 2]:
                cost = min(cost, older[j - 2] + 1)
            current.append(cost)
        older, previous = previous, current
    return previous[-1]


@cache
def _phrase_table() -> Mapping[tuple[str, ...], frozenset[str]]:
    table: dict[tuple[str, ...], set[str]] = {}
    for concept, listing in CONCEPTS.items():
        for phrase in phrases(listing):
            table.setdefault(phrase, set()).add(concept)
    for topic, listing in OTHER_TOPICS.items():
        for phrase in phrases(listing):
            table.setdefault(phrase, set()).add(topic)
    return {phrase: frozenset(concepts) for phrase, concepts in table.items()}


@cache
def _vocabulary() -> frozenset[str]:
    listings = [*CONCEPTS.values(), *OTHER_TOPICS.values(), AT_LEAST, AT_MOST]
    words = {word for listing in listings for phrase in phrases(listing) for word in phrase}
    return frozenset(words | FUNCTION_WORDS | NUMBERS.keys())


@cache
def _by_initial() -> Mapping[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for word in sorted(_vocabulary()):
        table.setdefault(word[0], []).append(word)
    return {initial: tuple(words) for initial, words in table.items()}


def _respell(word: str) -> str:
    """The known word nearest to a misspelt one; short words and far ones stay as they are.

    The first letter has to agree: people seldom get it wrong, and it keeps other words from being bent into
    words of the catalogue.
    """
    if word in _vocabulary() or len(word) < 4 or not word.isascii() or _is_number(word):
        return word
    limit = 1 if len(word) < 8 else 2
    near = [
        (distance(word, known), -len(known), known)  # a dropped letter is likelier than a wrong one
        for known in _by_initial().get(word[0], ())
        if len(known) > 2 and abs(len(known) - len(word)) <= limit
    ]
    best = min(near, default=(limit + 1, 0, word))
    return best[-1] if best[0] <= limit else word


def _terms(words: Sequence[str]) -> list[Term]:
    """Longest phrases first, from left to right."""
    table = _phrase_table()
    longest = max(map(len, table))
    terms: list[Term] = []
    start = 0
    while start < len(words):
        for end in range(min(start + longest, len(words)), start, -1):
            concepts = table.get(tuple(words[start:end]))
            if concepts:
                terms.append(Term(concepts, start, end))
                start = end
                break
        else:
            start += 1
    return terms


def _topic(words: Sequence[str], terms: Sequence[Term]) -> str | None:
    if words[:1] == ["when"]:
        return next(iter(OTHER_TOPICS))
    if contains(words, "how many percent"):
        return None
    named = {concept for term in terms for concept in term.concepts}
    return next((topic for topic in OTHER_TOPICS if topic in named), None)


def _find(words: Sequence[str], phrase: tuple[str, ...]) -> bool:
    size = len(phrase)
    return any(tuple(words[i : i + size]) == phrase for i in range(len(words) - size + 1))


def _is_number(word: str) -> bool:
    return word[0].isdigit()
