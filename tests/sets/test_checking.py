import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geotamper.control import Control
from geotamper.errors import CancelledError, SpecificationError
from geotamper.sets.balancing import balance_set
from geotamper.sets.checking import CheckOptions, CheckReport, check_set
from geotamper.sets.checking.report import EXAMPLES, Collector
from geotamper.sets.conversion import Conversion, convert_set
from geotamper.sets.layout import open_set, picture_path
from geotamper.sets.layout.png import encode_png

CopySet = Callable[..., Path]
Document = dict[str, Any]


def _edit(path: Path, change: Callable[[Document], object]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def _edit_questions(root: Path, number: int, /, **change: object) -> None:
    """Change a question in the list of all and in that of its fold."""
    for path in (root / "JsonFiles").glob("*_Questions.json"):
        _edit(path, lambda d: [q.update(change) for q in d["questions"] if q["id"] == number])


def _put(root: Path, picture: int, role: Any, pixels: Any) -> None:
    picture_path(root, picture, role).write_bytes(encode_png(pixels))


def _found(report: CheckReport, severity: str = "error") -> set[str]:
    return {finding.rule for finding in report.findings if finding.severity == severity}


def _foreign(root: Path) -> Path:
    (root / "geotamper.json").unlink()
    return root


@pytest.mark.parametrize("question_set", ["rs-cmqa", "rs-tqa"])
def test_sound_set_passes_with_everything_checked(small_set: CopySet, question_set: str) -> None:
    report = check_set(small_set(question_set))
    assert report.own
    assert report.passed
    assert report.findings == ()
    assert report.unchecked == ()


def test_processes_find_the_same(small_set: CopySet) -> None:
    root = small_set()
    _put(root, 2, "target", np.zeros((128, 128), dtype=np.bool_))
    assert check_set(root, CheckOptions(jobs=2)) == check_set(root)


@pytest.mark.parametrize("storage", ["files", "shards"])
def test_converted_set_passes_and_its_hashes_are_checked(
    small_set: CopySet, tmp_path: Path, storage: Any
) -> None:
    pytest.importorskip("pyarrow")
    root = tmp_path / "columns"
    convert_set(small_set(), root, Conversion("parquet", storage=storage))
    assert check_set(root).findings == ()
    if storage == "files":
        _put(root, 4, "background", np.zeros((128, 128), dtype=np.bool_))
    else:
        (root / "geotamper.json").write_text((root / "geotamper.json").read_text() + "\n")
    assert _found(check_set(root)) == {"manifest"}


def test_balanced_subset_passes(small_set: CopySet) -> None:
    root = small_set("rs-tqa")
    balance_set(root, per_type=5)
    assert check_set(root, CheckOptions(balanced=True)).findings == ()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Has anything in this picture been forged?", "No"),
        ("What kind of object was forged?", "Road"),
        ("In which part of the picture is the source region?", "Lower Right"),
        ("How much of the picture does the forged region cover?", "Less than One Percent"),
        ("On which side of the source region is the copy?", "Upper"),
        ("Is the copy bigger than, smaller than or the same size as the original?", "Smaller"),
        ("Was the copy rotated?", "No"),
        ("Is the pasted copy in the lower right part of the picture?", "No"),
    ],
)
def test_wrong_answer_is_an_error(small_set: CopySet, text: str, wrong: str) -> None:
    root = small_set()
    questions = json.loads((root / "JsonFiles" / "All_Questions.json").read_text())["questions"]
    number = next(q["id"] for q in questions if q["img_id"] == 2 and q["question"] == text)
    assert next(q["answer"] for q in questions if q["id"] == number) != wrong
    _edit_questions(root, number, answer=wrong)
    report = check_set(root)
    assert _found(report) == {"answer"}
    assert [finding.question for finding in report.findings] == [number]
    assert f"'{wrong}'" in report.findings[0].message


