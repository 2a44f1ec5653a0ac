"""Which files become scenes, and what the interface makes of them."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from PIL import Image

from geotamper import api
from geotamper.control import Control
from geotamper.errors import SpecificationError
from geotamper.evidence.settings import EvidenceSettings
from geotamper.forge.forgery import Forgery
from geotamper.imagery.limits import MAX_PIXELS
from geotamper.imagery.picture import Picture
from geotamper.imagery.read_options import ReadOptions
from geotamper.inspection.detector import build_detector
from geotamper.inspection.inspector import Inspector
from geotamper.inspection.scenes import opening
from geotamper.inspection.scenes.findings import SceneFindings
from geotamper.inspection.scenes.inspector import PICTURE_PIXELS, needed_bytes
from geotamper.inspection.scenes.opening import as_scene, is_picture, open_scene

INSPECTOR = Inspector(EvidenceSettings(workers=1))


def test_is_picture_by_memory_and_size() -> None:
    assert is_picture(PICTURE_PIXELS, Control(max_memory=1))  # its own search says what is missing
    assert is_picture(10**7, Control())
    assert is_picture(9_000_000, Control(max_memory=2_000_000_000))
    assert not is_picture(12_000_000, Control(max_memory=2_000_000_000))
    assert not is_picture(MAX_PIXELS + 1, Control())


def test_is_picture_where_the_whole_search_just_fits() -> None:
    bound = needed_bytes(5_000_000)
    assert is_picture(5_000_000, Control(max_memory=bound))
    assert not is_picture(5_000_001, Control(max_memory=bound))


def test_as_scene_takes_what_memory_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PICTURE_PIXELS", 1000)
    picture = Picture.from_array(np.zeros((100, 100, 3), np.uint8))
    tight = Control(max_memory=needed_bytes(9_999))
    scene = as_scene(picture, INSPECTOR, tight)
    assert scene is not None
    assert (scene.width, scene.height) == (100, 100)
    assert as_scene(picture, INSPECTOR, Control(max_memory=needed_bytes(10_000))) is None
    assert as_scene(picture, build_detector("sift"), tight) is None


@pytest.fixture
def scene_tif(forgery: Forgery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The forged scene in UTM, on a machine on which it counts as large."""
    monkeypatch.setattr(opening, "PICTURE_PIXELS", 1000)
    path = tmp_path / "scene.tif"
    height, width = forgery.pixels.shape[:2]
    transform = rasterio.Affine(0.3, 0, 400_000, 0, -0.3, 5_000_000)
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=3, dtype="uint8", crs="EPSG:32633",
        transform=transform, tiled=True, blockxsize=256, blockysize=256,
    ) as file:  # fmt: skip
        file.write(forgery.pixels.transpose(2, 0, 1))
    return path


def test_open_scene_leaves_pictures_alone(scene_tif: Path) -> None:
    assert open_scene(str(scene_tif), ReadOptions(), INSPECTOR, Control()) is None


def test_open_scene_opens_what_memory_does_not_hold(scene_tif: Path) -> None:
    scene = open_scene(str(scene_tif), ReadOptions(), INSPECTOR, Control(max_memory=500_000_000))
    assert scene is not None
    with scene:
        assert (scene.width, scene.height) == (1024, 768)


def test_open_scene_leaves_other_detectors_what_they_can_hold(scene_tif: Path) -> None:
    sift = build_detector("sift")
    assert open_scene(str(scene_tif), ReadOptions(), sift, Control(max_memory=500_000_000)) is None


def test_open_scene_refuses_other_detectors_for_scenes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "MAX_PIXELS", 1000)
    monkeypatch.setattr(opening, "PICTURE_PIXELS", 1000)
    Image.fromarray(np.zeros((50, 50, 3), np.uint8)).save(tmp_path / "large.png")
    with pytest.raises(SpecificationError, match="inspector"):
        open_scene(str(tmp_path / "large.png"), ReadOptions(), build_detector("sift"), Control())


def test_inspect_saves_and_answers_for_scenes(scene_tif: Path, tmp_path: Path, forgery: Forgery) -> None:
    report = api.inspect(scene_tif, detector=INSPECTOR, max_memory=500_000_000, questions=["Was it rotated?"])
    assert isinstance(report._detected, SceneFindings)
    assert report.verdict.tampered is True
    assert report.image.crs == "EPSG:32633"
    assert report.answers[0].answer == "Yes"
    asked = report.ask("Was the copy rotated?")
    assert (asked.answer, asked.type) == ("Yes", "rotated")
    folder = report.save(tmp_path / "out")
    again = api.Report.load(folder)
    assert again.data == report.data
    with rasterio.open(again.artifacts.target_mask) as mask:
        target = mask.read(1) > 0
    assert (target & forgery.target_mask).sum() > 0.8 * (target | forgery.target_mask).sum()
