"""The tutorials do what they say: every block is run, and what a page shows is what is printed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNNER = ROOT / "scripts" / "run_tutorial.py"
NEEDED = {"integrator": "curl"}


def _run(page: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(RUNNER), str(page), "--folder", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["analyst", "integrator", "researcher"])
def test_tutorial_holds(name: str, tmp_path: Path) -> None:
    tool = NEEDED.get(name)
    if tool is not None and shutil.which(tool) is None and not os.environ.get("CI"):
        pytest.skip(f"the tutorial calls {tool}, which is not installed")
    done = _run(ROOT / "docs" / "tutorials" / f"{name}.md", tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout


def test_every_tutorial_is_run() -> None:
    pages = {page.stem for page in (ROOT / "docs" / "tutorials").glob("*.md")}
    assert pages == {"analyst", "integrator", "researcher"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("```console\n$ echo two\nthree\n```\n", "line 2: echo two"),
        ("```console\nfalse\n```\n", "exit code 1"),
        ("```python\nprint(1)\n```\n\n```text\n2\n```\n", "line 1: print(1)"),
        ("```{code-block} console\ngeotamper serve\n```\n", "no caption 'Not run"),
    ],
)
def test_page_that_does_not_hold_is_reported(text: str, reason: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    done = _run(page, tmp_path / "work")
    assert done.returncode == 1
    assert reason in done.stderr


def test_page_that_holds_passes(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```python\nnumber = 41\n```\n\nText.\n\n```python\nprint(number + 1)\n```\n\n```text\n42\n```\n\n"
        "```console\n$ echo one; echo two > two.txt\none\n$ sleep 60 &\n$ cat \\\n  two.txt\nt...\n```\n"
        "```{code-block} console\n:caption: Not run: it would fail\nfalse\n```\n",
        encoding="utf-8",
    )
    done = _run(page, tmp_path / "work")
    assert done.returncode == 0, done.stderr
