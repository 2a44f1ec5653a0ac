import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pytest

from geotamper.control import Control
from geotamper.errors import CancelledError, InputError, SpecificationError
from geotamper.learning.judges.direction.settings import DirectionSettings
from geotamper.learning.judges.job import Learned, Materials
from geotamper.learning.judges.object_class.settings import ObjectClassSettings
from geotamper.learning.judges.registry import JUDGES
from geotamper.learning.judges.run import holds_judge, open_judge, resume_judge, train_judge

MADE = "made"


@pytest.fixture(autouse=True)
def counting_judge(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """In the place of direction: keeps one example, can be cancelled after it, and writes the seed."""
    made: list[str] = []

    def train(settings: DirectionSettings, materials: Materials) -> Learned:
        def make() -> dict[str, np.ndarray]:
            made.append(MADE)
            return {"x": np.ones(1)}

        def write(path: Path) -> None:
            path.write_text(str(settings.seed))

        materials.examples.arrays("one", make)
        materials.control.checkpoint(0.5, "fitting")
        return Learned(write, "Good.", {"right": 1.0})

    monkeypatch.setitem(JUDGES, "direction", dataclasses.replace(JUDGES["direction"], train=train))
    return made


def test_a_training_writes_weights_report_and_record(copies_set: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    document = train_judge("direction", DirectionSettings(seed=7), [copies_set], out)
    assert (out / "direction.json").read_text() == "7"
    assert document.weights_sha256 == hashlib.sha256(b"7").hexdigest()
    assert "Good." in (out / "report.md").read_text()
    assert document == open_judge(out)
    assert document.finished
    assert document.metrics == {"right": 1.0}
    assert document.settings["seed"] == 7
    assert holds_judge(out)


def test_an_interrupted_training_goes_on_with_its_examples(
    copies_set: Path, tmp_path: Path, counting_judge: list[str]
) -> None:
    with pytest.raises(CancelledError):
        train_judge(
            "direction",
            DirectionSettings(),
            [copies_set],
            tmp_path / "out",
            Control(is_cancelled=lambda: True),
        )
    assert not open_judge(tmp_path / "out").finished
    assert resume_judge(tmp_path / "out").finished
    assert counting_judge == [MADE]


def test_the_same_command_goes_on_too(copies_set: Path, tmp_path: Path) -> None:
    with pytest.raises(CancelledError):
        train_judge(
            "direction", DirectionSettings(), [copies_set], tmp_path, Control(is_cancelled=lambda: True)
        )
    with pytest.raises(InputError, match="other settings or sets"):
        train_judge("direction", DirectionSettings(most=3), [copies_set], tmp_path)
    assert train_judge("direction", DirectionSettings(), [copies_set], tmp_path).finished


def test_a_finished_training_is_not_written_over(copies_set: Path, tmp_path: Path) -> None:
    train_judge("direction", DirectionSettings(), [copies_set], tmp_path)
    with pytest.raises(InputError, match="finished"):
        resume_judge(tmp_path)
    with pytest.raises(InputError, match="finished"):
        train_judge("direction", DirectionSettings(), [copies_set], tmp_path)


def test_trainings_share_a_folder_of_examples(
    copies_set: Path, tmp_path: Path, counting_judge: list[str]
) -> None:
    for name, left_out in (("all", ()), ("some", ("one",))):
        settings = DirectionSettings(examples=tmp_path / "examples", leave_out=left_out)
        train_judge("direction", settings, [copies_set], tmp_path / name)
    assert counting_judge == [MADE]


def test_settings_of_another_judge_are_refused(copies_set: Path, tmp_path: Path) -> None:
    with pytest.raises(SpecificationError, match="needs DirectionSettings"):
        train_judge("direction", ObjectClassSettings(raw=tmp_path), [copies_set], tmp_path)


def test_a_set_without_records_is_refused(drawn_set: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="geotamper generate"):
        train_judge("direction", DirectionSettings(), [drawn_set], tmp_path / "out")


def test_a_folder_without_a_training_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    assert not holds_judge(tmp_path)
    with pytest.raises(InputError, match="no training of a judge"):
        open_judge(tmp_path)
