"""A run folder evaluated like any detector."""

from collections.abc import Callable
from pathlib import Path

import pytest

from geotamper.evaluation import EvaluationOptions, evaluate_set
from geotamper.evaluation.examinee import is_of_other_type

WriteRun = Callable[..., Path]


def test_network_has_two_columns(known_set: Path, write_run: WriteRun, tmp_path: Path) -> None:
    run, out = write_run(), tmp_path / "out"
    result = evaluate_set(known_set, EvaluationOptions(detector=str(run), out=out))
    document = result.document
    assert document.model == str(run)
    assert (document.images, document.questions, document.failures) == (8, 108, 0)
    assert document.within_type is not None
    assert document.outside_type is not None
    # an untrained network answers most questions with a class of another type
    assert document.outside_type > 0.5
    assert document.within_type.OA is not None
    assert document.OA is not None
    assert document.within_type.OA > document.OA
    assert document.coverage == 1
    assert document.localisation is not None
    again = evaluate_set(known_set, EvaluationOptions(detector=str(run), out=out))
    assert again.reused == 8


def test_set_without_masks_is_evaluated_all_the_same(known_set: Path, write_run: WriteRun) -> None:
    for folder in ("source", "target", "background", "segmentation"):
        for file in (known_set / folder).glob("*.png"):
            file.unlink()
    document = evaluate_set(known_set, EvaluationOptions(detector=str(write_run("cm_moe")))).document
    assert document.images == 8
    assert document.localisation is None
    assert document.questions == 108


@pytest.mark.parametrize("text", ["Yes", "Left side", "Less than One Percent"])
def test_answers_of_the_catalogue_are_of_no_other_type(text: str) -> None:
    assert not is_of_other_type(text)
