import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import Result

Run = Callable[..., Result]


@contextlib.contextmanager
def started(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A process whose output is read; it is ended with the block, whatever happens there."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()  # nothing happens to one that has ended


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a POSIX signal")
def test_review_ends_well_on_ctrl_c_and_keeps_decisions(tiny_set: Path) -> None:
    command = [sys.executable, "-u", "-m", "geotamper", "review", str(tiny_set)]
    with started(command) as process:
        assert process.stdout is not None
        match = re.search(
            r"2 pictures; open (http://127\.0\.0\.1:\d+/\S+/)$", process.stdout.readline().strip()
        )
        assert match is not None
        request = urllib.request.Request(  # noqa: S310 - the address was printed by the command
            match[1] + "decision",
            data=json.dumps({"picture": 2, "decision": "rejected"}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    assert "0 accepted, 1 rejected; stored in" in out


def test_apply_takes_rejected_pictures_out_of_use(run: Run, tiny_set: Path) -> None:
    (tiny_set / "review.json").write_text('{"schema": "geotamper.review/1", "decisions": {"2": "rejected"}}')
    result = run("review", tiny_set, "--apply")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "0 accepted pictures are active, 1 rejected ones are not" in result.stdout
    assert "1 pictures, 1 questions" in run("stats", tiny_set).stdout
    assert (tiny_set / "README.md").is_file()


def test_missing_set_exits_with_1(run: Run, tmp_path: Path) -> None:
    assert run("review", tmp_path / "nowhere").exit_code == 1
