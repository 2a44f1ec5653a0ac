import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geotamper.errors import InputError
from geotamper.sets.layout import SetQuestion, build_table
from geotamper.sets.layout.question_json import read_questions, write_questions

RECORD = {"id": 3, "img_id": 1, "type": "14", "question": "Was it rotated?", "answer": "No", "active": True}


def _write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_read_takes_the_released_records(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.json", {"questions": [RECORD, RECORD | {"id": 4, "active": False}]})
    table = read_questions(path, "test")
    assert list(table) == [
        SetQuestion(3, 1, 14, "Was it rotated?", "No"),
        SetQuestion(4, 1, 14, "Was it rotated?", "No", active=False),
    ]
    assert table.fold_of(0) == "test"


def test_read_accepts_an_empty_list_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "q.json"
    path.write_text('\ufeff{"questions": []}', encoding="utf-8")
    assert len(read_questions(path)) == 0


def test_read_accepts_numbers_as_types_and_further_fields(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.json", {"info": {"year": 1}, "questions": [RECORD | {"type": 2, "by": "me"}]})
    assert list(read_questions(path)) == [SetQuestion(3, 1, 2, "Was it rotated?", "No")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"id": "3"}, "whole numbers"),
        ({"img_id": 1.5}, "whole numbers"),
        ({"type": "one"}, "'type'"),
        ({"type": True}, "'type'"),
        ({"type": "0"}, "'type'"),
        ({"question": None}, "strings"),
        ({"answer": 1}, "strings"),
        ({"active": "yes"}, "active"),
    ],
)
def test_read_names_the_record_that_is_wrong(tmp_path: Path, change: dict[str, Any], expected: str) -> None:
    path = _write(tmp_path / "q.json", {"questions": [RECORD, RECORD | change]})
    with pytest.raises(InputError, match=expected) as caught:
        read_questions(path)
    assert "record 2" in str(caught.value)


@pytest.mark.parametrize("field", ["id", "img_id", "type", "question", "answer", "active"])
def test_read_names_a_missing_field(tmp_path: Path, field: str) -> None:
    record = {key: value for key, value in RECORD.items() if key != field}
    with pytest.raises(InputError, match=f"record 1 .*'{field}'"):
        read_questions(_write(tmp_path / "q.json", {"questions": [record]}))


@pytest.mark.parametrize("content", [[], {"questions": 3}, {"images": []}, {"questions": [1]}, 7])
def test_read_refuses_other_documents(tmp_path: Path, content: Any) -> None:
    with pytest.raises(InputError, match=r"q\.json"):
        read_questions(_write(tmp_path / "q.json", content))


def test_read_refuses_what_is_no_json(tmp_path: Path) -> None:
    path = tmp_path / "q.json"
    with pytest.raises(InputError, match="does not exist"):
        read_questions(path)
    path.write_text('{"questions": [')
    with pytest.raises(InputError, match="no complete JSON"):
        read_questions(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        read_questions(path)


@given(
    st.lists(
        st.builds(
            SetQuestion,
            id=st.integers(0, 2**31),
            picture=st.integers(0, 2**31),
            type=st.integers(1, 15),
            text=st.text(max_size=30),
            answer=st.text(max_size=10),
            active=st.booleans(),
        ),
        max_size=5,
    )
)
def test_write_gives_what_read_takes(
    tmp_path_factory: pytest.TempPathFactory, questions: list[SetQuestion]
) -> None:
    path = tmp_path_factory.mktemp("json") / "q.json"
    table = build_table(questions, "train")
    write_questions(path, table)
    records = json.loads(path.read_text(encoding="utf-8"))["questions"]
    assert [record["question"] for record in records] == [question.text for question in questions]
    assert all(isinstance(record["type"], str) and list(record) == list(RECORD) for record in records)
    assert read_questions(path, "train").equals(table)
