"""The fuzzer repeats its cases, outlives them, goes on where it stopped, and sees what it is there to see."""

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from _fuzzing.cases import generator
from _fuzzing.files import FileMaker
from _fuzzing.worker import Worker

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "fuzz.py"
MODES = """
import os, signal, sys, time
from pathlib import Path

from _fuzzing.cases import Result


class Mode:
    def __init__(self, act):
        self._act = act

    def run(self, rng, folder):
        self._act(folder)
        return Result("case", "done", detail=str(rng.integers(1 << 30)))

    def close(self):
        pass


def sound():
    return Mode(lambda folder: None)


def killed():
    return Mode(lambda folder: os.kill(os.getpid(), signal.SIGKILL))


def aborted():
    return Mode(lambda folder: os.abort())


def waiting():
    return Mode(lambda folder: time.sleep(600))


def computing():
    return Mode(lambda folder: [None for _ in iter(int, 1)])


def talking():
    return Mode(lambda folder: os.write(2, b"a warning of a library"))


def greedy():
    kept = []
    return Mode(lambda folder: kept.append(b'x' * 400_000_000))


def untidy():
    import tempfile
    return Mode(lambda folder: tempfile.mkstemp())
"""


@pytest.fixture
def modes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Modes that behave badly, in a module that the processes of a worker can import."""
    (tmp_path / "bad_modes.py").write_text(MODES, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("bad_modes", None)
    return importlib.import_module("bad_modes")


@pytest.mark.parametrize(
    ("name", "outcome", "reason"),
    [
        ("killed", "crash", "SIGKILL"),
        ("aborted", "crash", "SIGABRT"),
        ("waiting", "hang", "longer than"),
        ("computing", "hang", "longer than"),
        ("talking", "said on stderr", "a warning of a library"),
        ("greedy", "memory", "allowed 300"),
        ("untidy", "left files", "temporary files"),
    ],
)
def test_worker_sees_what_a_case_does(
    modes: Any, tmp_path: Path, name: str, outcome: str, reason: str
) -> None:
    limit = 0.5 if outcome == "hang" else 30.0
    worker = Worker(getattr(modes, name), tmp_path, limit=limit, memory_mb=300.0)
    try:
        for number in range(2):  # the second one needs a new process after a crash
            result = worker.run(1, number)
            assert (result.outcome, reason in result.finding) == (outcome, True), result
    finally:
        worker.close()


def test_worker_gives_each_case_its_own_chance(modes: Any, tmp_path: Path) -> None:
    worker = Worker(modes.sound, tmp_path, limit=20.0, memory_mb=1000.0)
    try:
        first, second, again = (worker.run(seed, number) for seed, number in [(1, 0), (1, 1), (1, 0)])
    finally:
        worker.close()
    assert (first, first.finding) == (again, "")
    assert first.detail != second.detail


def test_files_of_a_case_are_the_same_each_time() -> None:
    makers = FileMaker(), FileMaker()
    for number in range(200):
        first, again = (maker.make(generator(3, number)) for maker in makers)
        assert first == again
    kinds = {seed.split()[0] for seed in makers[0].seeds}
    assert kinds == {"png", "jpeg", "webp", "tiff", "bigtiff", "cog", "vrt"}


def test_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    def run(cases: int, seed: int = 4) -> subprocess.CompletedProcess[str]:
        arguments = [str(SCRIPT), "reader", str(cases), "--seed", str(seed), "--out", str(tmp_path)]
        return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)

    first = run(15)
    assert (first.returncode, "15 cases, 15 of them now" in first.stdout) == (0, True), (
        first.stdout + first.stderr
    )
    journal = tmp_path / "cases.jsonl"
    complete = journal.read_text(encoding="utf-8")
    journal.write_text(complete[: len(complete) * 2 // 3], encoding="utf-8")  # as a kill would leave it
    second = run(15)
    assert (second.returncode, "15 cases" in second.stdout) == (0, True), second.stdout + second.stderr
    assert "15 of them now" not in second.stdout
    assert sorted(journal.read_text(encoding="utf-8").splitlines()) == sorted(complete.splitlines())
    other = run(15, seed=5)
    assert other.returncode == 1
    assert "holds another run" in other.stderr
