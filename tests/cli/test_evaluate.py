import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from geotamper.evaluation.document import MetricsDocument

Run = Callable[..., Result]


@pytest.mark.usefixtures("known_search")
def test_json_on_stdout_is_the_metrics_file_alone(run: Run, tiny_set: Path) -> None:
    result = run("evaluate", "inspector", "--data", tiny_set, "--json", "-")
    assert (result.exit_code, result.stderr) == (0, "")
    document = MetricsDocument.model_validate(json.loads(result.stdout))
    assert (document.model, document.data, document.split) == ("inspector", tiny_set.name, "test")
    assert document.image_level.recall == 1


@pytest.mark.usefixtures("known_search")
def test_table_lists_types_and_totals(run: Run, tiny_set: Path) -> None:
    result = run("evaluate", "inspector", "--data", tiny_set)
    assert result.exit_code == 0
    names = [line.split()[0] for line in result.stdout.splitlines()]
    assert {"tampered", "source_location", "rotated", "OA", "AA"} <= set(names)


def test_classical_detectors_are_evaluated_by_name(run: Run, tiny_set: Path) -> None:
    result = run("evaluate", "sift", "--data", tiny_set, "--json", "-")
    assert (result.exit_code, result.stderr) == (0, "")
    document = MetricsDocument.model_validate(json.loads(result.stdout))
    assert document.model == "sift"


def test_processes_give_the_same_numbers(run: Run, tiny_set: Path) -> None:
    documents = []
    for jobs in (1, 2):
        result = run("evaluate", "inspector", "--data", tiny_set, "--jobs", jobs, "--json", "-")
        assert result.exit_code == 0
        documents.append({**json.loads(result.stdout), "seconds_per_image": None, "latency": None})
    assert documents[0] == documents[1]


@pytest.mark.usefixtures("known_search")
def test_damaged_picture_is_one_line_and_exit_1(run: Run, tiny_set: Path) -> None:
    (tiny_set / "image" / "2.png").write_bytes(b"no picture")
    result = run("evaluate", "inspector", "--data", tiny_set, "--json", "-")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "2.png" in result.stderr
    assert json.loads(result.stdout)["failures"] == 1


def test_missing_set_exits_with_1(run: Run, tmp_path: Path) -> None:
    result = run("evaluate", "inspector", "--data", tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "is no folder; expected the folder of a set" in result.stderr


@pytest.mark.parametrize(
    "words", [("oracle",), ("inspector", "--split", "exam"), ("inspector", "--jobs", "0")]
)
def test_wrong_usage_exits_with_2(run: Run, tiny_set: Path, words: tuple[str, ...]) -> None:
    assert run("evaluate", *words, "--data", tiny_set).exit_code == 2
