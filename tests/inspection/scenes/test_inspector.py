"""Scenes from pixels to report, with a memory bound that does not hold them as pictures."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.control import Control
from geotamper.errors import CancelledError, InputError
from geotamper.evidence.scenes import search
from geotamper.evidence.scenes.search import Budget, SceneSearch
from geotamper.evidence.settings import EvidenceSettings
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.forgery import Forgery
from geotamper.imagery.area import PixelArea
from geotamper.imagery.picture import Picture
from geotamper.imagery.pixel_source import Block, PictureSource
from geotamper.imagery.region import Window
from geotamper.imagery.similarity import Similarity
from geotamper.inspection.assembly import Request, assemble_report
from geotamper.inspection.findings import Finding, Findings
from geotamper.inspection.inspector import Inspector
from geotamper.inspection.scenes.findings import SceneFindings
from geotamper.inspection.scenes.inspector import ScenePlan, inspect_scene, needed_bytes
from geotamper.scenes import Scene

BOUND = 500_000_000
"""Bytes: less than the picture's whole search takes."""

SETTINGS = EvidenceSettings(workers=1)
QUICK = SceneSearch(budget=Budget(glances=150, trials=12, inexact=1))


class Masked(PictureSource):
    """A picture of which a part holds nothing."""

    def __init__(self, pixels: npt.NDArray[np.uint8], empty: npt.NDArray[np.bool_] | None = None) -> None:
        super().__init__(Picture.from_array(pixels))
        self._empty = np.zeros(pixels.shape[:2], bool) if empty is None else empty

    def read(self, window: Window) -> Block:
        """The pixels, with validity."""
        return replace(super().read(window), valid=~self._empty[window.slices])


def nothing(picture: Picture, share: float, control: Control) -> Findings:
    """A search of pictures that finds nothing."""
    del share, control
    return Findings(picture, tampered=False, score=0.1, confidence=0.9)


