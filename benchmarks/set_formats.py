"""Time and memory of a large set's lists: released JSON there and back, balancing, Parquet.

The rows are synthetic: questions in the released wording about pictures that have no files. Every part runs in a
process of its own, so that its peak of memory is its own.

Examples:
    python benchmarks/set_formats.py --json out.json
    python benchmarks/set_formats.py --questions 20000 --work benchmarks/work/formats
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from _common.failures import one_line_failures
from _common.machine import describe_machine, peak_memory_mb
from geotamper.atomic import write_text
from geotamper.errors import GeotamperError
from geotamper.sets.balancing import TOLERANCE, balance_questions
from geotamper.sets.layout import (
    FOLDS,
    AnswerVocabulary,
    QuestionTable,
    SetLists,
    SetPicture,
    open_set,
    with_questions,
    write_lists,
)
from geotamper.sets.parquet.reading import ParquetFiles
from geotamper.sets.parquet.writing import ParquetOptions, write_parquet
from geotamper.task.catalogue import QUESTION_TYPES, QuestionType, question_plan
from geotamper.task.classes import OBJECT_CLASSES
from geotamper.task.released import released_text

SHARE_CLEAN = 0.443
"""Of the pictures of RS-CMQA: 52.3 of 118 thousand."""

CLASS_RATES = (0.28, 0.22, 0.02, 0.05, 0.25, 0.08, 0.10)
"""Made up, and skewed as real classes are."""

LIMITS = {
    "released": {"seconds": 60.0, "peak_memory_mb": 2000.0},
    "balance": {"seconds": 30.0},
    "parquet-open": {"seconds": 1.0, "peak_memory_mb": 300.0},
}
"""What the parts are meant to stay below."""


@one_line_failures
def main() -> int:
    """Entry of the script."""
    options = _parser().parse_args()
    if options.part:
        print(json.dumps(PARTS[options.part](options.work, options.questions)))
        return 0
    return _run_all(options)


def _run_all(options: argparse.Namespace) -> int:
    result: dict[str, Any] = {"schema": "geotamper.formats/1", "questions": options.questions, "parts": {}}
    with tempfile.TemporaryDirectory() as scratch:
        work = options.work or Path(scratch)
        for part in PARTS:
            command = [sys.executable, __file__, "--part", part, "--work", str(work)]
            command += ["--questions", str(options.questions)]
            start = time.time()
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            measured = json.loads(done.stdout)
            if "at" in measured:
                measured["seconds_with_start_of_python"] = round(measured.pop("at") - start, 3)
            measured["limits"] = LIMITS.get(part, {})
            result["parts"][part] = measured
    result["machine"] = describe_machine() | {"pyarrow": version("pyarrow")}
    print(json.dumps(result, indent=1))
    if options.json:
        write_text(options.json, json.dumps(result, indent=1) + "\n")
    return 0


def synthetic(count: int) -> tuple[QuestionTable, list[SetPicture]]:
    """A table of about `count` questions, 20 for each forged picture and 1 for each clean one."""
    rng = np.random.default_rng(0)
    plan = [
        (QUESTION_TYPES[name], place)
        for name, often in question_plan("copy-move", "rs-cmqa").items()
        for place in range(often)
    ]
    pictures = round(count / (SHARE_CLEAN + (1 - SHARE_CLEAN) * len(plan)))
    clean = rng.random(pictures) < SHARE_CLEAN
    forged, alone = np.flatnonzero(~clean), np.flatnonzero(clean)
    texts: dict[str, int] = {}
    answers: dict[str, int] = {}
    columns = [_column(question, place, len(forged), (texts, answers), rng) for question, place in plan]
    places = np.array(
        [0, *range(2, 21)]
    )  # of the questions; the second id belongs to a type that is not asked
    subject = np.concatenate([np.repeat(forged, len(plan)), alone])
    lone = np.array([[1, texts[released_text("tampered")], answers["No"]]]).repeat(len(alone), axis=0)
    codes = np.concatenate([np.stack(columns, axis=1).reshape(-1, 3), lone])
    folds = rng.choice(len(FOLDS), size=pictures, p=(0.7, 0.15, 0.15)).astype(np.int8)
    table = QuestionTable(
        ids=np.concatenate([(21 * forged[:, np.newaxis] + places).ravel(), 21 * alone]),
        pictures=subject,
        types=codes[:, 0].astype(np.int16),
        text_codes=codes[:, 1].astype(np.int32),
        answer_codes=codes[:, 2].astype(np.int32),
        active=np.ones(len(subject), dtype=np.bool_),
        folds=folds[subject],
        texts=tuple(texts),
        answers=tuple(answers),
    )
    table = table.take(np.argsort(table.ids))
    listed = [
        SetPicture(
            number, (), origin_dataset="synthetic", info={"Q1": "No"} if clean[number] else _info(number)
        )
        for number in range(pictures)
    ]
    return table, with_questions(listed, table)


def _column(
    question: QuestionType,
    place: int,
    count: int,
    known: tuple[dict[str, int], dict[str, int]],
    rng: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """Type, text and answer codes (count, 3) of one question of every forged picture."""
    texts, answers = known
    wordings = [released_text(question.name, option) for option in question.options or (None,)]
    text_codes = np.array([texts.setdefault(text, len(texts)) for text in wordings])
    answer_codes = np.array([answers.setdefault(answer, len(answers)) for answer in question.answers])
    drawn = rng.choice(len(answer_codes), size=count, p=CLASS_RATES if question.name == "object" else None)
    if question.is_check or question.name == "tampered":
        drawn = np.full(count, place)  # Yes when asked first, No the second time
    kinds = np.full(count, question.rs_cmqa)
    return np.stack(
        [kinds, text_codes[rng.integers(len(text_codes), size=count)], answer_codes[drawn]], axis=1
    )


def _info(number: int) -> dict[str, str | float]:
    checks = {f"Q{number}": "No" for number in (3, 5, 7, 9, 11, 13)}
    return {
        "Q1": "Yes", "Q2": OBJECT_CLASSES[number % 7], "Q4": "Left", "Q6": "Lower Right", "Q8": "One to Five Percent",
        "Q8_tampered_size": (300 + number % 9000) / 512**2, "Q8_source_size": 0.0128173828125, "Q10": "Left side",
        "Q12": "Bigger", "Q14": "Yes", **checks,
    }  # fmt: skip


def _released(work: Path, questions: int) -> dict[str, Any]:
    table, pictures = synthetic(questions)
    before = peak_memory_mb()
    start = time.perf_counter()
    write_lists(work / "released", SetLists(table, pictures, AnswerVocabulary.standard("rs-cmqa")))
    written = time.perf_counter()
    opened = open_set(work / "released")
    read, read_pictures = opened.questions, opened.pictures
    end = time.perf_counter()
    if not read.equals(table) or list(read_pictures.values()) != pictures:
        raise GeotamperError("what was read differs from what was written")
    files = (work / "released" / "JsonFiles").iterdir()
    return {
        "rows": len(table),
        "pictures": len(pictures),
        "megabytes": round(sum(path.stat().st_size for path in files) / 1e6),
        "write_seconds": round(written - start, 2),
        "read_seconds": round(end - written, 2),
        "seconds": round(end - start, 2),
        "peak_memory_before_mb": round(before),
        "peak_memory_mb": round(peak_memory_mb()),
    }


def _balance(work: Path, questions: int) -> dict[str, Any]:
    del work
    table, _ = synthetic(questions)
    start = time.perf_counter()
    subset = balance_questions(table, per_type=max(1, questions // 80))
    seconds = time.perf_counter() - start
    totals = [sum(answers.values()) for answers in subset.counts.values()]
    worst = max(abs(total / subset.per_type - 1) for total in totals)
    if worst > TOLERANCE:
        raise GeotamperError(f"a type deviates by {worst:.1%}")
    return {
        "rows": len(table),
        "chosen": len(subset.questions),
        "worst_deviation_of_a_type": worst,
        "seconds": round(seconds, 2),
        "peak_memory_mb": round(peak_memory_mb()),
    }


def _parquet_write(work: Path, questions: int) -> dict[str, Any]:
    del questions
    opened = open_set(work / "released")
    _, _ = opened.questions, opened.pictures
    start = time.perf_counter()
    write_parquet(work / "parquet", {"full": opened}, (), ParquetOptions("synthetic"))
    return {
        "seconds": round(time.perf_counter() - start, 2),
        "megabytes": round(sum(p.stat().st_size for p in (work / "parquet").rglob("*.parquet")) / 1e6, 1),
    }


def _parquet_open(work: Path, questions: int) -> dict[str, Any]:
    del questions
    start = time.perf_counter()
    opened = open_set(work / "parquet")
    if not isinstance(opened.storage, ParquetFiles) or not opened.storage.first_questions("train", 1):
        raise GeotamperError("no first sample")
    at = time.time()
    return {
        "seconds": round(time.perf_counter() - start, 3),
        "at": at,
        "peak_memory_mb": round(peak_memory_mb()),
    }


def _parquet_read(work: Path, questions: int) -> dict[str, Any]:
    del questions
    start = time.perf_counter()
    opened = open_set(work / "parquet")
    rows = len(opened.questions)
    end = time.perf_counter()
    pictures = len(opened.pictures)
    return {
        "rows": rows,
        "seconds": round(end - start, 2),
        "pictures": pictures,
        "picture_list_seconds": round(time.perf_counter() - end, 2),
        "peak_memory_mb": round(peak_memory_mb()),
    }


PARTS: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "released": _released,
    "balance": _balance,
    "parquet-write": _parquet_write,
    "parquet-open": _parquet_open,
    "parquet-read": _parquet_read,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--questions", type=int, default=1_400_000, help="about how many")
    parser.add_argument(
        "--work", type=Path, help="an empty folder to keep the files in; else a temporary one"
    )
    parser.add_argument("--json", type=Path, help="write the result here too")
    parser.add_argument(
        "--part", choices=PARTS, help="run one part alone, in this process, after the ones above it"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
