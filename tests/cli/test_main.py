import subprocess
import sys
from collections.abc import Callable

import pytest
from typer.testing import Result

from geotamper._version import __version__
from geotamper.cli import main as main_module

Run = Callable[..., Result]


@pytest.mark.parametrize(
    "command",
    [
        "inspect",
        "ask",
        "generate",
        "check",
        "review",
        "serve",
        "stats",
        "balance",
        "convert",
        "evaluate",
        "demo",
        "doctor",
    ],
)
def test_help_of_every_command_has_examples(run: Run, command: str) -> None:
    assert command in run("--help").stdout
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"Examples:\n    geotamper {command}" in result.stdout


def test_version_is_printed(run: Run) -> None:
    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, f"geotamper {__version__}\n")


@pytest.mark.parametrize(
    "words",
    [
        ("inspect",),
        ("inspect", "a.png", "--bogus"),
        ("inspect", "a.png", "--jobs", "0"),
        ("inspect", "a.png", "--false-alarm-rate", "2"),
        ("inspect", "a.png", "--max-memory", "lots"),
        ("inspect", "a.png", "--detector", "oracle"),
        ("ask", "a.png"),
        ("frobnicate",),
    ],
)
def test_wrong_usage_exits_with_2(run: Run, words: tuple[str, ...]) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error:" in result.stderr
    assert "Traceback" not in result.stderr


def test_help_loads_no_heavy_library() -> None:
    program = (
        "import sys; sys.argv = ['geotamper', '--help']\n"
        "from geotamper.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    code = end.code\n"
        "heavy = {'numpy', 'cv2', 'torch', 'numba', 'rasterio', 'PIL', 'pydantic', 'shapely', 'rich'}\n"
        "print(code, sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stderr.strip() == "0 []"


def test_python_m_runs_the_command() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "geotamper", "--version"], capture_output=True, text=True, check=True
    )
    assert result.stdout == f"geotamper {__version__}\n"


def test_a_bug_is_reported_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    main_module._one_line(KeyError, KeyError("first\nsecond"), None)
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert "internal error: KeyError" in printed
    assert "--debug" in printed
