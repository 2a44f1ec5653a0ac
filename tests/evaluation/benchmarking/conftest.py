"""A set with all three folds and a balanced subset, and rows that train in seconds."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from geotamper.evaluation.benchmarking import Conditions, Plan, Row, plan_benchmark

VAL_PICTURES = range(8, 12)

MakePlan = Callable[..., Plan]


@pytest.fixture
def folded_set(known_set: Path) -> Path:
    """The known set with its last four pictures in fold val, and all questions in its balanced subset."""
    lists = known_set / "JsonFiles"
    document = json.loads((lists / "Test_Questions.json").read_text())
    for name, wanted in (("Val", True), ("Test", False)):
        kept = [item for item in document["questions"] if (item["img_id"] in VAL_PICTURES) is wanted]
        assert kept
        (lists / f"{name}_Questions.json").write_text(json.dumps({**document, "questions": kept}))
    shutil.copytree(lists, known_set / "JsonFilesBalanced")
    return known_set


@pytest.fixture
def make_plan(folded_set: Path, tmp_path: Path) -> MakePlan:
    """Plans rows under the preset "tiny", two epochs long."""

    def make(*rows: Row, epochs: int = 2) -> Plan:
        conditions = Conditions(
            data=folded_set,
            out=tmp_path / "out",
            preset="tiny",
            budget=5,
            settings=(f"epochs={epochs}",),
            device="cpu",
        )
        return plan_benchmark(rows, conditions)

    return make


@pytest.fixture
def network_row() -> Row:
    """CMFPF with made-up published figures."""
    return Row(
        "CMFPF",
        "network",
        "cmfpf",
        is_trained=True,
        published={"RS-TQA": {"OA": 0.9, "AA": 0.8, "tampered": 0.7}},
    )


@pytest.fixture
def floor_row() -> Row:
    """The floor that looks at no picture."""
    return Row("question-floor", "floor", "question-floor", is_trained=False)
