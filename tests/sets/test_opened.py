import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from geotamper.errors import InputError
from geotamper.sets.layout import SetLists, open_set, with_questions, write_lists
from geotamper.sets.layout.sidecar import SIDECAR_SCHEMA, read_sidecar, write_sidecar
from geotamper.sets.truth import facts_of_record, read_truth
from geotamper.task.rules import answer

CopySet = Callable[..., Path]


def _edit(path: Path, change: Callable[[dict[str, list[dict[str, object]]]], object]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_set_reads_what_was_written(small_set: CopySet) -> None:
    opened = open_set(small_set("rs-tqa"))
    assert len(opened.pictures) == 12
    assert len(opened.questions) == 3 * (1 + 21 + 21 + 11)
    assert opened.vocabulary.question_set == "rs-tqa"
    assert opened.fold_conflicts.missing == ()
    assert opened.sidecar is not None
    for record in opened.sidecar.pictures:
        source, target = (opened.read_mask(record.id, role) for role in ("source", "target"))
        facts = facts_of_record(record, source, target)
        assert answer("tampered", facts) == opened.pictures[record.id].info["Q1"]
        changed = opened.read_image(record.id) != opened.read_original(record.id)
        assert changed.any() == (record.kind != "none")
        assert not changed[~target].any()


def test_fold_questions_read_one_list_alone(small_set: CopySet) -> None:
    root = small_set()
    (root / "JsonFiles" / "Train_Questions.json").write_text("no json")
    opened = open_set(root)
    assert len(opened.fold_questions("test")) == 41
    with pytest.raises(InputError, match="Train_Questions"):
        opened.fold_questions("train")


@pytest.mark.parametrize("how", ["empty", "missing"])
def test_set_without_train_and_val_loads(small_set: CopySet, how: str) -> None:
    root = small_set()
    for name in ("Train", "Val"):
        path = root / "JsonFiles" / f"{name}_Questions.json"
        path.write_text('{"questions": []}')
        if how == "missing":
            path.unlink()
    shutil.rmtree(root / "segmentation")
    shutil.rmtree(root / "original")
    (root / "JsonFiles" / "All_Images.json").rename(root / "JsonFiles" / "All_images.json")
    opened = open_set(root)
    assert len(opened.usable_questions("test")) == 41
    assert len(opened.usable_questions("train")) == 0
    assert len(opened.pictures) == 9


def test_usable_questions_leave_out_what_is_inactive(small_set: CopySet) -> None:
    root = small_set()
    folder = root / "JsonFiles"
    # an inactive question before active ones: counting the active ones would cut the list in the wrong place
    _edit(folder / "Test_Questions.json", lambda d: d["questions"][1].update(active=False))
    _edit(folder / "All_Images.json", lambda d: d["images"][-1].update(active=False))
    _edit(folder / "All_Images.json", lambda d: d["images"].pop(-3))
    opened = open_set(root)
    pictures = set(opened.usable_questions("test").pictures.tolist())
    assert pictures == {8}
    assert len(opened.usable_questions("test")) == 19
    assert len(opened.fold_questions("test")) == 41


def test_joined_questions_report_conflicts(small_set: CopySet) -> None:
    root = small_set()
    folder = root / "JsonFiles"
    _edit(folder / "Test_Questions.json", lambda d: d["questions"][0].update(answer="Yes"))
    _edit(folder / "Test_Questions.json", lambda d: d["questions"].append({**d["questions"][1], "id": 9999}))
    _edit(folder / "Val_Questions.json", lambda d: d["questions"].append(d["questions"][0]))
    train = json.loads((folder / "Train_Questions.json").read_text())["questions"]
    _edit(folder / "Val_Questions.json", lambda d: d["questions"].append(train[3]))
    opened = open_set(root)
    first = opened.fold_questions("test")[0].id
    conflicts = opened.fold_conflicts
    assert conflicts.different == (first,)
    assert conflicts.missing == (9999,)
    assert conflicts.in_two_folds == (train[3]["id"],)
    assert conflicts.repeated == (opened.fold_questions("val")[0].id,)
    rows = opened.questions.ids == first
    assert opened.questions.take(rows)[0].answer == "Yes"
    assert opened.questions.ids[-1] == 9999


def test_set_without_list_of_all_is_joined_from_its_folds(small_set: CopySet) -> None:
    root = small_set()
    complete = open_set(root).questions
    (root / "JsonFiles" / "All_Questions.json").unlink()
    assert open_set(root).questions.equals(complete)


def test_open_set_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        open_set(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no such folder"):
        open_set(tmp_path)
    (tmp_path / "JsonFiles").mkdir()
    with pytest.raises(InputError, match=r"holds none of All_Questions\.json"):
        open_set(tmp_path)
    with pytest.raises(InputError, match="JsonFilesBalanced"):
        open_set(tmp_path, balanced=True)


def test_pictures_are_refused_where_they_make_no_sense(small_set: CopySet) -> None:
    root = small_set()
    path = root / "JsonFiles" / "All_Images.json"
    _edit(path, lambda d: d["images"].append(d["images"][0]))
    with pytest.raises(InputError, match="picture 1 comes twice"):
        _ = open_set(root).pictures
    path.write_text('{"images": [{"questions_ids": []}]}')
    with pytest.raises(InputError, match="record 1"):
        _ = open_set(root).pictures
    path.write_text('{"images": [{"id": 4, "questions_ids": ["1"]}]}')
    with pytest.raises(InputError, match="picture 4"):
        _ = open_set(root).pictures
    path.write_text('{"images": [{"id": 4}]}')
    assert open_set(root).pictures[4].question_ids == ()


def test_write_lists_writes_the_same_bytes_again(small_set: CopySet, tmp_path: Path) -> None:
    root = small_set()
    opened = open_set(root)
    lists = SetLists(opened.questions, opened.pictures.values(), opened.vocabulary)
    write_lists(tmp_path / "again", lists)
    for path in (root / "JsonFiles").iterdir():
        assert (tmp_path / "again" / "JsonFiles" / path.name).read_bytes() == path.read_bytes()


def test_with_questions_takes_only_those_of_the_table(small_set: CopySet) -> None:
    opened = open_set(small_set())
    table = opened.questions.take(np.flatnonzero(opened.questions.types == 1))
    pictures = with_questions(opened.pictures.values(), table)
    assert [len(picture.question_ids) for picture in pictures] == [1] * 9
    assert pictures[0].info == opened.pictures[1].info


def test_sidecar_survives_and_refuses_others(small_set: CopySet, tmp_path: Path) -> None:
    path = small_set("rs-tqa") / "geotamper.json"
    sidecar = read_sidecar(path)
    assert sidecar is not None
    write_sidecar(tmp_path / "again.json", sidecar)
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()
    assert json.loads(path.read_text())["schema"] == SIDECAR_SCHEMA
    kinds = [record.kind for record in sidecar.pictures]
    assert kinds == ["none", "copy-move", "copy-move", "blur"] * 3
    assert read_sidecar(tmp_path / "missing.json") is None
    _edit(path, lambda d: d["pictures"][1].update(transform=None))
    with pytest.raises(InputError, match=r"pictures\.1"):
        read_sidecar(path)
    path.write_text("[]")
    with pytest.raises(InputError, match=SIDECAR_SCHEMA):
        read_sidecar(path)


def test_plain_copies_are_recorded_as_unscaled_and_unturned(small_set: CopySet) -> None:
    sidecar = open_set(small_set()).sidecar
    assert sidecar is not None
    plain = sidecar.by_id()[3].transform
    assert plain is not None
    assert (plain.rotation_deg, plain.scale) == (0.0, 1.0)
    turned = sidecar.by_id()[2].transform
    assert turned is not None
    assert (turned.rotation_deg, turned.scale) == (40.0, 1.3)


@pytest.mark.parametrize("foreign", [False, True])
def test_read_truth_tells_the_kind_with_and_without_a_record(small_set: CopySet, foreign: bool) -> None:
    root = small_set("rs-tqa")
    if foreign:
        (root / "geotamper.json").unlink()
    opened = open_set(root)
    truths = [read_truth(opened, picture) for picture in (1, 2, 3, 4)]
    assert [truth.kind for truth in truths] == ["none", "copy-move", "copy-move", "blur"]
    assert [truth.record is None for truth in truths] == [foreign] * 4
    assert np.array_equal(truths[3].source, truths[3].target)


def test_read_truth_refuses_masks_that_contradict_each_other(small_set: CopySet) -> None:
    root = small_set()
    shutil.copy(root / "target" / "1.png", root / "target" / "2.png")
    with pytest.raises(InputError, match="masks of picture 2"):
        read_truth(open_set(root), 2)


def test_a_manifest_of_others_beside_the_released_files_does_no_harm(small_set: CopySet) -> None:
    root = small_set()
    (root / "manifest.json").write_text("{}")
    assert len(open_set(root).pictures) == 9
