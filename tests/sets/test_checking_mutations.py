"""Files, class maps, infos and balanced subsets that do not belong together."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geotamper.sets.balancing import balance_set
from geotamper.sets.checking import CheckOptions, check_set
from geotamper.sets.checking.expected import Expected
from geotamper.sets.checking.lists import check_info
from geotamper.sets.checking.pictures import PictureEvidence
from geotamper.sets.checking.report import Collector
from geotamper.sets.conversion import Conversion, convert_set
from geotamper.sets.layout import AnswerVocabulary, SetPicture, open_set, picture_path
from geotamper.sets.layout.png import encode_png
from geotamper.task.facts import RegionFacts

CopySet = Callable[..., Path]
Document = dict[str, Any]


def _edit(path: Path, change: Callable[[Document], object]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def _foreign(root: Path) -> Path:
    (root / "geotamper.json").unlink()
    return root


@pytest.mark.parametrize("role", ["original", "segmentation"])
def test_own_set_without_a_file_or_a_folder_fails(small_set: CopySet, role: Any) -> None:
    root = small_set()
    picture_path(root, 2, role).unlink()
    report = check_set(root)
    assert [(f.rule, f.severity, f.picture) for f in report.findings] == [("files", "error", 2)]
    shutil.rmtree(root / role)
    assert check_set(root).totals["files", "error"] == report.pictures
    assert check_set(_foreign(root)).passed


def test_hash_without_a_file_is_an_error(small_set: CopySet, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    root = tmp_path / "columns"
    convert_set(_foreign(small_set()), root, Conversion("parquet"))
    picture_path(root, 2, "segmentation").unlink()
    errors = [f for f in check_set(root).findings if f.severity == "error"]
    assert [(f.rule, f.picture) for f in errors] == [("manifest", 2)]
    assert "segmentation of picture 2" in errors[0].message


def test_exchanged_pictures_differ_from_their_originals(small_set: CopySet) -> None:
    root = small_set()
    one, other = (picture_path(root, number, "image") for number in (2, 3))
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    found = check_set(root).findings
    assert {(f.rule, f.severity) for f in found} == {("original", "error")}
    assert {f.picture for f in found} == {2, 3}
    foreign = check_set(_foreign(root))
    assert foreign.passed
    assert {f.picture for f in foreign.findings if f.rule == "original"} == {2, 3}


def test_class_map_of_another_class_is_an_error(small_set: CopySet) -> None:
    root = small_set()
    picture_path(root, 2, "segmentation").write_bytes(encode_png(np.full((128, 128), 30, dtype=np.uint8)))
    report = check_set(root)
    assert [f.rule for f in report.findings] == ["segmentation"]
    assert "'Building'" in report.findings[0].message


@pytest.mark.parametrize(("number", "wrong"), [(2, "Road"), (4, "Middle"), (10, "Upper"), (14, "No")])
def test_wrong_info_is_an_error(small_set: CopySet, number: int, wrong: str) -> None:
    root = small_set()
    path = root / "JsonFiles" / "All_Images.json"
    _edit(path, lambda d: d["images"][1]["info"].update({f"Q{number}": wrong}))
    report = check_set(root)
    assert [(f.rule, f.severity, f.picture) for f in report.findings] == [("info", "error", 2)]
    assert f"Q{number}" in report.findings[0].message


def _drop_first_of_type_4(document: Document) -> None:
    document["questions"] = [
        q for q in document["questions"] if q["type"] != "4" or q["answer"] != "Upper Left"
    ]


def test_uneven_balanced_subset_is_an_error_and_a_warning_in_a_foreign_set(small_set: CopySet) -> None:
    root = small_set()
    balance_set(root, per_type=4)
    for path in (root / "JsonFilesBalanced").glob("*_Questions.json"):
        _edit(path, _drop_first_of_type_4)
    found = [f for f in check_set(root, CheckOptions(balanced=True)).findings if f.rule == "balance"]
    assert [f.severity for f in found] == ["error"]
    assert "type 4 (source_location)" in found[0].message
    foreign = check_set(_foreign(root), CheckOptions(balanced=True))
    assert foreign.passed
    assert foreign.totals["balance", "warning"] == 1


def test_balanced_questions_must_be_those_of_the_full_set(small_set: CopySet) -> None:
    root = small_set()
    balance_set(root, per_type=4)
    number = int(open_set(root, balanced=True).questions.ids[0])
    for path in (root / "JsonFilesBalanced").glob("*_Questions.json"):
        _edit(path, lambda d: [q.update(id=9999) for q in d["questions"] if q["id"] == number])
    found = check_set(root, CheckOptions(balanced=True)).findings
    assert [f.question for f in found if f.rule == "balance"] == [9999]


def test_release_of_the_balanced_subset_alone_is_checked(small_set: CopySet) -> None:
    root = _foreign(small_set())
    balance_set(root, per_type=4)
    shutil.rmtree(root / "JsonFiles")
    report = check_set(root, CheckOptions(balanced=True))
    assert report.passed
    assert "the full set is not there to compare with" in {entry.reason for entry in report.unchecked}


@pytest.mark.parametrize(("removed", "wrong"), [(36, False), (200, True)])
def test_unchanged_size_fits_areas_that_differ_little(small_set: CopySet, removed: int, wrong: bool) -> None:
    root = _foreign(small_set())
    target = open_set(root).read_mask(3, "target")
    inside = np.flatnonzero(target)
    target.flat[np.concatenate([inside[: removed // 2], inside[-removed // 2 :]])] = False
    picture_path(root, 3, "target").write_bytes(encode_png(target))
    answers = [f for f in check_set(root).findings if f.rule == "answer" and "Same" in f.message]
    assert bool(answers) == wrong


@pytest.mark.parametrize(("resized", "errors"), [(True, 0), (False, 1)])
def test_area_of_a_ragged_region_may_change_with_the_size(resized: bool, errors: int) -> None:
    # a group of trees, met in a set that was made smaller to 224
    region = RegionFacts((100.0, 100.0), round(0.137855 * 224**2))
    evidence = PictureEvidence(430, frames={"source": (224, 224)}, source=region)
    picture = SetPicture(430, (), info={"Q1": "Yes", "Q9_source_size": 0.134422})
    expected = Expected("blur", {"tampered": "Yes"}, {"tampered": frozenset({"Yes"})})
    found = Collector(own=True, strict=False)
    check_info(picture, evidence, expected, AnswerVocabulary.standard("rs-tqa"), found, resized=resized)
    assert found.report(pictures=1, questions=0).errors == errors
