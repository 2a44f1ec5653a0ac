from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.control import Control
from geotamper.errors import CancelledError, SpecificationError
from geotamper.evidence.objects.network import CLASS_LABELS, ClassShares
from geotamper.evidence.results import BlurEvidence, CopyEvidence, Evidence
from geotamper.evidence.settings import EvidenceSettings
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.imagery.picture import Picture, Pixels
from geotamper.inspection.detector import build_detector, check_detector_name
from geotamper.inspection.inspector import Inspector
from geotamper.inspection.questions import Question
from geotamper.scenes import draw_scene
from geotamper.weights import OBJECTS_PERMISSIVE

MakeCopy = Callable[..., CopyEvidence]
MakeBlur = Callable[..., BlurEvidence]
BoolMask = npt.NDArray[np.bool_]


def refuse(*_: object, **__: object) -> Evidence:
    raise AssertionError("the search must not run")


def test_inspector_does_not_search_tiny_pictures() -> None:
    picture = Picture.from_array(np.zeros((1, 1, 3), np.uint8))
    findings = Inspector(search=refuse).detect(picture, Control())
    assert findings.tampered is None
    (answer,) = Inspector().answers(findings, [Question("?", "tampered")])
    assert answer.answer == "undecided"


def test_inspector_hands_settings_and_control_to_the_search(picture: Picture) -> None:
    seen = []

    def search(pixels: Pixels, *, settings: EvidenceSettings, control: Control) -> Evidence:
        seen.append((pixels, settings, control))
        return Evidence()

    settings, control = EvidenceSettings(false_alarm_rate=0.2), Control()
    Inspector(settings, search=search).detect(picture, control)
    assert seen == [(picture.pixels, settings, control)]


def test_inspector_forced_answers_use_the_priors(picture: Picture) -> None:
    def search(*_: object, **__: object) -> Evidence:
        return Evidence()

    inspector = Inspector(search=search, priors={"object": {"Road": 1.0}})
    findings = inspector.detect(picture, Control())
    (plain,) = inspector.answers(findings, [Question("?", "object")])
    (forced,) = inspector.answers(findings, [Question("?", "object")], forced=True)
    assert (plain.answer, forced.answer) == ("not applicable", "Road")


def test_inspector_parameters_leave_out_what_does_not_matter() -> None:
    assert "workers" not in Inspector(EvidenceSettings(workers=2)).parameters
    assert Inspector(EvidenceSettings(false_alarm_rate=0.05)).parameters["false_alarm_rate"] == 0.05


def test_inspector_passes_cancellation_on(picture: Picture) -> None:
    def search(*_: object, control: Control, **__: object) -> Evidence:
        control.checkpoint(0.1, "looking")
        return Evidence()

    with pytest.raises(CancelledError):
        Inspector(search=search).detect(picture, Control(is_cancelled=lambda: True))


def test_inspector_finds_a_real_copy() -> None:
    scene = draw_scene(kind="harbour", size=256, seed=2)
    ships = [thing for thing in scene.objects if thing.object_class == "Ship"]
    largest = max(ships, key=lambda ship: ship.area_px)
    forged = copy_move(
        scene.pixels,
        scene.mask(largest.id),
        CopyMoveParameters(rotation_deg=30, scale=1.2),
        rng=np.random.default_rng(0),
    )
    findings = Inspector().detect(Picture.from_array(forged.pixels), Control())
    assert findings.tampered is True
    item = findings.items[0]
    assert item.transform is not None
    assert item.transform.rotation_deg == pytest.approx(30, abs=0.2)
    assert item.transform.scale == pytest.approx(1.2, abs=0.01)


def test_check_detector_name_suggests_the_nearest() -> None:
    check_detector_name("inspector")
    with pytest.raises(SpecificationError, match="did you mean 'inspector'"):
        check_detector_name("inspect")
    with pytest.raises(SpecificationError, match="available: inspector"):
        build_detector("cmfpf")


def test_build_detector_sets_the_false_alarm_rate() -> None:
    assert build_detector(false_alarm_rate=0.2).parameters["false_alarm_rate"] == 0.2
    with pytest.raises(SpecificationError, match="false_alarm_rate"):
        build_detector(false_alarm_rate=2)


def test_inspector_asks_the_classifier_about_every_finding(
    picture: Picture, make_copy: MakeCopy, make_blur: MakeBlur
) -> None:
    asked = []

    class Ships:
        weights = OBJECTS_PERMISSIVE

        def classify(self, pixels: Pixels, target: BoolMask, source: BoolMask | None = None) -> ClassShares:
            asked.append((pixels, target, source))
            return ClassShares(dict.fromkeys(CLASS_LABELS, 0.02) | {"Ship": 0.86})

    def search(*_: object, **__: object) -> Evidence:
        return Evidence(copies=(make_copy(),), blurs=(make_blur(),))

    inspector = Inspector(search=search, classifier=Ships())
    copied, blurred = inspector.detect(picture, Control()).items
    assert [one.object_class and one.object_class.label for one in (copied, blurred)] == ["Ship", "Ship"]
    assert "permissive.onnx (Apache-2.0)" in copied.object_basis
    assert asked[0][1] is copied.target
    assert asked[0][2] is copied.source
    assert asked[1][2] is None
    assert inspector.with_priors({}).weights[-1].name == OBJECTS_PERMISSIVE.name
    assert not any("no class model" in limit for limit in inspector.limits)


def test_build_detector_chooses_the_class_network() -> None:
    licences = {name: build_detector(weights=name).weights[-1].licence for name in ("research", "permissive")}
    assert licences == {"research": "research use only", "permissive": "Apache-2.0"}
    assert build_detector().weights[-1].licence == "research use only"
    with pytest.raises(SpecificationError, match="unknown weights 'free'; choose research"):
        build_detector(weights="free")
