import json
import shutil
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from geotamper.errors import InputError
from geotamper.learning.data.batches import EpochBatches, Share
from geotamper.learning.data.cache import open_cache
from geotamper.learning.data.loading import read_lists
from geotamper.learning.data.preparation import DEVIATION, MEAN, mask_targets, prepare_picture
from geotamper.learning.data.questions import digest, read_fold
from geotamper.learning.settings import TrainingSettings
from geotamper.sets.conversion import Conversion, convert_set
from geotamper.sets.layout import open_set


@pytest.fixture
def broken_set(drawn_set: Path, tmp_path: Path) -> Path:
    """A copy of the set that may be damaged."""
    return Path(shutil.copytree(drawn_set, tmp_path / "broken"))


def test_prepare_picture_normalises_before_it_resizes() -> None:
    pixels = np.full((64, 64, 3), 128, dtype=np.uint8)
    values = prepare_picture(pixels, 16)
    expected = (128 / 255 - torch.tensor(MEAN)) / torch.tensor(DEVIATION)
    assert values.shape == (3, 16, 16)
    torch.testing.assert_close(values.mean(dim=(1, 2)), expected)


def test_prepare_picture_resizes_with_antialiasing() -> None:
    pixels = np.zeros((64, 64, 3), dtype=np.uint8)
    pixels[:, ::4] = 255  # every fourth column: without antialiasing the result depends on where it samples
    values = prepare_picture(pixels, 16) * torch.tensor(DEVIATION).view(3, 1, 1) + torch.tensor(MEAN).view(
        3, 1, 1
    )
    assert float((values[:, :, 2:-2] - 0.25).abs().max()) < 0.05


def test_mask_targets_are_those_of_the_published_loader() -> None:
    source, target, background = (torch.zeros(2, 2) for _ in range(3))
    source[0, 0], target[0, 0], background[0, 1] = 255, 255, 255
    made = mask_targets(torch.stack((source, target, background)).to(torch.uint8))
    assert made[:, 0, 0].tolist() == pytest.approx([255, 255, 408])
    assert made[:, 0, 1].tolist() == pytest.approx([25.5, 25.5, 25.5])
    assert made[:, 1, 1].tolist() == [0, 0, 0]


def test_read_fold_keeps_questions_beside_their_picture(drawn_set: Path) -> None:
    opened = open_set(drawn_set)
    fold = read_fold(opened, "train", opened.vocabulary)
    assert fold.pictures.tolist() == list(range(1, 9))
    for place, picture in enumerate(fold.pictures):
        rows = fold.rows_of(np.array([place]))
        asked = [question for question in opened.fold_questions("train") if question.picture == picture]
        assert [fold.texts[row] for row in fold.text_rows[rows]] == [question.text for question in asked]
        expected = [opened.vocabulary.indices[item.type - 1][item.answer] for item in asked]
        assert fold.labels[rows].tolist() == expected


def test_read_fold_names_a_question_with_an_unknown_answer(broken_set: Path) -> None:
    path = broken_set / "JsonFiles" / "Train_Questions.json"
    document = json.loads(path.read_text())
    document["questions"][0]["answer"] = "Perhaps"
    path.write_text(json.dumps(document))
    opened = open_set(broken_set)
    with pytest.raises(InputError, match=rf"question {document['questions'][0]['id']} .*'Perhaps'.* Yes, No"):
        read_fold(opened, "train", opened.vocabulary)


def test_read_fold_without_questions_is_refused(broken_set: Path) -> None:
    path = broken_set / "JsonFiles" / "Val_Questions.json"
    path.write_text('{"questions": []}')
    opened = open_set(broken_set)
    with pytest.raises(InputError, match="fold val"):
        read_fold(opened, "val", opened.vocabulary)


def test_read_lists_number_texts_of_both_folds_together(drawn_set: Path) -> None:
    opened = open_set(drawn_set)
    lists = read_lists(opened, None)
    assert lists.train.texts == lists.val.texts == lists.texts
    original = read_fold(opened, "val", opened.vocabulary)
    assert [lists.texts[row] for row in lists.val.text_rows] == [
        original.texts[row] for row in original.text_rows
    ]


def test_read_lists_limits_pictures_and_tells_by_its_digest(drawn_set: Path) -> None:
    everything, some = read_lists(open_set(drawn_set), None), read_lists(open_set(drawn_set), 3)
    assert len(some.train.pictures) == 3
    assert len(some.train) == some.train.counts.sum()
    assert some.sha256 != everything.sha256
    assert digest([some.train]) == digest([some.train])


