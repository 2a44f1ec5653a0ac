import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import jsonschema
import pytest
from PIL import Image
from typer.testing import Result

from geotamper.classical.names import METHOD_NAMES
from geotamper.cli import batch, worker
from geotamper.errors import MissingLibraryError
from geotamper.evidence.results import Evidence
from geotamper.forge.forgery import Forgery
from geotamper.inspection.detector import DETECTORS
from geotamper.inspection.inspector import Inspector
from geotamper.inspection.schema import published_schema

Run = Callable[..., Result]
needs_signals = pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a POSIX signal")


def lines_of(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_classical_detector_by_name(run: Run, forged_png: Path) -> None:
    result = run("inspect", forged_png, "--detector", "orb", "--json", "-")
    assert (result.exit_code, result.stderr) == (0, "")
    report = json.loads(result.stdout)
    jsonschema.validate(report, published_schema())
    assert report["run"]["detector"] == "orb"
    assert any("textbook" in limit for limit in report["limits"])


def test_unknown_detector_is_answered_with_all_names(run: Run, forged_png: Path) -> None:
    result = run("inspect", forged_png, "--detector", "surf")
    assert result.exit_code == 2
    told = result.stderr.replace("\n", " ")
    assert all(name.partition("-")[0] in told for name in METHOD_NAMES)


@pytest.mark.usefixtures("known_search")
class TestOneInput:
    def test_summary_tells_verdict_findings_and_answers(self, run: Run, forged_png: Path) -> None:
        result = run("inspect", forged_png)
        assert (result.exit_code, result.stderr) == (0, "")
        assert f"{forged_png}: TAMPERED, copy-move (confidence 0.98)" in result.stdout
        assert "turned +30.00 degrees, scaled by 1.200" in result.stdout
        assert result.stdout.count("?") == 9

    def test_json_on_stdout_is_one_object_and_nothing_else(
        self, run: Run, forged_png: Path, tmp_path: Path
    ) -> None:
        before = tree(tmp_path)
        result = run("inspect", forged_png, "--json", "-")
        report = json.loads(result.stdout)
        jsonschema.validate(report, published_schema())
        assert report["image"]["path"] == str(forged_png)
        assert set(report["artifacts"].values()) == {None}
        assert result.stderr == ""
        assert tree(tmp_path) == before

    def test_questions_are_answered_in_order(self, run: Run, forged_png: Path) -> None:
        result = run("inspect", forged_png, "-q", "was it turned?", "-q", "who did it?", "--json", "-")
        answers = json.loads(result.stdout)["answers"]
        assert [answer["answer"] for answer in answers] == ["Yes", "not answerable"]

    @pytest.mark.usefixtures("forged_png")
    def test_out_holds_one_folder_that_the_artifacts_name(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        result = run("inspect", "forged.png", "--out", "./reports/", "--json", "report.json")
        assert result.exit_code == 0
        assert "report: ./reports/forged/report.html" in result.stdout
        assert {path.name for path in tmp_path.iterdir()} == {"forged.png", "report.json", "reports"}
        assert [path.name for path in (tmp_path / "reports").iterdir()] == ["forged"]
        report = json.loads((tmp_path / "report.json").read_text())
        assert report["artifacts"]["html"] == "./reports/forged/report.html"
        assert report == json.loads((tmp_path / "reports/forged/report.json").read_text())

    def test_exit_codes_of_tampered_and_untouched(self, run: Run, forged_png: Path, clean_png: Path) -> None:
        assert run("inspect", forged_png, "--fail-if-tampered").exit_code == 3
        assert run("inspect", clean_png, "--fail-if-tampered").exit_code == 0
        result = run("inspect", clean_png)
        assert "no tampering found" in result.stdout
        assert result.stdout.count("?") == 1

    def test_finding_must_exist(self, run: Run, forged_png: Path) -> None:
        result = run("inspect", forged_png, "--finding", 5)
        assert result.exit_code == 1
        assert "no finding 5; it has 1;" in result.stderr

    def test_unwritable_places_fail_before_detecting(
        self, run: Run, forged_png: Path, tmp_path: Path
    ) -> None:
        blocked = tmp_path / "blocked"
        blocked.write_text("")
        for option, place in (
            ("--out", blocked),
            ("--json", blocked / "a.json"),
            ("--csv", blocked / "a.csv"),
        ):
            result = run("inspect", forged_png, option, place)
            assert (result.exit_code, result.stdout) == (1, "")
            assert result.stderr.count("\n") == 1
            assert "cannot write" in result.stderr

    def test_json_and_csv_cannot_share_stdout(self, run: Run, forged_png: Path) -> None:
        assert run("inspect", forged_png, "--json", "-", "--csv", "-").exit_code == 2

    def test_debug_shows_the_traceback(self, run: Run, tmp_path: Path) -> None:
        path = tmp_path / "empty.png"
        path.write_bytes(b"")
        assert "Traceback" not in run("inspect", path).stderr
        assert "Traceback" in run("inspect", path, "--debug").stderr

    def test_tiny_picture_is_not_decided(self, run: Run, tmp_path: Path) -> None:
        Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
        result = run("inspect", tmp_path / "dot.png", "--json", "-", "--out", tmp_path / "out")
        report = json.loads(result.stdout)
        assert (result.exit_code, report["verdict"]["tampered"], report["findings"]) == (0, None, [])
        assert [answer["answer"] for answer in report["answers"]] == ["undecided"]
        assert any("too small" in text for text in report["limits"])


@pytest.mark.usefixtures("known_search")
class TestSeveralInputs:
    def test_json_lines_keep_order_and_bad_files(
        self, run: Run, forged_png: Path, clean_png: Path, tmp_path: Path
    ) -> None:
        bad, missing = tmp_path / "bad.tif", tmp_path / "missing.png"
        bad.write_text("this is text")
        result = run("inspect", bad, forged_png, missing, clean_png, "--json", "-")
        lines = lines_of(result)
        assert result.exit_code == 1
        assert [line["schema"] for line in lines] == [
            "geotamper.error/1",
            "geotamper.report/1",
            "geotamper.error/1",
            "geotamper.report/1",
        ]
        for line in (lines[0], lines[2]):
            jsonschema.validate(line, published_schema("error.schema.json"))
        assert [line["path"] for line in (lines[0], lines[2])] == [str(bad), str(missing)]
        assert len(result.stderr.splitlines()) == 2
        assert "Traceback" not in result.stderr

    def test_folder_of_one_picture_gives_a_line(self, run: Run, forged_png: Path) -> None:
        result = run("inspect", forged_png.parent, "--json", "-")
        (report,) = lines_of(result)
        assert report["image"]["path"] == str(forged_png)

    def test_folders_are_searched_recursively_on_demand(
        self, run: Run, forged_png: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "set" / "deep").mkdir(parents=True)
        shutil.copy(forged_png, tmp_path / "set" / "b.png")
        shutil.copy(forged_png, tmp_path / "set" / "deep" / "a.png")
        flat = lines_of(run("inspect", tmp_path / "set", "--json", "-"))
        deep = lines_of(run("inspect", tmp_path / "set", "--recursive", "--json", "-"))
        assert [Path(line["image"]["path"]).name for line in flat] == ["b.png"]
        assert [Path(line["image"]["path"]).name for line in deep] == ["b.png", "a.png"]

    def test_colliding_stems_get_a_hash(self, run: Run, forged_png: Path, tmp_path: Path) -> None:
        (tmp_path / "other").mkdir()
        shutil.copy(forged_png, tmp_path / "other" / "forged.png")
        out = tmp_path / "out"
        result = run("inspect", forged_png, tmp_path / "other", "--out", out)
        assert result.exit_code == 0
        names = sorted(path.name for path in out.iterdir())
        assert len(names) == 2
        assert all(name.startswith("forged-") for name in names)

    def test_csv_has_a_row_per_input(
        self, run: Run, forged_png: Path, clean_png: Path, tmp_path: Path
    ) -> None:
        missing = tmp_path / "missing.png"
        result = run("inspect", forged_png, clean_png, missing, "--csv", tmp_path / "table.csv")
        assert result.exit_code == 1
        with (tmp_path / "table.csv").open() as stream:
            rows = list(csv.DictReader(stream))
        assert [row["tampered"] for row in rows] == ["true", "false", ""]
        assert "does not exist" in rows[2]["error"]

    def test_summary_is_one_line_each(self, run: Run, forged_png: Path, clean_png: Path) -> None:
        result = run("inspect", forged_png, clean_png)
        assert len(result.stdout.splitlines()) == 2

    def test_failed_inputs_outweigh_tampered_ones(self, run: Run, forged_png: Path, tmp_path: Path) -> None:
        result = run("inspect", forged_png, tmp_path / "missing.png", "--fail-if-tampered")
        assert result.exit_code == 1

    def test_folder_without_pictures_fails(self, run: Run, tmp_path: Path) -> None:
        result = run("inspect", tmp_path, "--json", "-")
        assert result.exit_code == 1
        assert lines_of(result)[0]["schema"] == "geotamper.error/1"
        assert "without pictures" in result.stderr


def test_empty_path_is_refused(run: Run) -> None:
    result = run("inspect", "")
    assert result.exit_code == 1
    assert "an empty path was given" in result.stderr


def test_failure_of_opencv_does_not_stop_the_others(
    run: Run, forged_png: Path, clean_png: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Evidence:
        raise cv2.error("(-4) insufficient\nmemory")

    monkeypatch.setitem(DETECTORS, "inspector", lambda *_: Inspector(search=fail))
    result = run("inspect", forged_png, clean_png)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 2
    assert f"OpenCV failed on '{clean_png}': (-4) insufficient memory" in result.stderr


@pytest.mark.usefixtures("known_search")
@pytest.mark.parametrize("name", ["truncated.png", "text.tif", "empty.jpg", "huge.png"])
def test_bad_pictures_give_one_line(run: Run, forged_png: Path, tmp_path: Path, name: str) -> None:
    content = forged_png.read_bytes()
    huge = content[:16] + (60000).to_bytes(4, "big") * 2 + content[24:33]
    bad = {"truncated.png": content[: len(content) // 2], "text.tif": b"no picture", "huge.png": huge}
    path = tmp_path / name
    path.write_bytes(bad.get(name, b""))
    result = run("inspect", path, "--out", tmp_path / "out")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert str(path) in result.stderr
    assert tree(tmp_path / "out") == set()


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "geotamper", *map(str, words)]


def test_jobs_give_the_same_results_in_order(forgery: Forgery, tmp_path: Path) -> None:
    for name in ("c", "a", "b"):
        Image.fromarray(forgery.pixels).resize((24, 24)).save(tmp_path / f"{name}.png")
    (tmp_path / "bad.png").write_bytes(b"")
    paths = [tmp_path / f"{name}.png" for name in ("c", "bad", "a", "b")]
    outputs = []
    for jobs in (1, 2):
        result = subprocess.run(
            command("inspect", *paths, "--jobs", jobs, "--json", "-", "--out", tmp_path / "out"),
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 1
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        for line in lines:
            for measured in ("seconds", "peak_memory_mb"):
                line.get("run", {}).pop(measured, None)
        outputs.append(lines)
    assert outputs[0] == outputs[1]
    assert [line.get("path") or line["image"]["path"] for line in outputs[0]] == [str(path) for path in paths]


@needs_signals
@pytest.mark.parametrize("jobs", [1, 2])
def test_interruption_leaves_no_half_file(forgery: Forgery, tmp_path: Path, jobs: int) -> None:
    pictures, out = tmp_path / "pictures", tmp_path / "out"
    pictures.mkdir()
    for number in range(60):
        Image.fromarray(forgery.pixels).save(pictures / f"{number}.png")
    process = subprocess.Popen(
        command("inspect", pictures, "--out", out, "--json", tmp_path / "all.jsonl", "--jobs", jobs),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not list(out.glob("*/report.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.count("\n") == 1
    assert "interrupted" in errors
    assert not (tmp_path / "all.jsonl").exists()
    assert [path for path in tmp_path.rglob("*") if path.name.startswith(".")] == []
    finished = list(out.iterdir())
    assert 0 < len(finished) < 60
    assert all(len(list(folder.iterdir())) == 6 for folder in finished)


@pytest.mark.usefixtures("known_search")
def test_inspect_pdf_stands_beside_the_page(
    run: Run, forged_png: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []
    monkeypatch.setattr(worker, "write_folder_pdf", written.append)
    monkeypatch.setattr(batch, "check_pdf_support", lambda: None)
    assert run("inspect", forged_png, "--out", tmp_path / "out", "--pdf").exit_code == 0
    assert run("inspect", forged_png, "--out", tmp_path / "out").exit_code == 0
    assert written == [tmp_path / "out" / "forged"]


def test_inspect_pdf_needs_a_folder_and_its_library_before_any_work(
    run: Run, forged_png: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run("inspect", forged_png, "--pdf")
    assert (result.exit_code, "--out DIR" in result.stderr) == (2, True)

    def missing() -> None:
        raise MissingLibraryError("PDF reports need WeasyPrint; install it")

    monkeypatch.setattr(batch, "check_pdf_support", missing)
    result = run("inspect", forged_png, "--pdf", "--out", tmp_path / "out")
    assert (result.exit_code, "install it" in result.stderr) == (1, True)
    assert not (tmp_path / "out").exists()
