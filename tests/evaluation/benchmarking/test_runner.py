import csv
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("lightning")

import torch
from PIL import Image

from geotamper.evaluation.benchmarking import InProcess, Plan, Row, run_benchmark, write_benchmark
from geotamper.evaluation.benchmarking.jobs import Job, JobRecord, read_record
from geotamper.evaluation.benchmarking.runner import UNFINISHED, Tell

MakePlan = Callable[..., Plan]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def _silent(job: Job, what: str, done: int, total: int) -> None:
    pass


class _Listing(InProcess):
    """Remembers what it was given."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def run(self, jobs: Sequence[Job], tell: Tell) -> Iterator[JobRecord]:
        self.given = [job.subject for job in jobs]
        return super().run(jobs, tell)


def test_benchmark_survives_a_failing_network_and_repeats_nothing_else(
    make_plan: MakePlan, network_row: Row, floor_row: Row
) -> None:
    failing = replace(
        network_row, name="diverges", settings=("learning_rate=1e30", "pretrained_learning_rate=1e30")
    )
    plan = make_plan(failing, network_row, floor_row)
    result = run_benchmark(plan, InProcess(), _silent)
    assert not result.interrupted
    (lost,) = result.failed
    assert lost.row.name == "diverges"
    assert lost.problem is not None
    assert "loss" in lost.problem
    assert "\n" not in lost.problem
    done = result.outcomes[1]
    assert done.record is not None
    assert done.record.epochs == 2
    assert done.record.parameters
    assert done.record.training_minutes
    assert set(done.documents) == {"plain", "balanced"}
    assert done.documents["plain"].questions == 54
    listing = _Listing()
    again = run_benchmark(plan, listing, _silent)
    assert listing.given == ["cmfpf"]
    assert [outcome.documents for outcome in again.outcomes[1:]] == [
        outcome.documents for outcome in result.outcomes[1:]
    ]
    _check_pages(plan, write_benchmark(again, "geotamper benchmark ..."))


def _check_pages(plan: Plan, notes: tuple[str, ...]) -> None:
    out = plan.conditions.out
    assert notes == ()
    for name in ("radar", "validation_oa"):
        with Image.open(out / f"{name}.png") as picture:
            assert len(set(picture.convert("L").tobytes())) > 10
    page = (out / "README.md").read_text()
    for text in ("rank nothing", "CMFPF as published", "## Rows without numbers\n\n- diverges:", "radar.png"):
        assert text in page
    assert r"\bottomrule" in (out / "table.tex").read_text()
    with (out / "table.csv").open() as stream:
        lines = list(csv.DictReader(stream))
    found = {(line["row"], line["questions"], line["measure"]): line for line in lines}
    overall = found["CMFPF", "plain", "OA"]
    assert overall["published"] == "0.9"
    assert float(overall["low"]) <= float(overall["value"]) <= float(overall["high"])
    assert float(found["CMFPF", "", "peak_memory_mb"]["value"]) > 10
    assert found["CMFPF", "balanced", "OA"]["published"] == ""
    assert found["question-floor", "balanced", "tampered"]["value"]
    assert ("question-floor", "", "training_minutes") not in found


def test_benchmark_goes_on_after_an_interruption(
    make_plan: MakePlan, network_row: Row, floor_row: Row
) -> None:
    def stop(_: Job, what: str, *__: int) -> None:
        if what.startswith("epoch 2"):
            signal.raise_signal(signal.SIGINT)

    plan = make_plan(network_row, floor_row)
    stopped = run_benchmark(plan, InProcess(), stop)
    assert stopped.interrupted
    assert [outcome.problem for outcome in stopped.outcomes] == [UNFINISHED, UNFINISHED]
    write_benchmark(stopped, "geotamper benchmark ...")
    page = (plan.conditions.out / "README.md").read_text()
    assert f"- CMFPF: {UNFINISHED}" in page
    assert "validation_oa.png" in page
    seen: list[str] = []
    result = run_benchmark(plan, InProcess(), lambda _, what, *__: seen.append(what))
    assert not result.failed
    assert not any(what.startswith("epoch 1") for what in seen)
    record = read_record(plan.distinct()[0])
    assert record is not None
    assert (record.status, record.epochs) == ("finished", 2)


def test_benchmark_interrupted_while_asking_keeps_what_was_trained(
    make_plan: MakePlan, network_row: Row
) -> None:
    def stop(_: Job, what: str, *__: int) -> None:
        if what.startswith("asking"):
            raise KeyboardInterrupt

    plan = make_plan(network_row, epochs=1)
    stopped = run_benchmark(plan, InProcess(), stop)
    assert stopped.interrupted
    seen: list[str] = []
    result = run_benchmark(plan, InProcess(), lambda _, what, *__: seen.append(what))
    assert not result.failed
    assert not any(what.startswith("epoch") for what in seen)


def test_seeds_are_tabulated_with_mean_and_deviation(
    make_plan: MakePlan, floor_row: Row, tmp_path: Path
) -> None:
    plan = make_plan(*(replace(floor_row, seed=seed) for seed in (1, 2)))
    write_benchmark(run_benchmark(plan, InProcess(), _silent), "geotamper benchmark ...")
    table = (tmp_path / "out" / "table.md").read_text()
    line = next(text for text in table.splitlines() if text.startswith("| question-floor | 2 |"))
    assert line.count("0.00") == 2
