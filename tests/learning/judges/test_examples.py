from pathlib import Path

import numpy as np
import pytest

from geotamper.errors import InputError
from geotamper.learning.judges.examples import Arrays, ExampleFolder


def test_arrays_are_made_once_and_read_the_next_time(tmp_path: Path) -> None:
    made: list[int] = []

    def make() -> Arrays:
        made.append(1)
        return {"values": np.arange(3)}

    for _ in range(2):
        found = ExampleFolder(tmp_path / "examples", {"seed": 1}).arrays("part", make)
        assert found["values"].tolist() == [0, 1, 2]
    assert made == [1]


def test_seconds_of_interrupted_trainings_add_up(tmp_path: Path) -> None:
    def work() -> Arrays:
        return {"sum": np.array([sum(range(6_000_000))])}

    first = ExampleFolder(tmp_path / "examples", {})
    first.arrays("one", work)
    second = ExampleFolder(tmp_path / "examples", {})
    assert second.cpu_seconds == round(first.cpu_seconds, 1)
    second.arrays("two", work)
    assert second.cpu_seconds > first.cpu_seconds


def test_examples_of_another_origin_are_refused_with_what_differs(tmp_path: Path) -> None:
    ExampleFolder(tmp_path / "examples", {"seed": 1, "most": 2}).arrays("one", lambda: {"x": np.ones(1)})
    with pytest.raises(InputError, match="another seed;"):
        ExampleFolder(tmp_path / "examples", {"seed": 2, "most": 2})


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.txt").write_text("sun")
    with pytest.raises(InputError, match=r"no examples\.json"):
        ExampleFolder(tmp_path, {})


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    examples = ExampleFolder(tmp_path / "examples", {})
    examples.arrays("one", lambda: {"x": np.ones(1)})
    (tmp_path / "examples" / "one.npz").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"one\.npz"):
        examples.arrays("one", lambda: {"x": np.ones(1)})


def test_a_failed_file_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail() -> Arrays:
        raise InputError("no")

    with pytest.raises(InputError):
        ExampleFolder(tmp_path / "examples", {}).arrays("one", fail)
    assert [path.name for path in (tmp_path / "examples").iterdir()] == ["examples.json"]