def inspected(source: PictureSource, control: Control | None = None, **changes: object) -> SceneFindings:
    """The findings of a scene, without classes."""
    plan = ScenePlan(nothing, settings=SETTINGS, search=QUICK)
    return inspect_scene(source, plan, control or Control(max_memory=BOUND), **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def findings(forgery: Forgery) -> SceneFindings:
    """What is found in the forged scene."""
    return inspected(Masked(forgery.pixels))


def overlap(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    """Intersection over union."""
    return float((one & other).sum() / (one | other).sum())


def test_bound_forces_the_search_of_scenes() -> None:
    assert needed_bytes(1024 * 768) > BOUND


def test_inspect_scene_finds_a_copy_in_another_tile(findings: SceneFindings, forgery: Forgery) -> None:
    assert findings.tampered is True
    assert findings.complete
    (item,) = findings.items
    assert overlap(item.source.full((768, 1024)), forgery.source_mask) > 0.8
    assert overlap(item.target.full((768, 1024)), forgery.target_mask) > 0.8
    assert item.transform is not None
    assert item.transform.rotation_deg == pytest.approx(40, abs=0.2)
    assert item.transform.scale == pytest.approx(1.25, abs=0.005)


def test_inspect_scene_gives_the_same_for_the_same(findings: SceneFindings, forgery: Forgery) -> None:
    again = inspected(Masked(forgery.pixels))
    assert [item.transform for item in again.items] == [item.transform for item in findings.items]
    assert again.score == findings.score


def test_inspect_scene_keeps_descriptors_on_disk_and_removes_them(
    forgery: Forgery, findings: SceneFindings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(search, "DESCRIPTOR_SHARE", 0.01)
    seen: list[int] = []

    def watch(fraction: float, stage: str) -> None:
        del fraction, stage
        seen.append(len(list(tmp_path.iterdir())))

    found = inspected(Masked(forgery.pixels), Control(max_memory=BOUND, on_progress=watch))
    assert max(seen) == 1
    assert not list(tmp_path.iterdir())
    assert len(found.items) == len(findings.items)


def test_inspect_scene_removes_its_files_when_cancelled(
    forgery: Forgery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(search, "DESCRIPTOR_SHARE", 0.01)
    control = Control(max_memory=BOUND, is_cancelled=lambda: bool(list(tmp_path.iterdir())))
    with pytest.raises(CancelledError):
        inspected(Masked(forgery.pixels), control)
    assert not list(tmp_path.iterdir())


def test_inspect_scene_leaves_untouched_scenes_alone(drawn: Scene) -> None:
    found = inspected(Masked(drawn.pixels))
    assert found.tampered is False
    assert found.items == ()
    assert 0 < found.score < 0.5


def test_inspect_scene_without_any_content_decides_nothing(drawn: Scene) -> None:
    class Empty(PictureSource):
        def is_empty(self, window: Window) -> bool:  # noqa: ARG002
            return True

    found = inspected(Empty(Picture.from_array(drawn.pixels)))
    assert found.tampered is None
    assert "nothing to search" in found.basis


def test_inspect_scene_ends_with_what_it_has_when_time_is_up(forgery: Forgery) -> None:
    found = inspected(Masked(forgery.pixels), Control(max_memory=BOUND, time_limit=1e-6))
    assert found.tampered is None
    assert not found.complete
    assert any("4 of 4 tiles" in note for note in found.notes)


def test_inspect_scene_refuses_a_bound_that_holds_no_scene(forgery: Forgery) -> None:
    with pytest.raises(InputError, match="--max-memory"):
        inspected(Masked(forgery.pixels), Control(max_memory=100_000_000))


def test_inspect_scene_reports_progress_that_never_falls(forgery: Forgery) -> None:
    steps: list[float] = []
    control = Control(max_memory=BOUND, on_progress=lambda fraction, _: steps.append(fraction))
    inspected(Masked(forgery.pixels), control)
    assert steps == sorted(steps)
    assert 0.9 <= steps[-1] <= 1.0


def square(window: Window) -> PixelArea:
    """A rectangular area."""
    x0, y0, x1, y1 = window.x0, window.y0, window.x1, window.y1
    return PixelArea(window, ((np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]], float),),))


def test_inspect_scene_looks_at_small_areas_as_pictures(forgery: Forgery) -> None:
    mask = np.zeros((400, 528), bool)
    mask[10:20, 30:60] = True
    move = Similarity.from_parameters(rotation_deg=20, scale=1.1, image_of_centre=(50.0, 70.0))

    def detect(picture: Picture, share: float, control: Control) -> Findings:
        del control
        assert share == 1
        np.testing.assert_array_equal(picture.pixels[3:, 4:], forgery.pixels[371:768, 500:1024])
        assert (picture.pixels[:3] == picture.pixels[0, 0]).all()
        there = np.roll(mask, 100, axis=1)
        item = Finding(1, 1, "copy-move", 0.9, mask, there, move)
        return Findings(picture, tampered=True, score=0.9, confidence=0.9, items=(item,))

    source = Masked(forgery.pixels)
    plan = ScenePlan(detect, settings=SETTINGS)
    found = inspect_scene(source, plan, Control(), area=square(Window(500, 371, 1024, 768)))
    (item,) = found.items
    assert item.source.window == Window(496 + 30, 368 + 10, 496 + 60, 368 + 20)
    assert item.target.window == Window(496 + 130, 368 + 10, 496 + 160, 368 + 20)
    assert item.transform is not None
    point = np.array([40.0, 15.0])
    corner = np.array([496.0, 368.0])
    np.testing.assert_allclose(item.transform.apply(point + corner), move.apply(point) + corner)
    assert found.source is source


def test_inspect_scene_looks_inside_the_area_only(forgery: Forgery) -> None:
    found = inspected(Masked(forgery.pixels), area=square(Window(500, 0, 1024, 768)))
    assert found.tampered is False


def test_report_of_a_scene_has_places_in_the_scene(findings: SceneFindings, forgery: Forgery) -> None:
    report = assemble_report(Inspector(SETTINGS), findings, Request(), seconds=1.0)
    (entry,) = report.findings
    assert entry.source is not None
    x, y = entry.source.centroid
    assert forgery.source_mask[int(y), int(x)]
    assert entry.target.bbox[0] == pytest.approx(np.nonzero(forgery.target_mask)[1].min(), abs=4)
    assert entry.target.area_fraction == pytest.approx(forgery.target_mask.mean(), rel=0.2)
    ring = np.array(entry.target.polygon[0])
    assert ring[:, 0].min() >= entry.target.bbox[0]
    assert ring[:, 1].max() <= entry.target.bbox[3]
    assert report.verdict.kind == "copy-move"
    assert {one.type: one.answer for one in report.answers}["rotated"] == "Yes"
    assert any("small copied regions" in limit for limit in report.limits)


def test_several_copies_of_one_source_share_a_group(forgery: Forgery, drawn: Scene) -> None:
    second = copy_move(
        forgery.pixels,
        forgery.source_mask,
        CopyMoveParameters(rotation_deg=200, scale=1.0, placement=(840.0, 140.0)),
        rng=np.random.default_rng(0),
    )
    assert second.pixels.shape == drawn.pixels.shape
    found = inspected(Masked(second.pixels))
    assert [item.group for item in found.items] == [1, 1]
    assert [item.id for item in found.items] == [1, 2]
