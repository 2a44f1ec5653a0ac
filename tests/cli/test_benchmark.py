import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from geotamper.cli import networks

Run = Callable[..., Result]


@pytest.fixture
def asked_set(tiny_set: Path) -> Path:
    """The tiny set with its questions in fold train too, which floors are fitted on."""
    lists = tiny_set / "JsonFiles"
    (lists / "Train_Questions.json").write_text((lists / "Test_Questions.json").read_text())
    return tiny_set


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--models", "nobody,question-floor"), "no 'nobody' to compare"),
        (("--models", "question-floor", "--preset", "huge"), "no preset"),
        (("--models", "question-floor", "--split", "future"), "no fold"),
        (("--models", "question-floor", "--engine", "cloud"), "choose local or ray"),
        (("--models", "question-floor", "--seeds", "1,x"), "no list of seeds"),
        (("--models", "question-floor", "--jobs", "2"), "--engine ray"),
    ],
)
def test_benchmark_refuses_wrong_usage(
    run: Run, tmp_path: Path, words: tuple[str, ...], expected: str
) -> None:
    pytest.importorskip("torch")
    result = run("benchmark", "--data", tmp_path, "--out", tmp_path / "out", *words)
    assert result.exit_code == 2
    assert expected in result.stderr


def test_benchmark_of_networks_without_torch_says_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(networks, "find_spec", lambda *_: None)
    result = run("benchmark", "--data", tmp_path, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "pip install 'geotamper[train]'" in result.stderr


def test_benchmark_of_a_folder_that_is_no_set_is_one_line(run: Run, tmp_path: Path) -> None:
    result = run("benchmark", "--data", tmp_path, "--models", "question-floor", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_benchmark_writes_table_page_and_command(run: Run, asked_set: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run(
        "benchmark", "--data", asked_set, "--models", "question-floor", "--budget", "2", "--out", out
    )
    assert result.exit_code == 0, result.stderr
    assert "| question-floor | floor |" in result.stdout
    page = (out / "README.md").read_text()
    assert f"geotamper benchmark --data {asked_set} --models question-floor" in page
    assert "--budget 2" in page
    (metrics,) = out.glob("results/question-floor-*/test/metrics.json")
    assert json.loads(metrics.read_text())["images"] == 2
