import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from geotamper.errors import InputError, SpecificationError
from geotamper.evaluation import EvaluationOptions, MetricsDocument, PictureFailure, evaluate_set
from geotamper.evaluation.asking import PictureTask
from geotamper.evaluation.evaluate import Judged, run_serially
from geotamper.evidence.results import Evidence
from geotamper.sets.balancing import balance_set
from geotamper.sets.conversion import Conversion, convert_set
from geotamper.sets.layout import open_set
from geotamper.sets.layout.png import encode_png
from geotamper.sets.questions import catalogue_answer, option_of
from geotamper.task.released import released_text

Known = dict[bytes, Evidence]


def unavailable(document: MetricsDocument) -> dict[str, int | None]:
    return {entry.field: entry.pictures for entry in document.unavailable}


@pytest.mark.usefixtures("remembering")
def test_known_pictures_are_answered_rightly_but_for_the_class(known_set: Path) -> None:
    document = evaluate_set(known_set).document
    assert (document.images, document.questions) == (8, 2 * (1 + 21 + 21 + 11))
    wrong = {name for name, entry in document.per_type.items() if entry.accuracy < 1}
    # the class is forced: "Ship" has two thirds of the train questions and of those asked here
    assert wrong == {"object", "object_check"}
    assert document.per_type["object"].accuracy == pytest.approx(2 / 3)
    assert document.per_type["object"].asked == 6
    assert document.coverage == pytest.approx(1 - 3 * 6 / 108)
    right = sum(entry.accuracy * entry.asked for entry in document.per_type.values())
    assert pytest.approx(right / 108) == document.OA
    assert pytest.approx(np.mean([entry.accuracy for entry in document.per_type.values()])) == document.AA
    assert document.absent_types == ()


@pytest.mark.usefixtures("remembering")
def test_known_pictures_are_localised_and_measured(known_set: Path) -> None:
    document = evaluate_set(known_set).document
    assert document.image_level.accuracy == document.image_level.auc == 1
    assert document.image_level.false_alarm_rate == 0
    place = document.localisation
    assert place is not None
    assert place.source is not None
    assert (place.found_rate, place.swap_rate, place.blur_found_rate, place.source.iou) == (1, 0, 1, 1)
    assert document.transform is not None
    assert document.transform.rotation_mae_deg == pytest.approx(0, abs=1e-9)
    assert document.unavailable == ()
    assert (
        document.confidence_intervals["OA"][0] <= (document.OA or 0) <= document.confidence_intervals["OA"][1]
    )


def test_every_picture_is_inspected_once(known_set: Path, remembering: Known, looked_at: list[bytes]) -> None:
    assert len(remembering) == 9
    evaluate_set(known_set)
    assert len(looked_at) == len(set(looked_at)) == 8


def test_missed_forgery_is_answered_by_the_train_priors(known_set: Path, remembering: Known) -> None:
    remembering.clear()
    document = evaluate_set(known_set).document
    assert document.image_level.recall == 0
    place = document.localisation
    assert place is not None
    assert place.union is not None
    assert (place.found_rate, place.swap_rate, place.union.iou) == (0, None, 0)
    assert document.transform is None
    assert {"localisation.swap_rate", "transform"} <= set(unavailable(document))
    # of the train pictures two of three are copies, one of two copies is turned
    assert document.per_type["kind"].accuracy == pytest.approx(2 / 3)
    assert document.per_type["tampered"].accuracy == pytest.approx(2 / 8)
    # a check agrees with the forced open answer, so that right and wrong option are both judged by it
    assert document.per_type["kind"].asked == 6
    scores = {str(name): entry.accuracy for name, entry in document.per_type.items()}
    for name in ("object", "source_location", "area"):
        assert scores[f"{name}_check"] >= scores[name]
    assert document.coverage == pytest.approx(8 / 108)


@pytest.mark.usefixtures("remembering")
def test_released_set_without_train_list_and_class_map(known_set: Path) -> None:
    (known_set / "geotamper.json").unlink()
    (known_set / "JsonFiles" / "Train_Questions.json").write_text('{"questions": []}')
    document = evaluate_set(known_set).document
    # uniform priors: the first class of the catalogue, which is in no picture
    assert document.per_type["object"].accuracy == 0
    assert document.transform is None
    assert unavailable(document)["transform"] in (4, None)
    assert document.localisation is not None
    assert document.localisation.found_rate == 1