def test_moved_target_breaks_transform_and_answers(small_set: CopySet) -> None:
    root = small_set()
    moved = np.zeros((128, 128), dtype=np.bool_)
    moved[100:115, 10:25] = True
    _put(root, 2, "target", moved)
    assert {"transform", "answer", "info"} <= _found(check_set(root))


def test_masks_are_checked(small_set: CopySet) -> None:
    root = small_set("rs-tqa")
    mask = np.zeros((128, 128), dtype=np.bool_)
    mask[:30, :30] = True
    _put(root, 1, "source", mask)  # untouched
    _put(root, 2, "target", np.zeros((128, 128), dtype=np.bool_))
    _put(root, 4, "target", mask)  # blurred: both masks are the same
    grey = np.zeros((128, 128), dtype=np.uint8)
    grey[:5] = 200
    _put(root, 5, "background", grey)
    _put(root, 6, "background", grey // 200)
    _put(root, 7, "background", np.zeros((128, 128, 3), dtype=np.uint8))
    _put(root, 8, "background", np.ones((128, 128), dtype=np.bool_))
    messages = {
        finding.picture: finding.message for finding in check_set(root).findings if finding.rule == "mask"
    }
    assert sorted(messages) == [1, 2, 4, 5, 6, 7, 8]  # type: ignore[type-var]
    for picture, text in {
        1: "untouched", 2: "target mask", 4: "differ", 5: "neither 0 nor 255", 6: "above 1", 7: "3 bands",
        8: "covers",
    }.items():  # fmt: skip
        assert text in messages[picture]


def test_overlap_and_area_are_checked(small_set: CopySet) -> None:
    root = small_set()
    large = np.zeros((128, 128), dtype=np.bool_)
    large[10:70, 10:70] = True
    _put(root, 2, "source", large)
    _put(root, 2, "target", np.roll(large, 30, axis=1))
    found = _found(check_set(root))
    assert {"overlap", "area"} <= found


def test_missing_damaged_and_orphan_files_are_listed(small_set: CopySet) -> None:
    root = small_set()
    picture_path(root, 1, "target").unlink()
    picture_path(root, 3, "segmentation").unlink()
    picture_path(root, 2, "image").write_bytes(picture_path(root, 2, "image").read_bytes()[:500])
    _put(root, 4, "original", np.zeros((64, 64, 3), dtype=np.uint8))
    shutil.copy(picture_path(root, 5, "image"), picture_path(root, 50, "image"))
    (root / "image" / ".7.abcd.part.png").touch()
    report = check_set(root)
    files = {finding.picture: finding.message for finding in report.findings if finding.rule == "files"}
    assert "target/1.png is missing" in files[1]
    assert "cannot be decoded" in files[2]
    assert "segmentation/3.png" in files[3]
    assert "differ in size" in files[4]
    orphans = [finding for finding in report.findings if finding.rule == "orphans"]
    assert [(orphan.severity, orphan.picture) for orphan in orphans] == [("error", 50), ("warning", None)]
    assert {entry.rule for entry in report.unchecked} == {"answer"}


def test_counts_types_and_vocabulary_are_checked(small_set: CopySet) -> None:
    root = small_set()
    for path in (root / "JsonFiles").glob("*_Questions.json"):
        _edit(path, lambda d: d.update(questions=[q for q in d["questions"] if q["id"] != 45]))
    _edit_questions(root, 44, type="14")
    _edit_questions(root, 52, answer="Somewhere")
    _edit_questions(root, 65, type="77")
    report = check_set(root)
    assert {"counts", "text", "vocabulary", "lists", "answer"} <= _found(report)
    counts = next(finding for finding in report.findings if finding.rule == "counts")
    assert counts.picture == 2
    assert "19 questions instead of 20" in counts.message
    assert any("not one of the catalogue" in entry.reason for entry in report.unchecked)


def test_question_without_meaning_for_the_picture_is_an_error(small_set: CopySet) -> None:
    root = small_set("rs-tqa")
    _edit_questions(root, 84, type="15", question="Was the copy rotated?", answer="No")
    report = check_set(root)
    assert any("has no meaning" in finding.message and finding.question == 84 for finding in report.findings)


def test_lists_that_disagree_are_reported(small_set: CopySet) -> None:
    root = small_set()
    folder = root / "JsonFiles"
    _edit(folder / "Test_Questions.json", lambda d: d["questions"][0].update(answer="Yes"))
    _edit(folder / "All_Images.json", lambda d: d["images"].pop())
    _edit(folder / "Answers.json", lambda d: d["answers"][0]["answer"].update(Yes=5))
    report = check_set(root)
    lists = [finding.message for finding in report.findings if finding.rule == "lists"]
    assert any("differs between" in text for text in lists)
    assert any("is not in All_Images" in text for text in lists)
    assert any("geotamper.json tells of picture 9" in text for text in lists)
    assert "class index 5" in next(f.message for f in report.findings if f.rule == "vocabulary")
    assert "orphans" in _found(report)


def test_original_of_untouched_picture_must_be_itself(small_set: CopySet) -> None:
    root = small_set()
    shutil.copy(picture_path(root, 2, "image"), picture_path(root, 1, "image"))
    shutil.copy(picture_path(root, 5, "original"), picture_path(root, 5, "image"))
    originals = [f.message for f in check_set(root).findings if f.rule == "original"]
    assert originals == [
        "picture 1 is untouched and differs from its original",
        "picture 5 is forged and equals its original",
    ]


def _leak(root: Path) -> None:
    """Put the questions of picture 2, whose group is in train, into test."""
    folder = root / "JsonFiles"
    moved: list[Document] = []

    def take(document: Document) -> None:
        moved.extend(q for q in document["questions"] if q["img_id"] == 2)
        document["questions"] = [q for q in document["questions"] if q["img_id"] != 2]

    _edit(folder / "Train_Questions.json", take)
    _edit(folder / "Test_Questions.json", lambda d: d["questions"].extend(moved))


def test_leakage_is_an_error_in_an_own_set(small_set: CopySet) -> None:
    root = small_set()
    _leak(root)
    report = check_set(root)
    assert _found(report) == {"leakage-picture", "leakage-group", "leakage-file", "leakage-look"}
    group = next(finding for finding in report.findings if finding.rule == "leakage-group")
    assert "'meadow'" in group.message
    assert "test" in group.message


def test_leakage_is_a_warning_in_a_foreign_split_and_an_error_when_strict(small_set: CopySet) -> None:
    root = _foreign(small_set())
    _leak(root)
    report = check_set(root)
    assert report.passed
    assert {"leakage-file", "leakage-look"} == _found(report, "warning")
    assert any(entry.rule == "leakage-group" for entry in report.unchecked)
    strict = check_set(root, CheckOptions(strict=True))
    assert not strict.passed
    assert {"leakage-file", "leakage-look"} == _found(strict)
    assert strict.warnings == 0


def test_look_alone_betrays_a_copy_with_other_bytes(small_set: CopySet) -> None:
    root = _foreign(small_set())
    shutil.rmtree(root / "original")
    noise = np.random.default_rng(0).integers(0, 4, (128, 128, 3), dtype=np.uint8)
    _put(root, 7, "image", np.minimum(open_set(root).read_image(1), 250) + noise)
    report = check_set(root)
    looks = [finding for finding in report.findings if finding.rule == "leakage-look"]
    assert [finding.picture for finding in looks if "picture 7" in finding.message] == [1, 2, 3]
    assert "leakage-file" not in _found(report, "warning")


def test_questions_of_one_picture_in_two_folds_are_leakage(small_set: CopySet) -> None:
    root = _foreign(small_set())
    folder = root / "JsonFiles"
    moved: list[Document] = []
    _edit(folder / "Train_Questions.json", lambda d: moved.append(d["questions"].pop()))
    _edit(folder / "Val_Questions.json", lambda d: d["questions"].extend(moved))
    report = check_set(root)
    assert report.passed
    assert "leakage-picture" in _found(report, "warning")


def test_foreign_set_lists_what_cannot_be_checked(small_set: CopySet) -> None:
    report = check_set(_foreign(small_set("rs-tqa")))
    assert not report.own
    assert report.passed
    assert report.findings == ()
    reasons = {(entry.rule, entry.reason.partition(":")[0]) for entry in report.unchecked}
    assert ("answer", "rotated") in reasons
    assert {"transform", "leakage-group", "mask"} <= {rule for rule, _ in reasons}


def test_foreign_set_without_class_map_compares_checks_with_the_open_answer(small_set: CopySet) -> None:
    root = _foreign(small_set())
    shutil.rmtree(root / "segmentation")
    _edit_questions(root, 45, answer="No")  # "Is the forged object a ship?", where question 44 says Ship
    report = check_set(root)
    assert [finding.question for finding in report.findings if finding.severity == "error"] == [45]
    assert any(entry.reason.startswith("object:") for entry in report.unchecked)


def test_foreign_kinds_are_left_alone(small_set: CopySet) -> None:
    root = _foreign(small_set("rs-tqa"))
    _edit(
        root / "JsonFiles" / "Answers.json",
        lambda d: d["answers"][1].update(answer={"copied": 2, "smeared": 3}),
    )
    for path in (root / "JsonFiles").glob("*_Questions.json"):
        path.write_text(path.read_text().replace('"Copy-Move"', '"copied"').replace('"Blur"', '"smeared"'))
    report = check_set(root)
    assert report.passed
    assert any("words of its own" in entry.reason for entry in report.unchecked)


@pytest.mark.parametrize("foreign", [False, True])
def test_smaller_pictures_pass_with_their_limits_listed(
    small_set: CopySet, tmp_path: Path, foreign: bool
) -> None:
    convert_set(small_set("rs-tqa"), tmp_path / "small", Conversion("released", size=64))
    if foreign:
        _foreign(tmp_path / "small")
    report = check_set(tmp_path / "small")
    assert report.passed
    assert any("size that the answers refer to" in entry.reason for entry in report.unchecked)


def test_smaller_pictures_still_betray_wrong_answers(small_set: CopySet, tmp_path: Path) -> None:
    convert_set(small_set(), tmp_path / "small", Conversion("released", size=64))
    _edit_questions(tmp_path / "small", 47, answer="Lower Right")
    report = check_set(tmp_path / "small")
    assert [finding.question for finding in report.findings] == [47]


def test_report_is_json_and_keeps_a_limited_number_of_findings() -> None:
    collector = Collector(own=False, strict=False)
    for place in range(EXAMPLES + 5):
        collector.error("answer", "wrong", picture=place)
    collector.fault("leakage-look", "odd")
    collector.skip("answer", "why", 3)
    collector.skip("answer", "never", 0)
    report = collector.report(pictures=1, questions=2)
    assert (report.errors, report.warnings, len(report.findings)) == (EXAMPLES + 5, 1, EXAMPLES + 1)
    document = json.loads(json.dumps(report.document()))
    assert document["schema"] == "geotamper.check/1"
    assert document["unchecked"] == [{"rule": "answer", "reason": "why", "count": 3}]
    assert document["totals"][0] == {"rule": "answer", "severity": "error", "count": EXAMPLES + 5}
    assert not document["passed"]


def test_check_can_be_cancelled_and_refuses_no_processes(small_set: CopySet) -> None:
    with pytest.raises(CancelledError):
        check_set(small_set(), control=Control(is_cancelled=lambda: True))
    with pytest.raises(SpecificationError, match="jobs"):
        CheckOptions(jobs=0)
