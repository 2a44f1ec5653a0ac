from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch")

from geotamper.errors import InputError, SpecificationError
from geotamper.evaluation.benchmarking import Conditions, Plan, Row, plan_benchmark

MakePlan = Callable[..., Plan]


def test_plan_gives_rows_with_equal_settings_one_job(make_plan: MakePlan, network_row: Row) -> None:
    same = replace(network_row, name="VI: both prompts", settings=("alpha=0.7",))
    other = replace(network_row, name="other", settings=("alpha=0.6",))
    seeded = replace(network_row, seed=5)
    plan = make_plan(network_row, same, other, seeded)
    keys = [plan.jobs[row].key for row in plan.rows]
    assert keys[0] == keys[1]
    assert len(set(keys)) == len(plan.distinct()) == 3
    assert plan.subsets == ("plain", "balanced")


def test_plan_keeps_rows_that_cannot_be_with_their_reason(make_plan: MakePlan, network_row: Row) -> None:
    paper = replace(network_row, name="III: Swin", presets=("paper",))
    wrong = replace(network_row, name="wrong", settings=("alpja=1",))
    plan = make_plan(network_row, paper, wrong)
    assert list(plan.jobs) == [network_row]
    assert plan.problems[paper] == "means something only in preset paper"
    assert "did you mean alpha" in plan.problems[wrong]


def test_plan_refuses_settings_that_fit_no_row(make_plan: MakePlan, network_row: Row) -> None:
    with pytest.raises(SpecificationError, match="no row can be worked on; the first: 'alpja'"):
        make_plan(replace(network_row, settings=("alpja=1",)))
    with pytest.raises(SpecificationError, match="nothing to compare"):
        make_plan()


def test_plan_asks_the_balanced_subset_where_there_is_one(
    known_set: Path, tmp_path: Path, floor_row: Row
) -> None:
    conditions = Conditions(data=known_set, out=tmp_path)
    assert plan_benchmark([floor_row], conditions).subsets == ("plain",)
    with pytest.raises(InputError):
        plan_benchmark([floor_row], replace(conditions, balanced=True))
