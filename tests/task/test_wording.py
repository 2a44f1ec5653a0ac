import pytest

from geotamper.errors import SpecificationError
from geotamper.task.catalogue import QUESTION_TYPES, TypeName
from geotamper.task.released import recognise_released, released_text
from geotamper.task.wording import MAX_WORDS, question_text, wordings

EVERY = [(name, option) for name, q in QUESTION_TYPES.items() for option in (q.options or (None,))]


@pytest.mark.parametrize(("name", "option"), EVERY)
def test_wordings_are_short_filled_and_not_the_released_ones(name: TypeName, option: str | None) -> None:
    for variant in range(len(wordings(name))):
        text = question_text(name, option, variant=variant)
        assert len(text.split()) <= MAX_WORDS
        assert "{" not in text
        assert text.endswith("?")
        assert text[0].isupper()
        assert recognise_released(text) is None


def test_wordings_are_distinct_over_all_types() -> None:
    texts = [question_text(n, o, variant=v) for n, o in EVERY for v in range(len(wordings(n)))]
    assert len(set(texts)) == len(texts)


def test_wordings_have_a_slot_exactly_for_checks() -> None:
    for name, question in QUESTION_TYPES.items():
        assert len(wordings(name)) >= 3
        assert all(("{option}" in template) == question.is_check for template in wordings(name))


def test_question_text_refuses_wrong_options_and_variants() -> None:
    with pytest.raises(SpecificationError, match="expected no option"):
        question_text("area", "Same")
    with pytest.raises(SpecificationError, match="expected one of"):
        question_text("area_check")
    with pytest.raises(SpecificationError, match="no wording 99"):
        question_text("area", variant=99)


@pytest.mark.parametrize(("name", "option"), EVERY)
def test_released_strings_come_back(name: TypeName, option: str | None) -> None:
    text = released_text(name, option)
    assert recognise_released(text) == (name, option)
    assert recognise_released(f"  {text.upper()} ") == (name, option)


@pytest.mark.parametrize(
    ("name", "option", "text"),
    [
        ("rotated", None, "Whether the tampered domain has been rotated?"),
        ("object_check", "Airplane", "Is the tampered object a Airplane?"),
        ("object_check", "Farmland", "Is the tampered object a piece of Farmland?"),
        ("object_check", "Road", "Is the tampered object a Road?"),
        (
            "direction_check",
            "Left side",
            "Is the tampering domain to the Left side side of the source domain?",
        ),
    ],
)
def test_released_text_keeps_the_odd_grammar(name: TypeName, option: str | None, text: str) -> None:
    assert released_text(name, option) == text


def test_recognise_released_knows_both_forms_of_a_road() -> None:
    assert recognise_released("Is the tampered object a piece of Road?") == ("object_check", "Road")
    assert recognise_released("Is there a road?") is None


def test_released_text_refuses_wrong_options() -> None:
    with pytest.raises(SpecificationError, match="expected no option"):
        released_text("kind", "Blur")
    with pytest.raises(SpecificationError, match="expected one of"):
        released_text("object_check", "Boat")
