import os
from collections.abc import Callable

from geotamper.cli.pool import run_parallel


def test_run_parallel_keeps_the_order() -> None:
    items = list(range(-8, 8))
    assert list(run_parallel(abs, items, jobs=2, on_death=abs)) == [abs(item) for item in items]


def test_run_parallel_of_nothing_starts_nothing() -> None:
    assert list(run_parallel(abs, [], jobs=2, on_death=abs)) == []


def test_run_parallel_survives_the_death_of_a_process() -> None:
    work: Callable[[int], object] = os._exit
    results = list(run_parallel(work, [3, 4], jobs=2, on_death=lambda item: f"{item} died"))
    assert results == ["3 died", "4 died"]
