"""Small sets of 128 x 128 pictures, made by the forger and written in the released layout."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.forge.blur import BlurParameters, blur_region
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.forgery import Forgery
from geotamper.sets.layout import (
    AnswerVocabulary,
    Fold,
    PictureArrays,
    PictureRecord,
    SetLists,
    SetPicture,
    Sidecar,
    TableBuilder,
    background_of,
    encode_segmentation,
    write_lists,
    write_picture,
    write_sidecar,
)
from geotamper.sets.questions import QuestionStyle, ask_picture, number_questions, picture_info
from geotamper.sets.truth import PictureOrigin, facts_of_record, forged_record, untouched_record
from geotamper.task.catalogue import QuestionSet
from geotamper.task.classes import ObjectClass

Pixels = npt.NDArray[np.uint8]
BoolMask = npt.NDArray[np.bool_]
CopySet = Callable[..., Path]

SIDE = 128
GROUPS: tuple[tuple[str, Fold], ...] = (("meadow", "train"), ("harbour", "val"), ("suburb", "test"))
CLASSES: tuple[ObjectClass, ...] = ("Ship", "Building", "Vegetation")


def scene(seed: int) -> Pixels:
    """A picture with broad structure, so that its fingerprint is its own, and fine noise."""
    rng = np.random.default_rng(seed)
    broad = np.kron(rng.integers(40, 200, (8, 8, 3)), np.ones((SIDE // 8, SIDE // 8, 1)))
    return np.clip(broad + rng.normal(0, 8, (SIDE, SIDE, 3)), 0, 255).astype(np.uint8)


def disc(x: float, y: float, radius: float) -> BoolMask:
    """A disc with the given centre."""
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    inside: BoolMask = (columns - x) ** 2 + (rows - y) ** 2 < radius**2
    return inside


def forgeries(seed: int, object_class: ObjectClass, *, blurred: bool) -> Iterator[Forgery]:
    """A turned and enlarged copy, a plain copy and, for RS-TQA, a blurred region of one scene."""
    pixels, source = scene(seed), disc(30 + seed, 40, 12)
    turned = CopyMoveParameters(rotation_deg=40, scale=1.3, placement=(90.0, 95.0))
    plain = CopyMoveParameters(placement=(38.0 + seed, 100.0))
    for parameters in (turned, plain):
        rng = np.random.default_rng(seed)
        yield copy_move(pixels, source, parameters, rng=rng, object_class=object_class)
    if blurred:
        yield blur_region(pixels, source, BlurParameters("gaussian", 2.0), object_class=object_class)


def _arrays(
    image: Pixels, original: Pixels, masks: tuple[BoolMask, BoolMask], object_class: ObjectClass | None
) -> PictureArrays:
    source, target = masks
    other = disc(100, 20, 9)
    labels = np.zeros((SIDE, SIDE), dtype=np.int64)
    labels[other] = 1
    labels[source] = 2
    return PictureArrays(
        image=image,
        original=original,
        source=source,
        target=target,
        background=background_of(other | source, source, target),
        segmentation=encode_segmentation(labels, {1: "Car", 2: object_class or "Ship"}),
    )


def write_small_set(root: Path, style: QuestionStyle) -> None:
    """Write three groups, one in each fold, with a clean picture and its forgeries each."""
    question_set = style.question_set
    records: list[PictureRecord] = []
    pictures: list[SetPicture] = []
    questions = TableBuilder()
    nothing = np.zeros((SIDE, SIDE), dtype=np.bool_)
    for place, (group, fold) in enumerate(GROUPS):
        original = scene(place)
        made: list[Forgery | None] = [None]
        made += forgeries(place, CLASSES[place], blurred=question_set == "rs-tqa")
        for forgery in made:
            origin = PictureOrigin(
                id=len(records) + 1, fold=fold, group=group, origin_dataset="drawn", origin=f"{group}.png"
            )
            if forgery is None:
                record, image, source, target = untouched_record(origin), original, nothing, nothing
            else:
                record = forged_record(forgery, origin, instance=1)
                image, source, target = forgery.pixels, forgery.source_mask, forgery.target_mask
            write_picture(root, record.id, _arrays(image, original, (source, target), record.object_class))
            facts = facts_of_record(record, source, target)
            asked = ask_picture(facts, record.id, style)
            numbered = tuple(number_questions(asked, record.id, question_set))
            for question in numbered:
                questions.add(question, fold)
            info = picture_info(asked, facts, question_set)
            ids = tuple(question.id for question in numbered)
            pictures.append(SetPicture(record.id, ids, origin_dataset="drawn", info=info))
            records.append(record)
    write_lists(root, SetLists(questions.build(), pictures, AnswerVocabulary.standard(question_set)))
    sidecar = Sidecar(
        name="small", question_set=question_set, seed=0, size=(SIDE, SIDE), pictures=tuple(records)
    )
    write_sidecar(root / "geotamper.json", sidecar)


@pytest.fixture(scope="session")
def _small_sets(tmp_path_factory: pytest.TempPathFactory) -> dict[QuestionSet, Path]:
    roots: dict[QuestionSet, Path] = {}
    for question_set in ("rs-cmqa", "rs-tqa"):
        roots[question_set] = tmp_path_factory.mktemp(question_set)
        write_small_set(roots[question_set], QuestionStyle(question_set))
    return roots


@pytest.fixture
def small_set(_small_sets: dict[QuestionSet, Path], tmp_path: Path) -> CopySet:
    """Copies the small set of a question set into a folder that the test may change."""

    def copy(question_set: QuestionSet = "rs-cmqa") -> Path:
        return Path(shutil.copytree(_small_sets[question_set], tmp_path / question_set))

    return copy
