import numpy as np
import pytest

from geotamper.errors import SpecificationError
from geotamper.imagery.picture import Picture
from geotamper.imagery.pixel_source import PictureSource
from geotamper.imagery.region import Region, Window
from geotamper.inspection.exhibit import exhibit_of
from geotamper.inspection.findings import Finding, Findings
from geotamper.inspection.scenes.findings import SceneFinding, SceneFindings


def _findings() -> Findings:
    pixels = np.random.default_rng(1).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    target = np.zeros((60, 80), np.bool_)
    target[10:20, 30:50] = True
    item = Finding(id=1, group=1, kind="blur", confidence=0.9, source=target, target=target)
    return Findings(Picture.from_array(pixels), tampered=True, score=0.9, confidence=0.9, items=(item,))


def test_exhibit_of_findings_holds_tight_windows() -> None:
    findings = _findings()
    (item,) = exhibit_of(findings).items
    assert item.target.window == Window(30, 10, 50, 20)
    np.testing.assert_array_equal(item.target.full((60, 80)), findings.items[0].target)


def test_select_knows_ids_and_nothing_else() -> None:
    exhibit = exhibit_of(_findings())
    assert exhibit.select(1) is exhibit.items[0]
    assert exhibit.select(2) is None


def test_picture_source_reads_windows_of_the_picture() -> None:
    findings = _findings()
    block = PictureSource(findings.picture).read(Window(3, 5, 13, 9))
    np.testing.assert_array_equal(block.pixels, findings.picture.pixels[5:9, 3:13])
    assert block.valid.all()


@pytest.mark.parametrize("window", [Window(0, 0, 81, 10), Window(5, 5, 5, 9), Window(-1, 0, 4, 4)])
def test_picture_source_refuses_windows_outside(window: Window) -> None:
    with pytest.raises(SpecificationError, match="80 x 60"):
        PictureSource(_findings().picture).read(window)


@pytest.mark.parametrize(("longest", "shape"), [(40, (30, 40)), (500, (60, 80)), (1, (1, 1))])
def test_reduced_keeps_the_shape_and_never_enlarges(longest: int, shape: tuple[int, int]) -> None:
    assert PictureSource(_findings().picture).reduced(longest).pixels.shape[:2] == shape


def test_exhibit_of_a_scene_tells_what_findings_rest_on() -> None:
    picture = PictureSource(_findings().picture)
    region = Region(Window(30, 10, 50, 20), np.ones((10, 20), np.bool_))
    item = SceneFinding(
        1, 1, "copy-move", 0.9, region, region, direction_basis="rims", object_basis="a network"
    )
    scene = SceneFindings(picture, tampered=True, score=0.9, confidence=0.9, items=(item,))
    (drawn,) = scene.exhibit.items
    assert (drawn.direction_basis, drawn.object_basis, drawn.target) == ("rims", "a network", region)
