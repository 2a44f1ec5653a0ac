import pytest

from geotamper.errors import SpecificationError
from geotamper.learning.judges.direction.settings import DirectionSettings
from geotamper.learning.judges.object_class.settings import ObjectClassSettings
from geotamper.learning.judges.settings import judge_settings


def test_words_are_split_at_commas() -> None:
    settings = judge_settings(DirectionSettings, [("degradations", "none, jpeg:80"), ("leave_out", "a,b")])
    assert settings.degradations == ("none", "jpeg:80")
    assert settings.leave_out == ("a", "b")


def test_rounds_may_be_added_to_the_same_examples() -> None:
    few, many = (
        judge_settings(ObjectClassSettings, [("raw", "x"), ("rounds", count)]) for count in ("1", "9")
    )
    assert few.of_examples() == many.of_examples()


@pytest.mark.parametrize(
    ("assignments", "expected"),
    [
        ([], "'raw' is missing"),
        ([("raw", "x"), ("epoch", "1")], "did you mean epochs"),
        ([("raw", "x"), ("rounds", "0")], "rounds: "),
        ([("raw", "x"), ("sources", "some")], "sources: "),
    ],
)
def test_wrong_settings_are_named(assignments: list[tuple[str, str]], expected: str) -> None:
    with pytest.raises(SpecificationError, match=expected):
        judge_settings(ObjectClassSettings, assignments)


def test_degradations_must_be_readable() -> None:
    with pytest.raises(SpecificationError, match="melted"):
        judge_settings(DirectionSettings, [("degradations", "none,melted:3")])