@pytest.mark.usefixtures("remembering")
def test_released_wording_gives_the_same_numbers(known_set: Path) -> None:
    own = evaluate_set(known_set).document
    opened = open_set(known_set)
    vocabulary, from_text = opened.vocabulary, {}
    for question in opened.questions:
        name = vocabulary.type_name(question.type)
        assert name is not None
        option = option_of(name, question.text) if name.endswith("_check") else None
        from_text[question.text] = released_text(name, option)
    for path in (known_set / "JsonFiles").glob("*_Questions.json"):
        document = json.loads(path.read_text())
        for entry in document["questions"]:
            entry["question"] = from_text[entry["question"]]
        path.write_text(json.dumps(document))
    released = evaluate_set(known_set).document
    assert released.per_type == own.per_type
    assert released.data_sha256 != own.data_sha256


@pytest.mark.usefixtures("remembering")
def test_missing_masks_are_null_and_listed(known_set: Path) -> None:
    for folder in ("source", "target"):
        for path in (known_set / folder).iterdir():
            path.unlink()
    (known_set / "geotamper.json").unlink()
    document = evaluate_set(known_set).document
    assert document.localisation is None
    assert document.transform is None
    assert unavailable(document)["localisation"] == 6
    # the verdicts are still compared, with what the answers tell
    assert document.image_level.accuracy == 1


@pytest.mark.usefixtures("remembering")
def test_black_masks_do_not_make_a_forged_picture_untouched(known_set: Path) -> None:
    (known_set / "geotamper.json").unlink()
    black = encode_png(np.zeros((128, 128), dtype=np.bool_))
    for folder in ("source", "target"):
        for path in (known_set / folder).iterdir():
            path.write_bytes(black)
    document = evaluate_set(known_set).document
    assert document.localisation is None
    assert unavailable(document)["localisation"] == 6
    assert document.image_level.accuracy == 1
    assert document.image_level.recall == 1


@pytest.mark.usefixtures("remembering")
def test_parquet_has_the_same_digest_and_numbers(known_set: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    convert_set(known_set, tmp_path / "parquet", Conversion("parquet", storage="shards"))
    first, second = evaluate_set(known_set).document, evaluate_set(tmp_path / "parquet").document
    assert first.data_sha256 == second.data_sha256
    assert first.per_type == second.per_type


@pytest.mark.usefixtures("remembering")
def test_balanced_questions_are_asked(known_set: Path) -> None:
    subset = balance_set(known_set, per_type=3)
    document = evaluate_set(known_set, EvaluationOptions(balanced=True)).document
    shutil.rmtree(known_set / "JsonFiles")  # a release may hold the balanced questions alone
    assert evaluate_set(known_set, EvaluationOptions(balanced=True)).document.OA == document.OA
    assert document.balanced
    assert document.questions == int((subset.questions.of_fold("test").ids >= 0).sum())


def test_interrupted_evaluation_goes_on(
    known_set: Path, tmp_path: Path, remembering: Known, looked_at: list[bytes]
) -> None:
    whole = evaluate_set(known_set).document
    options = EvaluationOptions(out=tmp_path / "out")

    def stop_after_three(tasks: Sequence[PictureTask]) -> Iterator[Judged]:
        yield from run_serially(tasks[:3])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate_set(known_set, options, run=stop_after_three)
    journal = tmp_path / "out" / "pictures.jsonl"
    text = journal.read_text()
    journal.write_text(text + text.splitlines()[1][:40])  # a line that was cut off
    looked_at.clear()
    result = evaluate_set(known_set, options)
    assert (result.reused, len(looked_at)) == (3, 5)
    untimed = {"seconds_per_image": None, "latency": None}
    assert result.document.model_copy(update=untimed) == whole.model_copy(update=untimed)
    assert remembering


def test_changed_picture_is_measured_anew(
    known_set: Path, tmp_path: Path, remembering: Known, looked_at: list[bytes]
) -> None:
    options = EvaluationOptions(out=tmp_path / "out")
    evaluate_set(known_set, options)
    (known_set / "image" / "5.png").write_bytes((known_set / "image" / "6.png").read_bytes())
    looked_at.clear()
    assert evaluate_set(known_set, options).reused == 7
    assert len(looked_at) == 1
    assert remembering


@pytest.mark.usefixtures("remembering")
def test_results_of_another_evaluation_are_not_mixed(known_set: Path, tmp_path: Path) -> None:
    evaluate_set(known_set, EvaluationOptions(out=tmp_path / "out"))
    with pytest.raises(InputError, match="differs in questions, split"):
        evaluate_set(known_set, EvaluationOptions(out=tmp_path / "out", split="train"))


@pytest.mark.usefixtures("remembering")
def test_damaged_picture_does_not_stop_the_others(known_set: Path) -> None:
    (known_set / "image" / "4.png").write_bytes(b"no picture")
    result = evaluate_set(known_set)
    assert [failure.picture for failure in result.failures] == [4]
    assert "4.png" in result.failures[0].error
    assert (result.document.images, result.document.failures) == (7, 1)
    assert isinstance(result.failures[0], PictureFailure)


@pytest.mark.usefixtures("remembering")
def test_empty_fold_is_refused(known_set: Path) -> None:
    with pytest.raises(InputError, match="no question to ask in its val list"):
        evaluate_set(known_set, EvaluationOptions(split="val"))


@pytest.mark.usefixtures("remembering")
def test_unreadable_option_is_forced_and_noted(known_set: Path) -> None:
    path = known_set / "JsonFiles" / "Test_Questions.json"
    document = json.loads(path.read_text())
    changed = next(entry for entry in document["questions"] if entry["type"] == "4")
    changed["question"] = "Could you say so?"
    path.write_text(json.dumps(document))
    result = evaluate_set(known_set).document
    assert any("'Could you say so?' name no option" in note for note in result.notes)
    assert result.questions == 108


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Copy-Move", "Copy-Move"),
        ("copy move forgery", "Copy-Move"),
        ("Blurring", "Blur"),
        ("splice", "splice"),
    ],
)
def test_kinds_of_foreign_sets_are_recognised(text: str, expected: str) -> None:
    assert catalogue_answer("kind", text) == expected