def test_open_cache_decodes_once(drawn_set: Path, tmp_path: Path) -> None:
    opened = open_set(drawn_set)
    fold = read_fold(opened, "val", opened.vocabulary)
    told: list[tuple[int, int]] = []
    first = open_cache(opened, fold, tmp_path, 32, lambda done, total: told.append((done, total)))
    again = open_cache(opened, fold, tmp_path, 32, lambda *_: pytest.fail("decoded twice"))
    assert told[-1] == (4, 4)
    rows = np.array([2, 0])
    for place, row in enumerate(rows):
        pixels = opened.read_image(int(fold.pictures[row]))
        torch.testing.assert_close(
            again.picture_batch(rows)[place], prepare_picture(pixels, 32), rtol=1e-3, atol=1e-3
        )
    assert torch.equal(first.target_batch(rows), again.target_batch(rows))
    assert float(first.target_batch(np.array([0]))[0, 0].max()) > 200


def test_open_cache_of_a_parquet_set_holds_the_same_pictures(drawn_set: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    convert_set(drawn_set, tmp_path / "parquet", Conversion(to="parquet"))
    caches = []
    for number, root in enumerate((drawn_set, tmp_path / "parquet")):
        opened = open_set(root)
        fold = read_fold(opened, "val", opened.vocabulary)
        caches.append(open_cache(opened, fold, tmp_path / str(number), 32))
    assert np.array_equal(caches[0].pictures, caches[1].pictures)
    assert np.array_equal(caches[0].masks, caches[1].masks)


def test_open_cache_names_a_missing_mask_and_leaves_nothing(broken_set: Path, tmp_path: Path) -> None:
    (broken_set / "target" / "10.png").unlink()
    opened = open_set(broken_set)
    fold = read_fold(opened, "val", opened.vocabulary)
    with pytest.raises(InputError, match=r"target/10\.png"):
        open_cache(opened, fold, tmp_path / "cache", 32)
    assert not list((tmp_path / "cache").iterdir())


def test_epoch_batches_hold_every_question_once_in_a_new_order(small: ModuleType) -> None:
    fold = small.make_fold()
    for kind, count in (("pictures", 9), ("questions", len(fold.questions))):
        settings = TrainingSettings.model_validate({"batch": kind, "batch_size": 4, "seed": 5})
        batches = EpochBatches(fold, settings)
        one, two = (np.concatenate(batches.steps(epoch)) for epoch in (0, 1))
        assert sorted(one.tolist()) == list(range(count))
        assert one.tolist() != two.tolist()
        assert np.array_equal(one, np.concatenate(batches.steps(0)))
        assert batches.step_count() == len(batches.steps(0))


def test_epoch_batches_divide_a_step_over_processes_and_parts(small: ModuleType) -> None:
    fold = small.make_fold()
    settings = TrainingSettings(batch="pictures", batch_size=9, accumulate=2, devices=2)
    labels, weights = [], []
    for rank in (0, 1):
        batches = EpochBatches(fold, settings, Share(rank, 2))
        parts = list(batches.parts(batches.steps(0)[0]))
        labels += [label for part in parts for label in part.targets.labels.tolist()]
        weights.append([part.weight for part in parts])
        assert sum(part.targets.total_questions for part in parts) == len(fold.questions)
    assert sorted(labels) == sorted(fold.questions.labels.tolist())
    assert weights[0] == weights[1]
    assert sum(weights[0]) == pytest.approx(1)


def test_epoch_batches_merge_a_last_step_that_cannot_be_divided(small: ModuleType) -> None:
    settings = TrainingSettings(batch="pictures", batch_size=4, devices=2)
    batches = EpochBatches(small.make_fold(9), settings, Share(0, 2))
    assert [len(step) for step in batches.steps(0)] == [4, 5]
    assert batches.step_count() == 2


def test_image_major_batch_holds_texts_once(small: ModuleType) -> None:
    fold = small.make_fold()
    batch = fold.by_pictures(np.arange(9))
    assert len(batch.tokens.ids) == len(np.unique(fold.questions.text_rows))
    assert torch.equal(batch.tokens.ids[batch.text_of], fold.tokens.ids[fold.questions.text_rows])
    assert batch.targets.counts.tolist() == fold.questions.counts.tolist()
