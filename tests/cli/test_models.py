from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Run = Callable[..., Result]


def test_models_lists_networks_with_their_parameters(run: Run) -> None:
    result = run("models", "--answers", 51)
    assert result.exit_code == 0
    assert f"{237_833_142 - 5_904_384:,}" in result.stdout
    assert "arXiv:2503.18104" in result.stdout


def test_models_lists_detectors(run: Run) -> None:
    lines = run("models").stdout.splitlines()
    assert [line.split()[0] for line in lines[:7]] == [
        "detector", "inspector", "sift", "orb", "block-dct", "block-pca", "zernike"
    ]  # fmt: skip


def test_models_prints_settings(run: Run) -> None:
    result = run("models", "cm_moe", "--preset", "tiny", "--set", "router.gate=shazeer")
    assert result.exit_code == 0
    assert "gate: shazeer" in result.stdout


@pytest.mark.parametrize("words", [("none",), ("cmfpf", "--preset", "huge"), ("cmfpf", "--set", "x=1")])
def test_models_refuses_wrong_usage(run: Run, words: tuple[str, ...]) -> None:
    assert run("models", *words).exit_code == 2


def test_import_checkpoint_fails_in_one_line(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "broken.pth"
    path.write_bytes(b"nothing")
    result = run("import-checkpoint", path, tmp_path / "out")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "broken.pth" in result.stderr


def test_models_lists_judges_and_their_settings(run: Run) -> None:
    assert "objects-permissive.onnx" in run("models").stdout
    result = run("models", "object-class")
    assert result.exit_code == 0
    assert "raw=\n" in result.stdout
    assert "leave_out=\n" in result.stdout
    assert "rounds=6\n" in result.stdout
