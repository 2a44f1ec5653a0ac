import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from geotamper.task.wording import question_text

Run = Callable[..., Result]
pytestmark = pytest.mark.usefixtures("known_search")


def test_ask_a_picture_gives_one_line(run: Run, forged_png: Path) -> None:
    result = run("ask", forged_png, "Was the copy rotated?")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "Yes (confidence 0.98): fitted rotation 30.000 ± 0.010 degrees\n"


def test_ask_a_saved_report_needs_no_picture(run: Run, forged_png: Path, tmp_path: Path) -> None:
    run("inspect", forged_png, "--out", tmp_path / "out")
    forged_png.unlink()
    result = run("ask", tmp_path / "out/forged/report.json", "is the fake bigger than the real one?")
    assert result.exit_code == 0
    assert result.stdout.startswith("Yes (confidence 0.93)")


def test_ask_says_so_when_it_answers_the_contrary_question(run: Run, forged_png: Path) -> None:
    result = run("ask", forged_png, "Is the picture genuine?")
    assert result.stdout.startswith(f'Is the picture genuine? (read as: "{question_text("tampered")}") Yes')


def test_ask_json_is_the_answer_alone(run: Run, forged_png: Path, tmp_path: Path) -> None:
    result = run("ask", forged_png, "Who did it?", "--json", "-")
    answer = json.loads(result.stdout)
    assert list(answer) == ["question", "type", "answer", "confidence", "finding", "basis"]
    assert (answer["question"], answer["type"], answer["answer"]) == ("Who did it?", None, "not answerable")
    result = run("ask", forged_png, "Who did it?", "--json", tmp_path / "answer.json")
    assert json.loads((tmp_path / "answer.json").read_text()) == answer
    assert result.stdout.startswith("not answerable")


def test_ask_concerns_the_chosen_finding(run: Run, forged_png: Path) -> None:
    assert run("ask", forged_png, "was it turned?", "--finding", 1).exit_code == 0
    assert run("ask", forged_png, "was it turned?", "--finding", 2).exit_code == 1


@pytest.mark.parametrize("name", ["missing.png", "missing.json", "text.json"])
def test_ask_bad_input_gives_one_line(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "text.json").write_text("hello")
    result = run("ask", tmp_path / name, "was it turned?")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert name in result.stderr
