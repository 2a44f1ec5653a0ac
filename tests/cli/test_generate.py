import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import Result

from geotamper.scenes.composition import draw_scene

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two drawn scenes with class masks and instances."""
    root = tmp_path_factory.mktemp("drawn") / "scenes"
    for folder in ("images", "masks", "instances"):
        (root / folder).mkdir(parents=True)
    for name in ("suburb", "harbour"):
        scene = draw_scene(kind=name, seed=3)
        Image.fromarray(scene.pixels).save(root / f"images/{name}.png", compress_level=1)
        Image.fromarray(scene.labels).save(root / f"masks/{name}.png")
        Image.fromarray(scene.instances.astype(np.uint16)).save(root / f"instances/{name}.png")
    return root


def test_set_is_built_and_summed_up(run: Run, scenes: Path, tmp_path: Path) -> None:
    out = tmp_path / "set"
    result = run("generate", scenes, out, "--preset", "rs-cmqa", "--images", 5, "--seed", 2)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == f"{out}: 5 pictures"
    assert lines[1] == "  kinds: none 2, copy-move 3"
    assert "  raw tiles: 2 of 2 used" in lines
    assert len(list((out / "image").iterdir())) == 5
    sidecar = json.loads((out / "geotamper.json").read_text())
    assert (sidecar["name"], sidecar["seed"], sidecar["wording"]) == ("rs-cmqa", 2, "own")
    again = run("generate", scenes, out, "--preset", "rs-cmqa", "--images", 5, "--seed", 2)
    assert (again.exit_code, again.stdout) == (0, result.stdout)


def test_bad_files_are_listed_at_the_end_and_exit_with_one(run: Run, scenes: Path, tmp_path: Path) -> None:
    root = tmp_path / "scenes"
    for folder in ("images", "masks"):
        (root / folder).mkdir(parents=True)
        for path in (scenes / folder).iterdir():
            (root / folder / path.name).write_bytes(path.read_bytes())
    (root / "images/harbour.png").write_bytes(b"")
    result = run("generate", root, tmp_path / "set", "--preset", "rs-cmqa", "--images", 3)
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{tmp_path / 'set'}: 3 pictures")
    assert result.stderr.count("\n") == 1
    assert "harbour.png" in result.stderr


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--preset", "rscmqa"), "--preset"),
        (("--preset", "rs-cmqa", "--wording", "mine"), "--wording"),
        (("--preset", "rs-cmqa", "--engine", "spark"), "--engine"),
        (("--preset", "rs-cmqa", "--reader", "lovedo"), "--reader"),
        (("--preset", "rs-cmqa", "--jobs", 0), "--jobs"),
        ((), "--preset"),
    ],
)
def test_wrong_usage_exits_with_two_and_writes_nothing(
    run: Run, scenes: Path, tmp_path: Path, options: tuple[object, ...], named: str
) -> None:
    result = run("generate", scenes, tmp_path / "set", *options)
    assert result.exit_code == 2
    assert named in result.stderr
    assert not (tmp_path / "set").exists()


def test_folder_that_no_reader_knows_gives_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run("generate", tmp_path / "empty", tmp_path / "set", "--preset", "rs-cmqa")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert "fits no reader" in result.stderr


def test_occupied_folder_gives_one_line(run: Run, scenes: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("")
    result = run("generate", scenes, tmp_path, "--preset", "rs-cmqa")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "choose a new or empty folder" in result.stderr
