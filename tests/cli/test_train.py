import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from geotamper.cli import networks

Run = Callable[..., Result]


def test_train_without_torch_says_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(networks, "find_spec", lambda *_: None)
    result = run("train", "cmfpf", "--data", tmp_path, "--out", tmp_path / "run")
    assert result.exit_code == 1
    assert "pip install 'geotamper[train]'" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("train",), "MODEL, --data, --out"),
        (("train", "cmfpf", "--data", "x", "--out", "y", "--set", "epochs"), "KEY=VALUE"),
        (("train", "cmfpf", "--data", "x", "--out", "y", "--preset", "huge"), "no preset"),
        (("train", "cmfpf", "--resume", "y"), "leave them out"),
        (("train", "--resume", "y", "--set", "epochs=4"), "cannot change"),
    ],
)
def test_train_refuses_wrong_usage(run: Run, words: tuple[str, ...], expected: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert expected in result.stderr


def test_train_names_settings_that_resemble_a_wrong_one(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("lightning")
    result = run("train", "cmfpf", "--data", tmp_path, "--out", tmp_path / "run", "--set", "lerning_rate=1")
    assert result.exit_code == 2
    assert "learning_rate" in result.stderr


def test_train_of_a_set_without_train_questions_is_one_line(run: Run, tiny_set: Path, tmp_path: Path) -> None:
    pytest.importorskip("lightning")
    result = run("train", "cmfpf", "--data", tiny_set, "--preset", "tiny", "--out", tmp_path / "run")
    assert result.exit_code == 1
    assert "no active questions in fold train" in result.stderr


def test_train_writes_a_run_and_tells_its_accuracy(run: Run, tiny_set: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("lightning")
    torch.set_num_threads(1)
    lists = tiny_set / "JsonFiles"
    questions = json.loads((lists / "Test_Questions.json").read_text())
    for name in ("Train", "Val"):
        (lists / f"{name}_Questions.json").write_text(json.dumps(questions))
    (lists / "Test_Questions.json").write_text('{"questions": []}')
    result = run(
        *("train", "cmfpf", "--data", tiny_set, "--preset", "tiny", "--device", "cpu"),
        *("--set", "epochs=1", "--out", tmp_path / "run"),
    )
    assert result.exit_code == 0, result.stderr
    assert "1 of 1 epochs" in result.stdout
    assert "best validation OA" in result.stdout
    assert (tmp_path / "run" / "best.safetensors").is_file()
    again = run("train", "--resume", tmp_path / "run")
    assert again.exit_code == 1
    assert "is finished" in again.stderr


class _Writing:
    """A judge in the place of direction that writes its seed, or is interrupted."""

    def __init__(self, *, interrupted: bool) -> None:
        self.interrupted = interrupted

    def __call__(self, settings: Any, materials: Any) -> Any:
        from geotamper.learning.judges.job import Learned

        def write(path: Path) -> None:
            path.write_text(str(settings.seed))

        del materials
        if self.interrupted:
            raise KeyboardInterrupt
        return Learned(write, "", {"right": 0.5})


def _replace_direction(monkeypatch: pytest.MonkeyPatch, *, interrupted: bool) -> None:
    from geotamper.learning.judges.registry import JUDGES

    entry = dataclasses.replace(JUDGES["direction"], train=_Writing(interrupted=interrupted))
    monkeypatch.setitem(JUDGES, "direction", entry)


def test_train_of_a_judge_tells_figures_and_weights(
    run: Run, tiny_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _replace_direction(monkeypatch, interrupted=False)
    out = tmp_path / "judge"
    result = run(
        "train", "direction", "--data", tiny_set, "--data", tiny_set, "--set", "seed=4", "--out", out
    )
    assert result.exit_code == 0, result.stderr
    assert "right: 0.5" in result.stdout
    assert "sha256" in result.stdout
    assert (out / "direction.json").read_text() == "4"
    assert len(json.loads((out / "run.json").read_text())["sets"]) == 2


def test_an_interrupted_judge_goes_on_with_resume(
    run: Run, tiny_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "judge"
    _replace_direction(monkeypatch, interrupted=True)
    result = run("train", "direction", "--data", tiny_set, "--out", out)
    assert result.exit_code == 130
    assert f"--resume {out}" in result.stderr
    _replace_direction(monkeypatch, interrupted=False)
    assert run("train", "--resume", out, "--set", "seed=2").exit_code == 2
    assert run("train", "--resume", out).exit_code == 0
    assert (out / "direction.json").is_file()


def test_train_of_a_judge_without_copies_is_one_line(run: Run, tiny_set: Path, tmp_path: Path) -> None:
    result = run("train", "direction", "--data", tiny_set, "--out", tmp_path / "judge")
    assert result.exit_code == 1
    assert "in fold train" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("direction", "--preset", "tiny"), "--preset cannot be used with a judge"),
        (("direction", "--set", "mosst=1"), "did you mean most"),
        (("object-class",), "'raw' is missing"),
        (("cmfpf", "--data", "z"), "one set"),
    ],
)
def test_train_refuses_wrong_usage_of_judges(run: Run, words: tuple[str, ...], expected: str) -> None:
    result = run("train", *words, "--data", "x", "--out", "y")
    assert result.exit_code == 2
    assert expected in " ".join(result.stderr.replace("│", " ").split())
