import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Run = Callable[..., Result]


def test_check_of_a_sound_set_passes(run: Run, tiny_set: Path) -> None:
    result = run("check", tiny_set)
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"{tiny_set}: passed: 2 pictures, 21 questions, 0 errors" in result.stdout


def test_check_lists_what_is_wrong_and_exits_with_1(run: Run, tiny_set: Path) -> None:
    for path in (tiny_set / "JsonFiles").glob("*_Questions.json"):
        path.write_text(path.read_text().replace('"answer": "Ship"', '"answer": "Road"'))
    result = run("check", tiny_set)
    assert result.exit_code == 1
    assert "error [answer] question" in result.stdout
    assert "FAILED" in result.stdout.splitlines()[-1]


def test_check_as_json_is_one_object(run: Run, tiny_set: Path) -> None:
    result = run("check", tiny_set, "--json", "-")
    assert json.loads(result.stdout)["schema"] == "geotamper.check/1"


def test_balance_adds_the_subset(run: Run, tiny_set: Path) -> None:
    result = run("balance", tiny_set, "--per-type", 1)
    assert result.exit_code == 0
    assert "14 questions, 1 of each type" in result.stdout
    assert (tiny_set / "JsonFilesBalanced" / "Answers.json").is_file()
    assert run("check", tiny_set, "--balanced").exit_code == 0


def test_balance_tells_when_there_are_too_few(run: Run, tiny_set: Path) -> None:
    result = run("balance", tiny_set, "--per-type", 50)
    assert result.exit_code == 1
    assert "ask for at most" in result.stderr


def test_convert_there_and_back_keeps_the_bytes(run: Run, tiny_set: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    assert run("convert", tiny_set, tmp_path / "parquet", "--to", "parquet", "--shards").exit_code == 0
    assert run("convert", tmp_path / "parquet", tmp_path / "back", "--to", "released").exit_code == 0
    for path in tiny_set.rglob("*.*"):
        if path.is_file():
            assert (tmp_path / "back" / path.relative_to(tiny_set)).read_bytes() == path.read_bytes()


def test_convert_refuses_a_folder_that_is_not_empty(run: Run, tiny_set: Path) -> None:
    result = run("convert", tiny_set, tiny_set, "--to", "released")
    assert result.exit_code == 1
    assert "is not an empty folder" in result.stderr


@pytest.mark.parametrize(
    "words", [("--to", "csv"), ("--to", "released", "--shards"), ("--to", "released", "--size", "2"), ()]
)
def test_wrong_usage_of_convert_exits_with_2(
    run: Run, tiny_set: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert run("convert", tiny_set, tmp_path / "out", *words).exit_code == 2


def test_stats_are_told_and_drawn(run: Run, tiny_set: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    result = run("stats", tiny_set, "--out", tmp_path / "figures")
    assert result.exit_code == 0
    assert "2 pictures, 21 questions" in result.stdout
    assert "regions: Sea 1, noise (region unknown) 1" in result.stdout
    assert (tmp_path / "figures" / "sheet.png").is_file()


def test_stats_as_json_is_one_object(run: Run, tiny_set: Path) -> None:
    document = json.loads(run("stats", tiny_set, "--json", "-").stdout)
    assert document["kinds"] == {"none": 1, "copy-move": 1}


@pytest.mark.parametrize("command", ["check", "stats", "balance"])
def test_folder_without_a_set_exits_with_1(run: Run, tmp_path: Path, command: str) -> None:
    result = run(command, tmp_path)
    assert result.exit_code == 1
    assert "expected a set in the released layout" in result.stderr
    assert result.stderr.count("\n") == 1
