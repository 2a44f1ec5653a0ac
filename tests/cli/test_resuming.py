import csv
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import Result

from geotamper import api
from geotamper.cli.worker import Task, died
from geotamper.forge.forgery import Forgery
from geotamper.imagery.read_options import READ_AS_STORED
from geotamper.processes import in_order
from geotamper.processes.engines import LocalProcesses

Run = Callable[..., Result]
Seen = list[str]


@pytest.fixture
def folder(forgery: Forgery, tmp_path: Path) -> Path:
    """Three pictures: a is forged, b is not, c is damaged."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.fromarray(forgery.pixels).save(folder / "a.png")
    Image.fromarray(forgery.original).save(folder / "b.png")
    (folder / "c.png").write_bytes(b"")
    return folder


@pytest.fixture
def inspected(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Names of the pictures that are inspected, in order."""
    request.getfixturevalue("known_search")
    seen: Seen = []
    plain = api.inspect

    def inspect(source: str, **options: Any) -> api.Report:
        seen.append(Path(source).name)
        return plain(source, **options)

    monkeypatch.setattr(api, "inspect", inspect)
    return seen


def words(folder: Path) -> list[object]:
    return ["inspect", folder, "--out", folder.parent / "out"]


def documents(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as stream:
        return list(csv.DictReader(stream))


def test_second_run_takes_finished_reports_and_tries_failed_inputs_again(
    run: Run, folder: Path, inspected: Seen
) -> None:
    first = run(*words(folder), "--json", "-")
    second = run(*words(folder), "--json", "-", "--csv", folder.parent / "table.csv")
    assert inspected == ["a.png", "b.png", "c.png", "c.png"]
    assert documents(first) == documents(second)
    assert (first.exit_code, second.exit_code) == (1, 1)
    assert "2 of 3 reports are taken from an earlier run" in second.stderr
    assert "1 tampered, 1 untouched, 0 undecided, 1 failed, 2 taken" in second.stderr
    assert [row["tampered"] for row in rows(folder.parent / "table.csv")] == ["true", "false", ""]


def test_again_inspects_all_anew(run: Run, folder: Path, inspected: Seen) -> None:
    run(*words(folder))
    result = run(*words(folder), "--again")
    assert inspected == ["a.png", "b.png", "c.png"] * 2
    assert "taken" not in result.stderr


@pytest.mark.parametrize(
    "change",
    [["--false-alarm-rate", "0.02"], ["-q", "was it turned?"], ["--finding", "1"], ["--time-limit", "90s"]],
)
def test_other_parameters_are_inspected_anew(
    run: Run, folder: Path, inspected: Seen, change: list[str]
) -> None:
    run(*words(folder / "a.png"))
    run(*words(folder / "a.png"), *change)
    assert inspected == ["a.png", "a.png"]


@pytest.mark.parametrize("damage", ["picture", "mask", "empty mask", "report", "version"])
def test_what_is_not_whole_or_not_the_same_is_inspected_anew(
    run: Run, folder: Path, inspected: Seen, damage: str
) -> None:
    place = folder.parent / "out" / "a"
    run(*words(folder), "--json", folder.parent / "first.jsonl")
    if damage == "picture":
        shutil.copy(folder / "b.png", folder / "a.png")
    elif damage == "mask":
        (place / "target_mask.png").unlink()
    elif damage == "empty mask":
        (place / "target_mask.png").write_bytes(b"")
    elif damage == "report":
        (place / "report.json").write_text((place / "report.json").read_text()[:500])
    else:
        document = json.loads((place / "report.json").read_text())
        document["run"]["version"] = "0.0.1"
        (place / "report.json").write_text(json.dumps(document))
    inspected.clear()
    run(*words(folder))
    assert inspected == ["a.png", "c.png"]
    assert api.Report.load(place).run.version != "0.0.1"


@pytest.mark.usefixtures("known_search")
def test_leftovers_of_a_killed_run_are_removed_once_nothing_writes_there(run: Run, folder: Path) -> None:
    out = folder.parent / "out"
    old, young, other = (out / f".{name}.0123abcd.part" for name in ("a", "b", "else"))
    for place in (old, young, other):
        place.mkdir(parents=True)
    os.utime(old, (time.time() - 3600,) * 2)
    run(*words(folder))
    assert {path.name for path in out.iterdir() if path.name[0] == "."} == {young.name, other.name}


@pytest.mark.usefixtures("known_search")
def test_report_comes_last_into_its_folder(folder: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    moved: list[str] = []
    plain = os.replace

    def replace(source: Path, target: Path) -> None:
        plain(source, target)
        if Path(target).parent == folder / "out" / "a" and Path(source).parent != Path(target).parent:
            moved.append(Path(target).name)

    run(*words(folder / "a.png"))
    monkeypatch.setattr(os, "replace", replace)
    run(*words(folder / "a.png"), "--again")
    assert moved[-1] == "report.json"
    assert len(moved) == 6


@pytest.mark.usefixtures("known_search")
def test_folder_ends_with_a_line_about_all_of_it(run: Run, folder: Path) -> None:
    result = run(*words(folder), "--json", "-")
    last = result.stderr.splitlines()[-1]
    assert last.startswith("geotamper: 3 inputs: 1 tampered, 1 untouched, 0 undecided, 1 failed; ")
    assert last.endswith(" s a picture")


def test_parquet_cannot_go_to_stdout(run: Run, folder: Path) -> None:
    assert run("inspect", folder, "--parquet", "-").exit_code == 2
    assert run("inspect", folder, "--engine", "threads").exit_code == 2


def die(task: Task) -> Any:
    if task.path == "b":
        os._exit(9)
    return task.path


def test_death_of_a_process_is_the_error_of_its_input() -> None:
    tasks = [
        Task(
            path=name,
            questions=(),
            finding=None,
            read=READ_AS_STORED,
            detector="inspector",
            false_alarm_rate=0.01,
            weights="research",
            max_memory=None,
            time_limit=None,
            workers=1,
            out=None,
            name=name,
        )
        for name in "abc"
    ]
    with LocalProcesses(2) as engine:
        first, second, third = in_order(engine, die, tasks, on_death=died)
    assert (first, third) == ("a", "c")
    assert second.error.startswith("the process that inspected 'b' ended without an answer")


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed")
def test_ray_gives_the_same_table(folder: Path) -> None:
    outputs = []
    for engine in ("local", "ray"):
        command = [
            sys.executable,
            "-m",
            "geotamper",
            "inspect",
            "pictures",
            "--out",
            engine,
            "--detector",
            "orb",
        ]
        result = subprocess.run(
            [*command, "--engine", engine, "--jobs", "2", "--csv", f"{engine}.csv"],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder.parent,
        )
        assert result.returncode == 1
        assert result.stderr.count("\n") == 2, result.stderr
        table = rows(folder.parent / f"{engine}.csv")
        outputs.append([{**row, "seconds": ""} for row in table])
    assert outputs[0] == outputs[1]
    assert [row["error"] != "" for row in outputs[0]] == [False, False, True]
    names = [sorted(path.name for path in (folder.parent / name).rglob("*")) for name in ("local", "ray")]
    assert names[0] == names[1]
