import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from geotamper.serving import requirement

Run = Callable[..., Result]


def test_missing_library_is_told_with_the_way_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(requirement, "find_spec", lambda name: None if name == "fastapi" else object())
    result = run("serve", "--data", tmp_path)
    assert result.exit_code == 1
    assert "cannot do without fastapi" in result.stderr
    assert "python -m pip install 'geotamper[serve]'" in result.stderr


def test_taken_port_exits_with_1(run: Run, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("serve", "--data", tmp_path, "--port", taken.getsockname()[1])
    assert result.exit_code == 1
    assert "choose another with --host and --port" in result.stderr


def test_folder_that_cannot_be_used_exits_with_1(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run("serve", "--data", tmp_path / "file" / "data", "--port", 0)
    assert result.exit_code == 1
    assert str(tmp_path / "file") in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("--max-upload", "much"),
        ("--time-limit", "long"),
        ("--workers", "0"),
        ("--port", "99999"),
        ("--token", "x"),
    ],
)
def test_wrong_usage_exits_with_2(run: Run, tmp_path: Path, words: tuple[str, str]) -> None:
    result = run("serve", "--data", tmp_path, *words)
    assert result.exit_code == 2


def test_serve_is_known_without_its_libraries(run: Run) -> None:
    before = "uvicorn" in sys.modules
    result = run("serve", "--help")
    assert result.exit_code == 0
    assert "500MB" in result.stdout
    assert ("uvicorn" in sys.modules) == before
