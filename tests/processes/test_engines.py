import multiprocessing
import os
import signal
import sys
import threading
import time
from pathlib import Path

import cv2
import pytest

from geotamper.atomic import atomic_path
from geotamper.errors import GeotamperError, OutputError, SpecificationError
from geotamper.processes import in_order, open_engine
from geotamper.processes.engines import InProcess, LocalProcesses


def square(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def refuse_three(number: int) -> int:
    if number == 3:
        raise OutputError("no room for three")
    return number


def die_at_three(number: int) -> int:
    if number == 3:
        os._exit(9)
    return number


def nap(number: int) -> int:
    time.sleep(0.05)
    return number


def test_in_process_keeps_order_and_process() -> None:
    assert list(InProcess().run(square, range(4))) == [(n * n, os.getpid()) for n in range(4)]


def test_processes_do_all_items_elsewhere_and_stay_for_the_next_run() -> None:
    with LocalProcesses(2) as engine:
        first = list(engine.run(square, range(20)))
        second = list(engine.run(square, range(20)))
        assert list(engine.run(square, [])) == []
    assert sorted(value for value, _ in first) == [n * n for n in range(20)]
    places = {place for _, place in [*first, *second]}
    assert os.getpid() not in places
    assert len(places) <= 2
    assert not multiprocessing.active_children()


def test_errors_of_the_work_come_through() -> None:
    with LocalProcesses(2) as engine, pytest.raises(OutputError, match="no room for three"):
        list(engine.run(refuse_three, range(50)))
    assert not multiprocessing.active_children()


def test_process_that_dies_is_told_in_words() -> None:
    with LocalProcesses(2) as engine, pytest.raises(GeotamperError, match="use fewer --jobs"):
        list(engine.run(die_at_three, range(50)))


def test_closing_early_drops_what_has_not_begun() -> None:
    start = time.monotonic()
    with LocalProcesses(1) as engine:
        results = engine.run(nap, range(2000))
        assert next(results) == 0
        results.close()
    assert time.monotonic() - start < 50  # all of it would take 100 s


@pytest.mark.parametrize(("name", "jobs"), [("threads", 1), ("local", 0)])
def test_wrong_engines_are_refused(name: str, jobs: int) -> None:
    with pytest.raises(SpecificationError):
        open_engine(name, jobs)  # type: ignore[arg-type]


def test_missing_ray_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SpecificationError, match="pip install"):
        open_engine("ray", 2)


def nap_and_tell(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def test_in_order_keeps_the_order_and_counts_what_is_done() -> None:
    seconds, counts = [0.6, 0.0, 0.0, 0.1], list[int]()
    with LocalProcesses(2) as engine:
        results = list(in_order(engine, nap_and_tell, seconds, on_done=counts.append))
        assert list(in_order(engine, nap_and_tell, [])) == []
    assert results == seconds
    assert counts == [1, 2, 3, 4]


def test_death_of_a_process_is_the_result_of_its_item_only() -> None:
    with LocalProcesses(2) as engine:
        results = list(in_order(engine, die_at_three, range(9), on_death=lambda number: -number))
    assert results == [0, 1, 2, -3, 4, 5, 6, 7, 8]
    assert not multiprocessing.active_children()


def write_and_wait(folder: Path) -> None:
    with atomic_path(folder / "result") as temporary:
        temporary.touch()
        time.sleep(60)


@pytest.mark.skipif(os.name != "posix", reason="a process is ended by a POSIX signal")
def test_error_in_the_block_ends_the_work_and_cleans_up(tmp_path: Path) -> None:
    start = time.monotonic()
    watcher = threading.Thread(target=_interrupt_when_begun, args=(tmp_path,))
    watcher.start()
    with pytest.raises(KeyboardInterrupt), LocalProcesses(2) as engine:
        next(engine.run(write_and_wait, [tmp_path] * 5))
    watcher.join()
    assert time.monotonic() - start < 50
    assert list(tmp_path.iterdir()) == []


def _interrupt_when_begun(folder: Path) -> None:
    while len(list(folder.iterdir())) < 2:
        time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGINT)


def test_processes_share_the_cores() -> None:
    with LocalProcesses(2, threads=3) as engine:
        assert list(engine.run(threads_of, ["OPENBLAS_NUM_THREADS"])) == [(3, "3")]


def threads_of(variable: str) -> tuple[int, str | None]:
    return cv2.getNumThreads(), os.environ.get(variable)
