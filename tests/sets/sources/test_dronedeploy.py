from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from geotamper.sets.sources import LABEL_IDS, LayoutError, RawTile, detect_reader, open_source

Pixels = npt.NDArray[np.uint8]
Noise = Callable[..., Pixels]
Save = Callable[..., Path]
ReadAll = Callable[..., list[RawTile]]

WIDTH, HEIGHT = 1200, 1100
SCENES = ("1d056881e8_29FEA32BC7INSPIRE", "ab12_29FEA32BC7OPENPIPELINE-a")


def labels() -> Pixels:
    colours = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    colours[100:200, 100:200] = (230, 25, 75)
    colours[210:230, 100:145] = (0, 130, 200)
    colours[300:400, 0:300] = (60, 180, 75)
    colours[400:420] = (62, 178, 79)  # near the colour of vegetation
    colours[450:480] = (10, 20, 30)
    colours[0:50, 0:50] = (255, 0, 255)
    return colours


@pytest.fixture
def dronedeploy(tmp_path: Path, save: Save, noise: Noise) -> Path:
    root = tmp_path / "dataset-sample"
    opaque = np.full((HEIGHT, WIDTH, 1), 255, np.uint8)
    opaque[:60, :60] = 0
    save(
        f"dataset-sample/images/{SCENES[0]}-ortho.tif", np.concatenate([noise(HEIGHT, WIDTH), opaque], axis=2)
    )
    save(f"dataset-sample/images/{SCENES[1]}-ortho.tif", noise(HEIGHT, WIDTH, 1))
    for scene in SCENES:
        save(f"dataset-sample/labels/{scene}-label.png", labels())
    (root / "index.csv").write_text(f"ok {SCENES[0]} {HEIGHT} {WIDTH} 7 1 1 1 1 1 1 1\n", encoding="ascii")
    return root


def test_dronedeploy_decodes_colours(dronedeploy: Path, read_all: ReadAll) -> None:
    assert detect_reader(dronedeploy).name == "dronedeploy"
    tiles = read_all(dronedeploy)
    assert len(tiles) == 8
    tile = next(t for t in tiles if t.ref.raw.key == SCENES[1])
    assert (tile.labels[100:200, 100:200] == LABEL_IDS["Building"]).all()
    assert (tile.labels[210:230, 100:145] == LABEL_IDS["Car"]).all()
    assert (tile.labels[300:400, :300] == LABEL_IDS["Vegetation"]).all()
    assert tile.labels[250, 400] == LABEL_IDS["Open ground"]


def test_dronedeploy_tolerates_near_colours_with_a_note(dronedeploy: Path, read_all: ReadAll) -> None:
    tile = read_all(dronedeploy)[0]
    assert (tile.labels[400:420] == LABEL_IDS["Vegetation"]).all()
    assert tile.ignore[450:480].all()
    assert any("colours near those" in note and str(20 * 512) in note for note in tile.notes)


def test_dronedeploy_ignores_transparent_pixels(dronedeploy: Path, read_all: ReadAll) -> None:
    tiles = {
        tile.ref.raw.key: tile
        for tile in read_all(dronedeploy)
        if tile.ref.window.x == tile.ref.window.y == 0
    }
    assert tiles[SCENES[0]].ignore[:60, :60].all()
    assert tiles[SCENES[1]].ignore[:50, :50].all()
    assert not tiles[SCENES[1]].ignore[50:60, 50:60].any()


def test_dronedeploy_refuses_chips_with_a_hint(tmp_path: Path) -> None:
    for name in ("image-chips", "label-chips"):
        (tmp_path / name).mkdir()
    with pytest.raises(LayoutError, match="chips of 300 x 300"):
        open_source(tmp_path).tiles()


def test_dronedeploy_names_the_missing_folder(dronedeploy: Path) -> None:
    (dronedeploy / "labels").rename(dronedeploy / "annotations")
    with pytest.raises(LayoutError, match=r"labels' is missing"):
        open_source(dronedeploy).tiles()


def test_dronedeploy_reports_a_scene_without_labels(dronedeploy: Path) -> None:
    (dronedeploy / f"labels/{SCENES[0]}-label.png").unlink()
    listing = open_source(dronedeploy).tiles()
    assert [SCENES[0] in error.path.name for error in listing.failures] == [True]
    assert len(listing.tiles) == 4


def test_dronedeploy_groups_by_scene(dronedeploy: Path) -> None:
    groups = {ref.raw.group for ref in open_source(dronedeploy).tiles().tiles}
    assert groups == {f"DroneDeploy/{scene}" for scene in SCENES}
    with Image.open(dronedeploy / f"images/{SCENES[0]}-ortho.tif") as image:
        assert image.mode == "RGBA"
