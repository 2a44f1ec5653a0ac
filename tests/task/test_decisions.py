from hypothesis import given
from hypothesis import strategies as st

from geotamper.task.decisions import DECISIONS
from geotamper.task.lexicon import CONCEPTS, OTHER_TOPICS
from geotamper.task.options import cells, read_options
from geotamper.task.reading import phrases, read
from geotamper.task.signals import DERIVED, asks_openly, signals_of

LEXICON_WORDS = sorted(
    {word for listing in CONCEPTS.values() for phrase in phrases(listing) for word in phrase}
)


def test_table_names_only_signals_that_exist() -> None:
    named = {signal for line in DECISIONS for group in (*line.needs, line.without) for signal in group}
    assert named <= CONCEPTS.keys() | DERIVED


@given(st.lists(st.sampled_from(LEXICON_WORDS), min_size=1, max_size=10))
def test_signals_are_concepts_topics_or_derived(words: list[str]) -> None:
    reading = read(" ".join(words))
    if reading.terms:
        assert signals_of(reading) <= CONCEPTS.keys() | OTHER_TOPICS.keys() | DERIVED


def test_every_line_of_the_table_can_apply() -> None:
    for line in DECISIONS:
        needed = frozenset(min(group - line.without, default="") for group in line.needs)
        assert "" not in needed
        assert line.applies(needed)


def test_lexicon_phrases_are_normalised_as_texts_are() -> None:
    for listing in (*CONCEPTS.values(), *OTHER_TOPICS.values()):
        for phrase in phrases(listing):
            assert read(" ".join(phrase)).words == phrase


def test_cells_join_words_that_stand_together() -> None:
    found = {
        "top left": ["Upper Left"],
        "left upper corner": ["Upper Left"],
        "upper middle": ["Upper"],
        "middle left": ["Left"],
        "in the top right hand corner": ["Upper Right"],
        "up in the north east": ["Upper Right"],
        "south-west": ["Lower Left"],
        "centre": ["Middle"],
        "left or right": ["Left", "Right"],
        "above, below, left or right": ["Upper", "Lower", "Left", "Right"],
    }
    assert {text: cells(read(text)) for text in found} == found


def test_shares_fall_into_buckets_or_into_none() -> None:
    less, middle, more = "Less than One Percent", "One to Five Percent", "More than Five Percent"
    found = {
        "0.4 percent": [less],
        "half a percent": [less],
        "1 %": [middle],
        "5 per cent": [middle],
        "between one and five percent": [middle],
        "1-5%": [middle],
        "5.5 %": [more],
        "twenty percent": [more],
        "over 5 %": [more],
        "at least 5 percent": [more],
        "under 1 percent": [less],
        "not more than 1 percent": [less],
        "a quarter of the picture": [more],
        "less than a hundredth of the picture": [less],
        "less than 3 percent": [],
        "more than 2 percent": [],
        "between 3 and 9 percent": [],
        "the upper half of the picture": [],
    }
    assert {text: read_options("area", read(text)) for text in found} == found


def test_asks_openly_goes_by_the_form_of_the_sentence() -> None:
    assert asks_openly(read("could you tell me where the copy is"))
    assert asks_openly(read("which class was copied"))
    assert not asks_openly(read("could you tell me whether it was copied"))
    assert not asks_openly(read("is a house what they copied"))
