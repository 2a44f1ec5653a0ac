import importlib.util
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from geotamper.errors import GeotamperError, OutputError, SpecificationError
from geotamper.sets.building import BuildSettings, build_set, open_engine
from geotamper.sets.building.engines import InProcess, LocalProcesses
from geotamper.sets.sources import RawSource

ReadTree = Callable[[Path], dict[str, bytes]]


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


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed")
@pytest.mark.filterwarnings("ignore")
def test_ray_gives_the_same_bytes(
    source: RawSource, small_set: Path, small_settings: BuildSettings, tmp_path: Path, read_tree: ReadTree
) -> None:
    with open_engine("ray", 2) as engine:
        with pytest.raises(OutputError, match="no room for three"):
            list(engine.run(refuse_three, range(5)))
        build_set(source, tmp_path / "set", small_settings, engine=engine)
    assert read_tree(tmp_path / "set") == read_tree(small_set)
