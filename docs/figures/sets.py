"""Build sets from drawn scenes and draw images/set-*: sheets and plots as `geotamper stats` makes them.

No real place is shown: the raw imagery is drawn by `geotamper.scenes` and labelled by what was drawn.

Example:
    python docs/figures/sets.py
    python docs/figures/sets.py --keep geotamper-scenes   # the drawn imagery and the sets stay there
"""

import argparse
import tempfile
from pathlib import Path
from typing import get_args

from PIL import Image

from geotamper.atomic import atomic_path
from geotamper.imagery.picture import Pixels
from geotamper.processes import open_engine
from geotamper.scenes import SceneKind, draw_scene
from geotamper.sets.building import BuildSettings, PresetName, build_set
from geotamper.sets.layout import TamperSet, open_set
from geotamper.sets.sources import open_source
from geotamper.sets.stats import choose_pictures, collect_statistics, draw_sheet
from geotamper.sets.stats.figures import draw_answers, draw_transforms

IMAGES = Path(__file__).resolve().parents[1] / "images"
SCENES_PER_KIND = 6
PICTURES = 120
ON_SHEET, COLUMNS = 6, 3
SEED = 1
QUALITY = 85
"""Of the sheets, which as PNG would be several times as large."""


def main() -> None:
    """Draw the scenes, build two sets from them and write the pictures of the documentation."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the imagery and the sets here")
    keep = parser.parse_args().keep
    if keep is not None:
        _draw_all(keep)
        return
    with tempfile.TemporaryDirectory() as folder:
        _draw_all(Path(folder))


def _draw_all(work: Path) -> None:
    imagery = work / "drawn"
    _draw_imagery(imagery)
    blurred = _build(imagery, work / "drawn-tqa", "rs-tqa")
    found = collect_statistics(blurred)
    _write_sheet(IMAGES / "set-sheet.jpg", blurred)
    draw_answers(IMAGES / "set-answers.png", found)
    draw_transforms(IMAGES / "set-transforms.png", found)
    _write_sheet(IMAGES / "set-plausible.jpg", _build(imagery, work / "drawn-real", "real-rscm"))


def _draw_imagery(root: Path) -> None:
    """Scenes of every kind, in the layout that the reader `masks` takes."""
    for kind in get_args(SceneKind):
        for seed in range(SCENES_PER_KIND):
            scene = draw_scene(kind=kind, seed=seed)
            for folder, content in (
                ("images", scene.pixels),
                ("masks", scene.labels),
                ("instances", scene.instances),
            ):
                path = root / folder / f"{kind}{seed}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(content).save(path)


def _build(imagery: Path, out: Path, preset: PresetName) -> TamperSet:
    settings = BuildSettings(preset=preset, images=PICTURES, seed=SEED)
    with open_engine("local", 1) as engine:
        report = build_set(open_source(imagery, "masks"), out, settings, engine=engine)
    if report.failures:
        raise SystemExit("\n".join(str(failure) for failure in report.failures))
    return open_set(out)


def _write_sheet(path: Path, opened: TamperSet) -> None:
    page: Pixels = draw_sheet(opened, choose_pictures(opened, ON_SHEET, seed=SEED), columns=COLUMNS)
    with atomic_path(path) as temporary:
        Image.fromarray(page).save(temporary, "JPEG", quality=QUALITY, subsampling=0, optimize=True)


if __name__ == "__main__":
    main()
