"""Question tables and picture lists to Parquet columns and back."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from geotamper.atomic import atomic_path
from geotamper.errors import InputError
from geotamper.sets.layout.names import Fold
from geotamper.sets.layout.records import SetPicture
from geotamper.sets.layout.table import QuestionTable, fold_code
from geotamper.sets.layout.vocabulary import AnswerVocabulary
from geotamper.sets.parquet.names import arrow

ROWS_PER_GROUP = 50_000
"""Rows that are read at once: few enough that the first sample comes at once."""

CODED_COLUMNS = ["type", "question", "answer"]
"""Columns of few different strings, which are read as numbers and a list of the strings."""

ABSENT_ROW = -1
"""Place of a question that the list of all questions lacks."""

Integers = npt.NDArray[np.int64]


def write_question_file(
    path: Path, table: QuestionTable, rows: Integers, vocabulary: AnswerVocabulary
) -> None:
    """Write questions as Parquet, whole or not at all.

    Args:
        path: Where to.
        table: The questions.
        rows: (N,) places in the list of all questions, `ABSENT_ROW` for none.
        vocabulary: For the names of the types and the class indices of the answers.

    Raises:
        OutputError: The file cannot be written.
    """
    pa, parquet = arrow()
    numbers, type_codes = np.unique(table.types, return_inverse=True)
    kinds = [str(number) for number in numbers.tolist()]
    names = [vocabulary.type_name(number) or "" for number in numbers.tolist()]

    def coded(codes: npt.NDArray[Any], values: Sequence[str]) -> Any:  # noqa: ANN401 - pyarrow is untyped
        # Plain strings: loaders of other projects refuse dictionary columns, and the file repeats none anyway.
        places = pa.array(codes.astype(np.int32))
        return pa.DictionaryArray.from_arrays(places, pa.array(values, pa.string())).cast(pa.string())

    columns = {
        "row": pa.array(rows.astype(np.int64)),
        "id": pa.array(table.ids),
        "img_id": pa.array(table.pictures),
        "type": coded(type_codes, kinds),
        "type_name": coded(type_codes, names),
        "question": coded(table.text_codes, table.texts),
        "answer": coded(table.answer_codes, table.answers),
        "answer_index": pa.array(_class_indices(table, vocabulary)),
        "active": pa.array(table.active),
    }
    with atomic_path(path) as temporary:
        parquet.write_table(pa.table(columns), temporary, row_group_size=ROWS_PER_GROUP, compression="zstd")


def _class_indices(table: QuestionTable, vocabulary: AnswerVocabulary) -> npt.NDArray[np.int32]:
    """Class index of every answer, -1 for answers that the vocabulary lacks."""
    lookup = np.full((len(vocabulary.indices) + 1, max(len(table.answers), 1)), -1, dtype=np.int32)
    for number, answers in enumerate(vocabulary.indices, start=1):
        for code, answer in enumerate(table.answers):
            lookup[number, code] = answers.get(answer, -1)
    known = np.where(table.types < len(lookup), table.types, 0)
    return lookup[known, table.answer_codes] if len(table) else np.zeros(0, dtype=np.int32)


def read_question_file(path: Path, fold: Fold | None) -> tuple[QuestionTable, Integers]:
    """Read questions and their places in the list of all questions.

    Raises:
        InputError: The file is missing or damaged.
    """
    _, parquet = arrow()
    wanted = ["row", "id", "img_id", "type", "question", "answer", "active"]
    table = _read(path, lambda: parquet.read_table(path, columns=wanted, read_dictionary=CODED_COLUMNS))
    return table_of_arrow(table, fold), table.column("row").to_numpy()


def table_of_arrow(table: Any, fold: Fold | None) -> QuestionTable:  # noqa: ANN401 - pyarrow is untyped
    """The question table of Arrow columns."""
    kinds, type_codes = _decoded(table, "type")
    texts, text_codes = _decoded(table, "question")
    answers, answer_codes = _decoded(table, "answer")
    numbers = np.array([int(kind) for kind in kinds], dtype=np.int16)
    return QuestionTable(
        ids=table.column("id").to_numpy(),
        pictures=table.column("img_id").to_numpy(),
        types=numbers[type_codes] if len(numbers) else np.zeros(0, dtype=np.int16),
        text_codes=text_codes,
        answer_codes=answer_codes,
        active=table.column("active").to_numpy(),
        folds=np.full(table.num_rows, fold_code(fold), dtype=np.int8),
        texts=texts,
        answers=answers,
    )


def _decoded(table: Any, name: str) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:  # noqa: ANN401
    """Values and codes of a dictionary column."""
    pa, _ = arrow()
    column = table.column(name)
    if column.num_chunks == 0:
        return (), np.zeros(0, dtype=np.int32)
    joined = pa.chunked_array(column.unify_dictionaries().chunks).combine_chunks()
    array = joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined
    return tuple(array.dictionary.to_pylist()), array.indices.to_numpy().astype(np.int32)


def write_picture_list(path: Path, pictures: Iterable[SetPicture]) -> None:
    """Write the picture list as Parquet, whole or not at all.

    Raises:
        OutputError: The file cannot be written.
    """
    pa, parquet = arrow()
    listed = list(pictures)
    columns = {
        "id": pa.array([picture.id for picture in listed], pa.int64()),
        "active": pa.array([picture.active for picture in listed], pa.bool_()),
        "origin_dataset": pa.array([picture.origin_dataset for picture in listed], pa.string()),
        "caption": pa.array([picture.caption for picture in listed], pa.string()),
        "questions_ids": pa.array([picture.question_ids for picture in listed], pa.list_(pa.int64())),
        "info": pa.array([json.dumps(dict(p.info), ensure_ascii=False) for p in listed], pa.string()),
    }
    with atomic_path(path) as temporary:
        parquet.write_table(pa.table(columns), temporary, row_group_size=ROWS_PER_GROUP, compression="zstd")


def read_picture_list(path: Path) -> Mapping[int, SetPicture]:
    """Read a picture list, in the order of the file.

    Raises:
        InputError: The file is missing or damaged.
    """
    _, parquet = arrow()
    table = _read(path, lambda: parquet.read_table(path))
    names = ("id", "questions_ids", "active", "origin_dataset", "caption", "info")
    pictures: dict[int, SetPicture] = {}
    for batch in table.to_batches(max_chunksize=10_000):
        columns = [batch.column(name).to_pylist() for name in names]
        for number, questions, active, origin, caption, info in zip(*columns, strict=True):
            pictures[number] = SetPicture(number, tuple(questions), active, origin, caption, json.loads(info))
    return MappingProxyType(pictures)


def _read(path: Path, load: Any) -> Any:  # noqa: ANN401 - pyarrow is untyped
    pa, _ = arrow()
    try:
        return load()
    except (OSError, pa.ArrowException, KeyError) as error:
        raise InputError(
            f"'{path}' cannot be read as Parquet ({error}); convert the set again or fetch the file again"
        ) from error
