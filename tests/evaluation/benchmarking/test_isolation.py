import importlib
import signal
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from geotamper.evaluation.benchmarking.isolation import ProcessDiedError, run_isolated

_WORK = """
import os, pathlib, time

def good(report):
    report("counting", 1, 2)
    report("counting", 2, 2)
    print("heard")
    return 42

def wrong(report):
    raise ValueError("shapes do not match")

def dead(report):
    os._exit(9)

def slow(report):
    try:
        report("begun", 2, 2)
        time.sleep(300)
    except KeyboardInterrupt:
        pathlib.Path(__file__).with_name("stopped").touch()
        raise
"""


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Work that a new process can import."""
    (tmp_path / "isolated_work.py").write_text(_WORK)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "isolated_work", raising=False)
    return importlib.import_module("isolated_work")


def _silent(what: str, done: int, total: int) -> None:
    pass


def test_result_and_progress_come_back(work: ModuleType, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    log = tmp_path / "logs" / "good.txt"
    assert run_isolated(work.good, log, lambda *report: seen.append(report)) == 42
    assert ("counting", 2, 2) in seen
    assert log.read_text() == "heard\n"


@pytest.mark.parametrize(
    ("name", "reason"), [("wrong", "ended with 1: ValueError: shapes do not match"), ("dead", "ended with 9")]
)
def test_a_process_that_dies_is_told_in_one_line(
    work: ModuleType, tmp_path: Path, name: str, reason: str
) -> None:
    with pytest.raises(ProcessDiedError, match=reason) as caught:
        run_isolated(getattr(work, name), tmp_path / "log.txt", _silent)
    assert "\n" not in str(caught.value)


def test_interrupt_is_passed_on_and_waited_for(work: ModuleType, tmp_path: Path) -> None:
    def stop(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_isolated(work.slow, tmp_path / "log.txt", stop)
    assert time.monotonic() - started < 200
    assert (tmp_path / "stopped").is_file()
