"""A set of pictures that a made-up detector knows by heart, in the released layout."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.evidence.results import BlurEvidence, CopyEvidence, Evidence
from geotamper.evidence.settings import EvidenceSettings
from geotamper.forge.blur import BlurParameters, blur_region
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.forgery import Forgery
from geotamper.imagery.picture import Pixels
from geotamper.inspection.detector import DETECTORS, Detector
from geotamper.inspection.inspector import Inspector
from geotamper.sets.layout import (
    AnswerVocabulary,
    Fold,
    PictureArrays,
    PictureRecord,
    SetLists,
    SetPicture,
    Sidecar,
    TableBuilder,
    write_lists,
    write_picture,
    write_sidecar,
)
from geotamper.sets.questions import QuestionStyle, ask_picture, number_questions, picture_info
from geotamper.sets.truth import PictureOrigin, facts_of_record, forged_record, untouched_record

SIDE = 128
CopySet = Callable[[], Path]
Known = dict[bytes, Evidence]


def _scene(seed: int) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


def _disc(x: float, y: float, radius: float) -> npt.NDArray[np.bool_]:
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    inside: npt.NDArray[np.bool_] = (columns - x) ** 2 + (rows - y) ** 2 < radius**2
    return inside


def _forgeries(seed: int) -> Iterator[Forgery | None]:
    """An untouched picture, a turned and enlarged copy, a plain copy and a blurred region."""
    source = _disc(30, 40, 12)
    turned = CopyMoveParameters(rotation_deg=40, scale=1.3, placement=(90.0, 95.0))
    plain = CopyMoveParameters(placement=(38.0, 100.0))
    yield None
    for parameters in (turned, plain):
        yield copy_move(
            _scene(seed), source, parameters, rng=np.random.default_rng(seed), object_class="Ship"
        )
    yield blur_region(_scene(seed), source, BlurParameters("gaussian", 2.0), object_class="Building")


def _evidence(forgery: Forgery) -> Evidence:
    if forgery.transform is None:
        return Evidence(
            blurs=(
                BlurEvidence(forgery.source_mask, "gaussian", 2.0, probability=0.9, method_probability=0.8),
            )
        )
    copy = CopyEvidence(
        source=forgery.source_mask,
        target=forgery.target_mask,
        transform=forgery.transform,
        rotation_sigma=0.01,
        scale_sigma=0.0005,
        probability=0.98,
        direction_probability=0.95,
        direction_basis="remembered",
    )
    return Evidence(copies=(copy,))


def _write(root: Path) -> Known:
    """Four pictures for train, eight for test; pictures 1, 5, 9 hold a turned copy, 2, 6, 10 a plain one."""
    style = QuestionStyle("rs-tqa")
    known: Known = {}
    questions = TableBuilder()
    pictures: list[SetPicture] = []
    records: list[PictureRecord] = []
    empty = np.zeros((SIDE, SIDE), dtype=np.bool_)
    for scene, fold in enumerate[Fold](("train", "test", "test")):
        for forgery in _forgeries(scene):
            origin = PictureOrigin(
                id=len(records), fold=fold, group=f"g{scene}", origin_dataset="drawn", origin=str(scene)
            )
            if forgery is None:
                record, image, source, target = untouched_record(origin), _scene(scene), empty, empty
            else:
                record = forged_record(forgery, origin, instance=1)
                image, source, target = forgery.pixels, forgery.source_mask, forgery.target_mask
                known[image.tobytes()] = _evidence(forgery)
            arrays = PictureArrays(
                image=image, original=_scene(scene), source=source, target=target, background=empty
            )
            write_picture(root, record.id, arrays)
            pictures.append(_ask(record, source, target, style, questions, fold))
            records.append(record)
    write_lists(root, SetLists(questions.build(), pictures, AnswerVocabulary.standard("rs-tqa")))
    write_sidecar(
        root / "geotamper.json",
        Sidecar(name="known", question_set="rs-tqa", seed=0, size=(SIDE, SIDE), pictures=tuple(records)),
    )
    return known


def _ask(
    record: PictureRecord,
    source: npt.NDArray[np.bool_],
    target: npt.NDArray[np.bool_],
    style: QuestionStyle,
    questions: TableBuilder,
    fold: Fold,
) -> SetPicture:
    facts = facts_of_record(record, source, target)
    asked = ask_picture(facts, record.id, style)
    numbered = tuple(number_questions(asked, record.id, "rs-tqa"))
    for question in numbered:
        questions.add(question, fold)
    info = picture_info(asked, facts, "rs-tqa")
    return SetPicture(record.id, tuple(q.id for q in numbered), origin_dataset="drawn", info=info)


@pytest.fixture(scope="session")
def _known_set(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Known]:
    root = tmp_path_factory.mktemp("known")
    return root, _write(root)


@pytest.fixture
def known_set(_known_set: tuple[Path, Known], tmp_path: Path) -> Path:
    """A copy of the set that the test may change."""
    return Path(shutil.copytree(_known_set[0], tmp_path / "known"))


@pytest.fixture
def looked_at() -> list[bytes]:
    """The pictures that the detector was shown, in order."""
    return []


@pytest.fixture
def remembering(_known_set: tuple[Path, Known], looked_at: list[bytes]) -> Iterator[Mapping[bytes, Evidence]]:
    """Let 'inspector' know the forged pictures by heart; entries that a test removes are missed."""
    known = dict(_known_set[1])

    def search(pixels: Pixels, **steering: Any) -> Evidence:
        del steering
        looked_at.append(pixels.tobytes())
        return known.get(pixels.tobytes(), Evidence())

    def build(false_alarm_rate: float, workers: int, weights: str) -> Detector:
        del weights
        return Inspector(EvidenceSettings(false_alarm_rate=false_alarm_rate, workers=workers), search=search)

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DETECTORS, "inspector", build)
        yield known
