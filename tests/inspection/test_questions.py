import pytest

from geotamper.inspection.questions import open_questions, read_question
from geotamper.task.wording import question_text


def test_read_question_knows_type_and_option() -> None:
    question = read_question(question_text("direction_check", "Upper"))
    assert (question.type, question.option, question.reading) == ("direction_check", "Upper", 1.0)


def test_read_question_keeps_the_reason_of_a_refusal() -> None:
    question = read_question("Who is the prime minister?")
    assert question.type is None
    assert question.refusal


def test_read_question_shows_what_a_contrary_question_was_read_as() -> None:
    question = read_question("Is the picture genuine?")
    assert question.type == "tampered"
    assert question.text == f'Is the picture genuine? (read as: "{question_text("tampered")}")'


def test_open_questions_depend_on_the_kind() -> None:
    assert [question.type for question in open_questions("none")] == ["tampered"]
    assert [question.type for question in open_questions("blur")] == [
        "tampered",
        "kind",
        "object",
        "source_location",
        "area",
    ]
    assert len(open_questions("copy-move")) == 9


@pytest.mark.parametrize("text", ["\ud83d", "was the copy rotated\udcff?"])
def test_read_question_keeps_no_text_that_a_report_could_not_hold(text: str) -> None:
    read_question(text).text.encode("utf-8")
