"""A run folder evaluated like any detector."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geotamper.evaluation import EvaluationOptions, evaluate_set
from geotamper.evaluation.examinee import is_of_other_type
from geotamper.evaluation.gallery import tinted, worst_pictures
from geotamper.evaluation.outcomes import PictureOutcome
from geotamper.metrics import RegionPair

WriteRun = Callable[..., Path]


def test_network_has_two_columns(known_set: Path, write_run: WriteRun) -> None:
    run = write_run()
    document = evaluate_set(known_set, EvaluationOptions(detector=str(run))).document
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


def test_results_of_a_network_are_written_and_drawn(
    known_set: Path, write_run: WriteRun, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    result = evaluate_set(known_set, EvaluationOptions(detector=str(write_run()), out=out))
    assert result.notes == ()
    for name in ("radar", "confusion", "tsne", "worst", "reliability"):
        with Image.open(out / f"{name}.png") as picture:
            assert len(set(picture.convert("L").tobytes())) > 10
    assert len(list((out / "overlays").glob("*.png"))) == 6
    assert "within type" in (out / "table.md").read_text()
    assert "other type" in (out / "confusion" / "area.csv").read_text()
    assert r"\bottomrule" in (out / "table.tex").read_text()


def test_worst_pictures_are_those_with_most_wrong_answers(known_set: Path) -> None:
    out = known_set.parent / "floor"
    evaluate_set(known_set, EvaluationOptions(detector="question-floor", out=out))
    lines = (out / "pictures.jsonl").read_text().splitlines()[1:]
    outcomes = [PictureOutcome.model_validate_json(line) for line in lines]
    worst = worst_pictures(outcomes, 3)
    shares = [sum(a.given != a.expected for a in o.answers) / len(o.answers) for o in worst]
    assert shares == sorted(shares, reverse=True)
    # the floor calls everything tampered, so the untouched pictures have one wrong answer of one
    assert shares[:2] == [1.0, 1.0]


def test_tint_changes_only_the_regions() -> None:
    pixels = np.full((4, 4, 3), 100, np.uint8)
    source, target = np.zeros((4, 4), bool), np.zeros((4, 4), bool)
    source[0], target[3] = True, True
    found = tinted(pixels, RegionPair(source, target))
    assert (found[1:3] == 100).all()
    assert found[0, 0, 1] > found[0, 0, 0]
    assert found[3, 0, 0] > found[3, 0, 1]
    assert np.array_equal(tinted(pixels, None), pixels)
