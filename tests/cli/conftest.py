from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from geotamper.cli.main import app
from geotamper.forge.forgery import Forgery
from geotamper.sets.layout import (
    AnswerVocabulary,
    PictureArrays,
    SetLists,
    SetPicture,
    Sidecar,
    TableBuilder,
    encode_segmentation,
    write_lists,
    write_picture,
    write_sidecar,
)
from geotamper.sets.questions import QuestionStyle, ask_picture, number_questions, picture_info
from geotamper.sets.truth import PictureOrigin, facts_of_record, forged_record, untouched_record

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Runs the command in this process; stdout and stderr are kept apart."""

    def invoke(*words: object) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words])

    return invoke


@pytest.fixture
def tiny_set(forgery: Forgery, tmp_path: Path) -> Path:
    """A set of two pictures in fold test: 1 is untouched, 2 is the forged picture."""
    root = tmp_path / "tiny"
    empty = np.zeros_like(forgery.source_mask)
    table, pictures = TableBuilder(), []
    records = (
        untouched_record(PictureOrigin(id=1, fold="test", group="one", origin_dataset="noise", origin="1")),
        forged_record(
            replace(forgery, object_class="Ship"),
            PictureOrigin(id=2, fold="test", group="two", origin_dataset="noise", origin="2", region="Sea"),
            instance=1,
        ),
    )
    for record in records:
        forged = record.kind != "none"
        source, target = (forgery.source_mask, forgery.target_mask) if forged else (empty, empty)
        image = forgery.pixels if forged else np.roll(forgery.original, 31, axis=(0, 1))
        arrays = PictureArrays(
            image=image,
            original=forgery.original if forged else image,
            source=source,
            target=target,
            background=empty,
            segmentation=encode_segmentation(source.astype(np.uint8), {1: "Ship"}),
        )
        write_picture(root, record.id, arrays)
        facts = facts_of_record(record, source, target)
        asked = ask_picture(facts, record.id, QuestionStyle("rs-cmqa"))
        numbered = tuple(number_questions(asked, record.id, "rs-cmqa"))
        for question in numbered:
            table.add(question, "test")
        info = picture_info(asked, facts, "rs-cmqa")
        ids = tuple(question.id for question in numbered)
        pictures.append(SetPicture(record.id, ids, origin_dataset="noise", info=info))
    write_lists(root, SetLists(table.build(), pictures, AnswerVocabulary.standard("rs-cmqa")))
    size = (forgery.pixels.shape[1], forgery.pixels.shape[0])
    sidecar = Sidecar(name="tiny", question_set="rs-cmqa", seed=5, size=size, pictures=records)
    write_sidecar(root / "geotamper.json", sidecar)
    return root
