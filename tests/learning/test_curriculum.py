import json
import signal
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from geotamper.learning import training
from geotamper.learning.blueprint import configure
from geotamper.learning.curriculum import Curriculum, Pace, build_curriculum, prior_difficulty
from geotamper.learning.data.batches import EpochBatches, Share
from geotamper.learning.data.groups import GROUPS, UNGROUPED, group_numbers
from geotamper.learning.position import StepReport
from geotamper.learning.settings import TrainingSettings

SHORT = (("epochs", "4"), ("batch_size", "4"), ("device", "cpu"))


def _difficulty() -> np.ndarray:
    return np.array([0.0, 1.0, 5.0, 6.1, 10.0], dtype=np.float32)


def test_group_numbers_follow_the_catalogue() -> None:
    names = {1: "tampered", 2: "source_location", 3: "direction", 4: "unknown"}
    found = group_numbers(np.array([3, 1, 2, 4, 7]), names)
    assert [GROUPS[number] for number in found[:3]] == ["related", "basic", "independent"]
    assert found[3:].tolist() == [UNGROUPED, UNGROUPED]


def test_prior_difficulty_weighs_groups_and_counts_characters(small: ModuleType) -> None:
    questions = small.make_fold().questions
    groups = np.arange(len(questions)) % 4 - 1
    found = prior_difficulty(questions, groups)
    weight = {-1: 1, 0: 1, 1: 3, 2: 4}
    expected = [
        weight[int(group)] * len(questions.texts[text]) / 50
        for group, text in zip(groups, questions.text_rows, strict=True)
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_curriculum_begins_with_what_is_easy_beforehand() -> None:
    curriculum = Curriculum(_difficulty())
    curriculum.enter_epoch(0.1)
    assert curriculum.weights.tolist() == [1, 1, 1, 0, 0]
    assert curriculum.limit is None
    assert curriculum.summary() == {"admitted": pytest.approx(0.6), "mean_weight": pytest.approx(0.6)}


def test_curriculum_weighs_by_loss_and_grows_its_limit() -> None:
    curriculum = Curriculum(_difficulty(), Pace(growth=2.0))
    curriculum.enter_epoch(0.1)
    curriculum.record(np.arange(5), np.array([1.0, 2.0, 3.0, 0.5, 9.0], dtype=np.float32))
    curriculum.enter_epoch(0.2)
    assert curriculum.limit == 2.0  # the median of the easy ones
    np.testing.assert_allclose(curriculum.weights, [0.5, 0, 0, 0.75, 0])
    curriculum.enter_epoch(0.3)
    assert curriculum.limit == 4.0
    np.testing.assert_allclose(curriculum.weights, [0.75, 0.5, 0.25, 0.875, 0])


@pytest.mark.parametrize("epochs", [1, 3, 10, 30])
def test_curriculum_admits_all_at_the_end(epochs: int) -> None:
    curriculum = Curriculum(_difficulty())
    whole = []
    for epoch in range(epochs):
        curriculum.enter_epoch((epoch + 1) / epochs)
        whole.append(bool((curriculum.weights == 1).all()))
        curriculum.record(np.arange(5), np.array([0.1, 1, 1, 1, 50], dtype=np.float32))
    assert whole[-1]
    assert sum(whole) == max(1, round(0.3 * epochs))


def test_curriculum_goes_on_from_its_state() -> None:
    one, other = Curriculum(_difficulty()), Curriculum(_difficulty())
    losses = np.array([1.0, 2.0, 3.0, 0.5, 9.0], dtype=np.float32)
    for reached in (0.1, 0.2):
        one.enter_epoch(reached)
        one.record(np.arange(5), losses)
    other.load_state(one.state())
    one.enter_epoch(0.3)
    other.enter_epoch(0.3)
    assert one.limit == other.limit
    assert np.array_equal(one.weights, other.weights)


def test_build_curriculum_builds_none_where_none_is_asked_for(small: ModuleType) -> None:
    fold = small.make_fold()
    assert build_curriculum("none", fold.questions, fold.groups) is None
    assert build_curriculum("easy_to_hard", fold.questions, fold.groups) is not None


@pytest.mark.parametrize("batch", ["pictures", "questions"])
def test_weights_of_a_step_add_up_to_its_questions(small: ModuleType, batch: str) -> None:
    fold = small.make_fold()
    settings = TrainingSettings.model_validate({"batch": batch, "batch_size": 6, "accumulate": 2})
    weights = np.random.default_rng(1).random(len(fold.questions)).astype(np.float32)
    shares = [Share(rank, 2) for rank in range(2)]
    rows = EpochBatches(fold, settings).steps(0)[0]
    parts = [part for share in shares for part in EpochBatches(fold, settings, share, weights).parts(rows)]
    found = torch.cat([part.targets.weights for part in parts if part.targets.weights is not None])
    asked = EpochBatches(fold, settings).question_rows(rows)
    assert len(found) == len(asked)
    assert float(found.sum()) == pytest.approx(len(asked), rel=1e-5)
    questions = np.concatenate([part.questions for part in parts])
    np.testing.assert_allclose(found, weights[questions] * len(asked) / weights[asked].sum(), rtol=1e-5)


def test_step_without_admitted_questions_has_no_weight(small: ModuleType) -> None:
    fold = small.make_fold()
    settings = TrainingSettings(batch="pictures", batch_size=9)
    batches = EpochBatches(fold, settings, weights=np.zeros(len(fold.questions), dtype=np.float32))
    (part,) = batches.parts(batches.steps(0)[0])
    assert part.targets.weights is not None
    assert float(part.targets.weights.abs().sum()) == 0


def test_curriculum_resumes_exactly(drawn_set: Path, tmp_path: Path) -> None:
    def stop(report: StepReport) -> None:
        if (report.epoch, report.step) == (2, 1):
            signal.raise_signal(signal.SIGINT)

    blueprint, settings = configure("feh", "tiny", SHORT)
    assert settings.curriculum == "easy_to_hard"
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    training.train(blueprint, settings, drawn_set, whole)
    outcome = training.train(blueprint, settings, drawn_set, parts, training.Watchers(step=stop))
    assert outcome.interrupted
    training.resume(parts, {})
    one, other = (load_file(folder / "last.safetensors") for folder in (whole, parts))
    assert all(torch.equal(value, other[name]) for name, value in one.items())
    logs = [
        [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
        for folder in (whole, parts)
    ]
    told = [line["curriculum"] for line in logs[0]]
    assert told == [line["curriculum"] for line in logs[1]]
    assert told[0]["admitted"] < 1
    assert "limit" in told[1]
    assert told[-1]["mean_weight"] == 1