@pytest.mark.usefixtures("remembering")
def test_files_are_written(known_set: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    out = tmp_path / "out"
    result = evaluate_set(known_set, EvaluationOptions(out=out))
    assert {path.name for path in out.iterdir()} == {
        "metrics.json", "per_type.csv", "reliability.png", "pictures.jsonl", "table.md", "table.csv", "table.tex",
        "confusion", "confusion.png", "radar.png",
    }  # fmt: skip
    written = json.loads((out / "metrics.json").read_text())
    assert written["schema"] == "geotamper.metrics/1"
    assert MetricsDocument.model_validate(written) == result.document
    rows = (out / "per_type.csv").read_text().splitlines()
    assert rows[0] == "type,group,accuracy,low,high,asked"
    assert len(rows) == 1 + 15 + 2


@pytest.mark.usefixtures("remembering")
def test_degraded_pictures_are_shown_and_judged_in_their_own_frame(
    known_set: Path, remembering: Known, looked_at: list[bytes]
) -> None:
    asked = len(evaluate_set(known_set).document.per_type)
    known = set(looked_at)
    document = evaluate_set(known_set, EvaluationOptions(degrade="resize:0.5")).document
    assert len(document.per_type) == asked
    assert known.isdisjoint(looked_at[len(known) :])
    # what is remembered belongs to other pixels, so that nothing is found in the halved ones
    assert (document.degrade, document.image_level.recall) == ("resize:0.5", 0)
    assert "localisation.union" not in unavailable(document)
    assert len(remembering) == 9


@pytest.mark.usefixtures("remembering")
def test_some_pictures_are_drawn_with_all_their_questions(known_set: Path) -> None:
    few = evaluate_set(known_set, EvaluationOptions(pictures=3)).document
    again = evaluate_set(known_set, EvaluationOptions(pictures=3)).document
    assert few.images == 3
    assert few.data_sha256 == again.data_sha256
    assert any("3 of 8 pictures" in note for note in few.notes)
    assert evaluate_set(known_set, EvaluationOptions(pictures=80)).document.images == 8


def test_unknown_degradation_is_refused(known_set: Path) -> None:
    with pytest.raises(SpecificationError, match="blur:3"):
        evaluate_set(known_set, EvaluationOptions(degrade="blur:3"))
