import pytest

from geotamper.errors import SpecificationError
from geotamper.learning.blueprint import configure
from geotamper.learning.schedule import Rate, Schedule
from geotamper.learning.settings import PRESETS, TrainingSettings, training_settings


def test_paper_preset_is_the_published_training() -> None:
    paper = PRESETS["paper"]
    assert (paper.batch, paper.batch_size, paper.alpha, paper.seed) == ("questions", 32, 0.7, 3407)
    assert (paper.learning_rate, paper.learning_rate_end) == (5e-5, 1e-6)
    assert (paper.mask_learning_rate, paper.mask_learning_rate_end) == (1e-3, 1e-4)


@pytest.mark.parametrize(("epochs", "frozen_from", "rate"), [(30, 20, 3.25e-4), (20, 13, 3.46e-4)])
def test_mask_rate_at_the_freeze_is_the_published_one(epochs: int, frozen_from: int, rate: float) -> None:
    schedule = Schedule(TrainingSettings(epochs=epochs))
    assert schedule.settings.frozen_from == frozen_from
    assert not schedule.is_frozen("answers", frozen_from - 1, 0)
    assert schedule.is_frozen("answers", frozen_from, 0)
    progress = schedule.progress("answers", frozen_from, 0)
    assert schedule.mask("answers").at(progress) == pytest.approx(rate, rel=2e-3)


def test_rate_ends_at_its_last_value() -> None:
    assert Rate(1.0, 0.1).at(0) == 1
    assert Rate(1.0, 0.1).at(0.5) == pytest.approx(0.55)
    assert Rate(1.0, 0.1).at(1.5) == pytest.approx(0.1)


def test_schedule_with_a_budget_follows_the_spent_time() -> None:
    schedule = Schedule(TrainingSettings(epochs=10, max_minutes=10))
    assert schedule.overall(0, 300) == pytest.approx(0.5)
    assert schedule.overall(8, 300) == pytest.approx(0.8)
    assert schedule.is_frozen("answers", 0, 420)
    assert schedule.is_over(0, 600)
    assert not schedule.is_over(9, 599)


def test_schedule_of_two_steps_trains_masks_first() -> None:
    schedule = Schedule(TrainingSettings(epochs=6, one_step=False, mask_epochs=4))
    assert [schedule.stage(epoch, 0) for epoch in range(10)] == ["masks"] * 4 + ["answers"] * 6
    assert schedule.progress("masks", 2, 0) == pytest.approx(0.5)
    assert schedule.progress("answers", 7, 0) == pytest.approx(0.5)
    assert schedule.is_frozen("answers", 4, 0)


def test_freeze_epoch_at_the_end_never_freezes() -> None:
    schedule = Schedule(TrainingSettings(epochs=4, freeze_epoch=4))
    assert not any(schedule.is_frozen("answers", epoch, 0) for epoch in range(5))


def test_training_settings_read_strings() -> None:
    settings = training_settings(
        "tiny",
        {"epochs": "7", "one_step": "false", "mask_loss": "none", "max_minutes": "none", "precision": "32"},
    )
    assert (settings.epochs, settings.one_step, settings.mask_loss) == (7, False, "none")
    assert settings.max_minutes is None


def test_training_settings_name_near_matches() -> None:
    with pytest.raises(SpecificationError, match=r"'learning_rat' .*did you mean learning_rate"):
        training_settings("tiny", {"learning_rat": "1"})


def test_training_settings_refuse_values_out_of_range() -> None:
    with pytest.raises(SpecificationError, match=r"alpha: .*got '2'"):
        training_settings("tiny", {"alpha": "2"})
    with pytest.raises(SpecificationError, match="raise batch_size"):
        training_settings("tiny", {"batch_size": "2", "accumulate": "4"})


def test_configure_sorts_settings_of_network_and_training() -> None:
    blueprint, settings = configure("cmfpf", "tiny", [("towers.resolution", "64"), ("epochs", "9")])
    assert blueprint.picture_size == 64
    assert settings.epochs == 9


def test_configure_names_near_matches_of_network_settings() -> None:
    with pytest.raises(SpecificationError, match=r"towers\.resolution"):
        configure("cmfpf", "tiny", [("towers.resolutoin", "64")])
