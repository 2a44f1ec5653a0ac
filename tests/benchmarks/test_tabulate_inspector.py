import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "tabulate_inspector.py"


def _proportion(count: int, total: int) -> dict[str, Any]:
    return {"count": count, "total": total, "rate": count / total, "interval": [0.1, 0.9]}


def _part(found: int, total: int) -> dict[str, Any]:
    return {
        "regions_found": _proportion(found, total),
        "found": _proportion(found, total),
        "exchanged": _proportion(1, found),
        "blur_found": {"count": 0, "total": 0, "rate": None, "interval": [0.0, 1.0]},
        "method_right": {"count": 0, "total": 0, "rate": None, "interval": [0.0, 1.0]},
        "iou": {"source": 0.5, "target": 0.25, "union": 0.125},
    }


def _results(name: str) -> dict[str, Any]:
    scores = {
        "overall": _part(7, 8) | {"found_interval_by_group": [0.6, 0.95]},
        "by": {
            "transform": {"plain": _part(4, 4), "rotated": _part(3, 4)},
            "edge": {"hard": _part(7, 8)},
        },
        "clean": {
            "called_tampered": _proportion(1, 4),
            "called_blurred": _proportion(0, 4),
            "undecided": 1,
        },
        "forged_called_tampered": _proportion(7, 8),
        "auc": 0.9,
        "transform": None,
        "seconds": {"median": 1.25, "p90": 2.5, "mean": 1.5},
        "peak_memory_mb": 321,
    }
    return {
        "schema": "geotamper.benchmark/1",
        "command": ["benchmarks/evaluate_inspector.py", name, "--out", "somewhere", "--sheets"],
        "set": {
            "folder": name,
            "records_sha256": "0123456789abcdef" * 4,
            "forged": 8,
            "untouched": 4,
            "groups": 5,
            "folds": ["val"],
            "sizes": ["512 x 512"],
        },
        "machine": {
            "cpu": "a processor",
            "cores": 2,
            "memory_gb": 8.0,
            "processes": 1,
            "threads_per_picture": 2,
            "python": "3.11.0",
            "packages": {"numpy": "2.0.0"},
            "commit": "abcdef0123456789",
            "uncommitted_changes": False,
        },
        "detectors": {"inspector": scores},
    }


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(_results("val-bank")), encoding="utf-8")
    return path


def test_tables_show_counts_aims_and_traits_with_several_values(results: Path) -> None:
    done = _run(results)
    assert done.returncode == 0, done.stderr
    assert "| both regions found | at least 93 % | 87.5 % (10.0 to 90.0; 7 of 8) |" in done.stdout
    assert "| untouched called tampered | at most 1 % | 25.0 % (10.0 to 90.0; 1 of 4) |" in done.stdout
    assert "| rotated | 75.0 % (10.0 to 90.0; 3 of 4) | 1 of 3 |" in done.stdout
    assert "By edge" not in done.stdout
    assert "`python benchmarks/evaluate_inspector.py val-bank --sheets`" in done.stdout
    assert "somewhere" not in done.stdout


def test_insert_replaces_its_own_blocks_alone_and_settles(results: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "before\n<!-- begin val-bank brief -->\nold\n<!-- end val-bank brief -->\n"
        "between\n<!-- begin other -->\nkept\n<!-- end other -->\nafter\n",
        encoding="utf-8",
    )
    assert _run(results, "--into", page).returncode == 0
    text = page.read_text(encoding="utf-8")
    assert "old" not in text
    assert text.startswith("before\n<!-- begin val-bank brief -->\n\n| measure | inspector |")
    assert "between\n<!-- begin other -->\nkept\n<!-- end other -->\nafter\n" in text
    assert "By transform" not in text
    assert _run(results, "--into", page).stdout == ""
    assert page.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("content", ["{", "[]", '{"schema": "something else"}'])
def test_other_files_are_refused_in_one_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(content, encoding="utf-8")
    done = _run(path)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert str(path) in done.stderr


def test_insert_without_a_place_is_refused(results: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("no markers\n", encoding="utf-8")
    done = _run(results, "--into", page)
    assert done.returncode == 1
    assert "begin NAME" in done.stderr
    assert page.read_text(encoding="utf-8") == "no markers\n"


def test_several_sets_are_summed_up_in_a_line_each(tmp_path: Path) -> None:
    paths = []
    for name in ("val-bank", "val-jpeg90"):
        paths.append(tmp_path / f"{name}.json")
        paths[-1].write_text(json.dumps(_results(name)), encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text("<!-- begin summary -->\n<!-- end summary -->\n", encoding="utf-8")
    assert _run(*paths, "--into", page).returncode == 0
    lines = page.read_text(encoding="utf-8").splitlines()
    assert [line.split(" | ")[0] for line in lines[4:6]] == ["| val-bank", "| val-jpeg90"]
    assert "| 87.5 % (7 of 8) | - | - | - | 14.3 % (1 of 7) | 25.0 % (1 of 4) | 25.0 % (1 of 4) |" in lines[4]


def test_what_single_parts_contribute_is_shown_by_set(tmp_path: Path) -> None:
    path = tmp_path / "ablation.json"
    score = {"found": 3, "pictures": 4, "seconds": 0.5}
    content = {
        "schema": "geotamper.ablation/1",
        "command": ["benchmarks/ablate_inspector.py", "a"],
        "scores": {"everything": {"a": score}, "without a part": {"a": score | {"found": 1}}},
        "machine": {"commit": "abcdef0123456789", "uncommitted_changes": False},
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    shown = _run(path).stdout
    assert "| everything | 75.0 % (3 of 4) |" in shown
    assert "| without a part | 25.0 % (1 of 4) |" in shown


def test_phrasings_are_shown_by_half(tmp_path: Path) -> None:
    path = tmp_path / "parser.json"
    content = {
        "schema": "geotamper.parser-benchmark/1",
        "halves": {
            "tuning": {"overall": {"right": 4, "asked": 4}},
            "reporting": {"overall": {"right": 3, "asked": 4}},
        },
        "seconds_per_question": 0.0012,
        "machine": {"commit": "abcdef0123456789", "uncommitted_changes": True},
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    done = _run(path)
    assert done.returncode == 0, done.stderr
    assert "| overall | 100.0 % (4 of 4) | 75.0 % (3 of 4) |" in done.stdout
    assert "commit abcdef0123 with uncommitted changes; 1.2 ms a question." in done.stdout
