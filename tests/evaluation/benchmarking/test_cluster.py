import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from geotamper.errors import SpecificationError
from geotamper.evaluation.benchmarking import Conditions, Plan, Row, plan_benchmark, run_benchmark
from geotamper.evaluation.benchmarking.cluster import OnRay


class _RayError(Exception):
    """As `ray.exceptions.RayError`."""


class _OneAtATime:
    """The part of Ray that is used: work is done when its result is asked for, and `lost` has none."""

    def __init__(self, lost: str) -> None:
        self.lost = lost
        self.options: dict[str, Any] = {}
        self.most_waiting = 0
        self.exceptions = SimpleNamespace(RayError=_RayError)

    def is_initialized(self) -> bool:
        return True

    def remote(self, **options: Any) -> Callable[[Callable[..., Any]], Any]:
        self.options = options
        return lambda work: SimpleNamespace(remote=lambda job: (work, job))

    def wait(self, tasks: list[Any], num_returns: int) -> tuple[list[Any], list[Any]]:
        self.most_waiting = max(self.most_waiting, len(tasks))
        return tasks[:num_returns], tasks[num_returns:]

    def get(self, task: tuple[Callable[..., Any], Any]) -> Any:
        work, job = task
        if job.subject == self.lost:
            raise _RayError("the worker\ndied")
        return work(job)

    def cancel(self, task: object) -> None:
        raise AssertionError(f"{task} was left")


def _plan(folded_set: Path, out: Path) -> Plan:
    rows = [Row(name, "floor", name, is_trained=False) for name in ("question-floor", "image-floor")]
    return plan_benchmark(rows, Conditions(data=folded_set, out=out))


def test_a_lost_process_of_ray_fails_its_row_alone(
    folded_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = _OneAtATime(lost="image-floor")
    monkeypatch.setitem(sys.modules, "ray", ray)
    result = run_benchmark(_plan(folded_set, tmp_path / "out"), OnRay(2), lambda *_: None)
    good, lost = result.outcomes
    assert set(good.documents) == {"plain", "balanced"}
    assert lost.problem == "its Ray process ended without a result: the worker died"
    assert ray.most_waiting == 2
    assert ray.options["max_calls"] == 1


def test_missing_ray_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SpecificationError, match="pip install 'ray"):
        OnRay(2)


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed")
@pytest.mark.filterwarnings("ignore")
def test_rows_are_done_on_ray(folded_set: Path, tmp_path: Path) -> None:
    result = run_benchmark(_plan(folded_set, tmp_path / "out"), OnRay(2), lambda *_: None)
    assert not result.failed
