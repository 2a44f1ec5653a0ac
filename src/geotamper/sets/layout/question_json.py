"""Question files: one JSON object with a list of records, read into columns and written from them.

Records are turned into rows while the file is parsed, so that millions of them never stand in memory as
dictionaries.
"""

import json
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from geotamper.atomic import atomic_path
from geotamper.errors import InputError
from geotamper.sets.layout.documents import load_document
from geotamper.sets.layout.names import Fold
from geotamper.sets.layout.table import QuestionTable, fold_code

_ROWS_AT_ONCE = 50_000
_FIELDS = ("id", "img_id", "type", "question", "answer", "active")


class _Rows:
    """Takes the records of one file and keeps them as columns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ids, self._pictures = array("q"), array("q")
        self._types, self._active = array("h"), array("b")
        self._text_codes, self._answer_codes = array("i"), array("i")
        self._texts: dict[str, int] = {}
        self._answers: dict[str, int] = {}
        self._numbers: dict[str | int, int] = {}

    def take(self, record: dict[str, Any]) -> dict[str, Any] | None:
        """The hook of the parser: swallow records, leave all other objects."""
        if "img_id" not in record:
            return record
        try:
            number, picture, kind = record["id"], record["img_id"], record["type"]
            text, answer, active = record["question"], record["answer"], record["active"]
        except KeyError as error:
            raise self._wrong(f"{error}", None) from error
        if type(number) is not int or type(picture) is not int:
            raise self._wrong("whole numbers 'id' and 'img_id'", (number, picture))
        if type(text) is not str or type(answer) is not str:
            raise self._wrong("strings 'question' and 'answer'", (text, answer))
        if active not in (True, False):
            raise self._wrong("true or false as 'active'", active)
        code = self._numbers.get(kind) if isinstance(kind, str | int) else None
        self._types.append(self._number(kind) if code is None else code)
        self._ids.append(number)
        self._pictures.append(picture)
        self._active.append(bool(active))
        self._text_codes.append(self._texts.setdefault(text, len(self._texts)))
        self._answer_codes.append(self._answers.setdefault(answer, len(self._answers)))
        return None

    def _number(self, kind: object) -> int:
        # The released files hold strings; some copies hold the number itself.
        try:
            number = int(kind) if isinstance(kind, str | int) and not isinstance(kind, bool) else 0
        except ValueError:
            number = 0
        if not 1 <= number <= 999:
            raise self._wrong("a 'type' such as \"1\"", kind)
        self._numbers[kind] = number  # type: ignore[index]
        return number

    def _wrong(self, expected: str, given: object) -> InputError:
        return InputError(
            f"record {len(self._ids) + 1} of '{self._path}' was given {given!r}; expected {expected}: "
            f"a question has the fields {', '.join(_FIELDS)}"
        )

    def table(self, fold: Fold | None) -> QuestionTable:
        return QuestionTable(
            ids=np.array(self._ids, dtype=np.int64),
            pictures=np.array(self._pictures, dtype=np.int64),
            types=np.array(self._types, dtype=np.int16),
            text_codes=np.array(self._text_codes, dtype=np.int32),
            answer_codes=np.array(self._answer_codes, dtype=np.int32),
            active=np.array(self._active, dtype=np.bool_),
            folds=np.full(len(self._ids), fold_code(fold), dtype=np.int8),
            texts=tuple(self._texts),
            answers=tuple(self._answers),
        )


def read_questions(path: Path, fold: Fold | None = None) -> QuestionTable:
    """Read one question file; fields beyond the six of the format are left out.

    Args:
        path: All_Questions.json or the list of a fold, possibly empty.
        fold: The fold that the rows belong to.

    Raises:
        InputError: The file is missing or damaged, or a record lacks a field or holds another kind of value.
    """
    rows = _Rows(path)
    document = load_document(path, rows.take)
    if not isinstance(document, dict) or not isinstance(document.get("questions"), list):
        raise InputError(f"'{path}' has no list 'questions'; expected the questions of a set")
    strange = next((place for place, entry in enumerate(document["questions"], 1) if entry is not None), None)
    if strange is not None:
        raise InputError(
            f"record {strange} of '{path}' has no 'img_id'; expected the fields {', '.join(_FIELDS)}"
        )
    return rows.table(fold)


def write_questions(path: Path, table: QuestionTable) -> None:
    """Write a question file with one record a line, whole or not at all.

    Raises:
        OutputError: The file cannot be written.
    """
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        stream.write('{"questions": [\n')
        _write_records(stream, table)
        stream.write("]}\n")


def _write_records(stream: TextIO, table: QuestionTable) -> None:
    first = True
    for lines in _lines(table):
        stream.write(("" if first else ",\n") + ",\n".join(lines))
        first = False
    if not first:
        stream.write("\n")


def _lines(table: QuestionTable) -> Iterator[list[str]]:
    texts = [json.dumps(text, ensure_ascii=False) for text in table.texts]
    answers = [json.dumps(answer, ensure_ascii=False) for answer in table.answers]
    flags = {True: "true", False: "false"}
    columns = (
        table.ids, table.pictures, table.types, table.text_codes, table.answer_codes, table.active
    )  # fmt: skip
    for start in range(0, len(table), _ROWS_AT_ONCE):
        part = [column[start : start + _ROWS_AT_ONCE].tolist() for column in columns]
        yield [
            f'{{"id": {number}, "img_id": {picture}, "type": "{kind}", "question": {texts[text]}, '
            f'"answer": {answers[answer]}, "active": {flags[active]}}}'
            for number, picture, kind, text, answer, active in zip(*part, strict=True)
        ]
