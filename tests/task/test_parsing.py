from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.task.catalogue import QUESTION_TYPES, TypeName
from geotamper.task.parsing import ParsedQuestion, RefusedQuestion, parse_question
from geotamper.task.reading import MAX_CHARACTERS, distance, normalise
from geotamper.task.released import released_text
from geotamper.task.wording import question_text, wordings

EVERY = [(name, option) for name, q in QUESTION_TYPES.items() for option in (q.options or (None,))]
Load = Callable[[str], list[tuple[str, str | None, str | None]]]


def read(text: str) -> tuple[str | None, str | None]:
    parsed = parse_question(text)
    return (parsed.type, parsed.option) if isinstance(parsed, ParsedQuestion) else (None, None)


def share_right(phrasings: list[tuple[str, str | None, str | None]]) -> float:
    return sum(read(text) == (name, option) for text, name, option in phrasings) / len(phrasings)


@pytest.mark.parametrize(("name", "option"), EVERY)
def test_parser_knows_own_and_released_wordings(name: TypeName, option: str | None) -> None:
    texts = [question_text(name, option, variant=variant) for variant in range(len(wordings(name)))]
    for text in (*texts, released_text(name, option)):
        assert parse_question(text) == ParsedQuestion(name, option, 1.0)
        assert read(text.lower().rstrip("?")) == (name, option)
        assert read(f"Please tell me: {text}") == (name, option)


def test_parser_keeps_its_tuning_phrasings(phrasings: Load) -> None:
    assert share_right(phrasings("tuning")) >= 0.95


def test_parser_reads_phrasings_it_was_not_tuned_on(phrasings: Load) -> None:
    assert share_right(phrasings("reporting")) >= 0.93


@pytest.mark.parametrize(
    ("text", "name", "option"),
    [
        ("what got copied?", "object", None),
        ("did they turn it?", "rotated", None),
        ("is the fake ship bigger than the real one", "size_change_check", "Bigger"),
        ("Was a car copied?", "object_check", "Car"),
        ("was it shrunk or enlarged", "size_change", None),
        ("is the copy in the north-west corner", "target_location_check", "Upper Left"),
        ("was it taken from the bottom centre of the image", "source_location_check", "Lower"),
        ("does the forgery cover 3 % of the picture", "area_check", "One to Five Percent"),
        ("does the forgery cover half of the picture", "area_check", "More than Five Percent"),
        ("does the fake cover no more than one percent", "area_check", "Less than One Percent"),
        ("wher is the orignal objct", "source_location", None),
    ],
)
def test_parser_reads_free_phrasings(text: str, name: str, option: str | None) -> None:
    assert read(text) == (name, option)


@pytest.mark.parametrize(
    ("text", "name", "option"),
    [
        ("is the original to the left of the copy?", "direction_check", "Right side"),
        ("is the original smaller than the copy?", "size_change_check", "Bigger"),
        ("is the copy to the left of the original?", "direction_check", "Left side"),
    ],
)
def test_parser_turns_round_what_is_compared_the_other_way(text: str, name: str, option: str) -> None:
    assert read(text) == (name, option)


@pytest.mark.parametrize(
    ("text", "inverted"),
    [
        ("is this picture genuine?", True),
        ("is the photo untouched?", True),
        ("is this picture real or fake?", False),
        ("has it been tampered with or not", False),
        ("was the copy not rotated?", True),
        ("wasn't the copy rotated?", False),
        ("was the copy rotated?", False),
    ],
)
def test_parser_marks_questions_for_the_contrary(text: str, inverted: bool) -> None:
    parsed = parse_question(text)
    assert isinstance(parsed, ParsedQuestion)
    assert parsed.inverted == inverted
    assert parsed.canonical == question_text(parsed.type, parsed.option)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("how many cars are there?", "counts"),
        ("when was it forged?", "who, when or why"),
        ("was the copy mirrored?", "mirrored"),
        ("is the forgery smaller than three percent of the image?", "Less than One Percent"),
        ("is the copy to the upper left of the original?", "Left side"),
        ("Wurde das Bild manipuliert oder nicht?", "English"),
        ("", "no word"),
        ("?!", "no word"),
        ("was it rotated " * 40, "characters"),
        ("is the ship at the top left", "does not ask"),
    ],
)
def test_parser_refuses_with_a_reason_and_a_remedy(text: str, reason: str) -> None:
    parsed = parse_question(text)
    assert isinstance(parsed, RefusedQuestion)
    assert reason in parsed.reason
    assert "you can ask whether" in parsed.reason


@given(st.text(max_size=MAX_CHARACTERS + 20))
def test_parser_survives_any_text(text: str) -> None:
    parsed = parse_question(text)
    if isinstance(parsed, ParsedQuestion):
        assert (parsed.type, parsed.option) in EVERY
        assert 0 < parsed.confidence <= 1
    else:
        assert parsed.reason


WORDS = "is was where the copy source of original picture left top bigger rotated or how big 3 percent fake"


@given(st.lists(st.sampled_from(WORDS.split()), max_size=12))
def test_parser_gives_legal_options_for_any_word_order(chosen: list[str]) -> None:
    parsed = parse_question(" ".join(chosen))
    if isinstance(parsed, ParsedQuestion):
        assert (parsed.type, parsed.option) in EVERY


@pytest.mark.parametrize("name", ["rotated", "source_location", "size_change"])
def test_parser_tolerates_any_swap_of_inner_letters_in_a_long_word(name: TypeName) -> None:
    text = {
        "rotated": "was the copy {}",
        "source_location": "where is the {}",
        "size_change": "was the copy {}",
    }[name]
    word = {"rotated": "rotated", "source_location": "original", "size_change": "resized"}[name]
    for place in range(1, len(word) - 1):
        swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        assert read(text.format(swapped)) == (name, None), swapped


def test_parser_is_less_sure_of_misspelt_texts() -> None:
    right, wrong = parse_question("was the duplicate rescaled"), parse_question("was the duplicat rescaled")
    assert isinstance(right, ParsedQuestion)
    assert isinstance(wrong, ParsedQuestion)
    assert wrong.type == right.type
    assert wrong.confidence < right.confidence


def brute_distance(first: str, second: str) -> int:
    if not first or not second:
        return len(first) + len(second)
    best = min(
        brute_distance(first[1:], second) + 1,
        brute_distance(first, second[1:]) + 1,
        brute_distance(first[1:], second[1:]) + (first[0] != second[0]),
    )
    if len(first) > 1 and len(second) > 1 and first[0] == second[1] and first[1] == second[0]:
        best = min(best, brute_distance(first[2:], second[2:]) + 1)
    return best


@given(st.text("abc", max_size=5), st.text("abc", max_size=5))
def test_distance_agrees_with_brute_force(first: str, second: str) -> None:
    assert distance(first, second) == brute_distance(first, second)


def test_normalise_splits_units_ranges_and_contractions() -> None:
    assert (
        " ".join(normalise("Isn't it 1-5% of the Café\u2019s roof?"))
        == "is it 1 to 5 percent of the cafe s roof"
    )
    assert normalise("upper-left, 0,5 %") == ["upper", "left", "0.5", "percent"]
