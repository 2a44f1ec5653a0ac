import subprocess
import sys
from pathlib import Path

from geotamper.scenes.composition import draw_scene
from geotamper.sets.building import BuildSettings, build_set
from geotamper.sets.sources import open_source

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "tabulate_sets.py"


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, arguments)], capture_output=True, text=True, check=False
    )


def test_tables_of_a_set_and_its_evaluation_fill_their_places(tmp_path: Path) -> None:
    from PIL import Image

    for folder in ("images", "masks"):
        (tmp_path / "raw" / folder).mkdir(parents=True)
    for number in range(3):
        scene = draw_scene(kind="suburb", seed=number)
        Image.fromarray(scene.pixels).save(tmp_path / "raw" / "images" / f"{number}.png")
        Image.fromarray(scene.labels).save(tmp_path / "raw" / "masks" / f"{number}.png")
    root = tmp_path / "small"
    build_set(open_source(tmp_path / "raw", "masks"), root, BuildSettings("rs-cmqa", images=6, seed=2))
    inspector = [sys.executable, "-m", "geotamper", "evaluate", "inspector", "--split", "train"]
    evaluated = subprocess.run(
        [*inspector, "--data", str(root), "--out", str(tmp_path / "eval")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert evaluated.returncode == 0, evaluated.stderr
    page = tmp_path / "page.md"
    places = [f"<!-- begin {name} -->\n<!-- end {name} -->" for name in ("sets", "set-accuracy")]
    page.write_text("\n".join(places), encoding="utf-8")
    done = _run("--sets", root, "--metrics", tmp_path / "eval" / "metrics.json", "--into", page)
    assert done.returncode == 0, done.stderr
    text = page.read_text(encoding="utf-8")
    assert "| pictures | 6 |" in text
    assert "| kinds | none 3, copy-move 3 |" in text
    assert "Fold train, version" in text
    assert "| **OA** | **" in text


def test_folder_that_was_not_built_here_is_refused(tmp_path: Path) -> None:
    done = _run("--sets", tmp_path)
    assert done.returncode == 1
    assert "geotamper.json" in done.stderr
