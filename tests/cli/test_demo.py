import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import Result

from geotamper.cli.showcase import PARAMETERS, forge_scene

Run = Callable[..., Result]


def test_demo_finds_its_own_forgery(run: Run, tmp_path: Path) -> None:
    result = run("demo", "--out", tmp_path / "demo")
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"report: {tmp_path}/demo/scene/report.html" in result.stdout
    assert {path.name for path in (tmp_path / "demo").iterdir()} == {"original.png", "scene.png", "scene"}
    report = json.loads((tmp_path / "demo/scene/report.json").read_text())
    assert report["verdict"]["tampered"] is True
    transform = report["findings"][0]["transform"]
    assert transform["rotation_deg"] == pytest.approx(PARAMETERS.rotation_deg, abs=0.1)
    assert transform["scale"] == pytest.approx(PARAMETERS.scale, abs=0.005)


def test_forge_scene_gives_the_same_bytes_each_time() -> None:
    first, second = forge_scene(), forge_scene()
    assert np.array_equal(first.pixels, second.pixels)
    assert not np.array_equal(first.pixels, first.original)
    assert first.object_class == "Ship"


def test_demo_unwritable_place_gives_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("demo", "--out", tmp_path / "file")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
