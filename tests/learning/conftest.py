"""A set of drawn forgeries, and a network small enough to be differentiated by hand."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("lightning")

import torch

from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.sets.layout import (
    AnswerVocabulary,
    Fold,
    PictureArrays,
    SetLists,
    SetPicture,
    TableBuilder,
    write_lists,
    write_picture,
)
from geotamper.sets.questions import QuestionStyle, ask_picture, number_questions
from geotamper.sets.truth import PictureOrigin, facts_of_record, forged_record, untouched_record

SIDE = 48


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def small() -> ModuleType:
    """The module with the small network."""
    path = Path(__file__).with_name("small_network.py")
    spec = importlib.util.spec_from_file_location("small_network", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["small_network"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def drawn_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight pictures in train and four in val, every fourth untouched."""
    root = tmp_path_factory.mktemp("sets") / "drawn"
    table, pictures = TableBuilder(), []
    for number in range(1, 13):
        fold: Fold = "train" if number <= 8 else "val"
        pictures.append(_write(root, number, fold, table))
    write_lists(root, SetLists(table.build(), pictures, AnswerVocabulary.standard("rs-cmqa")))
    return root


def _write(root: Path, number: int, fold: Fold, table: TableBuilder) -> SetPicture:
    rng = np.random.default_rng(number)
    scene = rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    empty = np.zeros((SIDE, SIDE), dtype=np.bool_)
    origin = PictureOrigin(
        id=number, fold=fold, group=str(number), origin_dataset="drawn", origin=str(number)
    )
    if number % 4 == 0:
        record, image, source, target = untouched_record(origin), scene, empty, empty
    else:
        rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
        disc = (columns - 12) ** 2 + (rows - 14) ** 2 < 6**2
        forged = copy_move(
            scene, disc, CopyMoveParameters(placement=(34.0, 30.0)), rng=rng, object_class="Ship"
        )
        record, image = forged_record(forged, origin, instance=1), forged.pixels
        source, target = forged.source_mask, forged.target_mask
    arrays = PictureArrays(image=image, original=scene, source=source, target=target, background=empty)
    write_picture(root, number, arrays)
    facts = facts_of_record(record, source, target)
    numbered = tuple(
        number_questions(ask_picture(facts, number, QuestionStyle("rs-cmqa")), number, "rs-cmqa")
    )
    for question in numbered:
        table.add(question, fold)
    return SetPicture(number, tuple(question.id for question in numbered), origin_dataset="drawn")


@pytest.fixture
def run_document() -> dict[str, Any]:
    """Content of the `run.json` of a run that has not begun."""
    from geotamper.learning.blueprint import configure

    blueprint, settings = configure("cmfpf", "tiny", [])
    vocabulary = AnswerVocabulary.standard("rs-cmqa")
    return {
        "schema": "geotamper.run/1",
        "model": "cmfpf",
        "preset": "tiny",
        "network": blueprint.config.model_dump(mode="json"),
        "training": settings.model_dump(mode="json"),
        "question_set": "rs-cmqa",
        "vocabulary": [dict(answers) for answers in vocabulary.indices],
        "questions": [],
        "text": {"tower": "clip", "length": 30},
        "picture_size": 32,
        "normalisation": {"mean": [0.4, 0.4, 0.4], "std": [0.2, 0.2, 0.2]},
        "mask_scale": 255.0,
        "classes": vocabulary.class_count,
        "version": "0",
        "data": "nowhere",
        "data_sha256": "0",
        "seed": 1,
        "parameters": 1,
    }
